"""One row: transformations applied, required values checked, neighbours asked, record built."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from callcenter.estate.importing.fields import FIELDS, Field, FileKind
from callcenter.estate.importing.mapping import Mapping
from callcenter.estate.importing.normalise import search_key
from callcenter.estate.importing.outcome import KEPT, Outcome, Problem, Repair
from callcenter.estate.importing.records import (
    ContractRecord,
    DwellingRecord,
    LeaseRecord,
    Person,
    Record,
)
from callcenter.estate.importing.source import RawRow
from callcenter.estate.importing.transforms import bind
from callcenter.estate.importing.transforms.places import CLOCK

# Columns of few values (communes, agencies, streets) are read once a value.
_MEMO = 4_096
_HOURS_A_DAY = 24
_PERSON = ("civility", "last_name", "first_name", "email", "phones")


class Draft:
    """A row being read: values by field, repairs and problems by column."""

    __slots__ = ("columns", "problems", "repairs", "values")

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.columns: dict[str, str] = {}
        self.repairs: list[tuple[str, Repair]] = []
        self.problems: list[tuple[str, Problem]] = []

    def warn(self, column: str, problem: Problem) -> None:
        """Add a problem that does not keep the row from being read."""
        self.problems.append((column, problem))

    @property
    def clock_time(self) -> str:
        """The clock time that stands for a house number, if any."""
        return next((p.value for _, p in self.problems if p.code == "clock_time"), "")

    def merge(self, name: str, value: Any) -> None:
        """Put a value in its field: lists add up, a composite fills what is still empty."""
        if isinstance(value, dict):
            for part, piece in value.items():
                if piece not in ("", None) and self.values.get(part) in ("", None):
                    self.values[part] = piece
        elif isinstance(value, tuple) and name in self.values:
            known = {entry[0] for entry in self.values[name]}
            self.values[name] += tuple(entry for entry in value if entry[0] not in known)
        elif name == "address_extra" and self.values.get(name):
            self.values[name] = f"{self.values[name]} ; {value}"
        else:
            self.values[name] = value


class _Rule:
    __slots__ = ("column", "field", "functions", "memo", "place")

    def __init__(self, place: int, column: str, target: Field, functions: list[Any]) -> None:
        self.place, self.column, self.field = place, column, target
        self.functions: list[Callable[[str], Outcome]] = functions
        self.memo: dict[str, Outcome] = {}

    def read(self, text: str) -> Outcome:
        found = self.memo.get(text)
        if found is not None:
            return found
        value: Any = text
        repairs: tuple[Repair, ...] = ()
        problems: tuple[Problem, ...] = ()
        for function in self.functions:
            out = function(value)
            repairs, problems = repairs + out.repairs, problems + out.problems
            value = out.value
            if not isinstance(value, str):
                break
        result = Outcome(value, repairs, problems)
        if len(self.memo) < _MEMO:
            self.memo[text] = result
        return result


class RowReader:
    """Reads rows with one mapping. ``code_width`` is the usual length of residence codes, or 0."""

    def __init__(self, mapping: Mapping, header: Sequence[str], code_width: int) -> None:
        fields = FIELDS[mapping.kind]
        self._kind = mapping.kind
        self._width = code_width
        self._rules = [
            _Rule(
                header.index(rule.column),
                rule.column,
                fields[rule.field],
                [bind(step.name, step.arguments) for step in rule.steps],
            )
            for rule in mapping.rules
        ]
        # A column of its own is surer than a part of a composite one.
        self._rules.sort(key=lambda rule: len(rule.field.fills) > 1)
        self._column = {rule.field.name: rule.column for rule in self._rules}
        for rule in self._rules:
            for name in rule.field.fills:
                self._column.setdefault(name, rule.column)
        self._required = [f.name for f in fields.values() if f.required]
        mapped = {rule.field.name for rule in self._rules}
        self._strict = {f.name for f in fields.values() if f.strict and f.name in mapped}
        self._never_empty = [f.name for f in fields.values() if f.never_empty and f.name in mapped]
        self._one_of = ("residence_code", "residence_name")

    def read(self, row: RawRow) -> Draft:
        """Apply the mapping to a row."""
        draft = Draft()
        cells = row.cells
        for rule in self._rules:
            text = cells[rule.place]
            if not text or text.isspace():
                continue
            out = rule.read(text)
            column = rule.column
            if out.value is not None:
                draft.merge(rule.field.name, out.value)
            if out.repairs:
                draft.repairs += [(column, repair) for repair in out.repairs]
            if out.problems:
                draft.problems += [(column, problem) for problem in out.problems]
        if self._width:
            self._pad_codes(draft)
        return draft

    def _pad_codes(self, draft: Draft) -> None:
        """Put back the zeros that a residence's code lost, when the others tell its length."""
        name = "residence_code" if self._kind is FileKind.DWELLINGS else "residences"
        value = draft.values.get(name)
        if not value:
            return
        codes = (value,) if isinstance(value, str) else value
        fixed = tuple(c.zfill(self._width) if c.isdigit() else c for c in codes)
        if fixed != codes:
            for before, after in zip(codes, fixed, strict=True):
                if before != after:
                    repair = Repair("leading_zero", before, after)
                    draft.repairs.append((self._column[name], repair))
            draft.values[name] = fixed[0] if isinstance(value, str) else fixed

    def refusals(self, draft: Draft) -> list[tuple[str, Problem]]:
        """Return why the row can't be read, column by column; empty when it can."""
        values, found = draft.values, list[tuple[str, Problem]]()
        lacking = [n for n in self._required if values.get(n) in (None, "", ())]
        lacking += [n for n in self._never_empty if n not in values]
        if "residences" in lacking and values.get("every_residence"):
            lacking.remove("residences")
        if self._kind is FileKind.DWELLINGS and not any(values.get(n) for n in self._one_of):
            lacking.append(next(n for n in self._one_of if n in self._column))
        columns = {self._column[name] for name in lacking}
        columns |= {self._column[name] for name in self._strict}
        found += [(c, p) for c, p in draft.problems if c in columns and p.code not in KEPT]
        told = {column for column, _ in found}
        for name in lacking:
            if self._column[name] not in told:
                found.append((self._column[name], Problem("missing")))
                told.add(self._column[name])
        if self._kind is FileKind.LEASES:
            found += self._order(values, "entry_date", "exit_date", "exit_before_entry")
        elif self._kind is FileKind.CONTRACTS:
            found += self._order(values, "starts_on", "ends_on", "end_before_start")
        return found

    def _order(
        self, values: dict[str, Any], first: str, last: str, code: str
    ) -> list[tuple[str, Problem]]:
        start, end = values.get(first), values.get(last)
        if start and end and end < start:
            return [(self._column[last], Problem(code, end.isoformat()))]
        return []


