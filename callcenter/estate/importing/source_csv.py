"""Rows of a text file: encoding, separator, quotes, rows broken over two lines."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from callcenter.estate.importing.encoding import detect_encoding
from callcenter.estate.importing.messages import file_error
from callcenter.estate.importing.source import MAX_ROWS, RawRow, rearm

_SEPARATORS = (";", ",", "\t", "|")
_SAMPLE_LINES = 60
_MAX_LINE = 1 << 20
# A quoted cell that spans more lines than this has a quote that nobody closed.
_MAX_QUOTED_LINES = 12
_MAX_BROKEN_PARTS = 4
# How much of a monstrous cell is worth showing in a quarantine file.
_SHOWN = 200
# UTF-8 read as cp1252 and written as UTF-8 again: "Ã©" for "é".
_TWICE = re.compile("Ã[\x80-\xbf©¨ª«®¯´»¼‰ˆ‡€œŠ‹–—™¢£¤§]|Â[°«»]")
_TWICE_ENOUGH = 2


class CsvSource:
    """A CSV file whose encoding and separator are told from its content."""

    form = "csv"

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.encoding = detect_encoding(stream)
        sample = [line for _, line in self._lines(_SAMPLE_LINES)]
        self.separator = _detect_separator(sample)
        self._quoted_start = re.compile(rf'(?:^|{re.escape(self.separator)})[ \t]*"')
        self._twice = sum(len(_TWICE.findall(line)) for line in sample) >= _TWICE_ENOUGH
        self.details = {"encoding": self.encoding, "separator": self.separator}
        if self._twice:
            self.details["twice_encoded"] = "yes"

    def _lines(self, limit: int = 0) -> Iterator[tuple[int, str]]:
        """Yield physical lines with their number, without their end."""
        self._stream.seek(0)
        text = io.TextIOWrapper(self._stream, encoding=self.encoding, errors="replace")
        try:
            number = 0
            while line := text.readline(_MAX_LINE + 1):
                number += 1
                if len(line) > _MAX_LINE:
                    raise file_error("line_too_long", row=number, limit=_MAX_LINE)
                if number > MAX_ROWS:
                    raise file_error("too_many_rows", limit=MAX_ROWS)
                yield number, line.rstrip("\n")
                if number == limit:
                    return
        finally:
            text.detach()

    def _parse(self, text: str) -> tuple[str, ...]:
        if self._twice:
            text = _once(text)
        row = next(
            csv.reader(
                (text,) if "\n" not in text else io.StringIO(text, newline=""),
                delimiter=self.separator,
            ),
            [],
        )
        if "'" in text:
            return tuple(rearm(cell) for cell in row)
        return tuple(row)

    def _open_quote(self, text: str) -> bool:
        return text.count('"') % 2 == 1 and self._quoted_start.search(text) is not None

    def _row(self, number: int, text: str) -> RawRow:
        try:
            return RawRow(number, self._parse(text))
        except csv.Error:
            # A cell beyond what the csv module takes (131,072 characters).
            cells = tuple(part[:_SHOWN] for part in text.split(self.separator))
            return RawRow(number, cells, damage="unreadable")

    def rows(self) -> Iterator[RawRow]:
        """Yield every row, with quoted cells that span lines put together."""
        pending: list[tuple[int, str]] = []
        lines = self._lines()
        while True:
            if pending:
                number, line = pending.pop(0)
            else:
                number, line = next(lines, (0, ""))
                if not number:
                    return
            if '"' not in line or not self._open_quote(line):
                yield self._row(number, line)
                continue
            parts, taken = [line], []
            while len(parts) < _MAX_QUOTED_LINES:
                following = pending.pop(0) if pending else next(lines, (0, ""))
                if not following[0]:
                    break
                taken.append(following)
                parts.append(following[1])
                if following[1].count('"') % 2 == 1:
                    break
            whole = "\n".join(parts)
            if whole.count('"') % 2 == 0:
                yield self._row(number, whole)
            else:
                # Only this line is spoilt: the ones that were looked at are read again.
                yield RawRow(number, tuple(line.split(self.separator)), damage="open_quote")
                pending = taken + pending

    def close(self) -> None:
        """Let go of the file."""
        self._stream.close()


def _once(text: str) -> str:
    """Undo a double encoding when it is one: every byte must then be good UTF-8."""
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


def glue(short: RawRow, following: list[RawRow], width: int) -> tuple[RawRow, int] | None:
    """Glue a short row to the ones after it when together they make exactly ``width`` cells.

    Returns the whole row and how many followers it took, or ``None`` when they don't fit. The
    cell that was cut is put together with a line end.
    """
    cells = list(short.cells)
    for taken, part in enumerate(following[: _MAX_BROKEN_PARTS - 1], start=1):
        if part.damage or not any(part.cells):
            return None
        cells = [*cells[:-1], f"{cells[-1]}\n{part.cells[0]}".strip("\n"), *part.cells[1:]]
        if len(cells) == width:
            return RawRow(short.line, tuple(cells), joined=taken + 1), taken
        if len(cells) > width:
            return None
    return None


def _detect_separator(lines: list[str]) -> str:
    """Return the separator that cuts most lines in the same number (above one) of cells."""
    best, best_score = "", (0.0, 0)
    for separator in _SEPARATORS:
        try:
            widths = Counter(len(row) for row in csv.reader(lines, delimiter=separator) if any(row))
        except csv.Error:
            widths = Counter(line.count(separator) + 1 for line in lines if line.strip())
        usable = {width: count for width, count in widths.items() if width > 1}
        if not usable:
            continue
        width, count = max(usable.items(), key=lambda item: (item[1], item[0]))
        score = (round(count / sum(widths.values()), 1), width)
        if score > best_score:
            best, best_score = separator, score
    if not best:
        raise file_error("no_table")
    return best
