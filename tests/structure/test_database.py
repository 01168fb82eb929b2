"""Models and migrated database agree; migrations are numbered."""

import re
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from callcenter.core.migrate import MIGRATIONS, is_current, upgrade
from callcenter.core.tables import metadata
from tests.conftest import Database


def test_models_and_migrated_database_agree(owner_connection: Any) -> None:
    context = MigrationContext.configure(owner_connection, opts={"compare_type": True})
    assert compare_metadata(context, metadata()) == []


def test_migrating_twice_changes_nothing(database: Database) -> None:
    upgrade(database.owner_url)
    assert is_current(database.app_url)


def test_migrations_are_numbered_in_one_line() -> None:
    revisions = [s.revision for s in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]
    assert revisions == sorted(revisions, reverse=True)
    assert all(re.fullmatch(r"\d{4}", revision) for revision in revisions)


def test_every_list_of_words_is_the_models_own(owner_connection: Any) -> None:
    """A migration that writes a list anew must not forget what another one had added."""
    rows = owner_connection.execute(
        sa.text(
            "SELECT conrelid::regclass::text AS tab, conname, pg_get_constraintdef(oid) AS rule"
            " FROM pg_constraint WHERE contype = 'c'"
        )
    )
    found = {(row.tab, row.conname): set(row.rule.split("'")[1::2]) for row in rows}
    for table in metadata().sorted_tables:
        for constraint in table.constraints:
            if not isinstance(constraint, sa.CheckConstraint):
                continue
            wanted = re.fullmatch(r"(\w+) IN \((.*)\)", str(constraint.sqltext))
            if wanted:
                words = set(re.findall(r"'([^']*)'", wanted.group(2)))
                assert found[table.name, str(constraint.name)] == words, constraint.name
