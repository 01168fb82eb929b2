"""The promise of a ticket: its target, its pauses, and the calendar they are counted on."""

from datetime import datetime

from callcenter.members.clock_rules import Target, TargetUnit, due_at
from callcenter.members.queries import get_main_calendar
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


def due_after_hold(ticket: Ticket) -> datetime | None:
    """Return when the ticket is due now that its pauses are known; None when nothing was due."""
    if ticket.due_at is None:
        return None
    return due_after_pauses(
        ticket.due_at,
        target_of(ticket),
        ticket.promised_from,
        ticket.pauses,
        get_main_calendar(ticket.member_id),
    )


def due_again(ticket: Ticket, now: datetime) -> datetime:
    """Return when a reopened ticket is due: the same promise, from the reopening."""
    return due_at(target_of(ticket), now, (), get_main_calendar(ticket.member_id))
