"""Open a file of unknown form and give its rows as text, with their line numbers.

The kind is told by content, never by the name: a PDF called ``.csv`` is a PDF. Nothing is read
whole in memory except the cells of one sheet of a workbook, whose size is bounded beforehand.
A source can be read several times.
"""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Protocol

from callcenter.estate.importing.messages import file_error

MEGABYTE = 1 << 20
MAX_BYTES = 100 * MEGABYTE
MAX_ROWS = 1_500_000
_SPOOL = 8 * MEGABYTE
_SNIFF = 64 * 1024
# A text export holds no control character but tab, line ends and, at most, a form feed.
_BINARY = frozenset(range(32)) - {7, 9, 10, 11, 12, 13, 26, 27}
_BINARY_SHARE = 0.005


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as the file has it: every cell as text.

    ``line`` is the number a person sees in an editor or a spreadsheet. ``damage`` is the code of
    what makes the row unreadable, if anything; ``joined`` counts the lines glued together.
    """

    line: int
    cells: tuple[str, ...]
    damage: str = ""
    joined: int = 0


_DISARMED = re.compile(r"^'(?=[=+\-@\t\r\n＝＋－＠])")


def rearm(cell: str) -> str:
    """Take off the apostrophe that our own reports put before what looks like a formula."""
    return _DISARMED.sub("", cell) if cell[:1] == "'" else cell


class Source(Protocol):
    """A table that can be read again and again."""

    form: str
    details: dict[str, str]

    def rows(self) -> Iterator[RawRow]:
        """Yield every row, empty ones and titles included."""

    def close(self) -> None:
        """Let go of the file."""


def _sniff(head: bytes) -> str:
    """Return the kind of content: ``csv``, ``zip`` or the code of a refusal."""
    stripped = head.lstrip(b"\xef\xbb\xbf \t\r\n\0")
    if not stripped:
        return "empty"
    for magic, kind in (
        (b"%PDF", "pdf"),
        (b"PK\x03\x04", "zip"),
        (b"PK\x05\x06", "archive"),
        (b"\xd0\xcf\x11\xe0", "old_excel"),
        (b"\x1f\x8b", "archive"),
        (b"7z\xbc\xaf", "archive"),
        (b"Rar!", "archive"),
        (b"BZh", "archive"),
        (b"\xfd7zXZ", "archive"),
        (b"\x89PNG", "image"),
        (b"\xff\xd8\xff", "image"),
        (b"GIF8", "image"),
        (b"{\\rtf", "binary"),
    ):
        if stripped.startswith(magic):
            return kind
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if stripped[:1] == b"<" and any(
        tag in stripped[:512].lower() for tag in (b"<html", b"<!doctype", b"<?xml", b"<table")
    ):
        return "markup"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "csv"  # UTF-16, whose text is full of zero bytes
    odd = sum(1 for b in head if b in _BINARY)
    return "binary" if b"\0" in head or odd > len(head) * _BINARY_SHARE else "csv"


def _size(stream: IO[bytes]) -> int:
    stream.seek(0, 2)
    size = stream.tell()
    stream.seek(0)
    return size


def _too_big(size: int) -> Exception:
    return file_error("too_big", size=size // MEGABYTE, limit=MAX_BYTES // MEGABYTE)


def _spooled(stream: IO[bytes]) -> BinaryIO:
    """Copy a stream that may not be seekable, and stop at the size limit."""
    spool = tempfile.SpooledTemporaryFile(max_size=_SPOOL)  # noqa: SIM115 - closed by its reader
    size = 0
    while chunk := stream.read(MEGABYTE):
        size += len(chunk)
        if size > MAX_BYTES:
            spool.close()
            raise _too_big(size)
        spool.write(chunk)
    spool.seek(0)
    return spool  # type: ignore[return-value]  # SpooledTemporaryFile is a BinaryIO in all but type


def open_source(file: str | Path | IO[bytes]) -> Source:
    """Return the table in ``file``, a path or a stream of bytes.

    Raises ``UserError`` naming what to do when the file is no table: empty, PDF, image, archive,
    old workbook, binary, too big, or a workbook that would fill the memory.
    """
    stream: BinaryIO
    if isinstance(file, str | Path):
        path = Path(file)
        if path.stat().st_size > MAX_BYTES:
            raise _too_big(path.stat().st_size)
        stream = path.open("rb")
    else:
        stream = _spooled(file)
    try:
        return _opened(stream)
    except BaseException:
        stream.close()
        raise


def _opened(stream: BinaryIO) -> Source:
    from callcenter.estate.importing.source_csv import CsvSource
    from callcenter.estate.importing.source_xlsx import open_workbook

    if _size(stream) == 0:
        raise file_error("empty")
    kind = _sniff(stream.read(_SNIFF))
    stream.seek(0)
    if kind == "csv":
        return CsvSource(stream)
    if kind == "zip":
        return open_workbook(stream)
    raise file_error(kind)
