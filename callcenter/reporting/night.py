"""The night's log of one member: everything from the evening to the morning, and what is left.

Calls, requests, pages and what people on call said, in the order of time; read by the morning's
staff, printed, taken over.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import and_, func, or_, select

from callcenter.calls.models import Call
from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.isolation import Actor
from callcenter.core.permissions import Permission
from callcenter.members.calendar_rules import Interval
from callcenter.members.models import Organisation
from callcenter.members.queries import get_main_calendar
from callcenter.oncall.models import OnCallHandover
from callcenter.oncall.page_queries import PageLine, list_pages
from callcenter.oncall.rules import last_period, period_of_night
from callcenter.tickets.models import Assignment, Ticket, TicketEvent
from callcenter.tickets.queries.visibility import visible_to
from callcenter.tickets.states import LIVE_ASSIGNMENT_STATES, OPEN_STATES, EventKind

MOST: Final = 400
# What happened on a ticket at night and matters in the morning; SMS to tenants do not.
_TOLD: Final = (
    EventKind.ON_CALL,
    EventKind.COMMENT,
    EventKind.CHASE,
    EventKind.ACCEPTED,
    EventKind.REFUSED,
    EventKind.RESOLVED,
    EventKind.TENANT_WORD,
    EventKind.TENANT_DENIED,
)


@dataclass(frozen=True, slots=True)
class NightTicket:
    """A request that was opened in the night, or that the night had to do with."""

    ticket: Ticket
    holder: str
    opened_at_night: bool
    page: PageLine | None = None

    @property
    def still_open(self) -> bool:
        """Say whether something is left to do."""
        return self.ticket.state in OPEN_STATES


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log: a call, a request opened, or something that happened to one."""

    at: datetime
    kind: str
    call: Call | None = None
    ticket: Ticket | None = None
    event: TicketEvent | None = None
    page: PageLine | None = None


@dataclass(frozen=True, slots=True)
class Night:
    """A member's night: its hours, its log, what is still open, who took it over."""

    member: Organisation
    night: date
    period: Interval
    running: bool
    lines: Sequence[Line]
    tickets: Sequence[NightTicket]
    pages: Sequence[PageLine]
    calls: int
    handover: OnCallHandover | None = None
    truncated: bool = field(default=False)

    @property
    def open_urgent(self) -> list[NightTicket]:
        """Return the urgent requests that are still open: the morning's first work."""
        return [one for one in self.tickets if one.still_open and one.ticket.priority in _URGENT]

    @property
    def open_others(self) -> list[NightTicket]:
        """Return the other requests that waited for the opening."""
        return [
            one for one in self.tickets if one.still_open and one.ticket.priority not in _URGENT
        ]

    @property
    def unanswered(self) -> list[PageLine]:
        """Return the pages that nobody took."""
        return [one for one in self.pages if one.unanswered]


_URGENT: Final = frozenset({"P0", "P1"})


def get_night(actor: Actor, member: Organisation, night: date | None) -> Night:
    """Return a member's night: the one asked for, the one that runs, or the last. Eight statements.

    ``night`` is the date of its first evening. Restricted requests show to whom they may.
    """
    calendar = get_main_calendar(member.id)
    now = clock.now()
    period = period_of_night(calendar, night) if night else last_period(calendar, now)
    start, end = period[0], min(period[1], now)
    calls = _calls(member.id, start, end) if actor.may(Permission.CALLS_READ) else []
    pages = list_pages([member.id], start=start, end=end)
    tickets = _tickets(actor, member.id, start, end, pages)
    seen = {one.ticket.id: one for one in tickets}
    events = _events(member.id, list(seen), start, end)
    lines = [
        *(Line(call.started_at, "call", call=call) for call in calls),
        *(
            Line(one.ticket.opened_at, "opened", ticket=one.ticket)
            for one in tickets
            if one.opened_at_night
        ),
        *(
            Line(event.at, "event", event=event, ticket=seen[event.ticket_id].ticket)
            for event in events
        ),
        *(
            Line(one.page.created_at, "page", page=one)
            for one in pages
            if one.page.ticket_id is None
        ),
    ]
    first = clock.in_paris(period[0]).date()
    return Night(
        member=member,
        night=first,
        period=period,
        running=period[1] > now,
        lines=sorted(lines, key=lambda line: line.at)[:MOST],
        tickets=tickets,
        pages=[one for one in pages if one.page.ticket_id is None or one.page.ticket_id in seen],
        calls=len(calls),
        handover=_handover(member.id, first),
        truncated=len(lines) > MOST,
    )


def _calls(member_id: int, start: datetime, end: datetime) -> Sequence[Call]:
    return db.session.scalars(
        select(Call)
        .where(Call.member_id == member_id, Call.started_at >= start, Call.started_at < end)
        .order_by(Call.started_at)
        .limit(MOST)
    ).all()


def _tickets(
    actor: Actor, member_id: int, start: datetime, end: datetime, pages: Sequence[PageLine]
) -> list[NightTicket]:
    paged: dict[int, PageLine] = {}
    for line in pages:
        if line.page.ticket_id is not None:
            paged.setdefault(line.page.ticket_id, line)
    holder = (
        select(func.string_agg(Assignment.organisation_name, ", "))
        .where(
            Assignment.member_id == Ticket.member_id,
            Assignment.ticket_id == Ticket.id,
            Assignment.informed_only.is_(False),
            Assignment.state.in_(LIVE_ASSIGNMENT_STATES),
        )
        .correlate(Ticket)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Ticket, holder)
        .where(
            Ticket.member_id == member_id,
            or_(
                and_(Ticket.opened_at >= start, Ticket.opened_at < end),
                Ticket.id.in_(list(paged)),
            ),
            visible_to(actor),
        )
        .order_by(Ticket.priority, Ticket.opened_at)
        .limit(MOST)
    )
    return [
        NightTicket(ticket, name or "", start <= ticket.opened_at < end, paged.get(ticket.id))
        for ticket, name in rows
    ]


def _events(
    member_id: int, ticket_ids: list[int], start: datetime, end: datetime
) -> Sequence[TicketEvent]:
    if not ticket_ids:
        return []
    conditions: list[Any] = [
        TicketEvent.member_id == member_id,
        TicketEvent.ticket_id.in_(ticket_ids),
        TicketEvent.kind.in_(_TOLD),
        TicketEvent.at >= start,
        TicketEvent.at < end,
    ]
    return db.session.scalars(
        select(TicketEvent).where(*conditions).order_by(TicketEvent.id).limit(MOST)
    ).all()


def _handover(member_id: int, night: date) -> OnCallHandover | None:
    return db.session.scalar(
        select(OnCallHandover).where(
            OnCallHandover.member_id == member_id, OnCallHandover.night == night
        )
    )
