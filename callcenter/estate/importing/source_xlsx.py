"""Rows of an XLSX workbook, read by calamine once its real size is known to be reasonable.

A workbook is an archive: a file of a few kilobytes can hold gigabytes, and one far cell makes the
reader allocate every cell before it. Both are looked at before anything is opened.
"""

import datetime as dt
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from callcenter.estate.importing.messages import file_error
from callcenter.estate.importing.source import MEGABYTE, RawRow, rearm

MAX_UNZIPPED = 200 * MEGABYTE
MAX_COLUMNS = 512
# The reader keeps about 32 bytes a cell, empty ones between two filled ones included.
MAX_CELLS = 6_000_000
_MAX_PARTS = 2_000
_CHUNK = 1 << 20
_CELL = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]{1,7})(\d{1,9})"')
_ROW = re.compile(rb'<(?:\w+:)?row\s[^>]*?\br="(\d{1,12})"')
_TAIL = 512
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
)


def _column(letters: bytes) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + letter - 64
    return index


def _check_extent(archive: zipfile.ZipFile, part: zipfile.ZipInfo, budget: int) -> int:
    """Read one sheet's XML in pieces; refuse one that is too large or reaches too far."""
    size, tail, columns, rows = 0, b"", 0, 0
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > budget:
                raise file_error(
                    "zip_bomb", size=f"> {MAX_UNZIPPED // MEGABYTE}", limit=MAX_UNZIPPED // MEGABYTE
                )
            text = tail + chunk
            for letters in {letters for letters, _ in _CELL.findall(text)}:
                columns = max(columns, _column(letters))
                if columns > MAX_COLUMNS:
                    raise file_error("sheet_too_wide", cell=letters.decode() + "…")
            for number in {*_ROW.findall(text), *(n for _, n in _CELL.findall(text))}:
                rows = max(rows, int(number))
            tail = text[-_TAIL:]
    if columns * rows > MAX_CELLS:
        raise file_error("sheet_too_wide", cell=f"{columns} x {rows}")
    return size


def _check_archive(stream: BinaryIO) -> None:
    """Refuse what is no workbook, and a workbook that would not fit in memory."""
    try:
        with zipfile.ZipFile(stream) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if "mimetype" in names and "content.xml" in names:
                raise file_error("ods")
            if "[Content_Types].xml" not in names or not any(n.startswith("xl/") for n in names):
                raise file_error("archive")
            declared = sum(part.file_size for part in parts)
            if declared > MAX_UNZIPPED or len(parts) > _MAX_PARTS:
                raise file_error(
                    "zip_bomb", size=declared // MEGABYTE, limit=MAX_UNZIPPED // MEGABYTE
                )
            # The declared sizes may lie: count what really comes out.
            budget = MAX_UNZIPPED
            for part in parts:
                part.file_size = MAX_UNZIPPED + 1
                budget -= _check_extent(archive, part, budget)
    except _BROKEN as error:
        raise file_error("broken_workbook") from error


def cell_text(value: object) -> str:  # noqa: PLR0911 - one line for each type of cell
    """Return a cell as the text a person would have typed.

    Whole numbers lose their ``.0``, dates become ISO (``2024-01-31``), times ``09:00:00``.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return value.date().isoformat() if midnight else value.isoformat(" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        seconds = int(value.total_seconds())
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return "" if value is None else str(value)


class XlsxSource:
    """The first visible sheet that holds something; the other sheets are named, not read."""

    form = "xlsx"

    def __init__(self, workbook: CalamineWorkbook) -> None:
        sheet: CalamineSheet | None = None
        ignored: list[str] = []
        for meta in workbook.sheets_metadata:
            usable = (
                meta.typ == SheetTypeEnum.WorkSheet and meta.visible == SheetVisibleEnum.Visible
            )
            if sheet is None and usable:
                candidate = workbook.get_sheet_by_name(meta.name)
                if candidate.height:
                    sheet = candidate
                    continue
            ignored.append(meta.name)
        if sheet is None:
            raise file_error("no_sheet")
        self._sheet = sheet
        self.details = {"sheet": sheet.name, "ignored_sheets": ", ".join(ignored)}

    def rows(self) -> Iterator[RawRow]:
        """Yield every row of the sheet with the number that the spreadsheet shows."""
        # iter_rows also gives the empty rows above the first filled one.
        for line, row in enumerate(self._sheet.iter_rows(), start=1):
            yield RawRow(line, tuple(rearm(cell_text(cell)) for cell in row))

    def close(self) -> None:
        """Let go of the workbook."""


def open_workbook(stream: BinaryIO) -> XlsxSource:
    """Return the first sheet of a workbook; raise ``UserError`` when it is dangerous or broken."""
    _check_archive(stream)
    stream.seek(0)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(stream.read()))
        source = XlsxSource(workbook)
    except PasswordError as error:
        raise file_error("old_excel") from error
    except (CalamineError, ValueError, KeyError) as error:
        raise file_error("broken_workbook") from error
    stream.close()
    return source
