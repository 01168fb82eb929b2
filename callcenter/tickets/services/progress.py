"""How a ticket goes on: comments, pauses, the end, and the way back."""

from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.permissions import Permission, Role
from callcenter.core.phone import can_receive_sms
from callcenter.messaging.states import Trigger
from callcenter.tickets import words
from callcenter.tickets.links import expire_links, keep_links, revoke_links
from callcenter.tickets.models import Assignment, Ticket, Visit
from callcenter.tickets.rules import begin_pause, end_pause, is_open
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
    mark_read,
)
from callcenter.tickets.services.clocks import restart, start_acceptance
from callcenter.tickets.services.follow_ups import (
    ask_satisfaction,
    language_of,
    send_new_link,
    tell_tenant,
)
from callcenter.tickets.services.visits import (
    accept_silently,
    note_visited,
    planned_visit,
    release_hold,
)
from callcenter.tickets.states import (
    AssignmentState,
    EventKind,
    HoldCause,
    ResolutionCode,
    TicketState,
    Visibility,
    VisitState,
)

P = Permission


def comment(act: Act, body: str, *, to_tenant: bool = False) -> Ticket:
    """Add a comment: between organisations, or one that the tenant reads on the private page.

    Overwrites nothing, so it never conflicts with what somebody else does meanwhile.
    """
    if not body.strip():
        raise UserError(_("Écrivez votre commentaire."), field="body")
    work = begin(act, P.TICKETS_HANDLE, P.TICKETS_TRIAGE)
    if work.repeated:
        return work.ticket
    work.write(
        EventKind.COMMENT,
        visibility=Visibility.TENANT if to_tenant else Visibility.INTERNAL,
        body=body,
    )
    db.session.flush()
    if work.answers:
        mark_read(work.ticket)
    return work.ticket


def put_on_hold(act: Act, cause: HoldCause, note: str = "") -> Ticket:
    """Stop the clock for a named cause; the tenant is told which."""
    work = begin(act, P.TICKETS_HANDLE)
    if work.repeated:
        return work.ticket
    ticket = work.ticket
    if ticket.held_since is not None:
        raise UserError(_("La demande est déjà en attente."))
    assignment = assignment_in_hand(act, ticket)
    accept_silently(act, work)
    work.move(TicketState.ON_HOLD)
    ticket.held_since, ticket.hold_cause = work.at, cause
    ticket.pauses = begin_pause(ticket.pauses, cause, work.at)
    work.write(
        EventKind.HELD,
        visibility=Visibility.TENANT,
        body=note,
        facts={**facts_of(act, assignment), "cause": str(cause)},
    )
    with force_locale(language_of(ticket)):
        said = str(words.HOLD_CAUSES_FOR_TENANT[cause])
    # Nobody opened: that is said as it is, with the way to a new appointment.
    absent = cause is HoldCause.ACCESS
    tell_tenant(
        ticket,
        Trigger.TENANT_ABSENT if absent else Trigger.ON_HOLD,
        cause=said,
        organisme=assignment.organisation_name,
    )
    return finish(work)


def resume(act: Act) -> Ticket:
    """End the pause: the clock runs again and the due instant is pushed."""
    work = begin(act, P.TICKETS_HANDLE)
    if work.repeated:
        return work.ticket
    ticket = work.ticket
    if ticket.held_since is None:
        raise UserError(_("La demande n'est pas en attente."))
    assignment_in_hand(act, ticket)
    before = ticket.due_at
    release_hold(work)
    visit = planned_visit(ticket)
    to_come = visit is not None and visit.day >= clock.today()
    work.move(TicketState.PLANNED if to_come else TicketState.OPEN)
    work.write(
        EventKind.RESUMED,
        visibility=Visibility.TENANT,
        facts={
            "due_before": before.isoformat() if before else None,
            "due_after": ticket.due_at.isoformat() if ticket.due_at else None,
        },
    )
    return finish(work)


