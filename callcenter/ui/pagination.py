"""Pages by keyset: "what comes after this row", as quick at row 1,000,000 as at row 1.

Pure: no Flask, no clock. A cursor is the sort key of a row, opaque but not secret and not
signed: it only moves the window inside rows that the wall lets the actor see anyway, so
what matters is that a forged one can do no harm (bounded size, known types, no code).
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Key = str | int | datetime | date | None

_MAX_CURSOR = 600
_MAX_BIGINT = 2**63 - 1


def encode_cursor(key: Sequence[Key]) -> str:
    """Return a row's sort key as URL-safe text."""
    parts: list[list[Any]] = []
    for value in key:
        match value:
            case None:
                parts.append(["n", None])
            case datetime():
                parts.append(["t", value.astimezone(UTC).isoformat()])
            case date():
                parts.append(["d", value.isoformat()])
            case int():
                parts.append(["i", value])
            case _:
                parts.append(["s", value])
    raw = json.dumps(parts, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode_cursor(text: str | None, length: int) -> tuple[Key, ...] | None:
    """Return the sort key in ``text``, or None when it is absent, damaged or forged.

    A bad cursor is an old or mangled link: the first page is the helpful answer.
    ``length`` is the number of sort columns.
    """
    if not text or len(text) > _MAX_CURSOR:
        return None
    try:
        raw = base64.b64decode(
            text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True
        )
        parts = json.loads(raw)
        if not isinstance(parts, list) or len(parts) != length:
            return None
        return tuple(_read(part) for part in parts)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        return None


def _read(part: Any) -> Key:
    kind, value = part
    match kind, value:
        case "n", None:
            return None
        case "i", int() if not isinstance(value, bool) and abs(value) <= _MAX_BIGINT:
            return value
        case "s", str() if "\x00" not in value:
            return value
        case "d", str():
            return date.fromisoformat(value)
        case "t", str():
            instant = datetime.fromisoformat(value)
            if instant.tzinfo is None:
                raise ValueError("an instant without its zone")
            return instant
    raise ValueError("unknown part of a cursor")


@dataclass(frozen=True, slots=True)
class Window:
    """What to fetch: ``size`` rows ``after`` a key (next page) or ``before`` it (previous)."""

    size: int = 50
    after: tuple[Key, ...] | None = None
    before: tuple[Key, ...] | None = None

    @property
    def limit(self) -> int:
        """Return the number of rows to ask for: one more, to know whether there is a next."""
        return self.size + 1

    @property
    def key(self) -> tuple[Key, ...] | None:
        """Return the key that bounds the window, or None on the first page."""
        return self.before if self.before is not None else self.after

    @property
    def backwards(self) -> bool:
        """Say whether rows must be fetched in the reverse order."""
        return self.before is not None


def window_from(args: Mapping[str, str], length: int, size: int = 50) -> Window:
    """Return the window that a query string asks for (``?after=…`` or ``?before=…``)."""
    before = decode_cursor(args.get("before"), length)
    after = None if before is not None else decode_cursor(args.get("after"), length)
    return Window(size=size, after=after, before=before)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows to show, and the cursors of the neighbours (None where there is none)."""

    items: Sequence[T]
    previous: str | None = None
    next: str | None = None


def page_of(rows: Sequence[T], window: Window, key: Callable[[T], Sequence[Key]]) -> Page[T]:
    """Make a page of the at most ``window.limit`` rows that a query returned.

    ``rows`` come in the fetched order (reversed when ``window.backwards``); ``key`` gives a
    row's sort key, the same columns as the query's ORDER BY, ending with a unique one.
    """
    more = len(rows) > window.size
    kept = list(rows[: window.size])
    if window.backwards:
        kept.reverse()
    if not kept:
        return Page(items=())
    has_previous = more if window.backwards else window.after is not None
    has_next = True if window.backwards else more
    return Page(
        items=kept,
        previous=encode_cursor(key(kept[0])) if has_previous else None,
        next=encode_cursor(key(kept[-1])) if has_next else None,
    )
