"""Hours of a contract as people write them. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Final

from callcenter.core.errors import UserError
from callcenter.estate.importing.transforms.contracts import DAYS, weekly_hours

_SHORT = dict(zip(DAYS, ("lun", "mar", "mer", "jeu", "ven", "sam", "dim"), strict=True))
# Days before the last one at which managers are written to: time for a tender, then a reminder.
FIRST_NOTICE: Final = 60
LAST_NOTICE: Final = 15
_A_YEAR = timedelta(days=365)


def hours_text(week: Mapping[str, Any]) -> str:
    """Return weekly hours in one line, as ``read_hours`` takes them.

    >>> hours_text({"mon": [["08:30", "12:30"]], "tue": [["08:30", "12:30"]], "sat": [["09:00", "12:00"]]})
    'lun-mar 8h30-12h30, sam 9h-12h'
    """
    told = [(DAYS.index(day), _slots(week[day])) for day in DAYS if week.get(day)]
    parts = []
    # Days in a row with the same hours are said once.
    for (_shift, slots), days in groupby(
        enumerate(told), key=lambda item: (item[1][0] - item[0], item[1][1])
    ):
        row = [DAYS[place] for _index, (place, _said) in days]
        name = _SHORT[row[0]] if len(row) == 1 else f"{_SHORT[row[0]]}-{_SHORT[row[-1]]}"
        parts.append(f"{name} {slots}")
    return ", ".join(parts)


def _slots(slots: Sequence[Sequence[str]]) -> str:
    return " ".join("-".join(_hour(edge) for edge in slot) for slot in slots)


def _hour(edge: str) -> str:
    hour, _colon, minute = edge.partition(":")
    return f"{int(hour)}h{minute if minute != '00' else ''}"


def read_hours(text: str) -> dict[str, Any]:
    """Read ``lun-ven 8h-18h, sam 9h-12h``; "" is no hours. UserError (field ``hours``) otherwise."""
    if not text.strip():
        return {}
    out = weekly_hours(text)
    if not isinstance(out.value, dict):
        raise UserError(out.problems[0].cause, field="hours")
    week: dict[str, Any] = out.value["weekly_hours"]
    return week


def renewed(starts_on: date, ends_on: date | None, today: date) -> tuple[date, date]:
    """Return the first and last day that a contract's successor is proposed with: as long again."""
    first = max(ends_on + timedelta(days=1), starts_on) if ends_on else today
    span = ends_on - starts_on if ends_on else _A_YEAR
    return first, first + span


def due_notice(
    today: date, ends_on: date | None, told_end: date | None, told_days: int | None
) -> int | None:
    """Return the notice (in days) to give today of a contract's end, or None.

    ``told_end`` and ``told_days`` are what was told before: another last day is news again, and a
    contract that comes late is told of once, at the notice that it has reached.
    """
    if ends_on is None or not 0 <= (ends_on - today).days <= FIRST_NOTICE:
        return None
    reached = LAST_NOTICE if (ends_on - today).days <= LAST_NOTICE else FIRST_NOTICE
    if told_end == ends_on and told_days is not None and told_days <= reached:
        return None
    return reached
