"""The watch: what is due soon, silent, unanswered, on hold for too long; by index, bounded."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, exists, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.members.calendar_rules import is_open as calendar_is_open
from callcenter.oncall.models import OnCallPage
from callcenter.oncall.states import LIVE
from callcenter.routing.queries import get_routings
from callcenter.routing.watch_settings import read_watch
from callcenter.tickets.models import Assignment, Ticket, Visit
from callcenter.tickets.queries.asked import Asked
from callcenter.tickets.rules import is_open
from callcenter.tickets.states import (
    OPEN_STATES,
    AssignmentState,
    TicketState,
    VisitState,
)
from callcenter.tickets.watch_rules import Limits, limits_at

# The views of the watch.
WATCH_VIEWS: Final = frozenset({"soon", "silent", "unanswered", "held-long"})


def watch_condition(view: str, asked: Asked) -> list[ColumnElement[bool]]:
    """Return the conditions of one of ``WATCH_VIEWS``; visibility is added by the query itself."""
    if view == "unanswered":
        return [Ticket.unanswered_at.is_not(None), Ticket.state.in_(OPEN_STATES)]
    made: dict[str, Callable[[Asked], list[ColumnElement[bool]]]] = {
        "soon": _soon,
        "silent": _silent,
        "held-long": _held_long,
    }
    return made[view](asked)


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
    coming = db.session.scalar(select(_visit_to_come(ticket.member_id, ticket.id, clock.today())))
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
                Ticket.member_id == number,
                Ticket.news_at < before,
                *_nobody_coming(clock.today()),
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


def _soon(asked: Asked) -> list[ColumnElement[bool]]:
    return [
        Ticket.state.in_([TicketState.OPEN, TicketState.PLANNED]),
        Ticket.due_at >= asked.now,
        *_before(Ticket.due_at, asked.limits, lambda one: one.soon_until),
    ]


def _silent(asked: Asked) -> list[ColumnElement[bool]]:
    return [
        *_before(Ticket.news_at, asked.limits, lambda one: one.silent_before),
        *_nobody_coming(asked.today),
    ]


def _nobody_coming(today: date) -> list[ColumnElement[bool]]:
    return [
        Ticket.state.in_(OPEN_STATES),
        ~_visit_to_come(Ticket.member_id, Ticket.id, today),
    ]


def _held_long(asked: Asked) -> list[ColumnElement[bool]]:
    return [
        Ticket.state == TicketState.ON_HOLD,
        *_before(Ticket.held_since, asked.limits, lambda one: one.held_before),
    ]


def _before(
    at: InstrumentedAttribute[Any], limits: Mapping[int, Limits], pick: Callable[[Limits], datetime]
) -> list[ColumnElement[bool]]:
    """Return the condition that ``at`` comes before its member's limit, or at it.

    Said of the latest limit too, so that one index is read up to there.
    """
    if not limits:
        return [false()]
    latest = func.greatest(*(pick(one) for one in limits.values()))
    own = case(*((Ticket.member_id == number, pick(one)) for number, one in limits.items()))
    return [at <= latest, at <= own]


def _visit_to_come(member_id: Any, ticket_id: Any, today: date) -> ColumnElement[bool]:
    """Asked ticket by ticket: joined, the days to come of every ticket would be gone through."""
    last = (
        select(func.max(Visit.day))
        .where(
            Visit.member_id == member_id,
            Visit.ticket_id == ticket_id,
            Visit.state == VisitState.PLANNED,
        )
        .scalar_subquery()
    )
    return func.coalesce(last >= today, false())
