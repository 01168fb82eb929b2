"""What agents and callers do with a live call: take it, hold it, pass it on, call back."""

from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from callcenter.calls import presence
from callcenter.calls.live_queries import wrap_up_seconds
from callcenter.calls.live_services import end_hold, recognise
from callcenter.calls.models import Call, CallLeg
from callcenter.calls.states import (
    CallPath,
    CallProvider,
    CallState,
    Direction,
    LegKind,
    TaskKind,
)
from callcenter.calls.tasks import note_task
from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.members.models import PhoneLine


def get_call(call_id: int, actor: Actor, *, lock: bool = False) -> Call:
    """Return a call of a member that the actor serves; NotFound for any other."""
    statement = select(Call).where(Call.id == call_id, Call.member_id.in_(actor.member_ids))
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    call = db.session.scalar(statement)
    if call is None:
        raise NotFound
    return call


def take_call(actor: Actor, call_id: int | None = None) -> tuple[Call, presence.Agent]:
    """Give the actor the call that waits longest, or this one. Raises UserError, NotFound.

    Two agents who press at once get two calls: a row that another one is taking is passed over.
    """
    waiting = select(Call).where(
        Call.member_id.in_(actor.member_ids),
        Call.provider == CallProvider.TWILIO,
        Call.state == CallState.WAITING,
        Call.agent_id.is_(None),
    )
    if call_id is not None:
        get_call(call_id, actor)
        waiting = waiting.where(Call.id == call_id)
    call = db.session.scalar(
        waiting.order_by(Call.queued_at, Call.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if call is None:
        raise UserError(
            _("Cet appel vient d'être pris.") if call_id else _("Aucun appel en attente.")
        )
    call.agent_id, call.agent_label = actor.user_id, actor.name
    call.taken_at = clock.now()
    call.version += 1
    db.session.flush()
    agent = presence.begin_call(actor.home_id, actor.user_id, actor.name, call.id, call.member_id)
    return call, agent


def give_back(call: Call) -> presence.Agent | None:
    """Put a taken call back for the others: the agent's telephone did not answer."""
    if call.state != CallState.WAITING or call.agent_id is None:
        return None
    freed = presence.end_wrap_up(call.agent_id, call.id)
    call.agent_id, call.agent_label, call.taken_at = None, "", None
    call.version += 1
    db.session.flush()
    return freed


def open_leg(
    call: Call, provider_id: str, kind: LegKind, number: str, agent_id: int | None
) -> None:
    """Note one more telephone of a call; a repeat changes nothing."""
    db.session.execute(
        insert(CallLeg)
        .values(
            member_id=call.member_id,
            call_id=call.id,
            provider_id=provider_id,
            kind=kind,
            number=number,
            agent_id=agent_id,
            started_at=clock.now(),
        )
        .on_conflict_do_nothing()
    )


def find_leg(call_id: int, kind: LegKind) -> CallLeg | None:
    """Return the latest leg of a kind that is not over."""
    return db.session.scalar(
        select(CallLeg)
        .where(CallLeg.call_id == call_id, CallLeg.kind == kind, CallLeg.ended_at.is_(None))
        .order_by(CallLeg.id.desc())
        .limit(1)
    )


def end_leg(provider_id: str) -> CallLeg | None:
    """Note that a telephone hung up; ``None`` for one we don't know."""
    leg = db.session.scalar(select(CallLeg).where(CallLeg.provider_id == provider_id))
    if leg is not None and leg.ended_at is None:
        leg.ended_at = clock.now()
        db.session.flush()
    return leg


def hold(call: Call, *, on: bool) -> None:
    """Put a call on hold or take it up again; repeats change nothing. Raises UserError."""
    now = clock.now()
    if call.state != CallState.ANSWERED:
        raise UserError(_("Cet appel n'est pas en communication."))
    if on and call.hold_since is None:
        call.hold_since = now
        call.version += 1
    elif not on and call.hold_since is not None:
        end_hold(call, now)
        call.version += 1
    db.session.flush()


def ask_callback(call: Call) -> None:
    """The caller asks to be called back: kept as a task."""
    call.path = CallPath.CALLBACK
    call.version += 1
    note_task(call, TaskKind.CALLBACK, clock.now())
    db.session.flush()


def pass_on(call: Call, actor: Actor, to: str) -> presence.Agent | None:
    """The caller goes on with somebody else; the agent writes the call up. Raises UserError."""
    if call.state != CallState.ANSWERED:
        raise UserError(_("Cet appel n'est pas en communication."))
    now = clock.now()
    end_hold(call, now)
    call.transferred_to = to
    call.wrap_until = now + timedelta(seconds=wrap_up_seconds(call.line_id))
    call.version += 1
    db.session.flush()
    return presence.begin_wrap_up(
        actor.home_id, actor.user_id, actor.name, call.id, call.wrap_until
    )


def start_outgoing(
    actor: Actor, line_id: int | None, member_id: int, number: str, provider_id: str | None
) -> tuple[Call, presence.Agent]:
    """The actor calls somebody from a line; a provider's id when it goes through the provider.

    Without one the agent dials by hand: the call is taken as spoken until it is written up.
    """
    line = _line_to_call_from(line_id, member_id)
    now = clock.now()
    call = Call(
        member_id=member_id,
        line_id=line.id,
        service=line.service,
        direction=Direction.OUT,
        state=CallState.RINGING if provider_id else CallState.ANSWERED,
        provider=CallProvider.TWILIO if provider_id else CallProvider.DESK,
        provider_id=provider_id,
        caller_number=number,
        agent_id=actor.user_id,
        agent_label=actor.name,
        started_at=now,
        answered_at=None if provider_id else now,
        reported_at=now,
        dialled_number=line.number,
    )
    db.session.add(call)
    db.session.flush()
    recognise(call)
    db.session.flush()
    agent = presence.begin_call(actor.home_id, actor.user_id, actor.name, call.id, member_id)
    return call, agent


def _line_to_call_from(line_id: int | None, member_id: int) -> PhoneLine:
    """The line that was called, or the member's first: what the person sees as the caller."""
    line = db.session.scalars(
        select(PhoneLine)
        .where(PhoneLine.member_id == member_id, PhoneLine.active)
        .order_by((PhoneLine.id == line_id).desc(), PhoneLine.id)
        .limit(1)
    ).first()
    if line is None:
        raise UserError(_("Ce membre n'a aucune ligne en service."))
    return line
