"""Loading millions of rows at once: COPY, with indexes and foreign keys rebuilt afterwards.

COPY is refused where row-level security binds the role, and a FORCEd table binds its owner as
well; INSERT under the application's role checks the wall row by row and takes many times as
long. So the load is the owner's: in one transaction the tables' FORCE, foreign keys and indexes
are taken away, the rows are copied, everything is put back (which checks every key in one go)
and only then committed. The application's role stays behind its policies all the while, and a
load that fails, or is killed, leaves the tables, their wall and their rows as they were.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, LiteralString, cast

import psycopg
from psycopg import sql
from sqlalchemy import Table

from callcenter.core.db import Base

Connection = psycopg.Connection[tuple[Any, ...]]

NULL = r"\N"
_UNIQUE: LiteralString = "u"
_FOREIGN: LiteralString = "f"


def field(value: object) -> str:
    """Return a value as COPY's text format writes it."""
    if value is None:
        return NULL
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, dict | list | tuple):
        return escaped(json.dumps(value, ensure_ascii=False, default=str))
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return escaped(str(value))


def escaped(text: str) -> str:
    """Return text with what COPY reads as a sign of its own written out."""
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


class Sheet:
    """The rows of one table on their way in.

    ``columns`` are those that differ from row to row, written by the caller as one line with
    tabs between; any other column gets the default of the model, the same on each row.
    """

    def __init__(self, model: type[Base], *columns: str) -> None:
        """Raise KeyError for a column that the table lacks, ValueError for one without value."""
        table = cast("Table", model.__table__)
        self.table = table
        constant: list[tuple[str, str]] = []
        for column in table.columns:
            if column.name in columns or column.computed is not None:
                continue
            constant.append((column.name, _default(column)))
        for name in columns:
            table.columns[name]
        self.columns = [*columns, *(name for name, _value in constant)]
        self.tail = "".join(f"\t{value}" for _name, value in constant) + "\n"
        self.lines: list[str] = []

    def add(self, line: str) -> None:
        """Add one row: the values of ``columns``, ready for COPY, with tabs between."""
        self.lines.append(line + self.tail)

    def add_values(self, *values: object) -> None:
        """Add one row of Python values (slower; for small tables)."""
        self.add("\t".join(map(field, values)))

    def send(self, connection: Connection) -> int:
        """Copy what was gathered into the table and forget it; return the number of rows."""
        if not self.lines:
            return 0
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(self.table.name), sql.SQL(", ").join(map(sql.Identifier, self.columns))
        )
        with connection.cursor().copy(statement) as copy:
            copy.write("".join(self.lines))
        count = len(self.lines)
        self.lines.clear()
        return count


def _default(column: Any) -> str:
    default = column.default
    if default is not None and default.is_scalar:
        return field(default.arg)
    if default is not None and default.is_callable:
        return field(default.arg(None))
    if column.nullable:
        return NULL
    raise ValueError(f"{column}: a value is needed")


@dataclass(frozen=True, slots=True)
class _Part:
    table: str
    name: str
    definition: str


@contextmanager
def loading(connection: Connection, tables: Sequence[str]) -> Iterator[None]:
    """Empty the tables of all that slows a load; put it back at the end of the block.

    Inside one transaction of the tables' owner; the caller commits. Primary keys stay.
    """
    foreign = _constraints(connection, tables, _FOREIGN)
    unique = _constraints(connection, tables, _UNIQUE)
    indexes = _indexes(connection, tables)
    # Also the tables at the other end of a key: checking it, their owner must see their rows.
    forced = _forced(connection, tables)
    for table in forced:
        _run(connection, "ALTER TABLE {} NO FORCE ROW LEVEL SECURITY", table)
    for part in (*foreign, *unique):
        _run(connection, "ALTER TABLE {} DROP CONSTRAINT {}", part.table, part.name)
    for part in indexes:
        _run(connection, "DROP INDEX {}", part.name)
    yield
    connection.execute("SET LOCAL maintenance_work_mem = '512MB'")
    connection.execute("SET LOCAL work_mem = '128MB'")
    for part in unique:
        _add(connection, part)
    for part in indexes:
        connection.execute(part.definition.encode())
    for table in tables:  # the checks of the keys are planned on what has just come in
        _run(connection, "ANALYZE {}", table)
    for part in foreign:
        _add(connection, part)
    for table in forced:
        _run(connection, "ALTER TABLE {} FORCE ROW LEVEL SECURITY", table)


