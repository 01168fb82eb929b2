"""Verbs of imports: record a run, apply a file's reading, say how it ended. Nothing commits."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from callcenter.core import audit
from callcenter.core.db import db
from callcenter.core.errors import UserError
from callcenter.estate.applying.contracts import apply_contracts
from callcenter.estate.applying.dwellings import apply_dwellings
from callcenter.estate.applying.leases import apply_leases, touched_people
from callcenter.estate.applying.outcome import Applied, Doubt, Refusal
from callcenter.estate.import_models import ImportMapping, ImportRun
from callcenter.estate.importing.fields import FileKind
from callcenter.estate.importing.mapping import Mapping
from callcenter.estate.importing.messages import file_error
from callcenter.estate.importing.outcome import Problem
from callcenter.estate.importing.reader import (
    CellProblem,
    Reading,
    RowReport,
    inspect_file,
    read_file,
)
from callcenter.estate.importing.report import QuarantineWriter, short_cause
from callcenter.estate.search_text import make_room, refresh_search
from callcenter.estate.states import ImportKind

# So many rows refused at the head of a file and none read: nothing good will follow.
_HOPELESS = 20_000
# Short cells of refused rows, kept to know which leases the file did speak of.
_MAX_UNREADABLE = 300_000
_MAX_CELL = 40
_FIGURES = ("rows", "read", "refused", "identical", "empty", "with_repairs", "with_warnings")

OnProgress = Callable[[int, int], None]


class NothingReadError(UserError):
    """Not one row of a file could be read: it can't be applied, even by somebody who insists."""


def _nothing(_done: int, _total: int) -> None:
    """Tell nobody."""


def find_kind(path: Path) -> ImportKind:
    """Say what a file holds from its header; UserError when it is no table or tells nothing."""
    look = inspect_file(path)
    if not look.filled:
        raise file_error("header_only")
    if look.kind is None:
        read_file(path)  # says in words why, and which columns it saw
        raise UserError(_("Choisissez ce que contient ce fichier."), field="kind")
    return ImportKind(look.kind)


def read_for(member_id: int, path: Path, kind: ImportKind, *, afresh: bool = False) -> Reading:
    """Open a file with the member's kept mapping, or with one proposed from its header.

    ``afresh`` leaves the kept mapping aside: for a member whose software changed its columns.
    A kept mapping whose columns are gone stops the file: silence would empty a field everywhere.
    """
    kept = None
    if not afresh:
        kept = db.session.scalar(
            select(ImportMapping.mapping).where(
                ImportMapping.member_id == member_id, ImportMapping.kind == kind
            )
        )
    if not kept:
        return read_file(path, None, FileKind(kind))
    try:
        return read_file(path, Mapping.from_data(kept), FileKind(kind))
    except UserError as error:
        hint = _(
            "La correspondance de colonnes gardée pour ce bailleur a servi à lire ce fichier : "
            "vérifiez que c'est bien le sien, ou repartez de ses en-têtes."
        )
        raise UserError(f"{error.message} {hint}", field=error.field) from error


def keep_mapping(member_id: int, mapping: Mapping) -> None:
    """Keep how a member's files of one kind are read, for the next one."""
    said = {"kind": str(mapping.kind), "mapping": mapping.as_data()}
    db.session.execute(
        insert(ImportMapping)
        .values(member_id=member_id, version=1, **said)
        .on_conflict_do_update(
            index_elements=["member_id", "kind"],
            set_={"mapping": said["mapping"], "version": ImportMapping.version + 1},
            where=ImportMapping.mapping != said["mapping"],
        )
    )


class _Refused:
    """Listens to the reading: writes the quarantine, remembers what refused rows spoke of."""

    def __init__(self, reading: Reading, quarantine: QuarantineWriter) -> None:
        self.reading = reading
        self.quarantine = quarantine
        self.cells: set[str] = set()

    def __call__(self, row: RowReport) -> None:
        self.quarantine.write(row)
        if len(self.cells) < _MAX_UNREADABLE:
            short = (cell.strip() for cell in row.cells)
            self.cells.update(c for c in short if 0 < len(c) <= _MAX_CELL)
        if self.quarantine.count >= _HOPELESS:
            self.refuse_hopeless()

    def refuse_hopeless(self) -> None:
        """Raise NothingReadError when every row so far was refused."""
        counts = self.reading.counts
        if counts.read or not counts.refused:
            return
        causes = self.reading.refusals.counts
        raise NothingReadError(
            _(
                "Aucune des %(rows)s premières lignes n'a pu être lue : %(cause)s.",
                rows=counts.refused,
                cause=short_cause(max(causes, key=lambda code: causes[code])),
            )
        )


