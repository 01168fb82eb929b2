"""The trade of on-call, without a database: patterns, gaps, who is asked, right across DST."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from callcenter.members.calendar_rules import (
    Calendar,
    is_on_call_time,
    on_call_period_at,
    on_call_periods,
)
from callcenter.members.hours_rules import WeeklyHours
from callcenter.members.services import OFFICE_HOURS
from callcenter.oncall import rules
from callcenter.oncall.models import OnCallRota
from callcenter.oncall.states import Turn
from tests.oncall.scenes import paris

OFFICE = Calendar(WeeklyHours.from_json(OFFICE_HOURS))
BRIDGE = Calendar(WeeklyHours.from_json(OFFICE_HOURS), closing_days=frozenset({date(2026, 12, 24)}))

days = st.dates(date(2024, 1, 1), date(2030, 12, 31))
instants = st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 31)).map(  # noqa: DTZ001
    lambda at: at.replace(tzinfo=UTC)
)


def rota(codes: list[str], equipment: list[str], name: str = "") -> OnCallRota:
    return OnCallRota(name=name, category_codes=codes, equipment=equipment)


def test_a_night_runs_from_half_past_five_to_half_past_eight() -> None:
    assert on_call_period_at(OFFICE, paris("2026-12-02 02:00")) == (
        paris("2026-12-01 17:30"),
        paris("2026-12-02 08:30"),
    )
    assert on_call_period_at(OFFICE, paris("2026-12-02 12:45")) is None


def test_holidays_and_closing_days_join_the_nights_around_them() -> None:
    assert on_call_period_at(BRIDGE, paris("2026-12-24 11:00")) == (
        paris("2026-12-23 17:30"),
        paris("2026-12-28 08:30"),
    )


@given(instants, st.integers(1, 400))
def test_periods_hold_on_call_time_and_nothing_else(start: datetime, hours: int) -> None:
    end = start + timedelta(hours=hours)
    periods = on_call_periods(BRIDGE, start, end)
    assert all(start <= a < b <= end for a, b in periods)
    at = start
    while at < end:
        inside = any(a <= at < b for a, b in periods)
        assert inside == is_on_call_time(BRIDGE, at), at
        at += timedelta(minutes=90)


@given(days, st.integers(1, 60), st.sampled_from(list(Turn)), st.integers(1, 5))
def test_a_pattern_leaves_no_hole_and_doubles_nobody(
    first: date, length: int, turn: Turn, people: int
) -> None:
    last = first + timedelta(days=length)
    blocks = list(rules.pattern(turn, range(people), first, last, time(17, 30)))
    assert all(a.ends_at == b.starts_at for a, b in pairwise(blocks))
    assert all(b.starts_at.astimezone(UTC) < b.ends_at for b in blocks)
    covered = [(b.starts_at, b.ends_at) for b in blocks]
    assert rules.find_gaps(OFFICE, covered, blocks[0].starts_at, blocks[-1].ends_at) == []


def test_a_week_with_the_clock_change_is_an_hour_longer() -> None:
    autumn, after = rules.pattern(
        Turn.WEEK, [1, 2], date(2026, 10, 19), date(2026, 10, 26), time(8, 30)
    )
    assert autumn.ends_at - autumn.starts_at == timedelta(days=7, hours=1)
    assert after.ends_at - after.starts_at == timedelta(days=7)
    assert autumn.ends_at == paris("2026-10-26 08:30")


def test_a_model_week_joins_neighbouring_days_and_leaves_the_empty_ones() -> None:
    week = [1, 1, None, 2, 2, 2, 2]
    blocks = list(rules.weekly_pattern(week, date(2026, 12, 7), date(2026, 12, 14), time(8, 30)))
    assert [(b.person_id, b.starts_at) for b in blocks] == [
        (1, paris("2026-12-07 08:30")),
        (2, paris("2026-12-10 08:30")),
        (1, paris("2026-12-14 08:30")),
    ]
    assert blocks[0].ends_at == paris("2026-12-09 08:30")


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), max_size=8))
def test_what_is_left_and_what_is_taken_make_the_whole(taken: list[tuple[int, int]]) -> None:
    zero = datetime(2026, 1, 1, tzinfo=UTC)
    hour = timedelta(hours=1)
    others = [(zero + a * hour, zero + (a + b) * hour) for a, b in taken]
    left = rules.left_of((zero, zero + 48 * hour), others)
    free = {h for h in range(48) if not any(a <= zero + h * hour < b for a, b in others)}
    assert {h for h in range(48) if any(a <= zero + h * hour < b for a, b in left)} == free
    assert all(a < b for a, b in left)


def test_the_gap_of_christmas_eve_is_one_night() -> None:
    shifts = [(paris("2026-12-21 08:30"), paris("2026-12-22 17:30"))]
    gaps = rules.find_gaps(OFFICE, shifts, paris("2026-12-22 09:00"), paris("2026-12-23 12:00"))
    assert gaps == [(paris("2026-12-22 17:30"), paris("2026-12-23 08:30"))]


def test_the_narrowest_rota_answers() -> None:
    everything, lifts, gas = (
        rota([], [], "all"),
        rota([], ["lift"], "lift"),
        rota(["T-GAZ"], [], "gas"),
    )
    every = [everything, lifts, gas]
    assert rules.choose_rota(every, "T-ASC", "lift") is lifts
    assert rules.choose_rota(every, "T-GAZ", "lift") is gas
    assert rules.choose_rota(every, "T-FUI", "plumbing") is everything
    assert rules.choose_rota([lifts], "T-FUI", "plumbing") is None
    # A rota for one trade never becomes the general one because a request has no equipment.
    assert rules.choose_rota([lifts], "T-INC", "") is None


def test_who_is_on_duty_is_asked_first_then_the_list() -> None:
    assert rules.order_of_asking([1, 2, 3], 2) == [2, 1, 3]
    assert rules.order_of_asking([1, 2, 3], None) == [1, 2, 3]
    assert rules.order_of_asking([1], 9) == [9, 1]


def test_the_last_closed_period() -> None:
    friday = (paris("2026-12-04 17:30"), paris("2026-12-07 08:30"))
    assert rules.last_period(OFFICE, paris("2026-12-07 09:00")) == friday
    assert rules.last_period(OFFICE, paris("2026-12-06 03:00")) == friday
    assert rules.period_of_night(OFFICE, date(2026, 12, 5)) == friday
