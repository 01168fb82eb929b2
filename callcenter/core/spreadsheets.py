"""What leaves for a spreadsheet: no cell that it would run, and the marks a French one expects."""

import csv
import io
from collections.abc import Iterable, Iterator

# OWASP, "CSV injection": what a spreadsheet takes for a formula, full-width forms included.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def disarm(cell: str) -> str:
    """Return a cell that no spreadsheet runs as a formula: an apostrophe before ``= + - @``."""
    return "'" + cell if cell.startswith(_FORMULA) else cell


def csv_lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Give rows as the lines of a CSV file: UTF-8 with its mark, ``;``, every cell disarmed."""
    yield "\ufeff"
    for row in rows:
        out = io.StringIO()
        csv.writer(out, delimiter=";", lineterminator="\r\n").writerow(
            [disarm(str(cell)) for cell in row]
        )
        yield out.getvalue()
