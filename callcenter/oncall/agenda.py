"""The calendar of on-call as a page shows it: days, and in each who stands there for each rota."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from callcenter.core import clock
from callcenter.members.calendar_rules import (
    ON_CALL_UNTIL,
    Calendar,
    Interval,
    local_instant,
    on_call_periods,
    public_holiday_name,
)
from callcenter.members.queries import get_main_calendar
from callcenter.oncall.models import OnCallPerson, OnCallRota, OnCallShift
from callcenter.oncall.queries import list_shifts
from callcenter.oncall.rules import left_of

WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Segment:
    """Somebody's part of a day's on-call hours, or a gap (``shift_id`` None)."""

    rota_id: int
    name: str
    starts_at: datetime
    ends_at: datetime
    shift_id: int | None = None
    replaced_name: str = ""
    firm: str = ""

    @property
    def is_gap(self) -> bool:
        """Say whether nobody is there."""
        return self.shift_id is None


@dataclass(frozen=True, slots=True)
class Day:
    """A day from 8:30 to 8:30: its on-call hours, why it is closed, who stands there."""

    date: date
    holiday: str
    closing: bool
    segments: tuple[Segment, ...]
    past: bool

    def of(self, rota: OnCallRota) -> list[Segment]:
        """Return the segments of one rota."""
        return [one for one in self.segments if one.rota_id == rota.id]

    @property
    def weekend(self) -> bool:
        """Say whether it is a Saturday or a Sunday."""
        return self.date.weekday() >= WEEK - 2


def build_agenda(member_id: int, rotas: Sequence[OnCallRota], first: date, days: int) -> list[Day]:
    """Return ``days`` days from ``first`` on. Four statements, whatever the length."""
    calendar = get_main_calendar(member_id)
    start = local_instant(first, ON_CALL_UNTIL)
    end = local_instant(first + timedelta(days=days), ON_CALL_UNTIL)
    shifts = list_shifts([rota.id for rota in rotas], start, end)
    now = clock.now()
    return [
        _day(calendar, first + timedelta(days=step), rotas, shifts, now) for step in range(days)
    ]


def first_of_week(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def month_bounds(day: date) -> tuple[date, int]:
    """Return the Monday from which a month's page starts, and how many days it shows."""
    first = day.replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    start = first_of_week(first)
    days = (after - start).days
    return start, days + (-days % WEEK)


def _day(
    calendar: Calendar,
    day: date,
    rotas: Sequence[OnCallRota],
    shifts: Sequence[tuple[OnCallShift, OnCallPerson]],
    now: datetime,
) -> Day:
    begins = local_instant(day, ON_CALL_UNTIL)
    ends = local_instant(day + timedelta(days=1), ON_CALL_UNTIL)
    periods = on_call_periods(calendar, begins, ends)
    segments: list[Segment] = []
    for rota in rotas:
        mine = [(s, p) for s, p in shifts if s.on_call_rota_id == rota.id]
        segments += _segments(rota, mine, periods)
    holiday = public_holiday_name(day) if calendar.public_holidays else None
    return Day(day, holiday or "", day in calendar.closing_days, tuple(segments), ends <= now)


def _segments(
    rota: OnCallRota,
    shifts: Sequence[tuple[OnCallShift, OnCallPerson]],
    periods: Sequence[Interval],
) -> list[Segment]:
    found = [
        Segment(rota.id, person.name, max(start, shift.starts_at), min(end, shift.ends_at),
                shift.id, shift.replaced_name, person.firm)
        for start, end in periods
        for shift, person in shifts
        if shift.starts_at < end and shift.ends_at > start
    ]  # fmt: skip
    if rota.active:
        taken = [(shift.starts_at, shift.ends_at) for shift, _person in shifts]
        found += [
            Segment(rota.id, "", start, end)
            for period in periods
            for start, end in left_of(period, taken)
        ]
    return sorted(found, key=lambda one: one.starts_at)


def parse_day(text: str | None) -> date:
    """Return the day of an address, else today."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return clock.today()


def midnight(day: date) -> datetime:
    """Return the instant at which a day begins."""
    return local_instant(day, time())
