"""Handing an import to the workers once its row is committed."""

from flask import current_app

from callcenter.core.db import after_commit
from callcenter.core.queues import Job, enqueue
from callcenter.estate.import_models import ImportRun
from callcenter.settings import Settings


def queue_import(run: ImportRun) -> None:
    """Have the run done in the background after the present commit."""
    settings: Settings = current_app.config["SETTINGS"]
    url, run_id = settings.redis_url, run.id

    def hand_out() -> None:
        # When Redis is away the clockwork finds the run later.
        enqueue(url, Job.RUN_IMPORT, run_id)

    after_commit(hand_out)
