"""Bring a database to the newest migration, as its owner."""

import os
import sys
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from callcenter.core.database_roles import connect

_SCRIPTS = Path(__file__).resolve().parent.parent.parent / "migrations"


def upgrade(owner_url: str) -> None:
    """Run the migrations that the database has not seen."""
    command.upgrade(_config(owner_url), "head")


def is_current(owner_url: str) -> bool:
    """Whether the database has seen every migration; loads none of the models, so it is quick."""
    with connect(owner_url) as connection:
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except psycopg.errors.UndefinedTable:
            return False
    head = ScriptDirectory.from_config(_config(owner_url)).get_current_head()
    return row is not None and row[0] == head


def _config(owner_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["url"] = owner_url
    return config


def main() -> None:
    """Migrate the database of `DATABASE_OWNER_URL` (the launcher runs this in its own process)."""
    url = os.environ.get("DATABASE_OWNER_URL", "")
    if not url:
        sys.exit("DATABASE_OWNER_URL: set it, to the role that owns the tables")
    upgrade(url)


if __name__ == "__main__":
    main()
