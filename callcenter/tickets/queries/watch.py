"""The watch: what is due soon, silent, unanswered, on hold for too long; by index, bounded."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, or_, select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.isolation import Actor
from callcenter.members.calendar_rules import is_open as calendar_is_open
from callcenter.oncall.models import OnCallPage
from callcenter.oncall.states import LIVE
from callcenter.routing.queries import get_routings
from callcenter.routing.watch_settings import read_watch
from callcenter.tickets.models import Assignment, Ticket, Visit
from callcenter.tickets.rules import is_open
from callcenter.tickets.states import (
    OPEN_STATES,
    AssignmentState,
    TicketState,
    VisitState,
)
from callcenter.tickets.watch_rules import Limits, limits_at

# The views of the watch, in the order in which they are shown.
WATCH_VIEWS: Final = ("soon", "silent", "unanswered", "held-long")

_MEMO: Final = "watch_limits"


def limits_of(member_ids: Iterable[int]) -> dict[int, Limits]:
    """Return each member's limits now; one statement, once per session (a page, a chore)."""
    wanted = frozenset(member_ids)
    memo: tuple[frozenset[int], datetime, dict[int, Limits]] | None = db.session().info.get(_MEMO)
    now = clock.now()
    if memo is not None and wanted <= memo[0] and (now - memo[1]).total_seconds() < 1:
        return memo[2]
    found = {
        number: limits_at(read_watch(routing.settings), routing.calendars[None], now)
        for number, routing in get_routings(sorted(wanted)).items()
    }
    db.session().info[_MEMO] = (wanted, now, found)
    return found


def watch_condition(view: str, actor: Actor) -> list[ColumnElement[bool]]:
    """Return the conditions of one of ``WATCH_VIEWS``; visibility is added by the query itself."""
    if view == "unanswered":
        return [Ticket.unanswered_at.is_not(None), Ticket.state.in_(OPEN_STATES)]
    limits = limits_of(actor.member_ids)
    made: dict[str, Callable[[Mapping[int, Limits]], list[ColumnElement[bool]]]] = {
        "soon": _soon,
        "silent": _silent,
        "held-long": _held_long,
    }
    return made[view](limits)


def is_silent(ticket: Ticket, now: datetime) -> bool:
    """Say whether the tenant is to be told now that the request is not forgotten.

    By day only (the offices are open), never about a restricted matter, never twice for one
    silence, and not when the tenant knows that somebody is about to come.
    """
    if not is_open(ticket.state) or ticket.restricted or not ticket.contact_number:
        return False
    if ticket.reassured_at is not None and ticket.reassured_at >= ticket.news_at:
        return False
    routing = get_routings([ticket.member_id])[ticket.member_id]
    calendar = routing.calendars[None]
    if not calendar_is_open(calendar, now):
        return False
    limits = limits_at(read_watch(routing.settings), calendar, now)
    if ticket.news_at >= limits.silent_before:
        return False
    coming = db.session.scalar(select(_visit_to_come(ticket.member_id, ticket.id)))
    return not coming


def list_to_reassure(member_ids: Iterable[int], limit: int) -> list[tuple[int, int]]:
    """Return (member, ticket) of silences not yet excused, the longest first.

    For machinery: the scope is every member's. Members whose offices are closed are left out.
    """
    now = clock.now()
    found: list[tuple[int, int]] = []
    for number, routing in get_routings(sorted(member_ids)).items():
        calendar = routing.calendars[None]
        if not calendar_is_open(calendar, now):
            continue
        before = limits_at(read_watch(routing.settings), calendar, now).silent_before
        rows = db.session.execute(
            select(Ticket.member_id, Ticket.id)
            .where(
                *_quiet(number, before),
                Ticket.restricted.is_(False),
                Ticket.contact_number != "",
                or_(Ticket.reassured_at.is_(None), Ticket.reassured_at < Ticket.news_at),
            )
            .order_by(Ticket.news_at)
            .limit(limit - len(found))
        )
        found += [(row.member_id, row.id) for row in rows]
        if len(found) >= limit:
            break
    return found


def list_unanswered(limit: int) -> list[tuple[int, int]]:
    """Return (member, ticket) of offers whose time is over. For machinery: every member's."""
    rows = db.session.execute(
        select(Assignment.member_id, Assignment.ticket_id)
        .join(
            Ticket,
            and_(Ticket.member_id == Assignment.member_id, Ticket.id == Assignment.ticket_id),
        )
        .where(
            Assignment.state == AssignmentState.OFFERED,
            Assignment.accept_by <= clock.now(),
            Ticket.state.in_(OPEN_STATES),
            ~_being_paged(Assignment.member_id, Assignment.ticket_id),
        )
        .order_by(Assignment.accept_by)
        .limit(limit)
    )
    return list(dict.fromkeys((row.member_id, row.ticket_id) for row in rows))


def is_being_paged(ticket: Ticket) -> bool:
    """Say whether the member's people on call are being asked: that has its own order and end."""
    return bool(db.session.scalar(select(_being_paged(ticket.member_id, ticket.id))))


def _being_paged(member_id: Any, ticket_id: Any) -> ColumnElement[bool]:
    return exists().where(
        OnCallPage.member_id == member_id,
        OnCallPage.ticket_id == ticket_id,
        OnCallPage.state.in_(LIVE),
    )


def _soon(limits: Mapping[int, Limits]) -> list[ColumnElement[bool]]:
    now = clock.now()
    by_member = _each(limits, lambda one: Ticket.due_at <= one.soon_until)
    last = max((one.soon_until for one in limits.values()), default=now)
    return [
        Ticket.state.in_([TicketState.OPEN, TicketState.PLANNED]),
        Ticket.due_at >= now,
        Ticket.due_at <= last,
        by_member,
    ]


def _silent(limits: Mapping[int, Limits]) -> list[ColumnElement[bool]]:
    return [
        or_(*(and_(*_quiet(number, one.silent_before)) for number, one in limits.items())),
        Ticket.state.in_(OPEN_STATES),
    ]


def _quiet(member_id: int, before: datetime) -> list[ColumnElement[bool]]:
    return [
        Ticket.member_id == member_id,
        Ticket.state.in_(OPEN_STATES),
        Ticket.news_at < before,
        ~_visit_to_come(Ticket.member_id, Ticket.id),
    ]


def _held_long(limits: Mapping[int, Limits]) -> list[ColumnElement[bool]]:
    return [
        Ticket.state == TicketState.ON_HOLD,
        _each(limits, lambda one: Ticket.held_since < one.held_before),
    ]


def _each(
    limits: Mapping[int, Limits], condition: Callable[[Limits], ColumnElement[bool]]
) -> ColumnElement[bool]:
    return or_(
        *(and_(Ticket.member_id == number, condition(one)) for number, one in limits.items())
    )


def _visit_to_come(member_id: Any, ticket_id: Any) -> ColumnElement[bool]:
    return exists().where(
        Visit.member_id == member_id,
        Visit.ticket_id == ticket_id,
        Visit.state == VisitState.PLANNED,
        Visit.day >= clock.today(),
    )
