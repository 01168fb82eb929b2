"""How a live call goes on, whatever the exchange says, repeats, or says too late.

Pure. A call is a handful of facts, each an instant that is known or not. Learning a fact keeps
the earliest instant told; the state is worked out from what is known. So the order of the news
does not matter, and hearing it twice changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from callcenter.calls.states import CallState, Direction, PresenceState, TaskKind

# Further from our clock than this, the exchange's clock is wrong and ours counts.
CLOCK_TRUST = timedelta(minutes=5)

# Without any news for so long, a call is over although nobody said so.
SILENT_RINGING = timedelta(minutes=15)
SILENT_WAITING = timedelta(minutes=45)
SILENT_TALKING = timedelta(hours=4)
# An agent who never wrote up a call keeps it on the desk for a working day, no longer.
SILENT_WRAP_UP = timedelta(hours=12)

# A screen that was not seen for so long belongs to nobody.
UNSEEN = timedelta(minutes=3)


class Report(StrEnum):
    """One piece of news about a call."""

    NEW = "new"
    QUEUED = "queued"
    ANSWERED = "answered"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a call. Aware instants, on our clock."""

    direction: Direction = Direction.IN
    started_at: datetime | None = None
    queued_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    wrapped_up_at: datetime | None = None
    by_agent: bool = False


@dataclass(frozen=True, slots=True)
class Durations:
    """How long a call waited, was spoken, and was written up, in whole seconds."""

    wait: int = 0
    talk: int = 0
    wrap: int = 0


def believable(told: datetime | None, received: datetime) -> datetime:
    """Return the exchange's own instant if its clock is near ours, else when we heard."""
    if told is None or told.tzinfo is None or abs(received - told) > CLOCK_TRUST:
        return received
    return min(told, received)


def learn(facts: Facts, report: Report, at: datetime) -> Facts:
    """Return the facts with one more piece of news; the earliest instant of each kind is kept."""
    match report:
        case Report.QUEUED:
            facts = replace(facts, queued_at=_earliest(facts.queued_at, at))
        case Report.ANSWERED:
            facts = replace(facts, answered_at=_earliest(facts.answered_at, at))
        case Report.ENDED:
            facts = replace(facts, ended_at=_earliest(facts.ended_at, at))
    # A call exists from the first thing that was ever heard of it.
    return replace(facts, started_at=_earliest(facts.started_at, at))


def _earliest(known: datetime | None, at: datetime) -> datetime:
    return at if known is None else min(known, at)


def state_of(facts: Facts) -> CallState:
    """Return where a call stands, from what is known of it."""
    if facts.ended_at is not None:
        if facts.answered_at is None:
            incoming = facts.direction is Direction.IN
            return CallState.ABANDONED if incoming else _after(facts)
        return _after(facts)
    if facts.answered_at is not None:
        return CallState.ANSWERED
    return CallState.WAITING if facts.queued_at is not None else CallState.RINGING


def _after(facts: Facts) -> CallState:
    """An agent still has to say what the call was about; nobody else has."""
    owed = facts.by_agent and facts.wrapped_up_at is None
    return CallState.WRAP_UP if owed else CallState.ENDED


def durations(facts: Facts, now: datetime) -> Durations:
    """Return waiting, talk and wrap-up, never negative; what goes on is counted until ``now``.

    Waiting runs from the start of the call to the answer, or to the end of one never answered.
    """
    if facts.started_at is None:
        return Durations()
    end = facts.ended_at or now
    answer = facts.answered_at
    wait = (answer or end) - facts.started_at
    talk = end - answer if answer else timedelta()
    wrap = timedelta()
    if facts.by_agent and facts.ended_at is not None and answer is not None:
        wrap = (facts.wrapped_up_at or now) - max(facts.ended_at, answer)
    return Durations(_seconds(wait), _seconds(talk), _seconds(wrap))


def _seconds(span: timedelta) -> int:
    return max(0, int(span.total_seconds()))


def is_stale(state: CallState, last_news: datetime, now: datetime) -> bool:
    """Say whether a live call has been silent for so long that it must be over."""
    limits = {
        CallState.RINGING: SILENT_RINGING,
        CallState.WAITING: SILENT_WAITING,
        CallState.ANSWERED: SILENT_TALKING,
        CallState.WRAP_UP: SILENT_WRAP_UP,
    }
    limit = limits.get(state)
    return limit is not None and now - last_news > limit


def merged_kind(kinds: Iterable[TaskKind]) -> TaskKind:
    """Return why a person is to be called back, when several reasons met: the strongest."""
    order = (TaskKind.MISSED, TaskKind.ABANDONED, TaskKind.VOICEMAIL, TaskKind.CALLBACK)
    return max(kinds, key=order.index)


@dataclass(frozen=True, slots=True)
class Standing:
    """What an agent is doing, as everybody sees it now."""

    state: PresenceState
    since: datetime
    until: datetime | None = None


def standing(
    state: PresenceState,
    since: datetime,
    until: datetime | None,
    seen_at: datetime,
    now: datetime,
) -> Standing:
    """Return the presence in force: a wrap-up ends by itself, an unseen screen is away.

    An agent on a call stays on it whatever happens to the browser: the telephone goes on.
    """
    if state is PresenceState.ON_CALL:
        return Standing(state, since)
    if state is not PresenceState.AWAY and now - seen_at > UNSEEN:
        return Standing(PresenceState.AWAY, seen_at)
    if state is PresenceState.WRAP_UP and until is not None and now >= until:
        return Standing(PresenceState.AVAILABLE, until)
    return Standing(state, since, until)
