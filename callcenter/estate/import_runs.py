"""Verbs of import runs: recorded, ordered, failed, their files kept or dropped. Flush at most."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import bindparam, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from callcenter.core import audit, clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.estate.applying.staging import hold_import_lock
from callcenter.estate.import_models import ImportRun
from callcenter.estate.states import ImportKind, ImportState
from callcenter.members.models import Organisation


def open_run(
    member_id: int,
    kind: ImportKind,
    file_name: str,
    *,
    dry_run: bool,
    state: ImportState = ImportState.RUNNING,
    actor_id: int | None = None,
    actor_label: str = "",
) -> ImportRun:
    """Record that a file is about to be imported; flush only."""
    run = ImportRun(
        member_id=member_id,
        kind=kind,
        file_name=file_name[:200],
        dry_run=dry_run,
        state=state,
        started_at=clock.now(),
        actor_id=actor_id,
        actor_label=actor_label,
    )
    db.session.add(run)
    db.session.flush()
    return run


def end_run(
    run: ImportRun, state: ImportState, counts: dict[str, Any], report_file: str, error: str = ""
) -> None:
    """Write on a run how it ended and what became of its rows."""
    run.state, run.report_file, run.error = state, report_file, error
    run.counts = {"order": run.counts.get("order", {}), **counts}
    run.ended_at = clock.now()


def refuse_second(member_id: int) -> None:
    """Raise UserError when an import of the member's is being done, before another is ordered.

    One that only waits is no obstacle: they are done one after the other.
    """
    running = db.session.scalar(
        select(ImportRun)
        .where(ImportRun.member_id == member_id, ImportRun.state == ImportState.RUNNING)
        .order_by(ImportRun.id.desc())
        .limit(1)
    )
    if running is not None and not hold_import_lock(member_id):
        raise UserError(
            _(
                "L'import de « %(name)s », lancé par %(who)s, est en cours pour ce bailleur : "
                "attendez qu'il soit terminé.",
                name=running.file_name,
                who=running.actor_label or "—",
            )
        )


def choose_to_keep(member_id: int, *, keep: bool, actor: Actor) -> None:
    """Say whether the files that the member sends are kept once they are applied."""
    member = db.session.scalar(
        select(Organisation).where(Organisation.id == member_id).with_for_update()
    )
    if member is None or member_id not in actor.member_ids:
        raise NotFound
    before = bool(member.settings.get("keep_import_files"))
    if before == keep:
        return
    member.settings = {**member.settings, "keep_import_files": keep}
    member.version += 1
    db.session.flush()
    audit.record(
        member_id,
        "organisation.changed",
        "organisation",
        member_id,
        actor_id=actor.user_id,
        actor_label=actor.name,
        changes={"keep_import_files": [before, keep]},
    )


def get_run(run_id: int) -> ImportRun:
    """Return an import of the actor's members; NotFound otherwise."""
    run = db.session.scalar(select(ImportRun).where(ImportRun.id == run_id))
    if run is None:
        raise NotFound
    return run


def take_turn(member_id: int, run_id: int) -> None:
    """Hold the member's import lock for this transaction; UserError when an import is running.

    Whoever holds it knows that the other runs marked as running were killed: nothing of them
    was kept, and they are said to have failed.
    """
    if not hold_import_lock(member_id):
        raise UserError(
            _("Un autre import est en cours pour ce bailleur : attendez qu'il soit terminé.")
        )
    _fail_running(member_id, run_id)


def fail_killed(member_id: int) -> None:
    """Say that the member's imports marked as running failed, if none of them really runs."""
    if hold_import_lock(member_id):
        _fail_running(member_id, 0)


def _fail_running(member_id: int, except_run: int) -> None:
    db.session.execute(
        update(ImportRun)
        .where(
            ImportRun.member_id == member_id,
            ImportRun.state == ImportState.RUNNING,
            ImportRun.id != except_run,
        )
        .values(
            state=ImportState.FAILED,
            ended_at=clock.now(),
            error=_("Import interrompu : rien n'a été changé. Il peut être recommencé."),
        )
    )


