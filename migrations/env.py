"""Alembic's entry: one database, online only, as the owner of the tables."""

import os

from alembic import context
from sqlalchemy import create_engine, pool, text

from callcenter.core.tables import metadata

LOCK_TIMEOUT_MS = 4_000


def run() -> None:
    """Migrate the database that the caller named (``url`` attribute or environment)."""
    url = context.config.attributes.get("url") or os.environ["DATABASE_OWNER_URL"]
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"SET lock_timeout = {LOCK_TIMEOUT_MS}"))
        connection.commit()
        context.configure(connection=connection, target_metadata=metadata())
        with context.begin_transaction():
            # Two starts at once: the second waits for the first, then finds nothing to do.
            context.execute("SELECT pg_advisory_xact_lock(7201)")
            context.run_migrations()


run()