def resolve(act: Act, code: ResolutionCode, note: str = "") -> Ticket:
    """Say that the work is done, and how; the tenant is asked "is it really fixed?".

    When another organisation still has work to do, only the actor's own part ends. From
    triage, the platform answers itself.
    """
    work = begin(act, P.TICKETS_HANDLE, P.TICKETS_TRIAGE)
    if work.repeated:
        return work.ticket
    ticket = work.ticket
    if not is_open(ticket.state):
        raise UserError(_("Cette demande est déjà terminée."))
    assignment = _mine_or_triage(act, ticket)
    others: list[Assignment] = []
    if assignment is not None:
        answer(assignment, AssignmentState.DONE, work.at)
        db.session.flush()
        others = live_assignments(assignments_of(ticket))
    facts = {
        **(facts_of(act, assignment) if assignment is not None else {}),
        "code": str(code),
    }
    if others and act.actor.role is Role.CONTRACTOR:
        work.write(EventKind.RESOLVED, body=note, facts={**facts, "own_part_only": True})
        return finish(work)
    for other in others:
        answer(other, AssignmentState.WITHDRAWN, work.at)
    end_resolved(work, code, note, facts)
    tell_tenant(
        ticket,
        Trigger.RESOLVED,
        organisme=assignment.organisation_name if assignment is not None else "",
    )
    return finish(work)


def end_resolved(work: Work, code: ResolutionCode, note: str, facts: dict[str, Any]) -> None:
    """Resolve inside an act, once its assignments have ended: nobody is told yet."""
    ticket = work.ticket
    end_pause_unchanged(work)
    _end_visits(work)
    note_visited(ticket, None, work.at)
    work.move(TicketState.RESOLVED)
    ticket.needs_triage = False
    ticket.resolved_at, ticket.resolution_code = work.at, code
    expire_links(ticket, work.at)
    work.write(EventKind.RESOLVED, visibility=Visibility.TENANT, body=note, facts=facts)


def reopen(act: Act, note: str = "") -> Ticket:
    """Open an ended ticket again: whoever had it last has it again, with a new promise."""
    _not_for_contractors(act)
    work = begin(act, P.TICKETS_HANDLE, P.TICKETS_TRIAGE)
    if work.repeated:
        return work.ticket
    open_again(work)
    work.write(EventKind.REOPENED, visibility=Visibility.TENANT, body=note)
    tell_tenant(work.ticket, Trigger.REOPENED, organisme=_holder(work.ticket))
    return finish(work)


def open_again(work: Work) -> None:
    """Reopen inside an act: state, promise, owner and links. Nobody left to own it: triage."""
    ticket = work.ticket
    was_cancelled = ticket.state == TicketState.CANCELLED
    work.move(TicketState.OPEN)
    ticket.resolved_at = ticket.closed_at = None
    ticket.resolution_code = ""
    restart(ticket, work.at)
    keep_links(ticket)
    mine = [one for one in assignments_of(ticket) if not one.informed_only]
    ended = AssignmentState.WITHDRAWN if was_cancelled else AssignmentState.DONE
    last = max(
        (one for one in mine if one.state == ended), key=lambda one: one.state_at, default=None
    )
    if last is None:
        ticket.needs_triage = not live_assignments(mine)
        return
    answer(last, AssignmentState.OFFERED if was_cancelled else AssignmentState.ACCEPTED, work.at)
    if was_cancelled:
        start_acceptance(ticket, last, work.at)
    ticket.needs_triage = False


def close(act: Act, note: str = "") -> Ticket:
    """Close a resolved ticket: nothing more is asked of anybody."""
    _not_for_contractors(act)
    work = begin(act, P.TICKETS_HANDLE, P.TICKETS_TRIAGE)
    if work.repeated:
        return work.ticket
    end_for_good(work)
    work.write(EventKind.CLOSED, visibility=Visibility.TENANT, body=note)
    tell_tenant(work.ticket, Trigger.CLOSED)
    ask_satisfaction(work.ticket)
    return finish(work)


def end_for_good(work: Work) -> None:
    """Close inside an act: state, date and the links' expiry."""
    work.move(TicketState.CLOSED)
    work.ticket.closed_at = work.at
    expire_links(work.ticket, work.at)


