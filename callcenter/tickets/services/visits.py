"""Visits: promised to the tenant as a day and a slot, moved, cancelled."""

from datetime import date, datetime

from flask_babel import gettext as _
from sqlalchemy import select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.permissions import Permission
from callcenter.messaging.states import Trigger
from callcenter.tickets.models import Ticket, Visit
from callcenter.tickets.rules import (
    FARTHEST_VISIT,
    Slot,
    end_pause,
    is_open,
    slot_end,
    slot_is_past,
)
from callcenter.tickets.services.acts import Act, Work, assignment_in_hand, begin, facts_of, finish
from callcenter.tickets.services.assignments import accept
from callcenter.tickets.services.clocks import push_after_hold
from callcenter.tickets.services.follow_ups import remind_of, tell_tenant
from callcenter.tickets.states import EventKind, TicketState, Visibility, VisitState


def plan_visit(act: Act, day: date, slot: Slot, note: str = "") -> Ticket:
    """Promise a visit; a visit that was already planned is moved. The tenant is told.

    Accepts the ticket if it was on offer, and ends a pause. Raises UserError for a slot that
    is over or more than a year away.
    """
    work = begin(act, Permission.TICKETS_HANDLE)
    if work.repeated:
        return work.ticket
    ticket = work.ticket
    if not is_open(ticket.state):
        raise UserError(_("Cette demande est terminée : rouvrez-la d'abord."))
    check_slot(day, slot)
    assignment = assignment_in_hand(act, ticket)
    former = planned_visit(ticket)
    if former is not None and (former.day, former.starts_at, former.ends_at) == (
        day,
        slot.starts_at,
        slot.ends_at,
    ):
        raise UserError(_("La visite est déjà prévue ce jour-là, à ces heures."), field="day")
    if former is None:
        # A visit says more than "accepted": one message is enough.
        accept_silently(act, work)
    else:
        accept(act, work, assignment)
        former.state = VisitState.MOVED
    visit = Visit(
        member_id=ticket.member_id,
        ticket_id=ticket.id,
        assignment_id=assignment.id,
        day=day,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        state=VisitState.PLANNED,
        note=note,
    )
    db.session.add(visit)
    release_hold(work)
    work.move(TicketState.PLANNED)
    facts = {
        **facts_of(act, assignment),
        "day": day.isoformat(),
        "starts_at": slot.starts_at,
        "ends_at": slot.ends_at,
    }
    if former is not None:
        facts["former_day"] = former.day.isoformat()
    work.write(
        EventKind.VISIT_MOVED if former is not None else EventKind.VISIT_PLANNED,
        visibility=Visibility.TENANT,
        body=note,
        facts=facts,
    )
    db.session.flush()
    tell_tenant(
        ticket,
        Trigger.VISIT_MOVED if former is not None else Trigger.PLANNED,
        visit=visit,
        organisme=assignment.organisation_name,
    )
    remind_of(ticket, visit, assignment.organisation_name)
    return finish(work)


def cancel_visit(act: Act, visit_id: int, note: str = "") -> Ticket:
    """Cancel a planned visit; the ticket is to be dealt with again and the tenant is told."""
    work = begin(act, Permission.TICKETS_HANDLE)
    if work.repeated:
        return work.ticket
    ticket = work.ticket
    visit = db.session.scalar(
        select(Visit).where(
            Visit.member_id == ticket.member_id,
            Visit.ticket_id == ticket.id,
            Visit.id == visit_id,
        )
    )
    if visit is None:
        raise NotFound
    if visit.state != VisitState.PLANNED:
        raise UserError(_("Cette visite n'est plus prévue."))
    assignment = assignment_in_hand(act, ticket)
    visit.state = VisitState.CANCELLED
    if ticket.state == TicketState.PLANNED:
        work.move(TicketState.OPEN)
    work.write(
        EventKind.VISIT_CANCELLED,
        visibility=Visibility.TENANT,
        body=note,
        facts={
            **facts_of(act, assignment),
            "day": visit.day.isoformat(),
            "starts_at": visit.starts_at,
            "ends_at": visit.ends_at,
        },
    )
    tell_tenant(
        ticket,
        Trigger.VISIT_CANCELLED,
        visit=visit,
        organisme=assignment.organisation_name,
    )
    return finish(work)


def check_slot(day: date, slot: Slot) -> None:
    """Raise UserError for a day that is past, a slot that is over, or a year that is far off."""
    today = clock.today()
    if day < today:
        raise UserError(_("Cette date est passée : choisissez un jour à venir."), field="day")
    if slot_is_past(day, slot, clock.now()):
        raise UserError(
            _("Ce créneau est déjà passé aujourd'hui : choisissez-en un autre."), field="slot"
        )
    if day - today > FARTHEST_VISIT:
        raise UserError(_("Cette date est dans plus d'un an : vérifiez l'année."), field="day")


def note_visited(ticket: Ticket, visit: Visit | None, at: datetime) -> None:
    """Keep when somebody first came: at the end of the visit's slot, or now if that is earlier."""
    if ticket.visited_at is not None:
        return
    over = at
    if visit is not None:
        over = min(at, slot_end(visit.day, Slot(visit.starts_at, visit.ends_at)))
    ticket.visited_at = max(over, ticket.promised_from)


def planned_visit(ticket: Ticket) -> Visit | None:
    """Return the visit that is promised now, if there is one."""
    return db.session.scalar(
        select(Visit)
        .where(
            Visit.member_id == ticket.member_id,
            Visit.ticket_id == ticket.id,
            Visit.state == VisitState.PLANNED,
        )
        .order_by(Visit.id.desc())
        .limit(1)
    )


def accept_silently(act: Act, work: Work) -> None:
    """Accept without a message of its own (another message of the same act says more)."""
    from callcenter.tickets.services.acts import answer
    from callcenter.tickets.states import AssignmentState

    assignment = assignment_in_hand(act, work.ticket)
    if assignment.state == AssignmentState.OFFERED:
        answer(assignment, AssignmentState.ACCEPTED, work.at)
        work.write(
            EventKind.ACCEPTED, visibility=Visibility.TENANT, facts=facts_of(act, assignment)
        )


def release_hold(work: Work) -> None:
    """End the pause, if there is one, and push the due instant by what it lasted."""
    ticket = work.ticket
    if ticket.held_since is None:
        return
    ticket.pauses = end_pause(ticket.pauses, work.at)
    ticket.held_since, ticket.hold_cause = None, ""
    push_after_hold(ticket)
