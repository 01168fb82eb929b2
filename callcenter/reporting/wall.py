"""What the supervisor's wall shows, in a dozen statements: calls, agents, promises, SMS."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select

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
from callcenter.members.queries import list_members
from callcenter.messaging.ledger import ledger_at, list_live_alerts
from callcenter.messaging.ledger_models import DeliveryAlert
from callcenter.messaging.ledger_rules import CHARGED
from callcenter.messaging.models import Message, SendingPause
from callcenter.messaging.queries import count_uncertain, list_live_pauses
from callcenter.messaging.rules import FILTERED_CODE
from callcenter.messaging.states import MessageState
from callcenter.oncall.tonight import Watch, watch_over
from callcenter.tickets.incident_states import IncidentState
from callcenter.tickets.queries.incidents import IncidentLine, list_incidents
from callcenter.tickets.queries.lists import count_by_member
from callcenter.tickets.queries.satisfaction import Marks, scores_of
from callcenter.ui.pagination import window_from

_MOST_INCIDENTS: Final = 6
_MARKED_WITHIN: Final = timedelta(days=30)

_WATCHED: Final = ("late", "silent", "unanswered")
_ORDER = (
    PresenceState.AVAILABLE,
    PresenceState.ON_CALL,
    PresenceState.WRAP_UP,
    PresenceState.BREAK,
    PresenceState.AWAY,
)


@dataclass(frozen=True, slots=True)
class Promises:
    """How one member stands against its commitments: bounded counts, as ``count_words`` says.

    ``marks``: what its tenants thought in the last thirty days.
    """

    member_id: int
    member: str
    late: int
    silent: int
    unanswered: int
    marks: Marks


@dataclass(frozen=True, slots=True)
class SmsHealth:
    """How the day's SMS go. ``stuck``: should have left five minutes ago and more.

    ``filtered``: held back by an operator as unwanted, for its words or its sender.
    """

    sent: int
    delivered: int
    failed: int
    filtered: int
    stuck: int
    uncertain: int
    pauses: Sequence[SendingPause]
    alerts: Sequence[DeliveryAlert]

    @property
    def troubled(self) -> bool:
        """Say whether a person should look at it."""
        return bool(self.filtered or self.stuck or self.uncertain or self.pauses or self.alerts)


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
    incidents: Sequence[IncidentLine]
    on_call: Watch

    @property
    def member_names(self) -> dict[int, str]:
        """Return the members' names by their number."""
        return {one.member_id: one.member for one in self.promises}


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
        promises=_promises(actor, now),
        sms=_sms(now, sorted(members)),
        tasks=count_open_tasks(actor),
        incidents=list_incidents(
            actor, IncidentState.OPEN, window_from({}, 1, _MOST_INCIDENTS)
        ).items,
        on_call=watch_over(members),
    )


def _promises(actor: Actor, now: datetime) -> list[Promises]:
    members = list_members()
    scores = scores_of([one.id for one in members], now - _MARKED_WITHIN)
    counts = count_by_member(actor, [one.id for one in members], _WATCHED)
    return [
        Promises(
            one.id,
            one.short_name,
            counts[one.id]["late"],
            counts[one.id]["silent"],
            counts[one.id]["unanswered"],
            Marks(one.short_name, scores[one.id]),
        )
        for one in members
    ]


def _sms(now: datetime, member_ids: Sequence[int]) -> SmsHealth:
    start, _end = day_bounds(now)
    bad = (MessageState.UNDELIVERED, MessageState.FAILED)
    row = db.session.execute(
        select(
            func.count().filter(Message.state.in_(CHARGED)).label("sent"),
            func.count().filter(Message.state == MessageState.DELIVERED).label("delivered"),
            func.count().filter(Message.state.in_(bad)).label("failed"),
            func.count().filter(Message.error_code == FILTERED_CODE).label("filtered"),
        ).where(Message.member_id.in_(member_ids), ledger_at >= start)
    ).one()
    # Two statements: each has its own partial index.
    stuck = db.session.scalar(
        select(func.count()).where(
            Message.state == MessageState.QUEUED,
            Message.not_before < now - timedelta(minutes=5),
        )
    )
    uncertain = count_uncertain()
    return SmsHealth(
        sent=row.sent,
        delivered=row.delivered,
        failed=row.failed,
        filtered=row.filtered,
        stuck=stuck or 0,
        uncertain=uncertain,
        pauses=list_live_pauses(),
        alerts=list_live_alerts(),
    )