def _is_quarantine(reading: Reading) -> bool:
    """Say whether a file is one of our quarantines come back: a part, which closes nothing."""
    return bool({"Ligne refusée", _("Ligne refusée")}.intersection(reading.header))


def apply_file(
    member_id: int,
    reading: Reading,
    quarantine: QuarantineWriter,
    *,
    label: str,
    partial: bool = False,
    on_progress: OnProgress = _nothing,
) -> Applied:
    """Bring the member's estate to what a file says, in the present transaction.

    Takes the rows as they are read (memory stays bounded), writes refused ones to
    ``quarantine``. ``label`` is what the history calls the file. ``partial``, or one of our own quarantines come back, closes nothing.
    What must be confirmed by a person is in ``doubts``: the edge decides whether to commit.
    Raises NothingReadError when all rows are refused.
    """
    make_room()
    refused = _Refused(reading, quarantine)
    records = reading.records(on_refused=refused)
    closes = not (partial or _is_quarantine(reading))

    def progress(rows: int) -> None:
        on_progress(rows, reading.total_rows)

    if reading.kind is FileKind.DWELLINGS:
        done = apply_dwellings(member_id, records, progress, label=label)
    elif reading.kind is FileKind.LEASES:
        done = apply_leases(
            member_id,
            records,
            progress,
            closes=closes,
            unreadable=refused.cells,
            label=label,
        )
    else:
        done = apply_contracts(member_id, records, progress, closes=closes)
    refused.refuse_hopeless()
    _refuse_applied(reading, quarantine, done.refusals)
    if len(refused.cells) >= _MAX_UNREADABLE:
        done.doubts.append(Doubt("many_refused", {"refused": reading.counts.refused}))
    if reading.kind is FileKind.DWELLINGS and done.changes:
        refresh_search(member_id)
    elif reading.kind is FileKind.LEASES:
        touched = touched_people()
        if touched:
            refresh_search(member_id, touched)
    on_progress(reading.total_rows, reading.total_rows)
    return done


def _refuse_applied(
    reading: Reading, quarantine: QuarantineWriter, refusals: list[Refusal]
) -> None:
    """Write to the quarantine the rows that could be read but not applied."""
    by_line = {refusal.line: refusal for refusal in refusals}
    if not by_line:
        return
    columns = {rule.field: rule.column for rule in reading.mapping.rules}
    for row in reading.table.rows():
        refusal = by_line.get(row.line)
        if refusal is not None:
            problem = Problem(refusal.code, refusal.value)
            found = CellProblem(columns.get(refusal.column, ""), problem)
            quarantine.write(RowReport(row.line, row.cells, (found,)))


def told(reading: Reading, done: Applied) -> dict[str, Any]:
    """Return what was done as the run keeps it: figures, samples, repairs, causes, doubts."""
    causes = dict(reading.refusals.counts)
    for refusal in done.refusals:
        causes[refusal.code] = causes.get(refusal.code, 0) + 1
    figures = {name: getattr(reading.counts, name) for name in _FIGURES}
    figures["refused"] += len(done.refusals)
    return {
        **done.counts,
        **figures,
        "samples": done.samples,
        "causes": causes,
        "repairs": dict(reading.repairs.counts),
        "warnings": dict(reading.warnings.counts),
        "doubts": [{"code": doubt.code, **doubt.figures} for doubt in done.doubts],
        "form": reading.details,
        "progress": reading.total_rows,
        "total": reading.total_rows,
    }


def record_applied(run: ImportRun) -> None:
    """Leave the import's trace in the audit."""
    audit.record(
        run.member_id,
        "import.applied",
        "import_run",
        run.id,
        actor_id=run.actor_id,
        actor_label=run.actor_label,
        changes={
            "file": [None, run.file_name],
            **{
                name: [None, run.counts.get(name, 0)]
                for name in ("added", "changed", "closed", "refused")
            },
        },
    )
