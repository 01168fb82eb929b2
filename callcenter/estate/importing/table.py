"""From raw rows to a table: where the header is, which rows are data, which are damaged."""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from callcenter.estate.importing.mapping import LEAST_KNOWN, Mapping, known_names, unique_header
from callcenter.estate.importing.messages import file_error
from callcenter.estate.importing.normalise import search_key
from callcenter.estate.importing.source import RawRow, Source
from callcenter.estate.importing.source_csv import glue

_HEADER_WITHIN = 40
_LOOK_AHEAD = 4
_LETTERS = re.compile(r"[^\W\d_]+")
_DIGITS = re.compile(r"\d")


def _shape(text: str) -> str:
    return _DIGITS.sub("9", _LETTERS.sub("A", text.strip()))


@dataclass
class Table:
    """A header and its rows. ``empty`` and ``repeated_headers`` count what a reading skipped."""

    source: Source
    header: tuple[str, ...]
    header_line: int
    empty: int = 0
    repeated_headers: int = 0
    _key_shape: str = field(default="", repr=False)

    def rows(self, key_column: int = 0) -> Iterator[RawRow]:
        """Yield the data rows, each as wide as the header or marked as damaged.

        Empty rows and repeats of the header are skipped and counted. A row cut in two by a stray
        line end is glued, unless what follows begins like a row of its own (``key_column``).
        """
        self.empty = self.repeated_headers = 0
        self._key_shape = ""
        folded = tuple(search_key(name) for name in self.header)
        window: deque[RawRow] = deque()
        raw = self.source.rows()
        for row in raw:
            if row.line >= self.header_line:
                break
        while True:
            while len(window) < _LOOK_AHEAD and (following := next(raw, None)):
                window.append(following)
            if not window:
                return
            row = window.popleft()
            if not any(cell.strip() for cell in row.cells):
                self.empty += 1
                continue
            if not row.damage:
                row = self._fitted(row, window, key_column)
                if self._repeats(row.cells, folded):
                    self.repeated_headers += 1
                    continue
            yield row

    def _fitted(self, row: RawRow, window: deque[RawRow], key_column: int) -> RawRow:
        """Return the row as wide as the header: cut, glued, or marked as damaged."""
        width = len(self.header)
        if len(row.cells) > width and not any(cell.strip() for cell in row.cells[width:]):
            return RawRow(row.line, row.cells[:width])
        if len(row.cells) < width:
            return self._judged(self._glued(row, window, width, key_column), width)
        if not self._key_shape:
            self._key_shape = _shape(row.cells[key_column])
        return self._judged(row, width)

    def _repeats(self, cells: tuple[str, ...], folded: tuple[str, ...]) -> bool:
        first = search_key(cells[0])
        return first == folded[0] and tuple(search_key(c) for c in cells) == folded[: len(cells)]

    def _glued(self, row: RawRow, window: deque[RawRow], width: int, key_column: int) -> RawRow:
        parts: list[RawRow] = []
        for part in window:
            key = part.cells[key_column] if key_column < len(part.cells) else ""
            if len(part.cells) >= width or (key.strip() and _shape(key) == self._key_shape):
                break
            parts.append(part)
        found = glue(row, parts, width)
        if found is None:
            return row
        whole, taken = found
        for _ in range(taken):
            window.popleft()
        return whole

    @staticmethod
    def _judged(row: RawRow, width: int) -> RawRow:
        if len(row.cells) == width:
            return row
        damage = "too_few_cells" if len(row.cells) < width else "too_many_cells"
        return RawRow(row.line, row.cells, damage=damage)


def _trimmed(cells: tuple[str, ...]) -> tuple[str, ...]:
    last = max((i for i, cell in enumerate(cells) if cell.strip()), default=-1)
    return cells[: last + 1]


def find_table(source: Source, mapping: Mapping | None = None, *, strict: bool = True) -> Table:
    """Find the header among the first rows, under titles and empty rows.

    With a mapping, the header is the row that holds most of its columns; without one, the row with
    most known names. When ``strict`` is off and no name is known, the first full row is taken, for
    a person to map. Raises ``UserError`` when there is no header.
    """
    head = [
        (row.line, unique_header(_trimmed(row.cells)), row.cells)
        for row in islice(source.rows(), _HEADER_WITHIN)
    ]
    filled = [(line, names, cells) for line, names, cells in head if len(names) > 1]
    if not filled:
        raise file_error("no_table")
    if mapping is not None:
        wanted = {rule.column for rule in mapping.rules}
        scores = [len(wanted.intersection(names)) for _, names, _ in filled]
        enough = 1
    else:
        scores = [known_names(cells) for _, _, cells in filled]
        enough = LEAST_KNOWN
    best = scores.index(max(scores))
    if scores[best] < enough:
        if strict:
            raise file_error("no_header")
        best = max(range(len(filled)), key=lambda i: (len(filled[i][1]), -i))
    line, names, _ = filled[best]
    return Table(source, names, line)
