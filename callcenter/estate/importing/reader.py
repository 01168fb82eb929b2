"""Read a member's file: records, what was repaired, what was refused and why.

Two passes. The first counts rows and finds keys that stand twice with different contents, so that
both rows are refused (keeping either would be a guess). The second makes the records, one at a
time. Rows whose house number became a clock time wait for the end, when the neighbours are known.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any, Self

from flask_babel import gettext

from callcenter.estate.importing.fields import Field, FileKind
from callcenter.estate.importing.mapping import Mapping, detect_kind, propose_mapping
from callcenter.estate.importing.messages import file_error, kind_text
from callcenter.estate.importing.outcome import Problem, Repair
from callcenter.estate.importing.records import Record
from callcenter.estate.importing.rows import Draft, Neighbours, RowReader, build
from callcenter.estate.importing.source import RawRow, open_source
from callcenter.estate.importing.survey import Survey, survey_table
from callcenter.estate.importing.table import Table, find_table

SAMPLES = 5
_SAMPLE_ROWS = 2_000
_MAX_WAITING = 20_000


@dataclass(frozen=True, slots=True)
class CellProblem:
    """What is wrong, and in which column (empty when it is the whole row)."""

    column: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class RowReport:
    """A row as it was, with what is wrong in it: refused, or read without some values."""

    line: int
    cells: tuple[str, ...]
    problems: tuple[CellProblem, ...]


@dataclass(slots=True)
class Tally:
    """How often each thing happened, with the first few as samples (line, column, words)."""

    counts: dict[str, int] = field(default_factory=dict)
    samples: dict[str, list[tuple[int, str, str]]] = field(default_factory=dict)

    def add(self, code: str, line: int, column: str, words: str) -> None:
        """Count one more ``code``; keep it as a sample if few are kept."""
        self.counts[code] = self.counts.get(code, 0) + 1
        kept = self.samples.setdefault(code, [])
        if len(kept) < SAMPLES:
            kept.append((line, column, words))


@dataclass(slots=True)
class Counts:
    """Rows by what became of them. ``rows`` are those below the header that hold something."""

    rows: int = 0
    read: int = 0
    refused: int = 0
    identical: int = 0
    with_warnings: int = 0
    with_repairs: int = 0
    empty: int = 0
    repeated_headers: int = 0


class Reading:
    """One file being read. Iterate ``records()`` to the end; then the figures are final."""

    def __init__(self, table: Table, mapping: Mapping, survey: Survey) -> None:
        self.table = table
        self.mapping = mapping
        self.kind: FileKind = mapping.kind
        self.total_rows = survey.rows
        self.counts = Counts()
        self.repairs, self.warnings, self.refusals = Tally(), Tally(), Tally()
        self._survey = survey
        self._rows = RowReader(mapping, table.header, survey.code_width)

    def close(self) -> None:
        """Let go of the file."""
        self.table.source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self.table.header

    @property
    def details(self) -> dict[str, str]:
        """What was told about the file's form: encoding and separator, or sheets."""
        return {"form": self.table.source.form, **self.table.source.details}

    def records(
        self,
        on_refused: Callable[[RowReport], None] | None = None,
        on_warning: Callable[[RowReport], None] | None = None,
    ) -> Iterator[Record]:
        """Yield the records. Refused rows and rows read in part go to the two callbacks."""
        self.counts = counts = Counts()
        self.repairs, self.warnings, self.refusals = Tally(), Tally(), Tally()
        repeated_seen: set[int] = set()
        neighbours = Neighbours()
        waiting: list[tuple[RawRow, Draft]] = []
        for row in self.table.rows(self._survey.key_column):
            counts.rows += 1
            if row.damage:
                self._refuse(row, self._damage(row), on_refused)
                continue
            key = self._survey.key_of(row.cells)
            lines = self._survey.conflicts.get(key)
            if lines:
                problem = Problem("conflict", "", {"rows": ", ".join(map(str, lines))})
                self._refuse(row, [CellProblem(self._survey.key_name, problem)], on_refused)
                continue
            if key in self._survey.repeated:
                if key in repeated_seen:
                    counts.identical += 1
                    continue
                repeated_seen.add(key)
            draft = self._rows.read(row)
            shared = self._survey.shared_lease_lines(row.cells)
            if shared:
                draft.warn(self._survey.lease_name, Problem("shared_lease", "", {"rows": shared}))
            if self.kind is FileKind.DWELLINGS:
                if draft.clock_time and len(waiting) < _MAX_WAITING:
                    waiting.append((row, draft))
                    continue
                neighbours.note(draft)
            yield from self._finish(row, draft, on_refused, on_warning)
        for row, draft in waiting:
            neighbours.repair(draft)
            yield from self._finish(row, draft, on_refused, on_warning)
        counts.empty = self.table.empty
        counts.repeated_headers = self.table.repeated_headers

    def _damage(self, row: RawRow) -> list[CellProblem]:
        params = {"found": len(row.cells), "expected": len(self.header)}
        return [CellProblem("", Problem(row.damage, "", params))]

    def _refuse(
        self,
        row: RawRow,
        problems: Sequence[CellProblem],
        on_refused: Callable[[RowReport], None] | None,
    ) -> None:
        self.counts.refused += 1
        for item in problems:
            self.refusals.add(item.problem.code, row.line, item.column, item.problem.value)
        if on_refused:
            on_refused(RowReport(row.line, row.cells, tuple(problems)))

    def _finish(
        self,
        row: RawRow,
        draft: Draft,
        on_refused: Callable[[RowReport], None] | None,
        on_warning: Callable[[RowReport], None] | None,
    ) -> Iterator[Record]:
        refusals = self._rows.refusals(draft)
        if refusals:
            found = [CellProblem(column, problem) for column, problem in refusals]
            self._refuse(row, found, on_refused)
            return
        counts = self.counts
        counts.read += 1
        if row.joined:
            glued = Repair("joined_rows", f"{row.joined} lignes", "1 ligne")
            draft.repairs.append(("", glued))
        if draft.repairs:
            counts.with_repairs += 1
            for column, repair in draft.repairs:
                words = f"{repair.before} -> {repair.after}"
                self.repairs.add(repair.code, row.line, column, words)
        if draft.problems:
            counts.with_warnings += 1
            for column, problem in draft.problems:
                self.warnings.add(problem.code, row.line, column, problem.value)
            if on_warning:
                found = [CellProblem(column, problem) for column, problem in draft.problems]
                on_warning(RowReport(row.line, row.cells, tuple(found)))
        yield build(self.kind, row.line, draft.values)


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a look at a file tells, for a person to choose its kind and correct its mapping."""

    header: tuple[str, ...]
    header_line: int
    details: dict[str, str]
    kind: FileKind | None
    mapping: Mapping | None
    missing: tuple[Field, ...]
    samples: tuple[tuple[str, ...], ...]
    # False: nothing stands below the header.
    filled: bool


def inspect_file(file: str | Path | IO[bytes], kind: FileKind | str | None = None) -> Inspection:
    """Look at a file without reading it: its header, a proposed mapping, some rows.

    Raises ``UserError`` only when the file is no table at all.
    """
    with closing(open_source(file)) as source:
        table = find_table(source, strict=False)
        first = list(islice(table.rows(), _SAMPLE_ROWS))
    sample = [row.cells for row in first if not row.damage]
    found = FileKind(kind) if kind else detect_kind(table.header)
    mapping = propose_mapping(table.header, found, sample) if found else None
    return Inspection(
        header=table.header,
        header_line=table.header_line,
        details={"form": table.source.form, **table.source.details},
        kind=found,
        mapping=mapping,
        missing=tuple(mapping.missing()) if mapping else (),
        samples=tuple(sample[:20]),
        filled=bool(first),
    )


def _labels(fields: Sequence[Field]) -> str:
    return ", ".join(gettext(f.label) for f in fields)


def _proposed(table: Table, kind: FileKind | None) -> Mapping:
    columns = ", ".join(table.header)
    found = detect_kind(table.header)
    if (kind or found) is None:
        raise file_error("unknown_kind", columns=columns)
    sample = [r.cells for r in islice(table.rows(), _SAMPLE_ROWS) if not r.damage]
    mapping = propose_mapping(table.header, kind or found or "", sample)
    if missing := mapping.missing():
        if kind and found and found is not kind:
            raise file_error("wrong_kind", found=kind_text(found), expected=kind_text(kind))
        raise file_error("missing_fields", fields=_labels(missing), columns=columns)
    return mapping


def read_file(
    file: str | Path | IO[bytes],
    mapping: Mapping | dict[str, Any] | None = None,
    kind: FileKind | str | None = None,
) -> Reading:
    """Open a member's file and get ready to read it: the first pass is made here.

    Close what it gives, or use it in a ``with``. ``mapping`` is the one kept for the member (an object or its JSON), else one is proposed from
    the header. Raises ``UserError``, naming what to do, when the file can't be read at all.
    """
    wanted = FileKind(kind) if kind else None
    if isinstance(mapping, dict):
        mapping = Mapping.from_data(mapping)
    source = open_source(file)
    try:
        return _prepare(find_table(source, mapping), mapping, wanted)
    except BaseException:
        source.close()
        raise


def _prepare(table: Table, mapping: Mapping | None, wanted: FileKind | None) -> Reading:
    if mapping is None:
        mapping = _proposed(table, wanted)
    else:
        columns = ", ".join(table.header)
        if wanted and mapping.kind is not wanted:
            raise file_error(
                "wrong_kind", found=kind_text(mapping.kind), expected=kind_text(wanted)
            )
        lost = [rule.column for rule in mapping.rules if rule.column not in table.header]
        if lost:
            raise file_error("missing_columns", missing=", ".join(lost), columns=columns)
        if missing := mapping.missing():
            raise file_error("missing_fields", fields=_labels(missing), columns=columns)
    survey = survey_table(table, mapping)
    if not survey.rows:
        raise file_error("header_only")
    return Reading(table, mapping, survey)
