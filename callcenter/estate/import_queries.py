"""Reads of imports: the list, one run, what waits, what agents changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from callcenter.core.db import db
from callcenter.estate.import_models import ImportRun
from callcenter.estate.states import ImportKind, ImportState
from callcenter.ui.pagination import Page, Window, page_of


@dataclass(frozen=True, slots=True)
class WaitingImport:
    """An import that a job is about to do."""

    member_id: int
    kind: ImportKind
    file_name: str
    kept_file: str
    dry_run: bool
    confirmed: bool
    partial: bool
    afresh: bool
    actor_id: int | None
    actor_label: str


def find_waiting(run_id: int) -> WaitingImport | None:
    """Return an import that still waits, with what was ordered; None for any other."""
    run = db.session.scalar(
        select(ImportRun).where(ImportRun.id == run_id, ImportRun.state == ImportState.QUEUED)
    )
    if run is None:
        return None
    order = run.counts.get("order", {})
    return WaitingImport(
        member_id=run.member_id,
        kind=ImportKind(run.kind),
        file_name=run.file_name,
        kept_file=run.kept_file,
        dry_run=run.dry_run,
        confirmed=bool(order.get("confirmed")),
        partial=bool(order.get("partial")),
        afresh=bool(order.get("afresh")),
        actor_id=run.actor_id,
        actor_label=run.actor_label,
    )


def find_last_file(member_id: int, kind: ImportKind) -> ImportRun | None:
    """Return the member's latest import of this kind whose file is still kept."""
    return db.session.scalar(
        select(ImportRun)
        .where(ImportRun.member_id == member_id, ImportRun.kind == kind, ImportRun.kept_file != "")
        .order_by(ImportRun.id.desc())
        .limit(1)
    )


def list_runs(member_ids: Sequence[int], window: Window) -> Page[ImportRun]:
    """Return the members' imports, the latest first."""
    statement = select(ImportRun).where(ImportRun.member_id.in_(member_ids))
    if window.key is not None:
        last = window.key[0]
        statement = statement.where(
            ImportRun.id > last if window.backwards else ImportRun.id < last
        )
    order = ImportRun.id.asc() if window.backwards else ImportRun.id.desc()
    rows = db.session.scalars(statement.order_by(order).limit(window.limit)).all()
    return page_of(rows, window, key=lambda run: (run.id,))
