"""Live calls as screens show them: plain values, made once and sent to every desk concerned."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from callcenter.calls.models import Call
from callcenter.calls.presence import Agent
from callcenter.calls.states import CallState
from callcenter.core.live import LiveEvent
from callcenter.core.phone import format_phone

OVER = frozenset({CallState.ENDED, CallState.ABANDONED})


@dataclass(frozen=True, slots=True)
class LineWords:
    """What a call's line is called."""

    member: str = ""
    line: str = ""


def card_of(call: Call, words: LineWords) -> dict[str, Any]:
    """Return a call as JSON. ``version`` tells old news from new; ``over`` takes it off screens."""
    return {
        "id": call.id,
        "version": call.version,
        "member_id": call.member_id,
        "line_id": call.line_id,
        "member": words.member,
        "line": words.line,
        "service": call.service,
        "state": call.state,
        "over": call.state in OVER,
        "direction": call.direction,
        "provider": call.provider,
        "number": format_phone(call.caller_number),
        "caller": call.caller_hint,
        "matches": call.caller_matches,
        "agent_id": call.agent_id,
        "agent": call.agent_label,
        "started_at": _text(call.started_at),
        "queued_at": _text(call.queued_at),
        "answered_at": _text(call.answered_at),
        "ended_at": _text(call.ended_at),
        "wrap_until": _text(call.wrap_until),
        "held": call.hold_since is not None,
        "recording": call.recording,
    }


def presence_of(agent: Agent) -> dict[str, Any]:
    """Return what an agent is doing as JSON."""
    return {
        "user_id": agent.user_id,
        "name": agent.name,
        "state": agent.state,
        "reason": agent.reason,
        "since": _text(agent.since),
        "until": _text(agent.until),
        "call_id": agent.call_id,
    }


def call_event(call: Call, words: LineWords) -> LiveEvent:
    """Return the event that tells a call's news to the desks of its member."""
    return LiveEvent("call", call.member_id, card_of(call, words))


def presence_event(home_id: int, agent: Agent) -> LiveEvent:
    """Return the event that tells a person, and the supervisors, what the person is doing."""
    return LiveEvent("presence", home_id, presence_of(agent), user_id=agent.user_id)


def _text(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="milliseconds") if at else None
