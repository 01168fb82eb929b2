"""Reading recordings: who may hear which."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import undefer

from callcenter.calls.models import Call, CallRecording, CallTask
from callcenter.calls.states import (
    RecordingKind,
    RecordingState,
    TaskKind,
)
from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.core.isolation import Actor
from callcenter.core.permissions import Permission


def get_recording(recording_id: int, actor: Actor) -> CallRecording:
    """Return a recording of a member that the actor serves, without its sound. NotFound else."""
    row = db.session.scalar(
        select(CallRecording).where(
            CallRecording.id == recording_id, CallRecording.member_id.in_(actor.member_ids)
        )
    )
    if row is None:
        raise NotFound
    return row


def get_sound(recording_id: int, actor: Actor) -> CallRecording:
    """Return a recording with its sound, for somebody who may hear it. NotFound else."""
    row = db.session.scalar(
        select(CallRecording)
        .where(
            CallRecording.id == recording_id,
            CallRecording.member_id.in_(actor.member_ids),
            CallRecording.state == RecordingState.STORED,
        )
        .options(undefer(CallRecording.content))
    )
    if row is None or not may_hear(row, actor):
        raise NotFound
    return row


def may_hear(row: CallRecording, actor: Actor) -> bool:
    """Say whether this person may hear this recording: a message, or what was said."""
    needed = (
        Permission.VOICEMAIL_PLAY
        if row.kind == RecordingKind.VOICEMAIL
        else Permission.RECORDINGS_PLAY
    )
    return actor.may(needed)


def list_recordings(call_id: int) -> Sequence[CallRecording]:
    """Return the recordings of a call, oldest first, the deleted ones too, without their sound."""
    return db.session.scalars(
        select(CallRecording)
        .where(CallRecording.call_id == call_id, CallRecording.state != RecordingState.FAILED)
        .order_by(CallRecording.id)
    ).all()


def list_messages(tasks: Sequence[CallTask]) -> dict[int, list[CallRecording]]:
    """Return the messages that go with these tasks, by task, oldest first. One statement."""
    wanted = [one for one in tasks if one.kind in {TaskKind.VOICEMAIL, TaskKind.CALLBACK}]
    if not wanted:
        return {}
    rows = db.session.execute(
        select(CallTask.id, CallRecording)
        .join(
            Call,
            (Call.member_id == CallTask.member_id)
            & (Call.caller_number == CallTask.number)
            & (Call.started_at >= CallTask.first_at - timedelta(hours=1)),
        )
        .join(
            CallRecording,
            (CallRecording.member_id == Call.member_id) & (CallRecording.call_id == Call.id),
        )
        .where(
            CallTask.id.in_([one.id for one in wanted]),
            CallRecording.kind == RecordingKind.VOICEMAIL,
            CallRecording.deleted_at.is_(None),
            or_(CallTask.closed_at.is_(None), Call.started_at <= CallTask.closed_at),
        )
        .order_by(CallRecording.id)
    )
    found: dict[int, list[CallRecording]] = {}
    for task_id, recording in rows:
        found.setdefault(task_id, []).append(recording)
    return found
