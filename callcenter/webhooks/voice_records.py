"""What telephone webhooks write down. Each function is one short transaction, harmless twice.

For machinery: the scope of every member. Rows are found by the provider's ids, which nobody
else knows, and each write names the member whose row it is.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text

from callcenter.calls.call_acts import ask_callback, end_leg, give_back, open_leg
from callcenter.calls.dialled import find_dialled, platform_id
from callcenter.calls.live_edge import tell_call, tell_presence
from callcenter.calls.live_queries import line_words, recording_days, wrap_up_seconds
from callcenter.calls.live_rules import Report
from callcenter.calls.live_services import Answerer, ExchangeReport, record_report
from callcenter.calls.models import Call, CallLeg
from callcenter.calls.night_numbers import page_for_call
from callcenter.calls.recording_steps import recorded
from callcenter.calls.recordings import keep_message, want_recording
from callcenter.calls.states import (
    CallPath,
    CallProvider,
    CallState,
    Direction,
    LegKind,
)
from callcenter.calls.voice_rules import DialledLine
from callcenter.core import clock
from callcenter.core.db import db, session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.members.accounts import User
from callcenter.members.models import PhoneLine

_EVERYTHING = Scope(everything=True)
# The server gives up before the caller's patience does.
_IMPATIENT = text(
    "SELECT set_config('statement_timeout', '1500ms', true),"
    " set_config('lock_timeout', '1200ms', true)"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call stands, for the next instructions."""

    call_id: int
    provider_id: str
    state: str
    path: str
    held: bool
    queue: str
    line_number: str
    number: str
    whisper: str
    agent_id: int | None


def load_line(number: str) -> DialledLine | None:
    """Return the line that a number stands for."""
    with session_scope(_EVERYTHING):
        db.session.execute(_IMPATIENT)
        return find_dialled(number)


def arrive(line: DialledLine, sid: str, caller: str) -> int:
    """Write a new call down and return how many wait on its line."""
    report(news_of(line, sid, caller, Report.NEW), line.platform_id)
    with session_scope(_EVERYTHING):
        db.session.execute(_IMPATIENT)
        return db.session.scalars(
            select(func.count()).where(
                Call.member_id == line.member_id,
                Call.line_id == line.line_id,
                Call.state == CallState.WAITING,
                Call.provider_id != sid,
                Call.started_at > func.now() - text("interval '2 hours'"),
            )
        ).one()


def news_of(line: DialledLine, sid: str, caller: str, kind: Report) -> ExchangeReport:
    """Return a report about a caller's leg on a line."""
    return ExchangeReport(
        provider=CallProvider.TWILIO,
        provider_id=sid,
        report=kind,
        member_id=line.member_id,
        line_id=line.line_id,
        service=line.service,
        number=caller,
        dialled=line.number,
        queue=line.queue,
        wrap_up_seconds=line.wrap_up_seconds,
        told_recorded=line.recording,
    )


def report(news: ExchangeReport, home_id: int) -> bool:
    """Write down what became of a call; True once it is written."""
    with session_scope(_EVERYTHING), transaction():
        db.session.execute(_IMPATIENT)
        _write(news, home_id)
    return True


def _write(news: ExchangeReport, home_id: int) -> None:
    done = record_report(news)
    if done is not None and done.changed:
        tell_call(done.call)
        tell_presence(home_id, done.agent)


def callback(sid: str) -> bool:
    """Note that the caller asks to be called back; False for a call we don't know."""
    with session_scope(_EVERYTHING), transaction():
        call = _locked(Call.provider_id == sid)
        if call is None:
            return False
        if call.path != CallPath.CALLBACK:
            ask_callback(call)
            tell_call(call)
        return True


def nobody_on_call(line_name: str, sid: str) -> bool:
    """Page people on call about a caller whom none of them answered, and keep the caller.

    False for a call we don't know, a hidden number (nobody could ring back), or no rota.
    """
    with session_scope(_EVERYTHING), transaction():
        call = _locked(Call.provider_id == sid)
        if call is None or not call.caller_number or not page_for_call(call, line_name):
            return False
        if call.path != CallPath.CALLBACK:
            ask_callback(call)
            tell_call(call)
        return True


def message(line: DialledLine, sid: str, recording_sid: str, seconds: int) -> bool:
    """Note a message that a caller left; False for a call we don't know."""
    with session_scope(_EVERYTHING), transaction():
        call = _locked(Call.provider_id == sid)
        if call is None or not recording_sid:
            return False
        if keep_message(call, recording_sid, seconds, line.recording_days) is not None:
            tell_call(call)
        return True