class Neighbours:
    """House numbers seen in each street of each residence."""

    def __init__(self) -> None:
        self._numbers: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)

    @staticmethod
    def _street(draft: Draft) -> tuple[str, ...]:
        values = draft.values
        residence = values.get("residence_code") or search_key(values.get("residence_name") or "")
        street = search_key(f"{values.get('street_type', '')} {values.get('street', '')}")
        return residence, street, values.get("postcode", "")

    def note(self, draft: Draft) -> None:
        """Remember the house number of a good row."""
        number = draft.values.get("house_number")
        if number:
            self._numbers[self._street(draft)].add(number)

    def repair(self, draft: Draft) -> None:
        """Put back a house number that became a clock time, if only one number fits.

        A spreadsheet that shows 129 as a time shows 129 modulo 24 hours, ``09:00:00``. The number
        is sure when exactly one of the neighbours' (same residence, same street) gives that hour.
        """
        match = CLOCK.match(draft.clock_time)
        if not match or int(match[2]) or int(match[3] or 0):
            return
        hour = int(match[1])
        fitting = [
            number
            for number in self._numbers.get(self._street(draft), ())
            if number.isdigit() and int(number) % _HOURS_A_DAY == hour
        ]
        if len(fitting) != 1:
            return
        column, problem = next(x for x in draft.problems if x[1].code == "clock_time")
        draft.problems.remove((column, problem))
        draft.values["house_number"] = fitting[0]
        draft.repairs.append((column, Repair("clock_time", problem.value, fitting[0])))


def build(kind: FileKind, line: int, values: dict[str, Any]) -> Record:
    """Make the record of a row whose required values are there."""
    if kind is FileKind.DWELLINGS:
        return DwellingRecord(line=line, **values)
    if kind is FileKind.LEASES:
        person = Person(**{name: values.pop(name) for name in _PERSON if name in values})
        return LeaseRecord(line=line, person=person, **values)
    values.pop("hours", None)
    phones = values.pop("phone", ())
    return ContractRecord(line=line, phone=phones[0].number if phones else "", **values)
