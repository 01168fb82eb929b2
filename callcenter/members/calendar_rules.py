"""Business hours: weekly slots, French public holidays, a member's own closing days.

Pure functions over instants. An instant is an aware datetime; results are in UTC. What is
local (a slot, a holiday, "the end of the day") is read in the calendar's own time zone, so the
two nights of the year on which the clock changes need no care from callers.

Each day's slots become a list of half-open intervals ``[opens, closes)`` in UTC; every function
below is a walk over these intervals, which is why they agree with one another:
``working_time_between(c, t, add_working_time(c, t, d)) == d`` always holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

import holidays

from callcenter.core.errors import UserError
from callcenter.members.hours_rules import DAYS, MINUTES_IN_DAY, Slot, WeeklyHours

PARIS: Final = "Europe/Paris"

# Night on-call of the members: from 17:30 to 8:30 (mission, "Rules of the trade").
ON_CALL_FROM: Final = time(17, 30)
ON_CALL_UNTIL: Final = time(8, 30)

# A calendar that stays closed longer than this is a mistake, not a long holiday.
_FARTHEST: Final = timedelta(days=2 * 366)

Interval: TypeAlias = tuple[datetime, datetime]


class NeverOpenError(UserError):
    """A calendar has no opening in the two years that follow."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """When an organisation is open: weekly hours less public holidays and its closing days.

    ``public_holidays`` true means closed on the national holidays of mainland France.
    """

    hours: WeeklyHours
    public_holidays: bool = True
    closing_days: frozenset[date] = frozenset()
    timezone: str = PARIS
    name: str = ""

    @property
    def always_open(self) -> bool:
        """Whether this calendar never closes (24/7)."""
        whole_week = all(slots == ((0, MINUTES_IN_DAY),) for slots in self.hours.slots)
        return whole_week and not self.public_holidays and not self.closing_days


ALWAYS_OPEN: Final = Calendar(
    WeeklyHours((((0, MINUTES_IN_DAY),),) * 7), public_holidays=False, name="24/7"
)


def public_holiday_name(day: date) -> str | None:
    """The French name of the national public holiday on that day, or None.

    Source: code du travail, art. L3133-1, as kept up to date by the ``holidays`` library.
    """
    return _french_holidays(day.year).get(day)


def is_working_day(calendar: Calendar, day: date) -> bool:
    """Whether the calendar has at least one slot on that local date."""
    return bool(_slots_on(calendar, day))


def openings(calendar: Calendar, day: date) -> tuple[Interval, ...]:
    """The opening intervals of a local date, in UTC, sorted, half-open, never empty ones."""
    zone = ZoneInfo(calendar.timezone)
    spans = (
        (_instant(day, start, zone), _instant(day, end, zone))
        for start, end in _slots_on(calendar, day)
    )
    return tuple((opens, closes) for opens, closes in spans if opens < closes)


def is_open(calendar: Calendar, instant: datetime) -> bool:
    """Whether the calendar is open at that instant; the closing instant itself is closed."""
    today = openings(calendar, local_date(calendar, instant))
    return any(opens <= instant < closes for opens, closes in today)


def next_open(calendar: Calendar, instant: datetime) -> datetime:
    """The instant itself when open, else the next opening. Raises NeverOpenError."""
    instant = instant.astimezone(UTC)
    for opens, closes in _openings_from(calendar, instant):
        if instant < closes:
            return max(opens, instant)
    raise _never_open()


def add_working_time(calendar: Calendar, start: datetime, duration: timedelta) -> datetime:
    """The instant at which ``duration`` of open time has passed since ``start``.

    Time counts from the next opening when ``start`` is closed. The result lies in an opening or
    exactly on its closing instant (four hours from 8:30 in 8:30-12:30 are up at 12:30).
    Raises ValueError for a negative duration, NeverOpenError when the calendar never opens.
    """
    if duration < timedelta(0):
        raise ValueError("duration must not be negative")
    # In UTC first: Python adds to a local time as if its clock never changed.
    start = start.astimezone(UTC)
    left = duration
    for opens, closes in _openings_from(calendar, start):
        if closes < start:
            continue
        begin = max(opens, start)
        if left <= closes - begin:
            return begin + left
        left -= closes - begin
    raise _never_open()


def working_time_between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Open time between two instants; zero when ``end`` is not after ``start``."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    total = timedelta(0)
    if end <= start:
        return total
    day, last = local_date(calendar, start), local_date(calendar, end)
    while day <= last:
        for opens, closes in openings(calendar, day):
            total += max(timedelta(0), min(closes, end) - max(opens, start))
        day += timedelta(days=1)
    return total


def add_working_days(calendar: Calendar, start: datetime, days: int) -> datetime:
    """The end of the ``days``-th working day after the local date of ``start``.

    The day of the call is not counted, whatever its hour, and the delay runs to the closing of
    the last day (règlement 1182/71 art. 3; code de procédure civile art. 641-642). A call on
    Friday at 9:00 or on Saturday with one day to go is due on Monday at closing time. With zero
    days: the closing of the same day when still to come, else of the next working day.
    A day that closes at midnight is due at 23:59 so that its own date is shown.
    """
    if days < 0:
        raise ValueError("days must not be negative")
    if days == 0:
        return next(end for _, end in working_day_ends(calendar, start, 0) if end >= start)
    ends = working_day_ends(calendar, start, 1)
    return next(end for count, (_, end) in enumerate(ends, start=1) if count == days)


def working_day_ends(
    calendar: Calendar, start: datetime, skip: int
) -> Iterator[tuple[date, datetime]]:
    """Each working day from ``skip`` days after the date of ``start`` on, with its end.

    Raises NeverOpenError when two years pass without one.
    """
    day = local_date(calendar, start) + timedelta(days=skip)
    last_found = day
    while day - last_found < _FARTHEST:
        end = _end_of(calendar, day)
        if end is not None:
            last_found = day
            yield day, end
        day += timedelta(days=1)
    raise _never_open()


def _end_of(calendar: Calendar, day: date) -> datetime | None:
    """The closing of a working day (23:59 when it closes at midnight), None for another day."""
    today = openings(calendar, day)
    if not today:
        return None
    return min(today[-1][1], _instant(day, MINUTES_IN_DAY - 1, _zone(calendar)))


def working_days_ago(calendar: Calendar, now: datetime, days: int) -> datetime:
    """The instant before which ``days`` whole working days have passed by ``now``.

    The counterpart of `add_working_days`: for every ``t``, ``t < working_days_ago(c, now, n)``
    if and only if ``add_working_days(c, t, n) <= now``. So a list can ask "older than n working
    days" of an index. Raises ValueError unless ``days`` is positive.
    """
    if days < 1:
        raise ValueError("days must be positive")
    day = last_found = local_date(calendar, now)
    while last_found - day < _FARTHEST:
        end = _end_of(calendar, day)
        if end is not None:
            last_found = day
            days -= end <= now
            if days == 0:
                return _instant(day, 0, _zone(calendar))
        day -= timedelta(days=1)
    raise _never_open()


def whole_days(calendar: Calendar) -> Calendar:
    """The same working days, but counted around the clock: for delays such as "24 h ouvrées"."""
    week = tuple(((0, MINUTES_IN_DAY),) if slots else () for slots in calendar.hours.slots)
    return replace(calendar, hours=WeeklyHours(week))


def is_on_call_time(calendar: Calendar, instant: datetime) -> bool:
    """Whether the on-call service answers: 17:30 to 8:30, weekends, holidays, closing days.

    The lunch break is not on-call time. Holidays and closing days are those of the calendar.
    """
    hours = _day_hours(calendar, local_date(calendar, instant))
    return hours is None or not hours[0] <= instant < hours[1]


def on_call_periods(calendar: Calendar, start: datetime, end: datetime) -> list[Interval]:
    """The times between two instants at which the on-call service answers, in UTC, sorted.

    A weekend and its two nights are one period, from Friday 17:30 to Monday 8:30.
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    found: list[Interval] = []
    begins, day = start, local_date(calendar, start)
    while begins < end:
        hours = _day_hours(calendar, day)
        if hours is not None and hours[1] > begins:
            if hours[0] > begins:
                found.append((begins, min(hours[0], end)))
            begins = hours[1]
        day += timedelta(days=1)
        if day - local_date(calendar, end) > timedelta(days=1):
            break
    if begins < end:
        found.append((begins, end))
    return found


