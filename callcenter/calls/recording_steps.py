"""What the provider is asked for, recording by recording. For machinery: every member's.

What a recording needs next follows from its state (``Step``); the row says when it is due, so
that neither a worker that dies nor Redis loses anything.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import func, select, update

from callcenter.calls.models import Call, CallRecording
from callcenter.calls.recordings import locked_recording
from callcenter.calls.states import (
    CallState,
    RecordingKind,
    RecordingMark,
    RecordingState,
)
from callcenter.core import clock
from callcenter.core.db import db

MOST_BYTES: Final = 64 * 1024 * 1024
_FIRST_WAIT: Final = timedelta(seconds=30)
_LONGEST_WAIT: Final = timedelta(hours=1)


class Step(StrEnum):
    """What the provider is to be asked for."""

    START = "start"
    FETCH = "fetch"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Due:
    """A recording whose next step is to be taken: plain values, no row."""

    id: int
    member_id: int
    step: Step
    call_provider_id: str
    provider_id: str


def take_due(limit: int) -> list[int]:
    """Return what is to be done now, each put off so that a lost job comes back. Machinery."""
    now = clock.now()
    due = (
        select(CallRecording.id)
        .where(CallRecording.next_step_at <= now)
        .order_by(CallRecording.next_step_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    wait = func.least(
        func.power(2, func.least(CallRecording.attempts, 10)) * func.make_interval(
            0, 0, 0, 0, 0, 0, _FIRST_WAIT.total_seconds()
        ),
        func.make_interval(0, 0, 0, 0, 0, 0, _LONGEST_WAIT.total_seconds()),
    )  # fmt: skip
    return list(
        db.session.scalars(
            update(CallRecording)
            .where(CallRecording.id.in_(due.scalar_subquery()))
            .values(next_step_at=now + wait, attempts=CallRecording.attempts + 1)
            .returning(CallRecording.id)
            .execution_options(synchronize_session=False)
        )
    )


def next_step(recording_id: int) -> Due | None:
    """Return what the provider is to be asked for; ``None`` when nothing is. Machinery.

    Asking to record is claimed by this very reading: it is asked once, and what became of it is
    told by the provider's callback, which carries our number.
    """
    row = locked_recording(CallRecording.id == recording_id)
    if row is None:
        return None
    call = db.session.get_one(Call, row.call_id)
    match row.state:
        case RecordingState.WANTED:
            if call.state != CallState.ANSWERED or call.recording == RecordingMark.STOPPED:
                row.state, row.next_step_at = RecordingState.FAILED, None
                db.session.flush()
                return None
            row.state, row.next_step_at = RecordingState.STARTED, None
            step = Step.START
        case RecordingState.READY:
            step = Step.FETCH
        case RecordingState.STORED | RecordingState.DELETED if row.provider_deleted_at is None:
            step = Step.DELETE
        case _:
            row.next_step_at = None
            db.session.flush()
            return None
    db.session.flush()
    return Due(row.id, row.member_id, step, call.provider_id or "", row.provider_id or "")


def started(recording_id: int, provider_id: str) -> None:
    """The provider records."""
    row = locked_recording(CallRecording.id == recording_id)
    if row is not None:
        row.provider_id = row.provider_id or provider_id or None
        db.session.flush()


def not_started(recording_id: int, *, again: bool) -> None:
    """The provider certainly does not record: ask again while the call lasts, or give up."""
    row = locked_recording(CallRecording.id == recording_id)
    if row is None or row.state != RecordingState.STARTED:
        return
    if again:
        row.state, row.next_step_at = RecordingState.WANTED, clock.now() + timedelta(seconds=5)
    else:
        row.state = RecordingState.FAILED
        db.session.get_one(Call, row.call_id).recording = RecordingMark.STOPPED
    db.session.flush()


def store_content(recording_id: int, content: bytes, content_type: str) -> None:
    """Keep the sound; the provider's copy is to be deleted next."""
    row = locked_recording(CallRecording.id == recording_id)
    if row is None or row.state != RecordingState.READY:
        return
    row.content, row.content_type = content, content_type
    row.state = RecordingState.STORED
    row.next_step_at, row.attempts = clock.now(), 0
    db.session.flush()


def provider_forgot(recording_id: int) -> None:
    """The provider's copy is gone."""
    row = locked_recording(CallRecording.id == recording_id)
    if row is not None:
        row.provider_deleted_at, row.next_step_at = clock.now(), None
        if row.state == RecordingState.READY:  # it was gone before we could fetch it
            row.state = RecordingState.FAILED
        db.session.flush()


def recorded(recording_id: int, provider_id: str, seconds: int, *, failed: bool) -> None:
    """The provider tells that a conversation's recording is done, or came to nothing."""
    row = locked_recording(CallRecording.id == recording_id)
    if row is None or row.kind != RecordingKind.CONVERSATION:
        return
    row.provider_id = row.provider_id or provider_id or None
    if row.state not in {RecordingState.WANTED, RecordingState.STARTED, RecordingState.DELETED}:
        return
    if row.state == RecordingState.DELETED:  # not wanted any more: the provider's copy goes too
        row.next_step_at = clock.now() if row.provider_deleted_at is None else None
    else:
        row.state = RecordingState.FAILED if failed else RecordingState.READY
        row.seconds = seconds
        row.next_step_at, row.attempts = (None if failed else clock.now()), 0
    db.session.flush()