def _forced(connection: Connection, tables: Sequence[str]) -> list[str]:
    """Return these tables, and those tied to them by a key, that bind their owner too."""
    rows = connection.execute(
        "SELECT relname::text FROM pg_class WHERE relforcerowsecurity AND (oid = ANY (%s::regclass[])"
        " OR oid IN (SELECT unnest(ARRAY[conrelid, confrelid]) FROM pg_constraint WHERE"
        " contype = 'f' AND (conrelid = ANY (%s::regclass[]) OR confrelid = ANY (%s::regclass[]))))"
        " ORDER BY relname",
        [_quoted(tables)] * 3,
    )
    return [name for (name,) in rows]


def _constraints(connection: Connection, tables: Sequence[str], kind: str) -> list[_Part]:
    rows = connection.execute(
        "SELECT conrelid::regclass::text, conname::text, pg_get_constraintdef(oid)"
        " FROM pg_constraint WHERE contype = %s AND conparentid = 0"
        " AND (conrelid = ANY (%s::regclass[]) OR confrelid = ANY (%s::regclass[]))"
        " ORDER BY conname",
        [kind, *[_quoted(tables)] * 2],
    )
    return [_Part(table.strip('"'), name, definition) for table, name, definition in rows]


def _indexes(connection: Connection, tables: Sequence[str]) -> list[_Part]:
    """Return the indexes that no constraint rests on, but for the partial ones.

    Those are small, and PostgreSQL would write their condition back in another form.
    """
    rows = connection.execute(
        "SELECT indrelid::regclass::text, c.relname::text, pg_get_indexdef(indexrelid)"
        " FROM pg_index JOIN pg_class AS c ON c.oid = indexrelid"
        " WHERE indrelid = ANY (%s::regclass[]) AND indpred IS NULL"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid"
        " AND contype IN ('p', 'u')) ORDER BY c.relname",
        [_quoted(tables)],
    )
    return [_Part(table.strip('"'), name, definition) for table, name, definition in rows]


def _quoted(tables: Sequence[str]) -> list[str]:
    return [f'"{table}"' for table in tables]


def _add(connection: Connection, part: _Part) -> None:
    statement = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} ").format(
        sql.Identifier(part.table), sql.Identifier(part.name)
    )
    # The definition is PostgreSQL's own, read a moment ago.
    connection.execute(statement.as_bytes(connection) + part.definition.encode())


def _run(connection: Connection, statement: LiteralString, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def next_id(connection: Connection, table: str) -> int:
    """Return the first free number of a locked table."""
    row = connection.execute(
        sql.SQL("SELECT coalesce(max(id), 0) + 1 FROM {}").format(sql.Identifier(table))
    ).fetchone()
    sequence = connection.execute(
        "SELECT last_value FROM pg_sequences"
        " WHERE format('%%I.%%I', schemaname, sequencename)"
        " = pg_get_serial_sequence(%s, 'id')",
        [f'"{table}"'],
    ).fetchone()
    used = sequence[0] if sequence and sequence[0] else 0
    return max(int(row[0]) if row else 1, int(used) + 1)


def move_sequence(connection: Connection, table: str) -> None:
    """Have the numbers that the table gives next start after the ones it holds."""
    connection.execute(
        sql.SQL(
            "SELECT setval(pg_get_serial_sequence({}, 'id'), greatest((SELECT max(id) FROM {}), 1))"
        ).format(sql.Literal(f'"{table}"'), sql.Identifier(table))
    )
