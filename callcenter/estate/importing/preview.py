"""What a mapping makes of a file's first rows: for the screen where a person corrects it."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from callcenter.estate.importing.mapping import Mapping
from callcenter.estate.importing.messages import file_error
from callcenter.estate.importing.outcome import Problem
from callcenter.estate.importing.rows import Draft, RowReader
from callcenter.estate.importing.source import open_source
from callcenter.estate.importing.table import find_table

ROWS = 6


@dataclass(slots=True)
class PreviewRow:
    """One row: values by field, what was repaired or dropped, why it would be refused."""

    line: int
    values: dict[str, str] = field(default_factory=dict)
    repairs: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Preview:
    """The fields that the first rows fill, in the order of the columns, and the rows."""

    fields: tuple[str, ...]
    rows: Sequence[PreviewRow]


def preview_file(path: Path, mapping: Mapping, most: int = ROWS) -> Preview:
    """Read the first rows of a file with a mapping, checks included; nothing else is read.

    Keys that stand twice and neighbours are not looked at: the try of the whole file does that.
    Raises ``UserError`` when the file is no table or lacks a column of the mapping.
    """
    with closing(open_source(path)) as source:
        table = find_table(source, mapping, strict=False)
        lost = [rule.column for rule in mapping.rules if rule.column not in table.header]
        if lost:
            columns = ", ".join(table.header)
            raise file_error("missing_columns", missing=", ".join(lost), columns=columns)
        reader = RowReader(mapping, table.header, 0)
        rows = []
        for row in islice(table.rows(), most):
            shown = PreviewRow(row.line)
            rows.append(shown)
            if row.damage:
                shown.refused.append(row.damage)
                continue
            draft = reader.read(row)
            lacking = [] if mapping.missing() else reader.refusals(draft)
            _fill(shown, draft, lacking)
    names = dict.fromkeys(name for row in rows for name in row.values)
    return Preview(tuple(names), rows)


def _fill(shown: PreviewRow, draft: Draft, lacking: Sequence[tuple[str, Problem]]) -> None:
    shown.values = {name: value_text(value) for name, value in draft.values.items()}
    shown.repairs = [repair.text for _column, repair in draft.repairs]
    shown.refused = [_said(column, problem) for column, problem in lacking]
    told = {(column, problem.code) for column, problem in lacking}
    shown.dropped = [
        _said(column, problem)
        for column, problem in draft.problems
        if (column, problem.code) not in told
    ]


def _said(column: str, problem: Problem) -> str:
    value = f" « {problem.value} »" if problem.value else ""
    return f"{column}{value} : {problem.cause}"


def value_text(value: Any) -> str:
    """Return a value of a record as a person reads it in a cell."""
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, tuple):
        return ", ".join(_piece(piece) for piece in value)
    if isinstance(value, dict):
        return ", ".join(
            f"{day} {' '.join('-'.join(slot) for slot in slots)}" for day, slots in value.items()
        )
    return str(value)


def _piece(piece: Any) -> str:
    if isinstance(piece, str):
        return piece
    number, _kind, note = piece
    return f"{number} ({note})" if note else str(number)