def cancel(act: Act, note: str) -> Ticket:
    """Give the ticket up (opened by mistake, duplicate): the note says why. The tenant is told."""
    if not note.strip():
        raise UserError(_("Dites pourquoi la demande est annulée."), field="note")
    _not_for_contractors(act)
    work = begin(act, P.TICKETS_HANDLE, P.TICKETS_TRIAGE)
    if work.repeated:
        return work.ticket
    ticket = work.ticket
    _mine_or_triage(act, ticket)
    end_pause_unchanged(work)
    _end_visits(work)
    work.move(TicketState.CANCELLED)
    for assignment in live_assignments(assignments_of(ticket)):
        answer(assignment, AssignmentState.WITHDRAWN, work.at)
    ticket.needs_triage = False
    ticket.closed_at = work.at
    expire_links(ticket, work.at)
    work.write(EventKind.CANCELLED, visibility=Visibility.TENANT, facts={"note": note})
    tell_tenant(ticket, Trigger.CANCELLED)
    return finish(work)


def revoke_link(act: Act) -> Ticket:
    """Close the ticket's private page at once (a wrong number, a phone that was lent)."""
    _not_for_contractors(act)
    work = begin(act, P.TICKETS_HANDLE, P.TICKETS_TRIAGE)
    if work.repeated:
        return work.ticket
    if not revoke_links(work.ticket):
        raise UserError(_("Cette demande n'a plus de lien ouvert."))
    work.write(EventKind.LINK_REVOKED)
    return finish(work)


def renew_link(act: Act) -> Ticket:
    """Close the ticket's private page and send the tenant a new address of it."""
    _not_for_contractors(act)
    work = begin(act, P.TICKETS_HANDLE, P.TICKETS_TRIAGE)
    if work.repeated:
        return work.ticket
    if not can_receive_sms(work.ticket.contact_number):
        raise UserError(_("Le numéro de la demande ne reçoit pas de SMS."))
    work.write(EventKind.LINK_RENEWED)
    send_new_link(work.ticket)
    db.session.flush()
    return work.ticket


def read_answers(act: Act) -> Ticket:
    """Say that what the tenant wrote has been read, and asks for nothing more."""
    work = begin(act, P.TICKETS_HANDLE, P.TICKETS_TRIAGE)
    mark_read(work.ticket)
    return work.ticket


def _not_for_contractors(act: Act) -> None:
    """What concerns the request itself is not for those who carry out a part of it."""
    if act.actor.role is Role.CONTRACTOR:
        raise NotFound


def end_pause_unchanged(work: Work) -> None:
    """End a pause because the ticket ends: the promise itself no longer moves."""
    ticket = work.ticket
    if ticket.held_since is not None:
        ticket.pauses = end_pause(ticket.pauses, work.at)
        ticket.held_since, ticket.hold_cause = None, ""


def _mine_or_triage(act: Act, ticket: Ticket) -> Assignment | None:
    """Return the assignment to answer for, or None when triage has the ticket and may end it."""
    if ticket.needs_triage and (
        act.actor.may(P.TICKETS_TRIAGE) or act.actor.role in {Role.MANAGER, Role.STAFF}
    ):
        return None
    if not act.actor.may(P.TICKETS_HANDLE):
        raise UserError(_("La demande est chez un organisme : c'est à lui de la terminer."))
    return assignment_in_hand(act, ticket)


def _end_visits(work: Work) -> None:
    """A visit of today or before has taken place; one to come no longer will."""
    for visit in db.session.query(Visit).where(
        Visit.member_id == work.ticket.member_id,
        Visit.ticket_id == work.ticket.id,
        Visit.state == VisitState.PLANNED,
    ):
        past = visit.day <= clock.today()
        visit.state = VisitState.DONE if past else VisitState.CANCELLED
        if past:
            note_visited(work.ticket, visit, work.at)


def _holder(ticket: Ticket) -> str:
    db.session.flush()
    live = live_assignments(assignments_of(ticket))
    return live[-1].organisation_name if live else ""
