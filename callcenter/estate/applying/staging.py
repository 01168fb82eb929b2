"""Rows of a file on their way to the tables: copied to a temporary table, then used in sets."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import text

from callcenter.core.db import db

# The applying of another version says other things of the same row: a new number here makes
# every row be looked at again at the next import.
VERSION = "1"
PROGRESS_EVERY = 1_000

Progress = Callable[[int], None]


def run(statement: str, **values: Any) -> int:
    """Run one statement and return how many rows it touched."""
    return db.session.execute(text(statement), values).rowcount  # type: ignore[attr-defined, no-any-return, unused-ignore]


def rows(statement: str, **values: Any) -> Sequence[Any]:
    """Run one statement and return its rows."""
    return db.session.execute(text(statement), values).all()


def number(statement: str, **values: Any) -> int:
    """Run one statement that answers one number."""
    return int(db.session.execute(text(statement), values).scalar_one() or 0)


def driver() -> psycopg.Connection[Any]:
    """Return psycopg's own connection of the present transaction, for COPY."""
    connection = db.session.connection().connection.driver_connection
    if not isinstance(connection, psycopg.Connection):
        raise TypeError("psycopg is the driver")
    return connection


def temporary(table: str, definition: str, **values: Any) -> None:
    """Make a table that ends with the transaction, in place of one that a former file left."""
    run(f"DROP TABLE IF EXISTS pg_temp.{table}")
    run(f"CREATE TEMPORARY TABLE {table} {definition}", **values)


def stage(
    table: str, columns: dict[str, str], lines: Iterable[tuple[Any, ...]], progress: Progress
) -> int:
    """Make the temporary ``table``, copy ``lines`` to it and return how many there were.

    ``columns`` maps names to types; those of a type that holds "computed" are left empty for
    later statements. The table ends with the transaction.
    """
    made = ", ".join(f"{name} {kind.replace(' computed', '')}" for name, kind in columns.items())
    temporary(table, f"({made}) ON COMMIT DROP")
    copied = [name for name, kind in columns.items() if not kind.endswith(" computed")]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, copied))
    )
    count = 0
    with driver().cursor() as cursor, cursor.copy(statement) as copy:
        for line in lines:
            copy.write_row(line)
            count += 1
            if count % PROGRESS_EVERY == 0:
                progress(count)
    run(f"ANALYZE {table}")
    return count


def hold_import_lock(member_id: int) -> bool:
    """Hold the member's import lock until the transaction ends; False when another holds it."""
    return bool(
        db.session.execute(
            text("SELECT pg_try_advisory_xact_lock(hashtext('estate import'), :member)"),
            {"member": member_id % 2**31},
        ).scalar_one()
    )
