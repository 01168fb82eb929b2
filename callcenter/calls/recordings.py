"""Recordings: made only of callers who were told, kept behind the member's wall, deleted in time.

Retention: six months at most (CNIL, « L'écoute et l'enregistrement des appels sur le lieu de
travail »).
"""

from datetime import datetime, timedelta
from typing import Final

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from callcenter.calls.models import Call, CallRecording, VoicePlan
from callcenter.calls.recording_queries import get_recording
from callcenter.calls.states import (
    CallPath,
    RecordingKind,
    RecordingMark,
    RecordingState,
    TaskKind,
)
from callcenter.calls.tasks import note_task
from callcenter.core import audit, clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.core.permissions import Permission

MOST_DAYS: Final = 180
# A message of less is somebody who hung up.
SHORTEST_MESSAGE: Final = 2
# Asked and never heard of again: the provider did not record.
_UNHEARD: Final = timedelta(hours=6)
_STOPPING: Final = timedelta(minutes=1)


# Made


def want_recording(call: Call, days: int) -> CallRecording | None:
    """Have a conversation recorded, if its caller was told; ``None`` else, or when it already is."""
    if call.recording != RecordingMark.TOLD:
        return None
    now = clock.now()
    recording = CallRecording(
        member_id=call.member_id,
        call_id=call.id,
        kind=RecordingKind.CONVERSATION,
        state=RecordingState.WANTED,
        made_at=now,
        delete_after=now + timedelta(days=min(days, MOST_DAYS)),
        next_step_at=now,
    )
    call.recording = RecordingMark.RUNNING
    call.version += 1
    db.session.add(recording)
    db.session.flush()
    return recording


def keep_message(call: Call, provider_id: str, seconds: int, days: int) -> CallRecording | None:
    """Note a message left for us, and somebody to call back; a repeat changes nothing."""
    now = clock.now()
    short = seconds < SHORTEST_MESSAGE
    made = db.session.scalar(
        insert(CallRecording)
        .values(
            member_id=call.member_id,
            call_id=call.id,
            kind=RecordingKind.VOICEMAIL,
            # Nobody said anything: only the provider's copy is left to delete.
            state=RecordingState.DELETED if short else RecordingState.READY,
            provider_id=provider_id,
            seconds=seconds,
            content_type="",
            made_at=now,
            delete_after=now + timedelta(days=min(days, MOST_DAYS)),
            next_step_at=now,
            attempts=0,
            deleted_at=now if short else None,
            deleted_by_label="",
        )
        .on_conflict_do_nothing()
        .returning(CallRecording.id)
    )
    if made is None or short:
        return None
    call.path = CallPath.VOICEMAIL
    call.version += 1
    note_task(call, TaskKind.VOICEMAIL, now)
    db.session.flush()
    return db.session.get(CallRecording, made)


# Deleted


def delete_old(limit: int) -> int:
    """Delete what has been kept for as long as its member allows. Machinery; return how many."""
    now = clock.now()
    found = db.session.scalars(
        select(CallRecording)
        .where(
            CallRecording.deleted_at.is_(None),
            or_(
                CallRecording.delete_after <= now,
                (CallRecording.state == RecordingState.STARTED)
                & (CallRecording.made_at < now - _UNHEARD),
            ),
        )
        .order_by(CallRecording.delete_after)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in found:
        _delete(row, "", now)
    return len(found)


def delete_recording(recording_id: int, actor: Actor) -> CallRecording:
    """Delete a recording by hand. Raises NotFound."""
    row = get_recording(recording_id, actor)
    if row.kind == RecordingKind.CONVERSATION and not actor.may(Permission.RECORDINGS_PLAY):
        raise NotFound
    if row.deleted_at is None:
        _delete(row, actor.name, clock.now(), actor.user_id)
    return row


def _delete(row: CallRecording, by: str, now: datetime, by_id: int | None = None) -> None:
    row.content = None
    row.state = RecordingState.DELETED
    row.deleted_at, row.deleted_by_label = now, by
    known = row.provider_id is not None and row.provider_deleted_at is None
    row.next_step_at, row.attempts = (now if known else None), 0
    db.session.flush()
    audit.record(
        row.member_id,
        "call_recording.deleted",
        "call_recording",
        row.id,
        actor_id=by_id,
        actor_label=by or str(_("durée de conservation")),
    )


def shorten_retention(plan: VoicePlan) -> None:
    """Have what a line has recorded deleted as early as its plan says now."""
    calls = select(Call.id).where(Call.member_id == plan.member_id, Call.line_id == plan.line_id)
    limit = CallRecording.made_at + func.make_interval(0, 0, 0, plan.recording_days)
    db.session.execute(
        update(CallRecording)
        .where(
            CallRecording.member_id == plan.member_id,
            CallRecording.deleted_at.is_(None),
            CallRecording.delete_after > limit,
            CallRecording.call_id.in_(calls.scalar_subquery()),
        )
        .values(delete_after=limit)
        .execution_options(synchronize_session=False)
    )


# The agent's hand on it


def mark_recording(call: Call, wanted: RecordingMark) -> str:
    """Suspend, resume or stop the recording of a call; return the provider's id of it, or "".

    Stopped means that the caller does not want it: what was recorded is deleted. Raises
    UserError when the call is not being recorded.
    """
    if call.recording not in {RecordingMark.RUNNING, RecordingMark.PAUSED}:
        raise UserError(_("Cet appel n'est pas enregistré."))
    call.recording = wanted
    call.version += 1
    row = locked_recording(
        CallRecording.call_id == call.id, CallRecording.kind == RecordingKind.CONVERSATION
    )
    provider_id = row.provider_id or "" if row else ""
    if row is not None and wanted is RecordingMark.STOPPED and row.deleted_at is None:
        _delete(row, call.agent_label, clock.now(), call.agent_id)
        if provider_id:  # it is being stopped: a little later its copy goes
            row.next_step_at = clock.now() + _STOPPING
    db.session.flush()
    return provider_id


def locked_recording(*conditions: ColumnElement[bool]) -> CallRecording | None:
    """Return the latest recording of which this is true, locked."""
    return db.session.scalar(
        select(CallRecording)
        .where(*conditions)
        .order_by(CallRecording.id.desc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