def on_call_period_at(calendar: Calendar, instant: datetime) -> Interval | None:
    """The whole on-call period that holds the instant, in UTC; None in the hours of the day."""
    if not is_on_call_time(calendar, instant):
        return None
    starts, ends = _edge(calendar, instant, -1), _edge(calendar, instant, 1)
    return starts, ends


def local_instant(day: date, at: time, timezone: str = PARIS) -> datetime:
    """A wall-clock time of a local date, in UTC, right on the two nights the clock changes."""
    return _instant(day, at.hour * 60 + at.minute, ZoneInfo(timezone))


def _edge(calendar: Calendar, instant: datetime, step: int) -> datetime:
    """The nearest end (``step`` 1) or start (-1) of an on-call period, from within it."""
    day, first = local_date(calendar, instant), local_date(calendar, instant)
    while abs(day - first) < _FARTHEST:
        hours = _day_hours(calendar, day)
        if hours is not None and step > 0 and hours[0] > instant:
            return hours[0]
        if hours is not None and step < 0 and hours[1] <= instant:
            return hours[1]
        day += timedelta(days=step)
    raise _never_open()


def _day_hours(calendar: Calendar, day: date) -> Interval | None:
    """The hours of a date at which the on-call service does not answer; None on days off."""
    if day.weekday() >= DAYS.index("sat") or _is_closed_date(calendar, day):
        return None
    zone = _zone(calendar)
    start, end = (at.hour * 60 + at.minute for at in (ON_CALL_UNTIL, ON_CALL_FROM))
    return _instant(day, start, zone), _instant(day, end, zone)


