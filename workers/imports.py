"""Imports in the background: one job a file, and what passing time asks of them."""

import time
from datetime import timedelta
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy.orm import Session

from callcenter.core import queues
from callcenter.core.db import db, session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.core.queues import Job
from callcenter.estate import import_queries, import_runs
from callcenter.estate.import_runner import ImportOrder, run_import
from callcenter.estate.states import ImportState
from workers.process import settings_of

_EVERYTHING = Scope(everything=True)
_TELL_EVERY_SECONDS = 0.7
_LOST_AFTER = timedelta(seconds=60)
_FILES_KEPT = timedelta(days=7)


def run(run_id: int) -> None:
    """Do an import that waits; one that was done already is left alone."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    folder = import_runs.folder_of(settings_of(app).var_dir)
    with session_scope(_EVERYTHING):
        waiting = import_queries.find_waiting(run_id)
    if waiting is None:
        return
    order = ImportOrder(
        member_id=waiting.member_id,
        path=folder / waiting.kept_file,
        file_name=waiting.file_name,
        kind=waiting.kind,
        folder=folder,
        dry_run=waiting.dry_run,
        confirmed=waiting.confirmed,
        partial=waiting.partial,
        afresh=waiting.afresh,
        actor_id=waiting.actor_id,
        actor_label=waiting.actor_label,
        run_id=run_id,
    )
    result = run_import(order, _Progress(waiting.member_id, run_id))
    if result.state is ImportState.DONE and not order.dry_run:
        with session_scope(Scope(member_ids=frozenset({order.member_id}))), transaction():
            if not import_runs.keeps_files(order.member_id):
                _drop(folder, import_runs.forget_file(waiting.kept_file))


class _Progress:
    """Writes how far an import has come, in transactions of its own: the page reads it."""

    def __init__(self, member_id: int, run_id: int) -> None:
        self._run_id = run_id
        self._scope = Scope(member_ids=frozenset({member_id}))
        self._told = 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._told < _TELL_EVERY_SECONDS:
            return
        self._told = now
        # Beside the import's own session, whose transaction must stay open.
        with Session(db.engine) as session, session.begin():
            import_runs.tell_progress(session, self._run_id, done, total)


def look_after_imports(app: Flask) -> int:
    """Queue again what Redis forgot, fail what was killed, drop files of long ago."""
    settings = settings_of(app)
    folder = import_runs.folder_of(settings.var_dir)
    with session_scope(_EVERYTHING), transaction():
        lost = import_runs.list_lost(_LOST_AFTER)
        files = import_runs.forget_old_files(_FILES_KEPT)
    for member_id in sorted({member for member, _run, state in lost if state == "running"}):
        with session_scope(Scope(member_ids=frozenset({member_id}))), transaction():
            import_runs.fail_killed(member_id)
    again = [run_id for _member, run_id, state in lost if state == "queued"]
    for run_id in again:
        queues.enqueue(settings.redis_url, Job.RUN_IMPORT, run_id)
    _drop(folder, files)
    return len(lost)


def _drop(folder: Path, names: list[str]) -> None:
    for name in names:
        (folder / name).unlink(missing_ok=True)
