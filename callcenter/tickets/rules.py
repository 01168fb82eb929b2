"""Rules of the trade for tickets: pure, no database, no clock, no Flask."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from callcenter.core.clock import PARIS
from callcenter.members.calendar_rules import Calendar
from callcenter.members.clock_rules import Pause, PauseCause, Target, due_at
from callcenter.tickets.states import (
    OPEN_STATES,
    TICKET_TRANSITIONS,
    HoldCause,
    TicketState,
)

TEXT_MAX: Final = 4000
TENANT_TEXT_MAX: Final = 1000
# A person adds a few words to a request; more in one day is a machine or a quarrel.
TENANT_WORDS_A_DAY: Final = 20
# A tenant's mark: from 1 (not at all) to 5 (very satisfied); the lowest ones are read by somebody.
SCORES: Final = range(1, 6)
UNHAPPY: Final = 2
FARTHEST_VISIT: Final = timedelta(days=366)
# After the end, long enough to answer "is it really fixed?" and to keep a proof.
LINK_WEEKS_AFTER_END: Final = 6

_SPACES = re.compile(r"\s+")
_HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True)
class Slot:
    """A part of a day, as wall-clock times in Paris (``08:00``)."""

    starts_at: str
    ends_at: str

    @property
    def key(self) -> str:
        """The slot as a form sends it: ``08:00-10:00``."""
        return f"{self.starts_at}-{self.ends_at}"


VISIT_SLOTS: Final = (
    Slot("08:00", "12:00"),
    Slot("13:30", "17:30"),
    Slot("08:00", "10:00"),
    Slot("10:00", "12:00"),
    Slot("13:30", "15:30"),
    Slot("15:30", "17:30"),
    Slot("17:30", "20:00"),
    Slot("08:00", "17:30"),
)


def read_slot(text: str) -> Slot | None:
    """Return the slot that ``08:00-10:00`` names, or None if it is not one in order."""
    starts, _, ends = text.partition("-")
    if not (_HOUR.fullmatch(starts) and _HOUR.fullmatch(ends)) or starts >= ends:
        return None
    return Slot(starts, ends)


def slot_end(day: date, slot: Slot) -> datetime:
    """Return the instant at which a slot of a day is over, in Paris."""
    hour, minute = (int(part) for part in slot.ends_at.split(":"))
    return datetime.combine(day, time(hour, minute), PARIS)


def slot_is_past(day: date, slot: Slot, now: datetime) -> bool:
    """Say whether nobody can come any more on that day and slot."""
    return slot_end(day, slot) <= now


def can_move(state: str, to: TicketState) -> bool:
    """Say whether a ticket may go from ``state`` to ``to``."""
    return to in TICKET_TRANSITIONS[TicketState(state)]


def is_open(state: str) -> bool:
    """Say whether somebody still has to do something."""
    return TicketState(state) in OPEN_STATES


_PAUSES: Final = {
    HoldCause.TENANT: PauseCause.WAITING_TENANT,
    HoldCause.PART: PauseCause.WAITING_PART,
    HoldCause.INSURER: PauseCause.WAITING_INSURER,
    HoldCause.ACCESS: PauseCause.NO_ACCESS,
}


def begin_pause(pauses: Sequence[Any], cause: HoldCause, at: datetime) -> list[Any]:
    """Return the pauses with one more that starts at ``at`` (a new list: JSON is compared)."""
    return [*pauses, {"cause": str(cause), "from": at.isoformat(), "to": None}]


def end_pause(pauses: Sequence[Any], at: datetime) -> list[Any]:
    """Return the pauses with the open ones ended at ``at``."""
    return [pause if pause["to"] else {**pause, "to": at.isoformat()} for pause in pauses]


def read_pauses(pauses: Iterable[Mapping[str, Any]]) -> list[Pause]:
    """Return the pauses of a ticket as the clock reads them."""
    return [
        Pause(
            _PAUSES[HoldCause(pause["cause"])],
            datetime.fromisoformat(pause["from"]),
            datetime.fromisoformat(pause["to"]) if pause["to"] else None,
        )
        for pause in pauses
    ]


def due_after_pauses(
    due: datetime,
    target: Target,
    promised_from: datetime,
    pauses: Iterable[Mapping[str, Any]],
    calendar: Calendar,
) -> datetime:
    """Return the due instant once a pause has ended; a pause never brings it forward."""
    return max(due, due_at(target, promised_from, read_pauses(pauses), calendar))


def search_words(*parts: str) -> str:
    """Return the text that the list's search looks in: small letters, no accents."""
    text = unicodedata.normalize("NFKD", " ".join(part for part in parts if part))
    plain = "".join(char for char in text if not unicodedata.combining(char))
    return _SPACES.sub(" ", plain.replace("œ", "oe").replace("Œ", "oe")).strip().lower()


def place_words(parts: Mapping[str, str]) -> str:
    """Return a place in one line: "Gounod · Bât. B · étage 6 · porte 602".

    ``parts`` may hold residence, building, entrance, floor, door, number.
    """
    words = [
        parts.get("residence", ""),
        _with("Bât.", parts.get("building", "")),
        _with("entrée", parts.get("entrance", "")),
        _with("étage", parts.get("floor", "")),
        _with("porte", parts.get("door", "")),
    ]
    kept = [word for word in words if word]
    if parts.get("number"):
        kept.append(f"n° {parts['number']}")
    return " · ".join(kept)


def _with(word: str, value: str) -> str:
    """Put the word before the value, unless the value already says it."""
    value = value.strip()
    if not value:
        return ""
    first = search_words(value).split(" ")[0].rstrip(".")
    return (
        value
        if first in {"bat", "batiment", "entree", "hall", "etage", "rdc", "porte"}
        else (f"{word} {value}")
    )
