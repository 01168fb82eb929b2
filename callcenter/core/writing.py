"""Rows written together: all that a transaction adds, in one statement.

Saving a call writes a dozen rows of as many tables. One by one each costs a round trip, and a row
that others name has to be written first, to have its number. Here numbers are taken in advance and
what is added waits, until something asks for it (a query, a change, the commit): then one
statement writes it all, and the database checks it at the end of that, in whatever order.
"""

import json
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import Column, Table, TextClause, event, text
from sqlalchemy.orm import Mapper, Session, make_transient_to_detached, object_mapper

from callcenter.core.db import TOGETHER, Identified, db

_NAME: Final = "id"


def write_together(numbers: Mapping[type[Identified], int], wait_for: str) -> None:
    """Have what the present transaction adds from here on written together.

    ``numbers``: how many rows of a table others will name (see `add_named`). ``wait_for``: two
    transactions that say the same go one after the other from here; others don't wait.
    """
    tables = tuple(_table(model).name for model in numbers)
    taken = iter(
        db.session.execute(_take(tables, tuple(numbers.values())), {"key": wait_for}).one()
    )
    next(taken)
    db.session.info[TOGETHER] = {
        table: deque(next(taken) for _ in range(count))
        for table, count in zip(tables, numbers.values(), strict=True)
    }


def add_named(row: Identified) -> None:
    """Add a row that others name: on return it has its number, and its defaults."""
    db.session.add(row)
    ready = db.session.info.get(TOGETHER, {}).get(_table(type(row)).name)
    if not ready:
        db.session.flush()
        return
    row.id = ready.popleft()
    for column in _columns(object_mapper(row), named=True):
        column.value(row)


@event.listens_for(Session, "before_flush")
def _flush_together(session: Session, *_args: object) -> None:
    """Write what was added, if it is to be written together."""
    rows: Sequence[Any] = list(session.new)
    if TOGETHER not in session.info or not rows:
        return
    groups: dict[tuple[str, tuple[_Filled, ...]], list[Any]] = {}
    for row in rows:
        mapper = object_mapper(row)
        columns = _columns(mapper, named=row.__dict__.get(_NAME) is not None)
        groups.setdefault((_table(mapper.class_).name, columns), []).append(row)
        session.expunge(row)
    statement = _insert(
        tuple((table, tuple(one.column.name for one in columns)) for table, columns in groups)
    )
    values = {
        f"w{place}": _json(columns, group)
        for place, ((_table_name, columns), group) in enumerate(groups.items())
    }
    numbers = session.connection().execute(statement, values).one()
    for group, found in zip(groups.values(), numbers, strict=True):
        for row, number in zip(group, found, strict=True):
            row.id = number
            make_transient_to_detached(row)
            session.add(row)


@dataclass(frozen=True, slots=True, eq=False)  # the one of its column is itself
class _Filled:
    """One column as rows of it are filled: by what they say, else by its default."""

    key: str
    column: Column[Any]

    def value(self, row: Any) -> Any:
        """Return what the row holds; a default is set on the row too, as the ORM does."""
        known = row.__dict__
        if self.key not in known:
            default: Any = self.column.default
            value = None
            if default is not None:
                value = default.arg(None) if default.is_callable else default.arg
            setattr(row, self.key, value)
        return known[self.key]


@cache
def _columns(mapper: Mapper[Any], *, named: bool) -> tuple[_Filled, ...]:
    """Return the columns to fill; the row's number among them where it is ``named`` already."""
    return tuple(
        _Filled(attribute.key, column)
        for attribute in mapper.column_attrs
        for column in attribute.columns
        if isinstance(column, Column)
        and column.computed is None
        and (named or column.name != _NAME)
    )


def _json(columns: Sequence[_Filled], rows: Iterable[Any]) -> str:
    kept = [{one.column.name: one.value(row) for one in columns} for row in rows]
    return json.dumps(kept, ensure_ascii=False, default=str)


@cache
def _take(tables: tuple[str, ...], counts: tuple[int, ...]) -> TextClause:
    lock = "pg_advisory_xact_lock(hashtextextended(:key, 0))"
    numbers = [
        f"nextval('{table}_id_seq')"
        for table, count in zip(tables, counts, strict=True)
        for _ in range(count)
    ]
    return text(f"SELECT {', '.join([lock, *numbers])}")


@cache
def _insert(parts: tuple[tuple[str, tuple[str, ...]], ...]) -> TextClause:
    """Return the statement that writes rows of these tables and gives their numbers, in order."""
    quote = db.engine.dialect.identifier_preparer.quote
    inserts = []
    for place, (table, names) in enumerate(parts):
        into, columns = quote(table), ", ".join(map(quote, names))
        inserts.append(
            f"w{place} AS (INSERT INTO {into} ({columns}) SELECT {columns}"  # noqa: S608 - our own names
            f" FROM jsonb_populate_recordset(NULL::{into}, CAST(:w{place} AS jsonb)) RETURNING id)"
        )
    numbers = (f"ARRAY(TABLE w{place})" for place in range(len(parts)))
    return text(f"WITH {', '.join(inserts)} SELECT {', '.join(numbers)}")


def _table(model: type[Identified]) -> Table:
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table
