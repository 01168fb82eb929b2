"""Which encoding a file of text is in, told from its bytes.

French exports come as UTF-8 (with or without a mark), cp1252 (Windows) or ISO-8859-1, now and then
as cp850 (DOS) or Mac Roman. A file that is valid UTF-8 is UTF-8; the others are told apart by which
of them gives French letters.
"""

import codecs
from typing import BinaryIO

_CHUNK = 1 << 20
_ASCII = bytes(range(0x80))
_FRENCH = frozenset("éèêëàâäçîïôöùûüÿœæÉÈÊËÀÂÄÇÎÏÔÖÙÛÜŸŒÆ’‘“”«»–—…€°²ñãáíóúÑ\xa0")
_LEGACY = ("cp1252", "cp850", "mac_roman")
# A damaged UTF-8 file (one bad byte in thousands of letters) is still UTF-8, not cp1252.
_DAMAGED_UTF8 = 0.05


def _high_bytes(stream: BinaryIO) -> tuple[bytes, bool, int, int]:
    """Return a sample of the non-ASCII bytes, UTF-8 validity, good sequences and bad bytes."""
    stream.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    sample, valid, good, bad = bytearray(), True, 0, 0
    while chunk := stream.read(_CHUNK):
        if valid:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                valid = False
        if not chunk.isascii():
            text = chunk.decode("utf-8", errors="replace")
            lost = text.count("\ufffd")
            bad += lost
            good += len(text) - len(text.encode("ascii", "ignore")) - lost
            if len(sample) < _CHUNK:
                sample += chunk.translate(None, _ASCII)
    if valid:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            valid, bad = False, bad + 1
    return bytes(sample[:_CHUNK]), valid, good, bad


def _score(sample: bytes, name: str) -> int:
    text = sample.decode(name, errors="replace")
    return sum(1 if c in _FRENCH else -2 for c in text)


def detect_encoding(stream: BinaryIO) -> str:
    """Return the name of the codec that reads ``stream``; the stream's place is not kept."""
    stream.seek(0)
    head = stream.read(4)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample, valid, good, bad = _high_bytes(stream)
    if valid:
        return "utf-8"
    if good and bad <= good * _DAMAGED_UTF8:
        return "utf-8"
    best = max(_LEGACY, key=lambda name: (_score(sample, name), -_LEGACY.index(name)))
    if best == "cp1252" and not any(0x80 <= b <= 0x9F for b in sample):  # noqa: PLR2004 - C1 range
        # No byte tells cp1252 from ISO-8859-1: both read it alike.
        return "iso-8859-1"
    return best
