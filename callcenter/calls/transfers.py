"""Passing a caller on: to a queue of the member, one of its teams, a colleague, any number."""

from dataclasses import dataclass
from typing import Final

from flask_babel import gettext as _
from sqlalchemy import select

from callcenter.calls import presence, words
from callcenter.calls.call_acts import pass_on
from callcenter.calls.live_rules import state_of
from callcenter.calls.live_services import facts_of
from callcenter.calls.models import AgentPresence, Call
from callcenter.calls.states import (
    CallPath,
    CallProvider,
    CallState,
    Direction,
    PresenceState,
    RecordingMark,
)
from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.core.phone import format_phone, parse_phone
from callcenter.members.accounts import User
from callcenter.members.models import PhoneLine, Team

# How the target of a transfer says that it is a line's queue and not a number.
QUEUE_PREFIX: Final = "line:"
_WORD_MAX = 500
_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody to pass a call on to: what is sent back, and what is shown."""

    value: str
    name: str
    shown: str = ""


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """Targets of one kind."""

    label: str
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Passed:
    """A caller put in another queue: the call that begins there, and what the provider needs."""

    call: Call
    provider_id: str
    line_number: str
    recording: bool
    agent: presence.Agent | None


def list_targets(call: Call, actor: Actor) -> list[TargetGroup]:
    """Return the member's other queues, its teams that have a number, then colleagues there are."""
    return [
        TargetGroup(_("Files d'attente"), _queues(call)),
        TargetGroup(_("Équipes"), _teams(call.member_id)),
        TargetGroup(_("Collègues"), _colleagues(actor)),
    ]


def _queues(call: Call) -> tuple[Target, ...]:
    rows = db.session.execute(
        select(PhoneLine.id, PhoneLine.name, PhoneLine.number)
        .where(
            PhoneLine.member_id == call.member_id, PhoneLine.active, PhoneLine.id != call.line_id
        )
        .order_by(PhoneLine.id)
    )
    return tuple(
        Target(f"{QUEUE_PREFIX}{row.id}", row.name, format_phone(row.number)) for row in rows
    )


def _teams(member_id: int) -> tuple[Target, ...]:
    rows = db.session.execute(
        select(Team.name, Team.phone)
        .where(Team.member_id == member_id, Team.active, Team.phone != "")
        .order_by(Team.name)
    )
    return tuple(Target(row.phone, row.name, format_phone(row.phone)) for row in rows)


def _colleagues(actor: Actor) -> tuple[Target, ...]:
    phones = {
        row.id: row.phone
        for row in db.session.execute(
            select(User.id, User.phone)
            .join(AgentPresence, AgentPresence.user_id == User.id)
            .where(User.member_id == actor.home_id, User.active, User.phone != "")
        )
    }
    there = [
        one
        for one in presence.list_agents(actor.home_id)
        if one.user_id in phones
        and one.user_id != actor.user_id
        and one.state is not PresenceState.AWAY
    ]
    there.sort(key=lambda one: (one.state is not PresenceState.AVAILABLE, one.name))
    return tuple(
        Target(phones[one.user_id], one.name, str(words.PRESENCES[one.state])) for one in there
    )


def pass_to_line(call: Call, actor: Actor, line_text: str, word: str) -> Passed:
    """Put the caller in the queue of another line of the member; the actor writes the call up.

    What follows is a call of its own, that waits, is answered and counted like any other, and
    says where it came from. Raises UserError, NotFound.
    """
    line = db.session.scalar(
        select(PhoneLine).where(
            PhoneLine.id == (int(line_text) if _is_number(line_text) else 0),
            PhoneLine.member_id == call.member_id,
            PhoneLine.active,
        )
    )
    if line is None:
        raise NotFound
    if len(word) > _WORD_MAX:
        raise UserError(_("500 caractères au plus."), "word")
    agent = pass_on(call, actor, str(_("file %(line)s", line=line.name)))
    now = clock.now()
    provider_id = call.provider_id or ""
    # The provider goes on under the same id: its news are of the call that begins now.
    call.provider_id = f"{provider_id}-{call.id}"
    call.ended_at = now
    call.state = state_of(facts_of(call))
    recorded = call.recording in {RecordingMark.RUNNING, RecordingMark.PAUSED}
    told = recorded or call.recording == RecordingMark.TOLD
    db.session.flush()
    begun = Call(
        member_id=call.member_id,
        line_id=line.id,
        service=line.service,
        direction=Direction.IN,
        state=CallState.WAITING,
        provider=CallProvider.TWILIO,
        provider_id=provider_id,
        caller_number=call.caller_number,
        caller_kind=call.caller_kind,
        caller_hint=call.caller_hint,
        caller_matches=call.caller_matches,
        dialled_number=line.number,
        queue_name=f"line-{line.id}",
        path=CallPath.QUEUE,
        note=word.strip(),
        from_call_id=call.id,
        recording=RecordingMark.TOLD if told else RecordingMark.NONE,
        started_at=now,
        queued_at=now,
        reported_at=now,
    )
    db.session.add(begun)
    db.session.flush()
    return Passed(begun, provider_id, line.number, recorded, agent)


def take_back(call: Call, actor: Actor) -> presence.Agent | None:
    """Undo ``pass_to_line``: the provider did not do it, so that the actor still speaks the call."""
    begun = db.session.scalar(
        select(Call).where(Call.member_id == call.member_id, Call.from_call_id == call.id)
    )
    if begun is None or begun.state != CallState.WAITING:
        return None
    provider_id, call.recording = begun.provider_id, RecordingMark.STOPPED
    db.session.delete(begun)
    db.session.flush()
    call.provider_id, call.ended_at, call.wrap_until, call.transferred_to = (
        provider_id, None, None, "",
    )  # fmt: skip
    call.state = state_of(facts_of(call))
    call.version += 1
    db.session.flush()
    return presence.begin_call(actor.home_id, actor.user_id, actor.name, call.id, call.member_id)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS


def wanted_number(text: str) -> str:
    """Return the number to pass a call on to, in E.164. Raises UserError."""
    try:
        return parse_phone(text).e164
    except UserError as error:
        raise UserError(error.message, "number") from error


def extension_of(actor: Actor) -> str:
    """Return the telephone on which the actor takes calls. Raises UserError without one."""
    number = db.session.scalar(select(User.phone).where(User.id == actor.user_id))
    if not number:
        raise UserError(
            _("Votre compte n'a pas de poste téléphonique : demandez à l'administrateur.")
        )
    return number
