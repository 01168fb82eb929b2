"""The mapping as the rows of a screen, and back. Pure.

Each row is one column, the field it feeds, a transformation, and its arguments as lines of
text: ``start = 2``, or ``Géothermie = collectif`` for a code list.
"""

import inspect
import json
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from callcenter.core.errors import UserError
from callcenter.estate.importing.fields import FIELDS, FileKind
from callcenter.estate.importing.mapping import ColumnRule, Mapping
from callcenter.estate.importing.messages import file_error
from callcenter.estate.importing.normalise import search_key
from callcenter.estate.importing.transforms import TRANSFORMS

FREE_ROWS = 2
MOST_ROWS = 600
_TRUTHS = {"oui": True, "non": False, "true": True, "false": False}


@dataclass(slots=True)
class MappingRow:
    """One line of the editor. ``earlier`` are steps before the last one, as JSON, kept as they are."""

    column: str = ""
    field: str = ""
    transform: str = ""
    arguments: str = ""
    earlier: str = ""
    samples: tuple[str, ...] = ()
    # A row whose column is chosen from a list: for a column that feeds one more field.
    free: bool = False
    error: str = ""


Words = AnyMapping[str, AnyMapping[str, Any]]


def rows_of(
    mapping: Mapping, header: Sequence[str], samples: AnyMapping[str, tuple[str, ...]], words: Words
) -> list[MappingRow]:
    """Return the rows of a mapping: each column in the file's order, mapped or not, then free ones."""
    by_column: dict[str, list[ColumnRule]] = {}
    for rule in mapping.rules:
        by_column.setdefault(rule.column, []).append(rule)
    order = [*header, *(column for column in by_column if column not in header)]
    rows = []
    for column in dict.fromkeys(order):
        shown = samples.get(column, ())
        for rule in by_column.get(column, [ColumnRule(column, "", ())]):
            if not rule.field:
                rows.append(MappingRow(column, samples=shown))
                continue
            *before, last = rule.steps
            own = FIELDS[mapping.kind][rule.field].transform
            rows.append(
                MappingRow(
                    column,
                    rule.field,
                    "" if last.name == own else last.name,
                    arguments_text(last.name, last.arguments, words),
                    json.dumps([s.as_data() for s in before], ensure_ascii=False) if before else "",
                    shown,
                )
            )
    return rows + [MappingRow(free=True) for _ in range(FREE_ROWS)]


def mapping_of(kind: FileKind, rows: Sequence[MappingRow], words: Words) -> Mapping:
    """Return the mapping that the rows say; UserError (and ``error`` on the row) if they can't."""
    columns = []
    wrong: UserError | None = None
    for row in rows:
        if not row.field or not row.column:
            continue
        try:
            data = _row_data(kind, row, words)
            Mapping.from_data({"kind": str(kind), "columns": [data]})
            columns.append(data)
        except UserError as error:
            row.error, wrong = error.message, error
    if wrong is not None:
        raise wrong
    return Mapping.from_data({"kind": str(kind), "columns": columns})


def _row_data(kind: FileKind, row: MappingRow, words: Words) -> dict[str, Any]:
    target = FIELDS[kind].get(row.field)
    if target is None:
        raise file_error("bad_mapping", detail=f"{row.column} : {row.field}")
    name = row.transform or target.transform
    if name not in TRANSFORMS:
        raise file_error("bad_mapping", detail=f"{row.column} : {name}")
    arguments = read_arguments(name, row.arguments, words)
    try:
        earlier = json.loads(row.earlier) if row.earlier else []
    except ValueError:
        raise file_error("bad_mapping", detail=row.column) from None
    step: Any = {"name": name, **arguments} if arguments else name
    return {"column": row.column, "field": row.field, "transforms": [*earlier, step]}


def arguments_text(name: str, arguments: AnyMapping[str, Any], words: Words) -> str:
    """Return arguments as lines: those of a code list in the words of the screen."""
    lines = []
    for key, value in arguments.items():
        if key == "codes" and isinstance(value, dict):
            lines += [f"{said} = {_code_word(name, code, words)}" for said, code in value.items()]
        else:
            lines.append(f"{key} = {value}")
    return "\n".join(lines)


def _code_word(name: str, code: Any, words: Words) -> str:
    if isinstance(code, bool):
        return "oui" if code else "non"
    return str(words.get(name, {}).get(code, code))


def read_arguments(name: str, text: str, words: Words) -> dict[str, Any]:
    r"""Read lines of arguments; UserError for a line that says nothing this transformation takes.

    >>> read_arguments("slice", "start = 2\nlength = 4", {})
    {'start': 2, 'length': 4}
    """
    known = dict(list(inspect.signature(TRANSFORMS[name]).parameters.items())[1:])
    found: dict[str, Any] = {}
    codes: dict[str, Any] = {}
    by_word = {search_key(str(said)): code for code, said in words.get(name, {}).items()}
    for line in text.splitlines():
        if not line.strip():
            continue
        said, equals, value = (part.strip() for part in line.rpartition("="))
        if not equals or not said or not value:
            raise file_error("bad_mapping", detail=line.strip()[:80])
        if said in known and said != "codes":
            found[said] = _typed(known[said].default, value, line)
        elif "codes" in known:
            code: Any = by_word.get(search_key(value), value)
            codes[said] = _TRUTHS.get(value.lower(), code) if name == "flag" else code
        else:
            raise file_error("bad_mapping", detail=line.strip()[:80])
    return found | ({"codes": codes} if codes else {})


def _typed(default: Any, value: str, line: str) -> Any:
    try:
        if isinstance(default, bool | str):
            return value
        return float(value.replace(",", ".")) if isinstance(default, float) else int(value)
    except ValueError:
        raise file_error("bad_mapping", detail=line.strip()[:80]) from None
