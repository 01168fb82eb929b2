"""An import from end to end, for the command and the background job: the edge of both.

Three transactions: the run is recorded; the file is applied and the run ended, all or nothing;
and, when that one is undone (a dry run, a doubt, an error), what it would have done is recorded.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

from flask_babel import gettext as _

from callcenter.core import clock
from callcenter.core.db import session_scope, transaction
from callcenter.core.errors import UserError
from callcenter.core.isolation import Scope
from callcenter.estate import import_runs
from callcenter.estate import import_services as services
from callcenter.estate.applying.outcome import Applied
from callcenter.estate.importing.reader import Reading
from callcenter.estate.importing.report import QuarantineWriter
from callcenter.estate.states import ImportKind, ImportState

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """What is asked for: whose file, what to do with it, by whom."""

    member_id: int
    path: Path
    file_name: str
    kind: ImportKind
    folder: Path
    dry_run: bool = False
    confirmed: bool = False
    partial: bool = False
    afresh: bool = False
    actor_id: int | None = None
    actor_label: str = ""
    run_id: int | None = None
    report_path: Path | None = None
    # Files of the same try that come first: a dry run of leases needs the homes that are only
    # being tried too. Undone with it.
    after: tuple[tuple[ImportKind, Path], ...] = ()


@dataclass(frozen=True, slots=True)
class ImportResult:
    """How it ended. ``counts`` is what stands on the run."""

    run_id: int
    state: ImportState
    counts: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    report: Path | None = None


class _UndoneError(Exception):
    """Carries the figures out of a transaction that must leave nothing behind."""

    def __init__(
        self, state: ImportState, counts: dict[str, Any], report_file: str, error: str = ""
    ) -> None:
        super().__init__(state)
        self.state, self.counts, self.report_file = state, counts, report_file
        self.error = error


def run_import(order: ImportOrder, on_progress: OnProgress | None = None) -> ImportResult:
    """Import one file as ordered and say how it ended; a file's fault is a result, not an error.

    Anything else that goes wrong is raised, after the run has been marked as failed.
    """
    with session_scope(Scope(member_ids=frozenset({order.member_id}))):
        run_id = _begin(order)
        report = order.report_path or order.folder / f"refus-{order.member_id}-{run_id}.csv"
        try:
            _apply(order, run_id, report, on_progress)
            undone = None
        except _UndoneError as told:
            undone = told
        except UserError as error:
            return _fail(order, run_id, report, error.message)
        except BaseException:
            _fail(order, run_id, report, _("Une erreur est survenue : rien n'a été changé."))
            raise
    return _end(order, run_id, report, undone)


def _begin(order: ImportOrder) -> int:
    with transaction():
        if order.run_id is None:
            run = import_runs.open_run(
                order.member_id,
                order.kind,
                order.file_name,
                dry_run=order.dry_run,
                actor_id=order.actor_id,
                actor_label=order.actor_label,
            )
        else:
            run = import_runs.get_run(order.run_id)
            run.state = ImportState.RUNNING
            run.dry_run = order.dry_run
            run.started_at = clock.now()
            run.error = ""
        return run.id


def _apply(order: ImportOrder, run_id: int, report: Path, on_progress: OnProgress | None) -> None:
    with transaction():
        import_runs.take_turn(order.member_id, run_id)
        for kind, path in order.after if order.dry_run else ():
            with services.read_for(order.member_id, path, kind, afresh=order.afresh) as earlier:
                unread = QuarantineWriter(StringIO(), earlier.header)
                services.apply_file(
                    order.member_id, earlier, unread, label=path.name, partial=order.partial
                )
        with services.read_for(
            order.member_id, order.path, order.kind, afresh=order.afresh
        ) as reading:
            done, report_file = _read_and_write(order, reading, report, on_progress)
            counts = services.told(reading, done)
            undone = ImportState.DONE if order.dry_run else None
            if done.doubts and not order.confirmed:
                undone = ImportState.TO_CONFIRM
            if undone is not None:
                raise _UndoneError(undone, counts, report_file)
            run = import_runs.get_run(run_id)
            import_runs.end_run(run, ImportState.DONE, counts, report_file)
            services.keep_mapping(order.member_id, reading.mapping)
            services.record_applied(run)


def _read_and_write(
    order: ImportOrder, reading: Reading, report: Path, on_progress: OnProgress | None
) -> tuple[Applied, str]:
    """Apply what is read; return what became of it and the quarantine's name, "" if empty."""
    report.parent.mkdir(parents=True, exist_ok=True)
    report.touch(mode=0o600)  # it holds people's rows
    with QuarantineWriter(report, reading.header) as quarantine:
        try:
            done = services.apply_file(
                order.member_id,
                reading,
                quarantine,
                label=order.file_name,
                partial=order.partial,
                on_progress=on_progress or (lambda _done, _total: None),
            )
        except services.NothingReadError as error:
            counts = services.told(reading, Applied())
            raise _UndoneError(ImportState.FAILED, counts, report.name, error.message) from error
    if quarantine.count:
        return done, report.name
    report.unlink(missing_ok=True)
    return done, ""


def _end(
    order: ImportOrder, run_id: int, report: Path, undone: _UndoneError | None
) -> ImportResult:
    with session_scope(Scope(member_ids=frozenset({order.member_id}))), transaction():
        run = import_runs.get_run(run_id)
        if undone is not None:
            import_runs.end_run(run, undone.state, undone.counts, undone.report_file, undone.error)
        return ImportResult(
            run_id,
            ImportState(run.state),
            run.counts,
            run.error,
            report=report if run.report_file else None,
        )


def _fail(order: ImportOrder, run_id: int, report: Path, message: str) -> ImportResult:
    if order.report_path is None:
        report.unlink(missing_ok=True)
    with session_scope(Scope(member_ids=frozenset({order.member_id}))), transaction():
        run = import_runs.get_run(run_id)
        run.state, run.error, run.ended_at = ImportState.FAILED, message, clock.now()
    return ImportResult(run_id, ImportState.FAILED, error=message)