def list_lost(after: timedelta) -> list[tuple[int, int, str]]:
    """Return the imports that should have begun or ended by now: member, run, state."""
    rows = db.session.execute(
        select(ImportRun.member_id, ImportRun.id, ImportRun.state).where(
            ImportRun.state.in_([ImportState.QUEUED, ImportState.RUNNING]),
            ImportRun.started_at < clock.now() - after,
        )
    )
    return [(row.member_id, row.id, row.state) for row in rows]


def folder_of(var_dir: Path) -> Path:
    """Return where files as sent and quarantines are kept, made if it is missing."""
    folder = var_dir / "imports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def keep_order(
    run: ImportRun, kept_file: str, *, confirmed: bool, partial: bool, afresh: bool
) -> None:
    """Write on a run what its background job must know."""
    run.kept_file = kept_file
    run.counts = {"order": {"confirmed": confirmed, "partial": partial, "afresh": afresh}}


def order_again(run: ImportRun, *, confirmed: bool, actor_id: int, actor_label: str) -> ImportRun:
    """Order for good what was tried, from the same file; the same try orders it only once.

    Raises UserError when the file is no longer there or the try did not end well.
    """
    if run.state not in {ImportState.DONE, ImportState.TO_CONFIRM} or not run.kept_file:
        raise UserError(_("Envoyez le fichier de nouveau : l'essai n'est plus là."))
    if run.state == ImportState.TO_CONFIRM and not confirmed:
        raise UserError(_("Cochez la case pour confirmer."), field="confirmed")
    known = db.session.scalar(
        select(ImportRun)
        .where(
            ImportRun.member_id == run.member_id,
            ImportRun.kept_file == run.kept_file,
            ImportRun.dry_run.is_(False),
            ImportRun.state.in_([ImportState.QUEUED, ImportState.RUNNING, ImportState.DONE]),
        )
        .limit(1)
    )
    if known is not None:
        return known
    order = run.counts.get("order", {})
    real = open_run(
        run.member_id,
        ImportKind(run.kind),
        run.file_name,
        dry_run=False,
        state=ImportState.QUEUED,
        actor_id=actor_id,
        actor_label=actor_label,
    )
    keep_order(
        real,
        run.kept_file,
        confirmed=confirmed,
        partial=bool(order.get("partial")),
        afresh=bool(order.get("afresh")),
    )
    return real


def try_again(run: ImportRun, *, actor_id: int, actor_label: str) -> ImportRun:
    """Order another try of the same file, after its mapping was corrected."""
    order = run.counts.get("order", {})
    again = open_run(
        run.member_id,
        ImportKind(run.kind),
        run.file_name,
        dry_run=True,
        state=ImportState.QUEUED,
        actor_id=actor_id,
        actor_label=actor_label,
    )
    keep_order(
        again, run.kept_file, confirmed=False, partial=bool(order.get("partial")), afresh=False
    )
    return again


def tell_progress(session: Session, run_id: int, done: int, total: int) -> None:
    """Write how far a run has come, in another session than the import's own."""
    session.execute(
        text("UPDATE import_run SET counts = counts || :said WHERE id = :run").bindparams(
            bindparam("said", type_=JSONB)
        ),
        {"said": {"progress": done, "total": total}, "run": run_id},
    )


def keeps_files(member_id: int) -> bool:
    """Say whether the member wants the files it sent to be kept once they are applied."""
    settings = db.session.scalar(select(Organisation.settings).where(Organisation.id == member_id))
    return bool((settings or {}).get("keep_import_files"))


def forget_file(name: str) -> list[str]:
    """Note that a kept file is dropped; return the names to remove from the folder."""
    db.session.execute(update(ImportRun).where(ImportRun.kept_file == name).values(kept_file=""))
    return [name] if name else []


def forget_old_files(after: timedelta) -> list[str]:
    """Note that files and quarantines of long ago are dropped; return their names."""
    old = db.session.scalars(
        select(ImportRun)
        .join(Organisation, Organisation.id == ImportRun.member_id)
        .where(
            ImportRun.ended_at < clock.now() - after,
            (ImportRun.kept_file != "") | (ImportRun.report_file != ""),
            Organisation.settings["keep_import_files"].as_boolean().is_not(True),
        )
        .limit(100)
    ).all()
    names = [name for run in old for name in (run.kept_file, run.report_file) if name]
    for run in old:
        run.kept_file = run.report_file = ""
    return names
