"""Verbs of live calls: what an exchange reports, who takes a call, holding, ending.

Reports may come twice, late or in any order (see ``live_rules``). Services flush; the edge
commits and tells the screens.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from callcenter.calls import presence
from callcenter.calls.live_rules import Facts, Report, believable, learn, state_of
from callcenter.calls.models import Call
from callcenter.calls.states import (
    CallerKind,
    CallPath,
    CallProvider,
    CallState,
    Direction,
    RecordingMark,
    TaskKind,
)
from callcenter.calls.tasks import close_tasks, note_task
from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.phone import is_anonymous, try_parse_phone
from callcenter.estate.queries import find_callers
from callcenter.estate.records import Person

_NAMED_AT_MOST = 2


@dataclass(frozen=True, slots=True)
class Answerer:
    """The agent who speaks a call: ``home_id`` is the wall of the account."""

    user_id: int
    name: str
    home_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeReport:
    """One piece of news from an exchange about one call of one member's line.

    ``at`` is the exchange's own instant, if it tells one; ``number`` is the other party's.
    """

    provider: CallProvider
    provider_id: str
    report: Report
    member_id: int
    line_id: int | None
    service: str
    number: str = ""
    direction: Direction = Direction.IN
    at: datetime | None = None
    dialled: str = ""
    queue: str = ""
    answering_number: str = ""
    cause: str = ""
    path: CallPath = CallPath.NONE
    agent: Answerer | None = None
    wrap_up_seconds: int = 60
    told_recorded: bool = False


@dataclass(frozen=True, slots=True)
class Reported:
    """What a report changed. ``agent`` is the presence that changed with it, if one did."""

    call: Call
    changed: bool
    agent: presence.Agent | None = None


def facts_of(call: Call) -> Facts:
    """Return what a row knows, for the rules."""
    return Facts(
        direction=Direction(call.direction),
        started_at=call.started_at,
        queued_at=call.queued_at,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        wrapped_up_at=call.wrapped_up_at,
        by_agent=call.agent_id is not None,
    )


def record_report(news: ExchangeReport) -> Reported | None:
    """Write one report on its call, which is made if it is the first heard of.

    Returns ``None`` when the id already belongs to another member's call.
    """
    now = clock.now()
    at = believable(news.at, now)
    made = _make(news, at)
    call = db.session.scalar(
        select(Call)
        .where(Call.member_id == news.member_id, Call.provider_id == news.provider_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if call is None:
        return None
    if made:
        recognise(call)
    before = (call.state, call.agent_id, call.path, call.cause, call.caller_number)
    known = learn(facts_of(call), news.report, at)
    _take_details(call, news, made=made)
    agent = _move(call, known, now, news)
    call.reported_at = now
    after = (call.state, call.agent_id, call.path, call.cause, call.caller_number)
    changed = made or before != after
    if changed:
        call.version += 1
    db.session.flush()
    return Reported(call, changed, agent)


def _make(news: ExchangeReport, at: datetime) -> bool:
    number = "" if is_anonymous(news.number) else _e164(news.number)
    row = insert(Call).values(
        member_id=news.member_id,
        line_id=news.line_id,
        service=news.service,
        direction=news.direction,
        state=CallState.RINGING,
        provider=news.provider,
        provider_id=news.provider_id,
        caller_number=number,
        caller_kind=CallerKind.CONTACT if number else CallerKind.ANONYMOUS,
        caller_name="",
        agent_label="",
        started_at=at,
        disposition="",
        note="",
        handed_to_label="",
        dialled_number=news.dialled,
        answering_number="",
        queue_name="",
        path=CallPath.NONE,
        cause="",
        held_seconds=0,
        recording=RecordingMark.TOLD if news.told_recorded else RecordingMark.NONE,
        transferred_to="",
        caller_hint="",
        caller_matches=0,
        reported_at=at,
        version=1,
    )
    made = db.session.scalar(row.on_conflict_do_nothing().returning(Call.id))
    return made is not None


def _e164(number: str) -> str:
    phone = try_parse_phone(number)
    return phone.e164 if phone else ""


def recognise(call: Call) -> None:
    """Say who may be calling: a list, never a guess; the agent decides."""
    people = find_callers(call.caller_number, [call.member_id], call.member_id)
    call.caller_matches = len(people)
    call.caller_hint = hint_of(people)


def hint_of(people: list[Person]) -> str:
    """Return who may be calling, in a few words: two names at most."""
    names = [person.name for person in people]
    if len(names) > _NAMED_AT_MOST:
        return str(_("%(name)s et %(count)s autres", name=names[0], count=len(names) - 1))
    return str(_(" ou ")).join(names)


def _take_details(call: Call, news: ExchangeReport, *, made: bool) -> None:
    """Keep what this report adds; a later, poorer report takes nothing away."""
    if not made and not call.caller_number and not is_anonymous(news.number):
        call.caller_number = _e164(news.number)
        if call.caller_number:
            call.caller_kind = CallerKind.CONTACT
            recognise(call)
    call.line_id = call.line_id or news.line_id
    call.dialled_number = call.dialled_number or news.dialled
    call.queue_name = news.queue or call.queue_name
    call.answering_number = news.answering_number or call.answering_number
    call.cause = call.cause or news.cause
    if news.path is not CallPath.NONE:
        call.path = news.path
    # Until somebody answers, the call rings where it was last said to ring.
    if news.agent is not None and (call.agent_id is None or call.answered_at is None):
        call.agent_id, call.agent_label = news.agent.user_id, news.agent.name
        call.taken_at = clock.now()


def _move(call: Call, known: Facts, now: datetime, news: ExchangeReport) -> presence.Agent | None:
    """Put the facts on the row and do what the new state asks for."""
    before = CallState(call.state)
    call.started_at = known.started_at or call.started_at
    call.queued_at, call.answered_at, call.ended_at = (
        known.queued_at,
        known.answered_at,
        known.ended_at,
    )
    state = state_of(facts_of(call))
    call.state = state
    if state is before:
        return None
    by = call.agent_label
    if call.answered_at is not None and call.direction == Direction.IN:
        close_tasks(call.member_id, call.caller_number, by, now)
    if call.ended_at is not None:
        end_hold(call, now)
    if state is CallState.ABANDONED and call.path not in {CallPath.CLOSED, CallPath.VOICEMAIL}:
        note_task(
            call,
            TaskKind.ABANDONED if call.queued_at else TaskKind.MISSED,
            call.ended_at or now,
        )
    if news.agent is None or call.agent_id != news.agent.user_id:
        news_agent = _answerer(call)
    else:
        news_agent = news.agent
    if news_agent is None:
        return None
    if state is CallState.ANSWERED:
        return presence.begin_call(
            news_agent.home_id, news_agent.user_id, news_agent.name, call.id, call.member_id
        )
    if state is CallState.WRAP_UP:
        call.wrap_until = now + timedelta(seconds=news.wrap_up_seconds)
        return presence.begin_wrap_up(
            news_agent.home_id, news_agent.user_id, news_agent.name, call.id, call.wrap_until
        )
    if state in {CallState.ABANDONED, CallState.ENDED}:
        return presence.end_wrap_up(news_agent.user_id, call.id)
    return None


def _answerer(call: Call) -> Answerer | None:
    if call.agent_id is None:
        return None
    home = presence.home_of(call.agent_id)
    return None if home is None else Answerer(call.agent_id, call.agent_label, home)


def end_hold(call: Call, now: datetime) -> None:
    """Count what a call was on hold, if it is."""
    if call.hold_since is not None:
        call.held_seconds += max(0, int((now - call.hold_since).total_seconds()))
        call.hold_since = None
