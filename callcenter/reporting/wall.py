"""What the supervisor's wall shows, in a dozen statements: calls, agents, promises, SMS."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, func, select

from callcenter.calls.figures import (
    Figures,
    LineFigures,
    Waiting,
    count_day,
    count_lines,
    count_quarters,
    count_waiting,
    day_bounds,
)
from callcenter.calls.presence import Agent, list_agents
from callcenter.calls.states import PresenceState
from callcenter.calls.tasks import count_open_tasks
from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.isolation import Actor
from callcenter.members.models import Organisation
from callcenter.members.queries import list_members
from callcenter.messaging.models import Message, SendingPause
from callcenter.messaging.queries import list_live_pauses
from callcenter.messaging.states import MessageState
from callcenter.tickets.models import Ticket, TicketEvent
from callcenter.tickets.states import OPEN_STATES

# Nothing has happened to an open ticket for so long: the tenant will call again.
SILENT: Final = timedelta(days=3)

_ORDER = (
    PresenceState.AVAILABLE,
    PresenceState.ON_CALL,
    PresenceState.WRAP_UP,
    PresenceState.BREAK,
    PresenceState.AWAY,
)


@dataclass(frozen=True, slots=True)
class Promises:
    """How one member stands against its commitments."""

    member_id: int
    member: str
    open: int
    late: int
    silent: int


@dataclass(frozen=True, slots=True)
class SmsHealth:
    """How the day's SMS go. ``stuck``: should have left five minutes ago and more."""

    sent: int
    delivered: int
    failed: int
    stuck: int
    uncertain: int
    pauses: Sequence[SendingPause]

    @property
    def troubled(self) -> bool:
        """Say whether a person should look at it."""
        return bool(self.stuck or self.uncertain or self.pauses)


@dataclass(frozen=True, slots=True)
class Wall:
    """Everything at one instant."""

    at: datetime
    waiting: Waiting
    agents: Sequence[tuple[PresenceState, Sequence[Agent]]]
    day: Figures
    lines: Sequence[LineFigures]
    quarters: Sequence[tuple[datetime, Figures]]
    promises: Sequence[Promises]
    sms: SmsHealth
    tasks: int


def get_wall(actor: Actor) -> Wall:
    """Read the wall of the members that the actor serves."""
    now = clock.now()
    members = actor.member_ids
    agents = list_agents(actor.home_id)
    return Wall(
        at=now,
        waiting=count_waiting(members),
        agents=[(state, [a for a in agents if a.state is state]) for state in _ORDER],
        day=count_day(members, now),
        lines=count_lines(members, now),
        quarters=count_quarters(members, now),
        promises=_promises(now),
        sms=_sms(now),
        tasks=count_open_tasks(actor),
    )


def _promises(now: datetime) -> list[Promises]:
    quiet = ~exists(
        select(TicketEvent.id).where(
            TicketEvent.member_id == Ticket.member_id,
            TicketEvent.ticket_id == Ticket.id,
            TicketEvent.at > now - SILENT,
        )
    )
    rows = db.session.execute(
        select(
            Ticket.member_id,
            func.count().label("open"),
            func.count().filter(Ticket.due_at < now).label("late"),
            func.count().filter(Ticket.opened_at < now - SILENT, quiet).label("silent"),
        )
        .where(Ticket.state.in_(OPEN_STATES))
        .group_by(Ticket.member_id)
    )
    found = {row.member_id: row for row in rows}
    return [
        Promises(member.id, member.short_name, row.open, row.late, row.silent)
        if (row := found.get(member.id))
        else Promises(member.id, member.short_name, 0, 0, 0)
        for member in list_members()
    ]


def _sms(now: datetime) -> SmsHealth:
    start, _end = day_bounds(now)
    gone = (MessageState.ACCEPTED, MessageState.SENT, MessageState.DELIVERED)
    bad = (MessageState.UNDELIVERED, MessageState.FAILED)
    row = db.session.execute(
        select(
            func.count().filter(Message.state.in_([*gone, *bad])).label("sent"),
            func.count().filter(Message.state == MessageState.DELIVERED).label("delivered"),
            func.count().filter(Message.state.in_(bad)).label("failed"),
        ).where(Message.created_at >= start)
    ).one()
    late = db.session.execute(
        select(
            func.count()
            .filter(
                Message.state == MessageState.QUEUED,
                Message.not_before < now - timedelta(minutes=5),
            )
            .label("stuck"),
            func.count().filter(Message.state == MessageState.UNCERTAIN).label("uncertain"),
        ).where(
            Message.state.in_([MessageState.QUEUED, MessageState.UNCERTAIN]),
        )
    ).one()
    pauses = list_live_pauses()
    return SmsHealth(row.sent, row.delivered, row.failed, late.stuck, late.uncertain, pauses)


def pause_owner(pause: SendingPause) -> str:
    """Return whose sending is stopped."""
    name = db.session.scalar(
        select(Organisation.short_name).where(Organisation.id == pause.member_id)
    )
    return name or ""
