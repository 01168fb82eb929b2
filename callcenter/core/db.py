"""The database: declarative base, the session, and the one place that commits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    MetaData,
    String,
    event,
    literal_column,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, registry
from sqlalchemy.sql.operators import OperatorType

from callcenter.core import clock, stamps
from callcenter.core.isolation import Scope, apply_scope, scoped


class Word(String):
    """Text. Compared with values of an enum of ours, it writes them into the statement.

    A partial index (``state = 'queued'``) is recognised by them in a plan that serves any
    parameters, and a statement has few variants of them.
    """

    class Comparator(String.Comparator[str]):
        """Comparison, with the enum's values written out."""

        def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> ColumnElement[Any]:
            """Apply an operator."""
            return super().operate(op, *map(_written, other), **kwargs)

    comparator_factory = Comparator


def _written(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return literal_column(f"'{value}'", String)
    several = isinstance(value, list | tuple | set | frozenset) and value
    if several and all(isinstance(one, StrEnum) for one in value):
        return [_written(one) for one in sorted(value)]
    return value


class Base(DeclarativeBase):
    """Every table's base. Constraint names are fixed so that migrations can name them."""

    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={
            datetime: DateTime(timezone=True),
            dict[str, Any]: JSONB,
            list[Any]: JSONB,
            int: BigInteger,
            str: Word(),
        },
    )


def one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    """Return a CHECK that ``column`` holds one of an enum's values."""
    names = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({names})", name=column)


def behind_wall(column: str, to: str, *, ondelete: str | None = None) -> ForeignKeyConstraint:
    """Return a foreign key that carries ``member_id``, so that it can't cross the wall."""
    return ForeignKeyConstraint(
        ["member_id", column], [f"{to}.member_id", f"{to}.id"], ondelete=ondelete
    )


class Identified:
    """A row with a number of its own."""

    id: Mapped[int] = mapped_column(Identity(always=False), primary_key=True)


class Owned(Identified):
    """A member's row: behind the wall of ``member_id`` (see ``core.isolation``)."""

    member_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), nullable=False)


class Dated:
    """A row that knows when it was made."""

    created_at: Mapped[datetime] = mapped_column(default=clock.now, nullable=False)


db = SQLAlchemy(
    model_class=Base,
    disable_autonaming=True,
    session_options={"expire_on_commit": False},
)

_AFTER_COMMIT = "effects_after_commit"
# Where a session keeps the numbers of what it writes together (see ``core.writing``).
TOGETHER = "written_together"


def after_commit(effect: Callable[[], None]) -> None:
    """Run ``effect`` once the present transaction is committed; never if it is not.

    Effects (enqueue a job, publish a live event) must be safe to lose: what matters is in
    the database and a sweep finds it.
    """
    db.session.info.setdefault(_AFTER_COMMIT, []).append(effect)


@contextmanager
def transaction() -> Iterator[Session]:
    """Commit at the end of the block, or undo everything if it raises.

    The only place that commits. Used at the edge alone: a view, a webhook, a job, a command.
    """
    session = db.session()
    if _AFTER_COMMIT in session.info:
        raise RuntimeError("transaction() inside transaction(): only the edge commits")
    session.info[_AFTER_COMMIT] = []
    stamps.forget()
    try:
        yield session
        session.commit()
    except BaseException:
        session.info.pop(_AFTER_COMMIT, None)
        session.rollback()
        raise
    finally:
        session.info.pop(TOGETHER, None)
    effects = session.info.pop(_AFTER_COMMIT)
    for effect in effects:
        effect()


@contextmanager
def session_scope(scope: Scope) -> Iterator[Session]:
    """Work under another scope in a fresh Session; the former one is discarded."""
    db.session.remove()
    with scoped(scope):
        try:
            yield db.session()
        finally:
            db.session.remove()


def install_scope_hook() -> None:
    """Have every Session put its scope in each transaction it begins (once per process)."""
    if not event.contains(Session, "after_begin", apply_scope):
        event.listen(Session, "after_begin", apply_scope)