def conversation_recorded(
    recording_id: int, recording_sid: str, seconds: int, *, failed: bool
) -> bool:
    """Note that a conversation's recording is done; True once it is written."""
    with session_scope(_EVERYTHING), transaction():
        recorded(recording_id, recording_sid, seconds, failed=failed)
    return True


def place_of(*, sid: str = "", call_id: int | None = None) -> Place | None:
    """Return where a call stands, by the caller's leg or by our own number."""
    with session_scope(_EVERYTHING):
        db.session.execute(_IMPATIENT)
        row = db.session.execute(
            select(Call, PhoneLine.number, PhoneLine.id)
            .outerjoin(PhoneLine, PhoneLine.id == Call.line_id)
            .where(Call.provider_id == sid if call_id is None else Call.id == call_id)
        ).one_or_none()
        if row is None:
            return None
        call: Call = row[0]
        words = line_words(call)
        return Place(
            call.id,
            call.provider_id or "",
            call.state,
            call.path,
            call.hold_since is not None,
            f"line-{row[2]}",
            row[1] or "",
            call.caller_number,
            f"{words.member}, {words.line}.",
            call.agent_id,
        )


def agent_leg(call_id: int, leg_sid: str, agent_id: int, number: str) -> None:
    """Note whose telephone answered for a call."""
    with session_scope(_EVERYTHING), transaction():
        call = db.session.get(Call, call_id)
        if call is not None:
            open_leg(call, leg_sid, LegKind.AGENT, number, agent_id)


def joined(caller_sid: str, leg_sid: str, at: datetime) -> None:
    """A caller left the queue for an agent's telephone: that is the answer, whoever took what.

    When two agents take at once the queue may give each the other's caller: what happened on
    the telephone is what is written, and a call that nobody got is given back.
    """
    with session_scope(_EVERYTHING), transaction():
        leg = db.session.scalar(select(CallLeg).where(CallLeg.provider_id == leg_sid))
        call = _locked(Call.provider_id == caller_sid)
        if call is None:
            return
        agent = _answerer(leg.agent_id if leg else call.agent_id)
        if leg is not None and leg.call_id != call.id:
            meant = _locked(Call.id == leg.call_id)
            if meant is not None and meant.agent_id == leg.agent_id:
                give_back(meant)
                tell_call(meant)
            if call.member_id == leg.member_id:
                leg.call_id = call.id
            call.agent_id = None  # who had taken it did not get it
            db.session.flush()
        if leg is not None:
            leg.answered_at = clock.now()
        _write(
            ExchangeReport(
                provider=CallProvider.TWILIO,
                provider_id=caller_sid,
                report=Report.ANSWERED,
                member_id=call.member_id,
                line_id=call.line_id,
                service=call.service,
                at=at,
                agent=agent,
                answering_number=leg.number if leg else "",
            ),
            agent.home_id if agent else platform_id(),
        )
        if agent is not None and want_recording(call, recording_days(call.line_id)) is not None:
            tell_call(call)


def leg_over(leg_sid: str, call_id: int, agent_id: int | None) -> None:
    """A telephone hung up, or never answered: its call is given back if it still waits."""
    with session_scope(_EVERYTHING), transaction():
        leg = end_leg(leg_sid)
        call = _locked(Call.id == (leg.call_id if leg else call_id))
        if call is None or (leg is not None and leg.kind != LegKind.AGENT):
            return
        if call.state == CallState.WAITING and call.agent_id == agent_id:
            home = _answerer(agent_id)
            agent = give_back(call)
            tell_call(call)
            if home is not None:
                tell_presence(home.home_id, agent)


def outgoing(call_id: int, kind: Report, cause: str, at: datetime | None) -> None:
    """What became of a call that an agent made."""
    with session_scope(_EVERYTHING), transaction():
        call = db.session.get(Call, call_id)
        if call is None or call.direction != Direction.OUT or call.provider_id is None:
            return
        agent = _answerer(call.agent_id)
        _write(
            ExchangeReport(
                provider=CallProvider.TWILIO,
                provider_id=call.provider_id,
                report=kind,
                member_id=call.member_id,
                line_id=call.line_id,
                service=call.service,
                number=call.caller_number,
                direction=Direction.OUT,
                at=at,
                cause=cause,
                agent=agent,
                wrap_up_seconds=wrap_up_seconds(call.line_id),
            ),
            agent.home_id if agent else platform_id(),
        )


def _locked(condition: object) -> Call | None:
    return db.session.scalar(
        select(Call)
        .where(condition)  # type: ignore[arg-type]
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _answerer(agent_id: int | None) -> Answerer | None:
    user = db.session.get(User, agent_id) if agent_id is not None else None
    return Answerer(user.id, user.full_name, user.member_id) if user else None
