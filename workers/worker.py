"""One worker: jobs from Redis, done in this process by the application already loaded.

A worker that forks or imports for every job does 3 jobs a second; this one does hundreds.
"""

import logging
from collections.abc import Sequence
from typing import Any, Self

from flask import Flask
from redis import Redis
from rq import SimpleWorker
from sqlalchemy import create_engine, pool, text

from callcenter.core import queues
from callcenter.core.db import db
from callcenter.core.queues import QueueName
from workers.process import settings_of

log = logging.getLogger(__name__)

# An import lasts minutes: one worker at most takes them, so that messages always find another.
_IMPORTS_LOCK = 7_302_031


class AppWorker(SimpleWorker):
    """RQ's worker inside the application: one context, and one fresh session, per job."""

    # Redis away for a moment must not leave the queue waiting a minute.
    max_connection_wait_time = 2.0

    def __init__(self, app: Flask, names: Sequence[QueueName], **kwargs: Any) -> None:
        """Serve these queues, in this order."""
        self.app = app
        url = settings_of(app).redis_url
        super().__init__(
            [queues.queue(name, url) for name in names],
            connection=Redis.from_url(url, health_check_interval=30),
            serializer=queues.SERIALIZER,
            log_job_description=False,
            **kwargs,
        )

    def perform_job(self, *args: Any, **kwargs: Any) -> bool:
        """Do one job in a context of its own."""
        with self.app.app_context():
            try:
                done: bool = super().perform_job(*args, **kwargs)
            finally:
                db.session.remove()
            return done


def run(app: Flask, names: Sequence[QueueName] | None = None) -> int:
    """Work until told to stop (SIGTERM ends after the present job); return the exit code."""
    with _ImportLane(app) as lane:
        chosen = names or [n for n in QueueName if n is not QueueName.IMPORTS or lane.ours]
        worker = AppWorker(app, chosen)
        log.info("worker of %s", ", ".join(chosen))
        worker.work(logging_level="WARNING")
    with app.app_context():
        db.engine.dispose()
    return 0


class _ImportLane:
    """The right to take imports: held by one worker process as long as it lives.

    With one worker in all, that one has it. A dead one's lock falls with its connection.
    """

    def __init__(self, app: Flask) -> None:
        self.ours = False
        self._engine = create_engine(settings_of(app).database_url, poolclass=pool.NullPool)
        self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")

    def __enter__(self) -> Self:
        taken = text("SELECT pg_try_advisory_lock(:lock)")
        self.ours = bool(self._connection.execute(taken, {"lock": _IMPORTS_LOCK}).scalar())
        return self

    def __exit__(self, *_error: object) -> None:
        self._connection.invalidate()
        self._connection.close()
