"""Acts around an organisation without accounts: absent tenants, links renewed and closed."""

from flask_babel import gettext as _

from callcenter.core import audit, clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.permissions import Permission
from callcenter.messaging.stopping import stop_outdated
from callcenter.tickets.models import Ticket
from callcenter.tickets.partner_links import revoke_partner_links
from callcenter.tickets.services.acts import Act, assignments_of, begin, finish, live_assignments
from callcenter.tickets.services.partners import tell_partner
from callcenter.tickets.services.progress import put_on_hold
from callcenter.tickets.services.visits import note_visited, planned_visit
from callcenter.tickets.states import HoldCause, VisitState


def tenant_absent(act: Act, note: str = "") -> Ticket:
    """Say that nobody opened: the visit took place, the ticket waits for access."""
    ticket = put_on_hold(act, HoldCause.ACCESS, note)
    visit = planned_visit(ticket)
    if visit is not None:
        visit.state = VisitState.DONE
        note_visited(ticket, visit, clock.now())
        db.session.flush()
        stop_outdated(ticket.member_id, ticket.id)
    return ticket


def renew_partner_link(act: Act) -> Ticket:
    """Close the links of the organisation that has the ticket and send it a new one."""
    work = begin(act, Permission.TICKETS_TRIAGE, Permission.TICKETS_OPEN)
    told = False
    for assignment in live_assignments(assignments_of(work.ticket)):
        revoke_partner_links(assignment.member_id, assignment.id)
        db.session.flush()
        told = tell_partner(work.ticket, assignment) or told
    if not told:
        raise UserError(_("L'organisme qui a la demande a un compte : il la voit déjà."))
    return finish(work)


def revoke_partner_link(act: Act, assignment_id: int) -> Ticket:
    """Close the links of one organisation at once (a wrong address, a firm that left)."""
    work = begin(act, Permission.TICKETS_TRIAGE, Permission.TICKETS_OPEN)
    mine = [one for one in assignments_of(work.ticket) if one.id == assignment_id]
    if not mine:
        raise NotFound
    if not revoke_partner_links(work.ticket.member_id, assignment_id):
        raise UserError(_("Ce lien est déjà fermé."))
    audit.record(
        work.ticket.member_id,
        "partner_link.revoked",
        "ticket",
        work.ticket.id,
        actor_id=act.actor.user_id or None,
        actor_label=act.actor.name,
    )
    return finish(work)
