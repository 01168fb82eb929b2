"""The slots of a working week: read from JSON, checked, written back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, TypeAlias

from flask_babel import gettext

from callcenter.core.errors import UserError

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_NAMES: Final = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MINUTES_IN_DAY: Final = 24 * 60

_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")
_PAIR: Final = 2

Slot: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """The slots of a week: seven tuples (Monday first) of (start, end) in minutes of the day.

    An end of 1440 is midnight at the end of the day. A night slot is written as two slots.
    """

    slots: tuple[tuple[Slot, ...], ...]

    @classmethod
    def from_json(cls, raw: Any) -> WeeklyHours:
        """Read ``{"mon": [["08:30", "12:30"], ["13:30", "17:30"]], ...}``; absent days are closed.

        Raises UserError (in French, field ``hours``) when a day or a time is unknown, a slot
        ends before it starts, two slots overlap, or the whole week is closed.
        """
        if not isinstance(raw, Mapping):
            raise _hours_error(
                gettext("Les horaires doivent donner des plages par jour de la semaine.")
            )
        unknown = [str(key) for key in raw if key not in DAYS]
        if unknown:
            raise _hours_error(
                gettext(
                    "Jour inconnu : « %(day)s ». Jours admis : %(days)s.",
                    day=unknown[0],
                    days=", ".join(DAYS),
                )
            )
        week = tuple(
            _day_slots(name, raw.get(day) or []) for day, name in zip(DAYS, DAY_NAMES, strict=True)
        )
        if not any(week):
            raise _hours_error(gettext("Indiquez au moins une plage d'ouverture dans la semaine."))
        return cls(week)

    def to_json(self) -> dict[str, list[list[str]]]:
        """Give back the form that ``from_json`` reads; closed days are left out."""
        return {
            day: [[_clock(start), _clock(end)] for start, end in slots]
            for day, slots in zip(DAYS, self.slots, strict=True)
            if slots
        }


def _day_slots(day: str, raw: Any) -> tuple[Slot, ...]:
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise _hours_error(gettext("%(day)s : donnez une liste de plages.", day=_day(day)))
    slots = sorted(_slot(day, pair) for pair in raw)
    for (_, end), (start, _) in pairwise(slots):
        if start < end:
            raise _hours_error(
                gettext(
                    "%(day)s : deux plages se chevauchent vers %(time)s.",
                    day=_day(day),
                    time=_clock(start),
                )
            )
    return tuple(slots)


def _slot(day: str, pair: Any) -> Slot:
    if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != _PAIR:
        raise _hours_error(gettext("%(day)s : une plage a un début et une fin.", day=_day(day)))
    start, end = (_minute(day, text) for text in pair)
    if start >= end:
        raise _hours_error(
            gettext(
                "%(day)s : la plage %(start)s-%(end)s finit avant de commencer.",
                day=_day(day),
                start=pair[0],
                end=pair[1],
            )
        )
    return start, end


def _minute(day: str, text: Any) -> int:
    match = _CLOCK.fullmatch(text.strip()) if isinstance(text, str) else None
    minute = int(match[1]) * 60 + int(match[2]) if match else MINUTES_IN_DAY + 1
    if minute > MINUTES_IN_DAY:
        raise _hours_error(
            gettext(
                "%(day)s : « %(text)s » n'est pas une heure (attendu : 08:30).",
                day=_day(day),
                text=text,
            )
        )
    return minute


def _day(name: str) -> str:
    """Return the day as a screen says it; the words are marked where the forms name them."""
    return str(gettext(name.capitalize()))


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _hours_error(message: str) -> UserError:
    return UserError(message, field="hours")
