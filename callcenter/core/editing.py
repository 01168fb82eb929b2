"""Changing a row that two people may edit, and making a thing once however often it is asked.

What every screen of settings does the same way: the version that was shown is compared with the
row's, the row is locked while it changes, and the journal keeps each field before and after.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from callcenter.core import audit
from callcenter.core.audit import AuditEntry
from callcenter.core.db import db
from callcenter.core.errors import UserError
from callcenter.core.isolation import Actor

# Constraint's name -> (field, sentence): what to say when the database refuses a twin.
Taken = Mapping[str, tuple[str, str]]


class HasOwner(Protocol):
    """A member's row."""

    id: Any
    member_id: Any


class HasVersion(HasOwner, Protocol):
    """A member's row that carries a version."""

    version: Any


Made = TypeVar("Made", bound=HasOwner)


class StaleError(UserError):
    """The row was changed while somebody was writing; ``version`` is the present one."""

    def __init__(self, message: str, version: int) -> None:
        super().__init__(message)
        self.version = version


def plain(value: Any) -> Any:
    """Return a value as the journal keeps it: JSON, dates as ISO text."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value


def lock_version(row: HasVersion, seen_version: int, object_type: str) -> None:
    """Lock ``row``, read it anew, and raise StaleError unless it is the version seen."""
    db.session.refresh(row, with_for_update=True)
    if row.version == seen_version:
        return
    who = db.session.scalar(
        select(AuditEntry.actor_label)
        .where(
            AuditEntry.member_id == row.member_id,
            AuditEntry.object_type == object_type,
            AuditEntry.object_id == str(row.id),
        )
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    raise StaleError(
        _(
            "Cette fiche a été modifiée par %(who)s pendant que vous écriviez. Votre saisie est "
            "gardée : comparez avec la fiche actuelle, puis enregistrez à nouveau.",
            who=who or _("quelqu'un d'autre"),
        ),
        row.version,
    )


def revise(
    row: HasVersion,
    wanted: Mapping[str, Any],
    *,
    seen_version: int,
    actor: Actor,
    action: str,
    object_type: str,
    taken: Taken | None = None,
) -> dict[str, list[Any]]:
    """Give ``row`` the wanted values and return what changed (field -> [before, after]).

    Raises StaleError when somebody else was quicker, UserError (from ``taken``) when a value
    that must be unique is another row's. Nothing changes, and no version is spent, when the
    values are those of the row.
    """
    lock_version(row, seen_version, object_type)
    changes = {
        name: [plain(getattr(row, name)), plain(value)]
        for name, value in wanted.items()
        if getattr(row, name) != value
    }
    if not changes:
        return {}
    for name in changes:
        setattr(row, name, wanted[name])
    row.version += 1
    try:
        db.session.flush()
    except IntegrityError as error:
        raise _explained(error, taken or {}) from error
    note(row, actor, action, object_type, changes)
    return changes


def create_once(
    make: Callable[[], Made],
    model: type[Made],
    *,
    token: UUID,
    actor: Actor,
    action: str,
    object_type: str,
    shown: Iterable[str] = (),
    taken: Taken | None = None,
) -> Made:
    """Make something unless the form's token made it already: then return that.

    A double click, two tabs or a repeated request find the first result. ``shown`` are the
    fields that the journal keeps. Raises UserError (from ``taken``) for a twin of another.
    """
    earlier = _made_by(token, model)
    if earlier is not None:
        return earlier
    try:
        with db.session.begin_nested():
            row = make()
            db.session.flush()
            changes = {
                name: [None, plain(getattr(row, name))]
                for name in shown
                if getattr(row, name) or getattr(row, name) is False
            }
            note(row, actor, action, object_type, changes, form_token=token)
            db.session.flush()
    except IntegrityError as error:
        earlier = _made_by(token, model)
        if earlier is not None:
            return earlier
        raise _explained(error, taken or {}) from error
    return row


def note(
    row: HasOwner,
    actor: Actor,
    action: str,
    object_type: str,
    changes: dict[str, list[Any]] | None = None,
    form_token: UUID | None = None,
) -> None:
    """Write in the journal that ``actor`` did ``action`` to ``row``."""
    audit.record(
        row.member_id,
        action,
        object_type,
        row.id,
        actor_id=actor.user_id,
        actor_label=actor.name,
        changes=changes,
        form_token=form_token,
    )


def _made_by(token: UUID, model: type[Made]) -> Made | None:
    number = db.session.scalar(
        select(AuditEntry.object_id).where(AuditEntry.form_token == token).limit(1)
    )
    return db.session.get(model, int(number)) if number else None


def _explained(error: IntegrityError, taken: Taken) -> Exception:
    constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None) or ""
    if constraint not in taken:
        return error
    field, message = taken[constraint]
    return UserError(message, field=field)
