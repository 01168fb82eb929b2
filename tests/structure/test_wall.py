"""The wall between members, proved on every table without naming one."""

import secrets
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from callcenter.core.tables import metadata
from tests.fill import allowed_values
from tests.world import World, as_member, as_system

TABLES = {table.name: table for table in metadata().sorted_tables}
OWNED = sorted(name for name, table in TABLES.items() if "member_id" in table.columns)

FAR_AWAY = date(2090, 1, 1)

# Foreign keys that cross the wall on purpose, with the reason.
CROSSINGS = {
    ("mandate", "user_id"): "a platform account serves a member",
}


def test_every_table_belongs_to_a_member() -> None:
    assert sorted(TABLES) == OWNED


def test_row_level_security_is_forced(owner_connection: Any) -> None:
    rows = owner_connection.execute(
        sa.text(
            "SELECT relname, relrowsecurity, relforcerowsecurity,"
            " (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid)"
            " FROM pg_class c WHERE relname = ANY(:names) AND relkind = 'r'"
        ),
        {"names": OWNED},
    ).all()
    assert len(rows) == len(OWNED)
    for name, enabled, forced, policies in rows:
        assert enabled, f"{name}: row-level security is off"
        assert forced, f"{name}: the owner could walk through"
        assert policies, f"{name}: no policy, so nobody could read"


def test_the_application_role_owns_nothing_and_bypasses_nothing(app: Flask) -> None:
    with as_system() as session:
        row = session.execute(
            sa.text(
                "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,"
                " (SELECT count(*) FROM pg_class WHERE relowner = r.oid)"
                " FROM pg_roles r WHERE rolname = current_user"
            )
        ).one()
    assert tuple(row) == (False, False, False, False, 0)


def test_without_a_scope_nothing_is_seen(app: Flask, full_world: World) -> None:
    with as_member() as session:
        for name in OWNED:
            assert session.execute(sa.select(TABLES[name]).limit(1)).first() is None, name


def test_a_member_sees_its_own_rows_alone(app: Flask, full_world: World) -> None:
    a, b = full_world.a.id, full_world.b.id
    for name in OWNED:
        owner = sa.select(TABLES[name].c.member_id).distinct()
        with as_system() as session:
            owners = set(session.scalars(owner))
        assert {a, b} <= owners, f"the full world has no {name} on both sides"
        with as_member(b) as session:
            assert set(session.scalars(owner)) == {b}, name


def test_a_member_can_neither_change_nor_remove_another_s_rows(
    app: Flask, full_world: World
) -> None:
    for name in OWNED:
        table = TABLES[name]
        of_a = table.c.member_id == full_world.a.id
        for statement in (
            sa.update(table).where(of_a).values(member_id=table.c.member_id),
            sa.delete(table).where(of_a),
        ):
            refusal, changed = _tried(full_world.b.id, statement)
            # Append-only tables refuse outright; the others have no such row for B.
            assert "permission denied" in refusal or changed == 0, name


def test_a_row_can_not_be_written_into_another_member(app: Flask, full_world: World) -> None:
    """A copy of A's row, written as B: the policy refuses it."""
    for name in OWNED:
        table = TABLES[name]
        with as_system() as session:
            values = _own_row(session, table, full_world.a.id)
        values.pop("id")
        with (
            as_member(full_world.b.id) as session,
            pytest.raises(sa.exc.ProgrammingError, match="row-level security"),
        ):
            session.execute(sa.insert(table).values(values))


def _foreign_keys() -> list[tuple[sa.Table, sa.ForeignKeyConstraint]]:
    return [
        (TABLES[name], constraint)
        for name in OWNED
        for constraint in TABLES[name].foreign_key_constraints
        if "member_id" in constraint.referred_table.columns
        and [c.name for c in constraint.columns] != ["member_id"]
    ]


def test_foreign_keys_carry_the_member() -> None:
    for table, constraint in _foreign_keys():
        columns = [c.name for c in constraint.columns]
        if (table.name, columns[-1]) not in CROSSINGS:
            assert columns[0] == "member_id", constraint.name


def test_a_foreign_key_can_not_cross_the_wall(app: Flask, full_world: World) -> None:
    for table, constraint in _foreign_keys():
        column = list(constraint.columns)[-1].name
        if (table.name, column) in CROSSINGS:
            continue
        with as_system() as session:
            other = _own_row(session, constraint.referred_table, full_world.a.id)["id"]
            own = _own_row(session, table, full_world.b.id)
        point = (
            sa.update(table)
            .where(table.c.id == own["id"])
            .values(_unique_names(table) | {column: other})
        )
        refusal, _changed = _tried(full_world.b.id, point)
        if "permission denied" in refusal:  # append-only: only a new row could point elsewhere
            fresh = {k: v for k, v in own.items() if k != "id"} | {column: other}
            refusal, _changed = _tried(full_world.b.id, sa.insert(table).values(fresh))
        assert "violates foreign key" in refusal, constraint.name


def _tried(member_id: int, statement: Any) -> tuple[str, int]:
    """Try a statement as a member; return why the database refused it, or how many rows moved."""
    with as_member(member_id) as session:
        try:
            return "", session.execute(statement).rowcount  # type: ignore[attr-defined]
        except sa.exc.DBAPIError as error:
            return str(error), 0


def _own_row(session: Session, table: sa.Table, member_id: int) -> dict[str, Any]:
    row = session.execute(
        sa.select(table).where(table.c.member_id == member_id).order_by(table.c.id).limit(1)
    ).one()
    return {name: value for name, value in row._mapping.items() if table.c[name].computed is None}


def _unique_names(table: sa.Table) -> dict[str, Any]:
    """New values for what must be unique, so that only the foreign key can refuse the row."""
    unique = [
        column
        for constraint in table.constraints
        if isinstance(constraint, sa.UniqueConstraint)
        for column in constraint.columns
        if column.name not in allowed_values(table)
    ]
    return {
        column.name: FAR_AWAY if isinstance(column.type, sa.Date) else secrets.token_hex(8)
        for column in unique
        if isinstance(column.type, sa.String | sa.Date)
    }
