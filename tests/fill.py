"""At least one row of each member in every table, made from the tables' own definitions.

So a new table is covered by the isolation tests without a line written for it: foreign keys
point at a row of the same member, checks are obeyed, the rest gets a plausible value.
"""

import re
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.sql.schema import CallableColumnDefault

from callcenter.core.db import transaction
from callcenter.core.tables import metadata
from tests.world import World, as_system

MARK = "zzwall"  # what pages and exports are searched for: it stands in each text of these rows

# Wall-clock times are kept as text: a slot means the same hour whatever the season.
CLOCK_TEXTS = {"starts_at", "ends_at"}


def fill_every_table(world: World) -> None:
    """Give each member (and the platform's wall, where a member's row needs none) a row."""
    with as_system() as session, transaction():
        for table in metadata().sorted_tables:
            if "member_id" not in table.columns:
                continue
            for member in (world.a, world.b):
                if _first(session, table, member.id) is None:
                    values = _values(session, table, member.id, member.prefix)
                    session.execute(sa.insert(table).values(values))


def _first(session: Session, table: sa.Table, member_id: int) -> Any:
    return session.execute(
        sa.select(table.c.id).where(table.c.member_id == member_id).order_by(table.c.id).limit(1)
    ).scalar()


def _values(session: Session, table: sa.Table, member_id: int, prefix: str) -> dict[str, Any]:
    values: dict[str, Any] = {"member_id": member_id}
    allowed = allowed_values(table)
    for constraint in table.foreign_key_constraints:
        column = list(constraint.columns)[-1]
        if column.name == "member_id":
            continue
        values[column.name] = _first(session, constraint.referred_table, member_id)
    for column in table.columns:
        if column.name in values or column.name == "id":
            continue
        if column.name in allowed:
            values[column.name] = allowed[column.name][0]
        elif not column.nullable and column.computed is None:
            values[column.name] = _plausible(column, f"{MARK}-{prefix.lower()}-{column.name}")
    return values


def allowed_values(table: sa.Table) -> dict[str, list[str]]:
    """The values that a table's checks allow, by column."""
    allowed: dict[str, list[str]] = {}
    for constraint in table.constraints:
        if isinstance(constraint, sa.CheckConstraint):
            found = re.fullmatch(r"(\w+) IN \((.*)\)", str(constraint.sqltext))
            if found:
                allowed[found.group(1)] = re.findall(r"'([^']*)'", found.group(2))
    return allowed


def _empty(column: sa.Column[Any]) -> Any:
    """The empty list or mapping that the model itself begins with."""
    begins = column.default
    if isinstance(begins, CallableColumnDefault):
        return begins.arg(None)  # type: ignore[arg-type]  # list and dict ask nothing of it
    return {}


def _plausible(column: sa.Column[Any], text: str) -> Any:
    if column.name in CLOCK_TEXTS and isinstance(column.type, sa.String):
        return "08:00"
    kinds: list[tuple[type, Any]] = [
        (sa.Boolean, False),
        (sa.Integer, 1),
        (sa.Float, 1.0),
        (sa.Numeric, 1),
        (sa.DateTime, datetime.now(UTC)),
        (sa.Date, date(2026, 1, 1)),
        (JSONB, _empty(column)),
        (sa.LargeBinary, b"x"),
        (sa.String, text),
    ]
    for kind, value in kinds:
        if isinstance(column.type, kind):
            return value
    raise NotImplementedError(f"{column}: teach tests/fill.py a value for {column.type!r}")
