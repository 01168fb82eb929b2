"""Targets and clocks: how long a promise lasts, what pauses it, when it is due.

Pure functions over a calendar (see ``calendar_rules``). A pause never makes a promise vanish: it
pushes the due instant, and its cause is kept so that the ticket can say why.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Final

from callcenter.members.calendar_rules import (
    ALWAYS_OPEN,
    Calendar,
    Interval,
    add_working_time,
    local_date,
    next_open,
    whole_days,
    working_day_ends,
    working_time_between,
)


class TargetUnit(StrEnum):
    """How the length of a promise is counted."""

    MINUTES = "minutes"  # around the clock
    HOURS = "hours"  # around the clock, weekends and holidays included
    OPEN_DAY_HOURS = "open_day_hours"  # around the clock on working days only ("24 h ouvrées")
    WORKING_HOURS = "working_hours"  # opening hours only
    WORKING_DAYS = "working_days"  # to the end of the n-th working day after the call's
    MONTHS = "months"  # to the end of the same day n months later, or of the next working day
    SAME_CALL = "same_call"  # answered in the call itself


@dataclass(frozen=True, slots=True)
class Target:
    """A promised delay, such as 4 hours around the clock or 5 working days."""

    amount: int
    unit: TargetUnit

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise ValueError("a target is not negative")

    @property
    def around_the_clock(self) -> bool:
        """Whether the clock also runs when the calendar is closed."""
        return self.unit in {TargetUnit.MINUTES, TargetUnit.HOURS, TargetUnit.SAME_CALL}


SAME_CALL: Final = Target(0, TargetUnit.SAME_CALL)


class PauseCause(StrEnum):
    """The only reasons for which a clock stops; any other kind of hold lets it run."""

    WAITING_TENANT = "waiting_tenant"
    WAITING_PART = "waiting_part"
    WAITING_INSURER = "waiting_insurer"
    NO_ACCESS = "no_access"


@dataclass(frozen=True, slots=True)
class Pause:
    """A time during which the clock stands; without an end it still stands."""

    cause: PauseCause
    starts_at: datetime
    ends_at: datetime | None = None


def due_at(
    target: Target,
    start: datetime,
    pauses: Iterable[Pause],
    calendar: Calendar,
    now: datetime | None = None,
) -> datetime:
    """When the promise is due, in UTC.

    Hours: the first instant at which the clock has run for the target outside pauses; hours of
    ``OPEN_DAY_HOURS`` start at the next opening, and a due instant that falls in a closed hour
    moves to the next opening. Working days: a day counts when the clock runs at its closing, so
    a pause over two closings pushes by two days and one within a day by none. A pause that is
    still open pushes up to ``now``; without ``now`` it does not push yet.
    """
    start = start.astimezone(UTC)
    spans = _merge(pauses, start, now)
    if target.unit is TargetUnit.SAME_CALL:
        return start
    if target.unit is TargetUnit.WORKING_DAYS:
        return _due_in_days(target.amount, start, spans, calendar)
    if target.unit is TargetUnit.MONTHS:
        return _due_in_months(target.amount, start, spans, calendar)
    if target.unit is TargetUnit.OPEN_DAY_HOURS:
        opening = next_open(calendar, start)
        due = _due_in_time(timedelta(hours=target.amount), opening, spans, whole_days(calendar))
        return _in_opening(calendar, due)
    runs = ALWAYS_OPEN if target.around_the_clock else calendar
    minutes = target.amount if target.unit is TargetUnit.MINUTES else target.amount * 60
    return _due_in_time(timedelta(minutes=minutes), start, spans, runs)


def is_paused(pauses: Iterable[Pause], instant: datetime) -> bool:
    """Whether the clock stands at that instant."""
    return any(
        pause.starts_at <= instant and (pause.ends_at is None or instant < pause.ends_at)
        for pause in pauses
    )


def _due_in_time(
    duration: timedelta, start: datetime, spans: list[Interval], calendar: Calendar
) -> datetime:
    due = add_working_time(calendar, start, duration)
    for begins, ends in spans:
        if begins >= due:
            break
        stood = working_time_between(calendar, max(begins, start), ends)
        due = add_working_time(calendar, due, stood)
    return due


def _due_in_days(days: int, start: datetime, spans: list[Interval], calendar: Calendar) -> datetime:
    skip = 0 if days == 0 else 1
    running = (
        end
        for _, end in working_day_ends(calendar, start, skip)
        if end >= start and not _within(spans, end)
    )
    return next(islice(running, max(days - 1, 0), None))


def _due_in_months(
    months: int, start: datetime, spans: list[Interval], calendar: Calendar
) -> datetime:
    """Source: RGPD art. 12.3 counted as in règlement 1182/71 art. 3 (2)(c) and (4)."""
    first = local_date(calendar, start)
    last = _months_later(first, months)
    ahead = working_day_ends(whole_days(_every_day(calendar)), start, 0)
    running = (day for day, end in ahead if not _within(spans, end))
    day: date = next(islice(running, (last - first).days, None))
    skip = (day - first).days
    return next(end for _, end in working_day_ends(calendar, start, skip))


def _months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last day when it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _every_day(calendar: Calendar) -> Calendar:
    return Calendar(ALWAYS_OPEN.hours, public_holidays=False, timezone=calendar.timezone)


def _in_opening(calendar: Calendar, due: datetime) -> datetime:
    """The due instant itself within an opening or on its closing, else the next opening."""
    return add_working_time(calendar, due, timedelta(0))


def _within(spans: list[Interval], instant: datetime) -> bool:
    return any(begins <= instant < ends for begins, ends in spans)


def _merge(pauses: Iterable[Pause], start: datetime, now: datetime | None) -> list[Interval]:
    """Pauses after ``start`` as sorted intervals that don't overlap."""
    raw = sorted(
        (max(pause.starts_at.astimezone(UTC), start), ends.astimezone(UTC))
        for pause in pauses
        if (ends := pause.ends_at or now) is not None
    )
    merged: list[Interval] = []
    for begins, ends in raw:
        if ends <= begins:
            continue
        if merged and begins <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], ends))
        else:
            merged.append((begins, ends))
    return merged
