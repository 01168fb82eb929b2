"""Bring a database to the newest migration, as its owner."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, pool

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def _config(owner_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = owner_url
    return config


def upgrade(owner_url: str) -> None:
    """Apply every migration that is missing. Safe to call at each start."""
    command.upgrade(_config(owner_url), "head")


def is_current(url: str) -> bool:
    """Say whether the database stands at the newest migration."""
    head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head
