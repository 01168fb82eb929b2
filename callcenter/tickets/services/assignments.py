"""Who has the ticket: accept, refuse, send to another organisation, give to a colleague."""

from flask_babel import gettext as _
from sqlalchemy import select

from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.permissions import Permission
from callcenter.members.accounts import User
from callcenter.members.models import Organisation, Team
from callcenter.members.states import OrganisationKind
from callcenter.messaging.states import Trigger
from callcenter.tickets.models import Assignment, Ticket
from callcenter.tickets.rules import is_open
from callcenter.tickets.services.acts import (
    Act,
    Work,
    answer,
    assignment_in_hand,
    assignments_of,
    begin,
    facts_of,
    finish,
    live_assignments,
    may_act_for_others,
)
from callcenter.tickets.services.clocks import start_acceptance
from callcenter.tickets.services.follow_ups import tell_tenant
from callcenter.tickets.services.moves import note_move
from callcenter.tickets.services.partners import tell_partner
from callcenter.tickets.states import (
    AssignmentState,
    EventKind,
    RefusalReason,
    Visibility,
)


def accept_assignment(act: Act) -> Ticket:
    """Accept the ticket for the actor's organisation; the tenant is told.

    An organisation without accounts is answered for by the landlord's staff, and the timeline
    says so.
    """
    work = begin(act, Permission.TICKETS_HANDLE)
    if work.repeated:
        return work.ticket
    assignment = assignment_in_hand(act, work.ticket)
    accept(act, work, assignment)
    return finish(work)


def accept(act: Act, work: Work, assignment: Assignment) -> None:
    """Accept inside another act (planning a visit accepts); nothing when already accepted."""
    if assignment.state != AssignmentState.OFFERED:
        return
    _require_open(work.ticket)
    answer(assignment, AssignmentState.ACCEPTED, work.at)
    work.write(EventKind.ACCEPTED, visibility=Visibility.TENANT, facts=facts_of(act, assignment))
    tell_tenant(work.ticket, Trigger.ACCEPTED, organisme=assignment.organisation_name)


def refuse_assignment(act: Act, reason: RefusalReason, note: str = "") -> Ticket:
    """Send the ticket back to the platform's triage at once, with the reason.

    Another organisation that still has it keeps it; otherwise triage owns it from now on.
    The reason "other" needs a note.
    """
    if reason is RefusalReason.OTHER and not note.strip():
        raise UserError(_("Précisez la raison du refus."), field="note")
    work = begin(act, Permission.TICKETS_HANDLE)
    if work.repeated:
        return work.ticket
    _require_open(work.ticket)
    assignment = assignment_in_hand(act, work.ticket)
    answer(assignment, AssignmentState.REFUSED, work.at)
    assignment.reason, assignment.reason_note = reason, note
    assignment.assignee_id, assignment.assignee_name = None, ""
    others = live_assignments(assignments_of_flushed(work.ticket))
    if not others:
        work.ticket.needs_triage = True
    work.write(
        EventKind.REFUSED,
        body=note,
        facts={**facts_of(act, assignment), "reason": str(reason)},
    )
    note_move(work)
    return finish(work)


