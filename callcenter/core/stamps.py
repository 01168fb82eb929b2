"""Stamps of the members' books, as they stood when the present request began.

A stamp is a number that database triggers raise whenever a member's rules, categories, teams,
contracts or calendars change. Pages know them from the statement that says who asks; what is
kept in memory under the same stamp needs no statement of its own. Once a transaction has begun
nothing is known any more: whoever writes reads them anew.
"""

from collections.abc import Mapping
from contextvars import ContextVar

_NONE: Mapping[int, int] = {}
_known: ContextVar[Mapping[int, int]] = ContextVar("known_stamps", default=_NONE)


def remember(stamps: Mapping[int, int]) -> None:
    """Keep the stamps read at the start of a request."""
    _known.set(stamps)


def forget() -> None:
    """Know nothing: at the start of a request, and where a transaction begins."""
    _known.set(_NONE)


def known(member_id: int) -> int | None:
    """Return a member's stamp, 0 for one whose book was never touched; ``None`` if not known."""
    return _known.get().get(member_id)


def all_known(member_ids: frozenset[int]) -> tuple[tuple[int, int], ...] | None:
    """Return the stamps of these members, in order, or ``None`` if one is not known."""
    stamps = _known.get()
    if not member_ids or not member_ids <= stamps.keys():
        return None
    return tuple((one, stamps[one]) for one in sorted(member_ids))
