"""The quarantine: refused rows as the file had them, with why, ready to be mended and sent again.

A CSV that a spreadsheet opens: UTF-8 with its mark, semicolons. The columns of the file come
first, ours after; ours tell, when the file comes back, that it is a part and closes nothing.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from flask_babel import gettext as _

OUR_COLUMNS = ("(ligne)", "(colonne)", "(valeur)", "(cause)", "(conseil)")
# Rows beyond are counted and not written: a damaged file is mended at its source.
MAX_ROWS = 200_000


def neutral(cell: str) -> str:
    """Return a cell that no spreadsheet runs as a formula; a phone's ``+33…`` is left alone."""
    if not cell or cell[0] not in "=@+-\t\r":
        return cell
    if cell[0] in "+-" and cell[1:].replace(" ", "").replace(".", "").replace(",", "").isdigit():
        return cell
    return f"'{cell}"


def is_quarantine(header: Sequence[str]) -> bool:
    """Say whether a file is one of our quarantines come back."""
    return set(OUR_COLUMNS) <= set(header)


class Quarantine:
    """A file of refused rows, made when the first one comes; nothing refused, no file."""

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        self.path = path
        self.rows = 0
        self._kept = [i for i, name in enumerate(header) if name not in OUR_COLUMNS]
        self._header = [header[i] for i in self._kept]
        self._file: IO[str] | None = None
        self._writer: Any = None

    def refuse(
        self, line: int, cells: Sequence[str], problems: Sequence[tuple[str, str, str, str]]
    ) -> None:
        """Write a row with its problems: column, value, cause, advice."""
        self.rows += 1
        if self.rows > MAX_ROWS:
            return
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("w", encoding="utf-8-sig", newline="")
            self._writer = csv.writer(self._file, delimiter=";")
            self._writer.writerow([neutral(name) for name in self._header] + list(OUR_COLUMNS))
        own = [cells[i] if i < len(cells) else "" for i in self._kept]
        beyond = list(cells[len(self._kept) + len(OUR_COLUMNS) :])
        told = [" / ".join(dict.fromkeys(p[i] for p in problems if p[i])) for i in range(4)]
        values = [*own, str(line), *told]
        if beyond:
            values[-1] += " " + _("(cellules en trop : %(cells)s)", cells=" | ".join(beyond)[:200])
        self._writer.writerow([neutral(value) for value in values])

    def close(self) -> None:
        """Finish the file."""
        if self._file is not None:
            self._file.close()
