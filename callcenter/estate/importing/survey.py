"""The first pass over a file: rows counted, keys that stand twice, lease numbers shared by homes.

Only hashes are kept, so that a million rows fit in some hundred megabytes.
"""

from array import array
from collections import Counter
from collections.abc import Sequence

from callcenter.estate.importing.fields import FileKind
from callcenter.estate.importing.mapping import Mapping
from callcenter.estate.importing.table import Table

# What names a row in its file.
_KEYS: dict[FileKind, tuple[str, ...]] = {
    FileKind.DWELLINGS: ("reference",),
    FileKind.LEASES: ("dwelling", "lease_number", "last_name", "first_name", "whole_name"),
    FileKind.CONTRACTS: ("contractor", "equipment", "residences", "starts_on"),
}
# Without a lease number, the same person may have come twice, or stand under two roles.
_WITHOUT_NUMBER = ("entry_date", "role")
_MAX_LINES = 12
# A residence's code lost zeros when nearly all others have one length and some begin with zero.
_USUAL_LENGTH_SHARE = 0.8


class Survey:
    """What the first pass found."""

    def __init__(self, table: Table, mapping: Mapping) -> None:
        places: dict[str, int] = {}
        for rule in mapping.rules:
            places.setdefault(rule.field, table.header.index(rule.column))
        names = _KEYS[mapping.kind]
        self._key = [places[name] for name in names if name in places]
        self._lease = places.get("lease_number", -1)
        self._dwelling = places.get("dwelling", -1)
        self._extra = [places[n] for n in _WITHOUT_NUMBER if n in places]
        if mapping.kind is not FileKind.LEASES:
            self._lease, self._extra = -1, []
        self.key_column = self._key[0]
        self.key_name = table.header[self.key_column]
        self.lease_name = table.header[self._lease] if self._lease >= 0 else ""
        codes = "residence_code" if mapping.kind is FileKind.DWELLINGS else "residences"
        own = {
            r.column
            for r in mapping.rules
            if r.field == codes
            and len(r.steps) == 1
            and r.steps[0].name in {"reference", "residences"}
        }
        self._codes = places[codes] if own else -1
        self.rows = 0
        self.repeated: set[int] = set()
        self.conflicts: dict[int, list[int]] = {}
        self.code_width = 0
        self._shared: dict[int, list[int]] = {}
        # Where a key, or a lease number, was first seen: a place in the arrays below.
        self._first: dict[int, int] = {}
        self._first_lease: dict[int, int] = {}
        self._lines, self._contents, self._homes = array("q"), array("q"), array("q")
        self._widths: Counter[int] = Counter()
        self._leading_zero = False

    def key_of(self, cells: Sequence[str]) -> int:
        """Return the hash of what names a row."""
        places = self._key
        if self._extra and (self._lease < 0 or not cells[self._lease].strip()):
            places = [*places, *self._extra]
        return hash(tuple(cells[place].strip().casefold() for place in places))

    def shared_lease_lines(self, cells: Sequence[str]) -> str:
        """Return the lines that bear this row's lease number on several homes, or nothing."""
        if not self._shared or self._lease < 0:
            return ""
        lines = self._shared.get(hash(cells[self._lease].strip().casefold()))
        return ", ".join(map(str, lines)) if lines else ""

    def run(self, table: Table) -> None:
        """Read the whole table once, then keep only what was found twice."""
        for row in table.rows(self.key_column):
            self.rows += 1
            if row.damage:
                continue
            place = len(self._lines)
            self._lines.append(row.line)
            self._contents.append(hash(tuple(cell.strip() for cell in row.cells)))
            self._note_key(place, row.cells)
            if self._lease >= 0:
                self._note_lease(place, row.cells)
            if self._codes >= 0:
                self._note_codes(row.cells[self._codes])
        if self._leading_zero:
            width, count = self._widths.most_common(1)[0]
            usual = count >= _USUAL_LENGTH_SHARE * self._widths.total()
            self.code_width = width if usual and width == max(self._widths) else 0
        self._first, self._first_lease = {}, {}
        self._lines, self._contents, self._homes = array("q"), array("q"), array("q")

    def _note_key(self, place: int, cells: Sequence[str]) -> None:
        key = self.key_of(cells)
        first = self._first.setdefault(key, place)
        if first == place:
            return
        if self._contents[first] == self._contents[place] and key not in self.conflicts:
            self.repeated.add(key)
            return
        found = self.conflicts.setdefault(key, [self._lines[first]])
        if len(found) < _MAX_LINES:
            found.append(self._lines[place])

    def _note_lease(self, place: int, cells: Sequence[str]) -> None:
        number = cells[self._lease].strip().casefold()
        home = hash(cells[self._dwelling].strip().casefold())
        self._homes.append(home)
        if not number:
            return
        first = self._first_lease.setdefault(hash(number), place)
        if self._homes[first] == home:
            return
        found = self._shared.setdefault(hash(number), [self._lines[first]])
        if len(found) < _MAX_LINES:
            found.append(self._lines[place])

    def _note_codes(self, text: str) -> None:
        for part in text.split("|"):
            clean = part.strip()
            if clean.isdigit():
                self._widths[len(clean)] += 1
                self._leading_zero = self._leading_zero or clean[0] == "0"


def survey_table(table: Table, mapping: Mapping) -> Survey:
    """Make the first pass over a table."""
    survey = Survey(table, mapping)
    survey.run(table)
    return survey
