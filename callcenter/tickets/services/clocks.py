"""The promises of a ticket: their targets, their pauses, and the calendars they are counted on."""

from datetime import datetime
from typing import Any

from callcenter.members.calendar_rules import Calendar
from callcenter.members.clock_rules import Target, TargetUnit, due_at
from callcenter.members.queries import get_calendar_or_main, get_main_calendar
from callcenter.routing.catalogue_types import PRIORITY_TARGETS
from callcenter.routing.promises import Promise, promises_for
from callcenter.routing.queries import get_routing
from callcenter.routing.states import Priority, Stage
from callcenter.tickets.models import Assignment, Ticket
from callcenter.tickets.rules import due_after_pauses


def target_of(ticket: Ticket) -> Target:
    """Return the promised delay that routing wrote on the ticket, else its priority's."""
    kept = ticket.routing.get("target")
    return _target(kept) if kept else PRIORITY_TARGETS[Priority(ticket.priority)]


def push_after_hold(ticket: Ticket) -> None:
    """Push the promises that a pause has held up: the ticket's own, and a visit not yet made."""
    calendar = get_main_calendar(ticket.member_id)
    if ticket.due_at is not None:
        ticket.due_at = due_after_pauses(
            ticket.due_at, target_of(ticket), ticket.promised_from, ticket.pauses, calendar
        )
    visit = _kept(ticket, Stage.FIRST_VISIT)
    if visit is None or ticket.visit_due_at is None or ticket.visited_at is not None:
        return
    ticket.visit_due_at = due_after_pauses(
        ticket.visit_due_at,
        _target(visit),
        ticket.promised_from,
        ticket.pauses,
        _calendar(ticket, visit, calendar),
    )


def restart(ticket: Ticket, now: datetime) -> None:
    """Start the promises of a reopened ticket again: the same ones, from the reopening."""
    calendar = get_main_calendar(ticket.member_id)
    ticket.promised_from, ticket.pauses = now, []
    ticket.due_at = due_at(target_of(ticket), now, (), calendar)
    # The silence counts from here too: the request lives again.
    ticket.news_at, ticket.visited_at = now, None
    visit = _kept(ticket, Stage.FIRST_VISIT)
    if visit is not None:
        ticket.visit_due_at = due_at(_target(visit), now, (), _calendar(ticket, visit, calendar))


def start_acceptance(ticket: Ticket, assignment: Assignment, at: datetime) -> None:
    """Give the organisation its time to answer an offer made at ``at``: the member's target."""
    promise = _acceptance_now(ticket, at)
    assignment.accept_by = promise.due_at if promise is not None else None
    assignment.accepted_at = None


def _acceptance_now(ticket: Ticket, at: datetime) -> Promise | None:
    routing = get_routing(ticket.member_id)
    category = next(
        (one.category for one in routing.categories if one.id == ticket.category_id), None
    )
    if category is None:
        return None
    promises = promises_for(
        routing.own_targets, category, Priority(ticket.priority), at, routing.calendars
    )
    return promises.get(Stage.ACCEPTANCE)


def _kept(ticket: Ticket, stage: Stage) -> dict[str, Any] | None:
    found: dict[str, Any] | None = ticket.routing.get("promises", {}).get(str(stage))
    return found


def _target(kept: dict[str, Any]) -> Target:
    return Target(int(kept["amount"]), TargetUnit(kept["unit"]))


def _calendar(ticket: Ticket, kept: dict[str, Any], main: Calendar) -> Calendar:
    number = kept.get("calendar_id")
    return get_calendar_or_main(ticket.member_id, number) if number else main
