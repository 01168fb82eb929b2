"""People to call back: missed and abandoned calls, and those who asked for it.

One open task per member and number, whatever was tried; closed when the person is reached.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask_babel import gettext as _
from sqlalchemy import Row, and_, bindparam, case, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from callcenter.calls.live_rules import merged_kind
from callcenter.calls.models import Call, CallTask
from callcenter.calls.states import TaskKind, TaskState
from callcenter.core import audit, clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.members.models import Organisation, PhoneLine

MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """What the list of people to call back is narrowed to; empty means all."""

    member_id: int | None = None
    kind: str = ""
    done: bool = False


def note_task(call: Call, kind: TaskKind, at: datetime) -> None:
    """Have the caller called back. A hidden number can't be, but its message is listened to."""
    if not call.caller_number and kind is not TaskKind.VOICEMAIL:
        return
    row = insert(CallTask).values(
        member_id=call.member_id,
        line_id=call.line_id,
        last_call_id=call.id,
        kind=kind,
        state=TaskState.OPEN,
        number=call.caller_number,
        caller_hint=call.caller_hint,
        calls=1,
        attempts=0,
        note="",
        first_at=at,
        last_at=at,
        closed_by_label="",
    )
    # The strongest wish stands: who asked to be called back has not merely been missed.
    stronger = [one for one in TaskKind if merged_kind((one, kind)) is one]
    strongest = case((CallTask.kind.in_(stronger), CallTask.kind), else_=row.excluded.kind)
    db.session.execute(
        row.on_conflict_do_update(
            index_elements=[CallTask.member_id, CallTask.number],
            # Written out: a prepared statement with a parameter here no longer finds the index.
            index_where=text("state = 'open'"),
            set_={
                "kind": strongest,
                "calls": CallTask.calls + case((CallTask.last_call_id == call.id, 0), else_=1),
                "last_call_id": call.id,
                "last_at": at,
                "caller_hint": row.excluded.caller_hint,
            },
        ).execution_options(synchronize_session=False)
    )


def close_tasks(member_id: int, number: str, by: str, at: datetime) -> int:
    """Close what was open about a number: the person was spoken to. Return how many."""
    if not number:
        return 0
    closed = db.session.execute(_CLOSE, {"whose": member_id, "to_call": number, "by": by, "at": at})
    return len(closed.all())


_CLOSE: Final = (
    update(CallTask)
    .where(
        CallTask.member_id == bindparam("whose"),
        CallTask.number == bindparam("to_call"),
        CallTask.state == TaskState.OPEN,
    )
    .values(state=TaskState.DONE, closed_at=bindparam("at"), closed_by_label=bindparam("by"))
    .returning(CallTask.id)
    .execution_options(synchronize_session=False)
)


def count_attempt(member_id: int, number: str) -> None:
    """Note that somebody tried to call this number back."""
    db.session.execute(
        update(CallTask)
        .where(
            CallTask.member_id == member_id,
            CallTask.number == number,
            CallTask.state == TaskState.OPEN,
        )
        .values(attempts=CallTask.attempts + 1)
        .execution_options(synchronize_session=False)
    )


def get_task(task_id: int, actor: Actor) -> CallTask:
    """Return a task of a member that the actor serves; NotFound for any other."""
    task = db.session.scalar(
        select(CallTask).where(CallTask.id == task_id, CallTask.member_id.in_(actor.member_ids))
    )
    if task is None:
        raise NotFound
    return task


def close_task(task_id: int, actor: Actor, note: str) -> CallTask:
    """Close a task by hand, saying why. Raises UserError without a reason, NotFound."""
    task = get_task(task_id, actor)
    if not note.strip():
        raise UserError(_("Dites en quelques mots pourquoi personne n'est à rappeler."), "note")
    if task.state == TaskState.DONE:
        return task
    task.state = TaskState.DONE
    task.note = note.strip()[:500]
    task.closed_at = clock.now()
    task.closed_by_label = actor.name
    db.session.flush()
    audit.record(
        task.member_id,
        "call_task.closed",
        "call_task",
        task.id,
        actor_id=actor.user_id,
        actor_label=actor.name,
    )
    return task


def list_tasks(actor: Actor, wanted: TaskFilter) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return (task, line name, member's short name), asked-for calls first, then the oldest.

    Closed ones come the latest first. One statement.
    """
    state = TaskState.DONE if wanted.done else TaskState.OPEN
    conditions = [CallTask.member_id.in_(actor.member_ids), CallTask.state == state]
    if wanted.member_id is not None:
        conditions.append(CallTask.member_id == wanted.member_id)
    if wanted.kind:
        conditions.append(CallTask.kind == wanted.kind)
    order = (
        (CallTask.closed_at.desc(),)
        if wanted.done
        else ((CallTask.kind == TaskKind.CALLBACK).desc(), CallTask.first_at)
    )
    return db.session.execute(
        select(CallTask, PhoneLine.name, Organisation.short_name)
        .outerjoin(
            PhoneLine,
            and_(PhoneLine.member_id == CallTask.member_id, PhoneLine.id == CallTask.line_id),
        )
        .join(Organisation, Organisation.id == CallTask.member_id)
        .where(*conditions)
        .order_by(*order, CallTask.id)
        .limit(MOST_SHOWN)
    ).all()


def count_open_tasks(actor: Actor) -> int:
    """Return how many people the actor's members still owe a call."""
    return (
        db.session.scalar(
            select(func.count()).where(
                CallTask.member_id.in_(actor.member_ids), CallTask.state == TaskState.OPEN
            )
        )
        or 0
    )
