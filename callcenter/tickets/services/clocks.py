"""The promise of a ticket: its target, its pauses, and the calendar they are counted on."""

from datetime import datetime

from sqlalchemy import select

from callcenter.core.db import db
from callcenter.members.calendar_rules import ALWAYS_OPEN, Calendar
from callcenter.members.clock_rules import Target, TargetUnit, due_at
from callcenter.members.hours_rules import WeeklyHours
from callcenter.members.models import Calendar as CalendarRow
from callcenter.members.models import ClosingDay
from callcenter.routing.catalogue_types import PRIORITY_TARGETS
from callcenter.routing.states import Priority
from callcenter.tickets.models import Ticket
from callcenter.tickets.rules import due_after_pauses


def target_of(ticket: Ticket) -> Target:
    """Return the promised delay that routing wrote on the ticket, else its priority's."""
    kept = ticket.routing.get("target")
    if kept:
        return Target(int(kept["amount"]), TargetUnit(kept["unit"]))
    return PRIORITY_TARGETS[Priority(ticket.priority)]


def main_calendar(member_id: int) -> Calendar:
    """Return the member's office hours; around the clock for a member that has none yet."""
    row = db.session.scalar(
        select(CalendarRow).where(CalendarRow.member_id == member_id, CalendarRow.main)
    )
    if row is None or not row.weekly_hours:
        return ALWAYS_OPEN
    closed = db.session.scalars(
        select(ClosingDay.day).where(
            ClosingDay.member_id == member_id, ClosingDay.calendar_id == row.id
        )
    )
    return Calendar(
        WeeklyHours.from_json(row.weekly_hours),
        public_holidays=row.public_holidays,
        closing_days=frozenset(closed),
        name=row.name,
    )


def due_after_hold(ticket: Ticket) -> datetime | None:
    """Return when the ticket is due now that its pauses are known; None when nothing was due."""
    if ticket.due_at is None:
        return None
    return due_after_pauses(
        ticket.due_at,
        target_of(ticket),
        ticket.promised_from,
        ticket.pauses,
        main_calendar(ticket.member_id),
    )


def due_again(ticket: Ticket, now: datetime) -> datetime:
    """Return when a reopened ticket is due: the same promise, from the reopening."""
    return due_at(target_of(ticket), now, (), main_calendar(ticket.member_id))