def offer_to(
    act: Act,
    organisation_id: int,
    team_id: int | None = None,
    note: str = "",
    *,
    also: bool = False,
) -> Ticket:
    """Send the ticket to an organisation (and a team of it), from triage or from who has it.

    Whoever had it on offer or in hand no longer does, except the organisations that are only
    informed; ``also``: they keep it, each with its own part and its own answer. The same
    organisation may get it again: its row counts the moves.
    """
    work = begin(act, Permission.TICKETS_TRIAGE, Permission.TICKETS_HANDLE)
    if work.repeated:
        return work.ticket
    ticket = work.ticket
    _require_open(ticket)
    if not ticket.needs_triage and not act.actor.may(Permission.TICKETS_TRIAGE):
        if not may_act_for_others(act.actor):
            raise NotFound
        assignment_in_hand(act, ticket)
    organisation, team = get_destination(ticket.member_id, organisation_id, team_id)
    rows = assignments_of(ticket)
    for former in live_assignments(rows):
        if former.organisation_id != organisation.id and not also:
            answer(former, AssignmentState.WITHDRAWN, work.at)
            former.assignee_id, former.assignee_name = None, ""
            work.write(EventKind.WITHDRAWN, facts=facts_of(act, former))
            note_move(work)
    assignment = next((one for one in rows if one.organisation_id == organisation.id), None)
    if assignment is None:
        assignment = Assignment(
            member_id=ticket.member_id,
            ticket_id=ticket.id,
            organisation_id=organisation.id,
            organisation_name=organisation.name,
            state=AssignmentState.OFFERED,
            state_at=work.at,
            moves=0,
        )
        db.session.add(assignment)
    else:
        assignment.moves += 1
        assignment.state = AssignmentState.OFFERED
        assignment.state_at = work.at
        assignment.informed_only = False
    assignment.organisation_name = organisation.name
    assignment.team_id = team.id if team else None
    assignment.team_name = team.name if team else ""
    assignment.assignee_id, assignment.assignee_name = None, ""
    assignment.reason = assignment.reason_note = ""
    start_acceptance(ticket, assignment, work.at)
    ticket.needs_triage, ticket.unanswered_at = False, None
    work.write(EventKind.OFFERED, body=note, facts=facts_of(act, assignment))
    db.session.flush()
    tell_partner(ticket, assignment)
    return finish(work)


def assign_to_colleague(act: Act, user_id: int | None) -> Ticket:
    """Give the ticket to one person of the organisation that has it (None: to nobody).

    It is accepted by that. Raises UserError when the person works elsewhere or has left.
    """
    work = begin(act, Permission.TICKETS_HANDLE)
    if work.repeated:
        return work.ticket
    _require_open(work.ticket)
    assignment = assignment_in_hand(act, work.ticket)
    name = ""
    if user_id is not None:
        colleague = db.session.scalar(
            select(User).where(
                User.id == user_id,
                User.member_id == work.ticket.member_id,
                User.organisation_id == assignment.organisation_id,
                User.active,
            )
        )
        if colleague is None:
            raise UserError(
                _("Cette personne ne travaille pas pour l'organisme qui a la demande."),
                field="user_id",
            )
        name = colleague.full_name
    if user_id == assignment.assignee_id and assignment.state == AssignmentState.ACCEPTED:
        return work.ticket
    accept(act, work, assignment)
    assignment.assignee_id, assignment.assignee_name = user_id, name
    work.write(EventKind.ASSIGNED, facts={**facts_of(act, assignment), "assignee": name})
    return finish(work)


def assignments_of_flushed(ticket: Ticket) -> list[Assignment]:
    """Return the ticket's assignments with what this transaction has just changed."""
    db.session.flush()
    return assignments_of(ticket)


def get_destination(
    member_id: int, organisation_id: int, team_id: int | None
) -> tuple[Organisation, Team | None]:
    """Return an active organisation of the member and one of its active teams, or UserError."""
    organisation = db.session.scalar(
        select(Organisation).where(
            Organisation.id == organisation_id,
            Organisation.member_id == member_id,
            Organisation.kind != OrganisationKind.PLATFORM,
            Organisation.active,
        )
    )
    if organisation is None:
        raise UserError(_("Choisissez un organisme de ce membre."), field="destination")
    if team_id is None:
        return organisation, None
    team = db.session.scalar(
        select(Team).where(
            Team.id == team_id,
            Team.member_id == member_id,
            Team.organisation_id == organisation.id,
            Team.active,
        )
    )
    if team is None:
        raise UserError(_("Choisissez une équipe de cet organisme."), field="destination")
    return organisation, team


def _require_open(ticket: Ticket) -> None:
    if not is_open(ticket.state):
        raise UserError(_("Cette demande est terminée : rouvrez-la d'abord."))
