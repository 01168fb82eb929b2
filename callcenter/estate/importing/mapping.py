"""The mapping of a member's columns to our fields: data, proposed from the header, then kept.

As JSON: ``{"kind": "leases", "columns": [{"column": "Entrée", "field": "entry_date",
"transforms": ["date"]}, …]}``. A transformation with arguments is written
``{"name": "slice", "start": 2, "length": 4}``. One column may feed several fields.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext

from callcenter.estate.importing.fields import FIELDS, ONE_OF, REPEATABLE, Field, FileKind
from callcenter.estate.importing.messages import file_error
from callcenter.estate.importing.normalise import search_key
from callcenter.estate.importing.transforms import bind, produces

# A header is recognised as one when at least so many of its cells are known names.
LEAST_KNOWN = 3
# Columns of the national register (RPLS) that no other export has.
_RPLS_SIGNS = frozenset({"ident int", "depcom", "numvoie", "typvoie", "nomvoie", "identrpls"})
_RPLS_TRANSFORMS = {"house_suffix": "rpls_suffix", "home_kind": "rpls_home_kind"}


@dataclass(frozen=True, slots=True)
class Step:
    """One transformation and its arguments."""

    name: str
    arguments: AnyMapping[str, Any] = field(default_factory=dict)

    def as_data(self) -> Any:
        """Return the step as JSON has it."""
        return {"name": self.name, **self.arguments} if self.arguments else self.name


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """One column, the field it feeds, and how."""

    column: str
    field: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """How to read one kind of file of one member."""

    kind: FileKind
    rules: tuple[ColumnRule, ...]

    def as_data(self) -> dict[str, Any]:
        """Return the mapping as JSON keeps it."""
        return {
            "kind": str(self.kind),
            "columns": [
                {
                    "column": rule.column,
                    "field": rule.field,
                    "transforms": [step.as_data() for step in rule.steps],
                }
                for rule in self.rules
            ],
        }

    @classmethod
    def from_data(cls, data: AnyMapping[str, Any]) -> "Mapping":
        """Return the mapping kept in ``data``; raise ``UserError`` when it makes no sense."""
        try:
            kind = FileKind(data["kind"])
            rules = tuple(
                ColumnRule(
                    str(item["column"]),
                    str(item["field"]),
                    tuple(_step(step) for step in item["transforms"]),
                )
                for item in data["columns"]
            )
        except (KeyError, TypeError, ValueError) as error:
            raise file_error("bad_mapping", detail=str(error)) from error
        mapping = cls(kind, rules)
        mapping.check()
        return mapping

    def check(self) -> None:
        """Raise ``UserError`` for an unknown field, transformation or argument."""
        seen: set[str] = set()
        for rule in self.rules:
            if rule.field not in FIELDS[self.kind]:
                raise file_error("bad_mapping", detail=f"{rule.column} : {rule.field}")
            if rule.field in seen and rule.field not in REPEATABLE:
                label = gettext(FIELDS[self.kind][rule.field].label)
                raise file_error("bad_mapping", detail=f"{label} x 2")
            seen.add(rule.field)
            for step in rule.steps:
                try:
                    bind(step.name, step.arguments)
                except (KeyError, TypeError) as error:
                    detail = f"{rule.column} : {step.name}"
                    raise file_error("bad_mapping", detail=detail) from error
            self._check_chain(rule)

    def _check_chain(self, rule: ColumnRule) -> None:
        """Raise ``UserError`` when the steps do not end in what the field takes."""
        wanted = produces(FIELDS[self.kind][rule.field].transform)
        given = [produces(step.name) for step in rule.steps]
        # A house number may come as plain text; what is not text can't be transformed again.
        fits = given and (given[-1] == wanted or (wanted, given[-1]) == ("house number", "text"))
        if not fits or any(kind != "text" for kind in given[:-1]):
            names = ", ".join(step.name for step in rule.steps)
            raise file_error("bad_mapping", detail=f"{rule.column} : {names or '-'}")

    def missing(self) -> list[Field]:
        """Return the required fields that no column feeds."""
        filled = {rule.field for rule in self.rules}
        for rule in self.rules:
            filled.update(FIELDS[self.kind][rule.field].fills)
        fields = FIELDS[self.kind]
        lacking = [f for f in fields.values() if f.required and f.name not in filled]
        lacking += [fields[g[0]] for g in ONE_OF[self.kind] if not filled.intersection(g)]
        return lacking


def _step(data: Any) -> Step:
    if isinstance(data, str):
        return Step(data)
    arguments = dict(data)
    return Step(str(arguments.pop("name")), arguments)


def unique_header(cells: Sequence[str]) -> tuple[str, ...]:
    """Return the names of columns: tidy, an empty one named by its place, a repeat numbered."""
    names: list[str] = []
    counts: dict[str, int] = {}
    for place, cell in enumerate(cells, start=1):
        name = " ".join(cell.split()) or f"colonne {place}"
        counts[name] = counts.get(name, 0) + 1
        names.append(name if counts[name] == 1 else f"{name} ({counts[name]})")
    return tuple(names)


def _matches(header: Iterable[str], kind: FileKind) -> dict[str, Field]:
    """Return the field of each column that has a known name, the best column for each field."""
    found: dict[str, Field] = {}
    taken: set[str] = set()
    ranked: list[tuple[int, int, str, Field]] = []
    for place, column in enumerate(header):
        key = search_key(column)
        ranked += [
            (target.synonyms.index(key), place, column, target)
            for target in FIELDS[kind].values()
            if key in target.synonyms
        ]
    for _, _, column, target in sorted(ranked, key=lambda item: item[:2]):
        if column in found or (target.name in taken and target.name not in REPEATABLE):
            continue
        found[column] = target
        taken.add(target.name)
    return found


def known_names(cells: Iterable[str]) -> int:
    """Return how many cells bear a known column name, for the kind that knows most of them."""
    cells = [cell for cell in cells if cell.strip() and len(cell) < 60]  # noqa: PLR2004
    return max(len(_matches(cells, kind)) for kind in FileKind)


def detect_kind(header: Sequence[str]) -> FileKind | None:
    """Return what a file is about, from the names of its columns, or ``None`` in doubt."""
    scores: dict[FileKind, int] = {}
    for kind in FileKind:
        matches = _matches(header, kind)
        mapping = Mapping(kind, tuple(ColumnRule(c, f.name, ()) for c, f in matches.items()))
        scores[kind] = sum(f.weight for f in matches.values()) - 4 * len(mapping.missing())
    ranked = sorted(scores, key=lambda kind: scores[kind], reverse=True)
    best, second = scores[ranked[0]], scores[ranked[1]]
    return ranked[0] if best >= LEAST_KNOWN and best > second else None


def propose_mapping(
    header: Sequence[str], kind: FileKind | str, sample: Sequence[Sequence[str]] = ()
) -> Mapping:
    """Return a mapping proposed from the names of the columns; unknown ones are left out.

    ``sample`` (some rows, the more the better) lets the residence's code be found inside the
    dwelling's identifier when the file has no column for it, as in RPLS files.
    """
    kind = FileKind(kind)
    folded = {search_key(column) for column in header}
    rpls = len(folded & _RPLS_SIGNS) >= LEAST_KNOWN
    rules = []
    for column, target in _matches(header, kind).items():
        transform = target.transform
        if rpls:
            transform = _RPLS_TRANSFORMS.get(target.name, transform)
        elif target.name == "home_kind":
            continue
        rules.append(ColumnRule(column, target.name, (Step(transform),)))
    order = {column: place for place, column in enumerate(header)}
    rules.sort(key=lambda rule: order[rule.column])
    fields = {rule.field: rule.column for rule in rules}
    if kind is FileKind.DWELLINGS and "residence_code" not in fields and "reference" in fields:
        part = residence_part(header, fields, sample)
        if part:
            step = Step("slice", {"start": part[0], "length": part[1]})
            rules.insert(1, ColumnRule(fields["reference"], "residence_code", (step,)))
    return Mapping(kind, tuple(rules))


def residence_part(
    header: Sequence[str], fields: AnyMapping[str, str], sample: Sequence[Sequence[str]]
) -> tuple[int, int] | None:
    """Return where the residence's code stands in the dwelling's identifier, if it surely does.

    Identifiers must share one shape (letters then digits). The code is the shortest part after the
    letters for which rows with the same part always share residence name, street and commune, over at
    least two residences.
    """
    places = {name: header.index(column) for name, column in fields.items()}
    names = [n for n in ("residence_name", "street_type", "street", "city") if n in places]
    if "residence_name" not in places or len(sample) < LEAST_KNOWN:
        return None
    rows = [
        (row[places["reference"]].strip(), tuple(search_key(row[places[n]]) for n in names))
        for row in sample
        if len(row) == len(header) and row[places["reference"]].strip()
    ]
    references = {reference for reference, _ in rows}
    if len({len(r) for r in references}) != 1:
        return None
    first = next(iter(references))
    start = len(first) - len(first.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    if not all(r[start:].isdigit() and r[:start] == first[:start] for r in references):
        return None
    for length in range(2, len(first) - start - 1):
        parts: dict[str, set[tuple[str, ...]]] = {}
        for reference, group in rows:
            parts.setdefault(reference[start : start + length], set()).add(group)
        # The shortest part that tells residences apart: a longer one would begin to count homes.
        if len(parts) > 1 and all(len(found) == 1 for found in parts.values()):
            return start, length
    return None