def local_date(calendar: Calendar, instant: datetime) -> date:
    """The date of an instant where the calendar is."""
    return instant.astimezone(_zone(calendar)).date()


def _zone(calendar: Calendar) -> ZoneInfo:
    return ZoneInfo(calendar.timezone)


def _is_closed_date(calendar: Calendar, day: date) -> bool:
    holiday = calendar.public_holidays and public_holiday_name(day) is not None
    return holiday or day in calendar.closing_days


def _slots_on(calendar: Calendar, day: date) -> tuple[Slot, ...]:
    slots = calendar.hours.slots[day.weekday()]
    return () if not slots or _is_closed_date(calendar, day) else slots


def _openings_from(calendar: Calendar, instant: datetime) -> Iterator[Interval]:
    """Openings from the day of the instant on, until two years pass without any."""
    # The previous day too: its last slot may close at this very midnight.
    day = local_date(calendar, instant) - timedelta(days=1)
    last_found = day
    while day - last_found < _FARTHEST:
        for interval in openings(calendar, day):
            last_found = day
            yield interval
        day += timedelta(days=1)


@lru_cache(maxsize=16384)  # the same few minutes of the same days are asked for all the time
def _instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """Wall-clock minute of a local date, in UTC; never goes backwards as the minute grows.

    An hour that happens twice (October) is taken the first time; a minute that does not exist
    (March) is the instant of the change.
    """
    extra, minute = divmod(minute, MINUTES_IN_DAY)
    wall = datetime.combine(day + timedelta(days=extra), time(minute // 60, minute % 60), zone)
    instant = wall.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return instant
    gap = wall.replace(fold=0).utcoffset(), wall.replace(fold=1).utcoffset()
    before, after = (offset or timedelta(0) for offset in gap)
    # Bisect the change between the two readings of the missing minute.
    low, high = instant - abs(after - before), instant
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(second=0, microsecond=0)


@lru_cache(maxsize=64)
def _french_holidays(year: int) -> dict[date, str]:
    return dict(holidays.country_holidays("FR", years=year, language="fr"))


def _never_open() -> NeverOpenError:
    return NeverOpenError("Ce calendrier n'est jamais ouvert.", field="hours")
