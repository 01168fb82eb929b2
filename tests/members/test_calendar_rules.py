"""Calendars and clocks: by example, across the clock changes, and by property."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.core.errors import UserError
from callcenter.members.calendar_rules import (
    ALWAYS_OPEN,
    Calendar,
    NeverOpenError,
    add_working_days,
    add_working_time,
    is_on_call_time,
    is_open,
    next_open,
    openings,
    public_holiday_name,
    working_days_ago,
    working_time_between,
)
from callcenter.members.clock_rules import (
    SAME_CALL,
    Pause,
    PauseCause,
    Target,
    TargetUnit,
    due_at,
    is_paused,
)
from callcenter.members.hours_rules import DAYS, WeeklyHours

PARIS = ZoneInfo("Europe/Paris")
OFFICE = Calendar(
    WeeklyHours.from_json(
        {day: [["08:30", "12:30"], ["13:30", "17:30"]] for day in DAYS[:5]},
    ),
    closing_days=frozenset({date(2026, 5, 15)}),
)


def paris(text: str) -> datetime:
    """``2026-03-02 09:00`` read on a wall clock in Paris."""
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


def shown(instant: datetime) -> str:
    assert instant.tzinfo is UTC
    return instant.astimezone(PARIS).strftime("%a %Y-%m-%d %H:%M")


# -- weekly hours -------------------------------------------------------------------------


def test_weekly_hours_read_and_written_back() -> None:
    raw = {"mon": [["08:30", "12:30"], ["13:30", "17:30"]], "sat": [["00:00", "24:00"]]}
    assert WeeklyHours.from_json(raw).to_json() == raw


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("lundi", "plages par jour"),
        ({}, "au moins une plage"),
        ({"mon": []}, "au moins une plage"),
        ({"lundi": [["08:30", "12:30"]]}, "Jour inconnu : « lundi »"),
        ({"mon": "08:30-12:30"}, "Lundi : donnez une liste"),
        ({"mon": [["08:30"]]}, "un début et une fin"),
        ({"mon": [["8h30", "12:30"]]}, "« 8h30 » n'est pas une heure"),
        ({"mon": [["08:30", "24:30"]]}, "« 24:30 » n'est pas une heure"),
        ({"tue": [["12:30", "08:30"]]}, "Mardi : la plage 12:30-08:30 finit avant"),
        ({"tue": [["08:30", "12:30"], ["12:00", "14:00"]]}, "Mardi : deux plages se chevauchent"),
        ({"mon": [[8, 12]]}, "« 8 » n'est pas une heure"),
    ],
)
def test_wrong_hours_are_refused_in_words(raw: object, said: str) -> None:
    with pytest.raises(UserError) as refused:
        WeeklyHours.from_json(raw)
    assert said in refused.value.message
    assert refused.value.field == "hours"


# -- open, holidays, on-call --------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "is_it"),
    [
        ("2026-03-02 08:29", False),
        ("2026-03-02 08:30", True),
        ("2026-03-02 12:30", False),
        ("2026-03-02 13:30", True),
        ("2026-03-02 17:30", False),
        ("2026-03-07 10:00", False),  # Saturday
        ("2026-05-14 10:00", False),  # Ascension
        ("2026-05-15 10:00", False),  # the member's own closing day
    ],
)
def test_open_or_closed(at: str, *, is_it: bool) -> None:
    assert is_open(OFFICE, paris(at)) is is_it


def test_french_public_holidays() -> None:
    assert public_holiday_name(date(2026, 7, 14)) == "Fête nationale"
    assert public_holiday_name(date(2026, 4, 6)) == "Lundi de Pâques"
    assert public_holiday_name(date(2026, 7, 15)) is None


def test_a_calendar_may_work_on_holidays() -> None:
    works = Calendar(OFFICE.hours, public_holidays=False)
    assert is_open(works, paris("2026-07-14 10:00"))
    assert not is_on_call_time(works, paris("2026-07-14 10:00"))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-03-02 12:45", "Mon 2026-03-02 13:30"),
        ("2026-03-06 17:30", "Mon 2026-03-09 08:30"),
        ("2026-05-13 18:00", "Mon 2026-05-18 08:30"),  # Ascension, bridge, weekend
        ("2026-03-02 09:12", "Mon 2026-03-02 09:12"),
    ],
)
def test_next_opening(at: str, expected: str) -> None:
    assert shown(next_open(OFFICE, paris(at))) == expected


def test_a_calendar_closed_for_good_says_so() -> None:
    closed = Calendar(
        WeeklyHours.from_json({"mon": [["09:00", "10:00"]]}),
        closing_days=frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(1500)),
    )
    start = paris("2026-02-01 09:00")
    with pytest.raises(NeverOpenError):
        next_open(closed, start)
    with pytest.raises(NeverOpenError):
        add_working_time(closed, start, timedelta(hours=1))
    with pytest.raises(NeverOpenError):
        add_working_days(closed, start, 1)


@pytest.mark.parametrize(
    ("at", "on_call"),
    [
        ("2026-03-02 08:29", True),
        ("2026-03-02 08:30", False),
        ("2026-03-02 13:00", False),  # the lunch break is nobody's night
        ("2026-03-02 17:29", False),
        ("2026-03-02 17:30", True),
        ("2026-03-07 11:00", True),
        ("2026-12-25 11:00", True),
        ("2026-05-15 11:00", True),
    ],
)
def test_on_call_time(at: str, *, on_call: bool) -> None:
    assert is_on_call_time(OFFICE, paris(at)) is on_call


# -- adding time --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        ("2026-03-02 08:30", 4, "Mon 2026-03-02 12:30"),
        ("2026-03-02 10:00", 4, "Mon 2026-03-02 15:00"),
        ("2026-03-06 16:00", 4, "Mon 2026-03-09 11:00"),
        ("2026-03-07 03:00", 4, "Mon 2026-03-09 12:30"),
        ("2026-03-02 12:45", 0, "Mon 2026-03-02 13:30"),
    ],
)
def test_working_hours_are_added(start: str, hours: int, expected: str) -> None:
    assert shown(add_working_time(OFFICE, paris(start), timedelta(hours=hours))) == expected


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        ("2026-03-02 09:00", 5, "Mon 2026-03-09 17:30"),
        ("2026-03-02 20:00", 1, "Tue 2026-03-03 17:30"),  # the day of the call never counts
        ("2026-03-07 09:00", 1, "Mon 2026-03-09 17:30"),
        ("2026-05-12 09:00", 2, "Mon 2026-05-18 17:30"),
        ("2026-12-24 16:00", 1, "Mon 2026-12-28 17:30"),
        ("2026-03-02 09:00", 0, "Mon 2026-03-02 17:30"),
        ("2026-03-02 19:00", 0, "Tue 2026-03-03 17:30"),
    ],
)
def test_working_days_are_added(start: str, days: int, expected: str) -> None:
    assert shown(add_working_days(OFFICE, paris(start), days)) == expected


def test_a_day_that_closes_at_midnight_is_due_on_its_own_date() -> None:
    assert shown(add_working_days(ALWAYS_OPEN, paris("2026-03-02 09:00"), 1)).endswith(
        "03-03 23:59"
    )


def test_negative_amounts_are_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="negative"):
        add_working_time(OFFICE, paris("2026-03-02 09:00"), timedelta(seconds=-1))
    with pytest.raises(ValueError, match="negative"):
        add_working_days(OFFICE, paris("2026-03-02 09:00"), -1)
    with pytest.raises(ValueError, match="negative"):
        Target(-1, TargetUnit.HOURS)


# -- the two nights on which the clock changes ----------------------------------------------


def test_the_short_night_has_23_hours_and_the_long_one_25() -> None:
    assert working_time_between(
        ALWAYS_OPEN, paris("2026-03-29 00:00"), paris("2026-03-30 00:00")
    ) == timedelta(hours=23)
    assert working_time_between(
        ALWAYS_OPEN, paris("2026-10-25 00:00"), paris("2026-10-26 00:00")
    ) == timedelta(hours=25)


def test_four_hours_around_the_clock_cross_the_change() -> None:
    four_hours = Target(4, TargetUnit.HOURS)
    assert shown(due_at(four_hours, paris("2026-03-29 00:30"), [], OFFICE)).endswith("05:30")
    assert shown(due_at(four_hours, paris("2026-10-25 00:30"), [], OFFICE)).endswith("03:30")


def test_office_hours_are_wall_clock_hours_on_both_sides_of_the_change() -> None:
    for friday, monday in (("2026-03-27", "2026-03-30"), ("2026-10-23", "2026-10-26")):
        due = add_working_time(OFFICE, paris(f"{friday} 16:30"), timedelta(hours=2))
        assert shown(due) == f"Mon {monday} 09:30"


def test_slots_in_the_missing_and_in_the_doubled_hour() -> None:
    night = Calendar(WeeklyHours.from_json({"sun": [["01:00", "02:30"], ["02:30", "04:00"]]}))
    march = openings(night, date(2026, 3, 29))
    assert [(o.hour, o.minute, c.hour, c.minute) for o, c in march] == [
        (0, 0, 1, 0),  # 01:00 to 02:00, when the clock jumps
        (1, 0, 2, 0),  # 03:00 to 04:00
    ]
    october = openings(night, date(2026, 10, 25))
    assert october[0][1] == october[1][0]
    assert sum((c - o for o, c in october), timedelta()) == timedelta(hours=4)


# -- properties ---------------------------------------------------------------------------

INSTANTS = st.datetimes(
    datetime(2026, 1, 1),  # noqa: DTZ001 - bounds of a strategy
    datetime(2027, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(lambda instant: instant.replace(second=0, microsecond=0))
DURATIONS = st.integers(0, 60 * 60).map(lambda minutes: timedelta(minutes=minutes))


@st.composite
def weekly_hours(draw: st.DrawFn) -> WeeklyHours:
    week = []
    for _ in DAYS:
        marks = sorted(draw(st.lists(st.integers(0, 96), max_size=6, unique=True)))
        marks = marks[: len(marks) // 2 * 2]
        week.append(tuple((a * 15, b * 15) for a, b in zip(marks[::2], marks[1::2], strict=True)))
    if not any(week):
        week[0] = ((510, 750),)
    return WeeklyHours(tuple(week))


CALENDARS = st.builds(
    Calendar,
    hours=weekly_hours(),
    public_holidays=st.booleans(),
    closing_days=st.frozensets(st.dates(date(2026, 1, 1), date(2028, 1, 1)), max_size=20),
)


def in_hours(calendar: Calendar, instant: datetime) -> bool:
    """Open, or at the very closing of a slot."""
    just_before = instant - timedelta(microseconds=1)
    return is_open(calendar, instant) or is_open(calendar, just_before)


@settings(max_examples=120)
@given(CALENDARS, INSTANTS, DURATIONS, DURATIONS)
def test_adding_time_is_additive_exact_and_in_hours(
    calendar: Calendar, start: datetime, one: timedelta, two: timedelta
) -> None:
    both = add_working_time(calendar, start, one + two)
    assert both == add_working_time(calendar, add_working_time(calendar, start, one), two)
    assert both >= start
    assert in_hours(calendar, both)
    assert working_time_between(calendar, start, both) == one + two


@settings(max_examples=120)
@given(CALENDARS, INSTANTS, DURATIONS, DURATIONS, DURATIONS)
def test_adding_time_is_monotone(
    calendar: Calendar, start: datetime, later: timedelta, one: timedelta, more: timedelta
) -> None:
    due = add_working_time(calendar, start, one)
    assert due <= add_working_time(calendar, start + later, one)
    assert due <= add_working_time(calendar, start, one + more)


@settings(max_examples=80)
@given(CALENDARS, INSTANTS, DURATIONS, DURATIONS)
def test_time_between_adds_up(
    calendar: Calendar, start: datetime, one: timedelta, two: timedelta
) -> None:
    middle, end = start + one, start + one + two
    assert working_time_between(calendar, start, end) == working_time_between(
        calendar, start, middle
    ) + working_time_between(calendar, middle, end)
    assert working_time_between(calendar, start, end) <= end - start


@settings(max_examples=80)
@given(CALENDARS, INSTANTS, st.integers(1, 12), st.integers(1, 12))
def test_working_days_are_additive_and_in_hours(
    calendar: Calendar, start: datetime, one: int, two: int
) -> None:
    due = add_working_days(calendar, start, one + two)
    assert due == add_working_days(calendar, add_working_days(calendar, start, one), two)
    assert due > add_working_days(calendar, start, one) > start
    assert in_hours(calendar, due)


@settings(max_examples=150)
@given(CALENDARS, INSTANTS, DURATIONS, st.integers(1, 12))
def test_older_than_so_many_working_days_is_what_the_days_say(
    calendar: Calendar, start: datetime, passed: timedelta, days: int
) -> None:
    now = start + passed * 9
    over = add_working_days(calendar, start, days) <= now
    assert (start < working_days_ago(calendar, now, days)) is over


@settings(max_examples=80)
@given(CALENDARS, INSTANTS)
def test_next_opening_is_open_and_nothing_opens_before(
    calendar: Calendar, instant: datetime
) -> None:
    opening = next_open(calendar, instant)
    assert is_open(calendar, opening)
    assert working_time_between(calendar, instant, opening) == timedelta(0)


# -- targets and pauses -------------------------------------------------------------------

DAY_24H = Target(24, TargetUnit.OPEN_DAY_HOURS)
FIVE_DAYS = Target(5, TargetUnit.WORKING_DAYS)
ONE_MONTH = Target(1, TargetUnit.MONTHS)


@pytest.mark.parametrize(
    ("target", "start", "expected"),
    [
        (Target(4, TargetUnit.HOURS), "2026-03-07 22:00", "Sun 2026-03-08 02:00"),
        (Target(30, TargetUnit.MINUTES), "2026-03-07 22:00", "Sat 2026-03-07 22:30"),
        (SAME_CALL, "2026-03-07 22:00", "Sat 2026-03-07 22:00"),
        (Target(8, TargetUnit.WORKING_HOURS), "2026-03-06 16:30", "Mon 2026-03-09 16:30"),
        (DAY_24H, "2026-03-02 10:00", "Tue 2026-03-03 10:00"),
        (DAY_24H, "2026-03-06 16:00", "Mon 2026-03-09 16:00"),
        (DAY_24H, "2026-03-02 20:00", "Wed 2026-03-04 08:30"),  # counts from Tuesday 8:30
        (DAY_24H, "2026-03-07 11:00", "Tue 2026-03-10 08:30"),
        (FIVE_DAYS, "2026-03-02 10:00", "Mon 2026-03-09 17:30"),
        (ONE_MONTH, "2026-03-02 10:00", "Thu 2026-04-02 17:30"),
        (ONE_MONTH, "2026-01-31 10:00", "Mon 2026-03-02 17:30"),  # 28 February is a Saturday
        (ONE_MONTH, "2026-04-14 10:00", "Mon 2026-05-18 17:30"),  # Ascension and its bridge
    ],
)
def test_due(target: Target, start: str, expected: str) -> None:
    assert shown(due_at(target, paris(start), [], OFFICE)) == expected


def pause(begins: str, ends: str | None, cause: PauseCause = PauseCause.WAITING_PART) -> Pause:
    return Pause(cause, paris(begins), paris(ends) if ends else None)


@pytest.mark.parametrize(
    ("target", "pauses", "expected"),
    [
        # From Monday 2 March 2026 at 10:00.
        (Target(4, TargetUnit.HOURS), [pause("2026-03-02 11:00", "2026-03-02 12:00")], "Mon 2026-03-02 15:00"),
        (Target(4, TargetUnit.HOURS), [pause("2026-03-02 14:00", "2026-03-02 15:00")], "Mon 2026-03-02 14:00"),
        (
            Target(4, TargetUnit.HOURS),
            [pause("2026-03-02 11:00", "2026-03-02 13:00"), pause("2026-03-02 12:00", "2026-03-02 14:00")],
            "Mon 2026-03-02 17:00",
        ),
        (
            Target(4, TargetUnit.HOURS),
            [pause("2026-03-02 11:00", "2026-03-02 12:00"), pause("2026-03-02 14:30", "2026-03-02 15:30")],
            "Mon 2026-03-02 16:00",  # the first pause brings the second one within reach
        ),
        (FIVE_DAYS, [pause("2026-03-03 09:00", "2026-03-03 16:00")], "Mon 2026-03-09 17:30"),
        (FIVE_DAYS, [pause("2026-03-03 09:00", "2026-03-05 09:00")], "Wed 2026-03-11 17:30"),
        (DAY_24H, [pause("2026-03-02 16:00", "2026-03-03 16:00")], "Wed 2026-03-04 10:00"),
        (ONE_MONTH, [pause("2026-03-10 10:00", "2026-03-14 10:00")], "Tue 2026-04-07 17:30"),
        (FIVE_DAYS, [pause("2026-03-03 09:00", None)], "Mon 2026-03-09 17:30"),
    ],
)  # fmt: skip
def test_pauses_push_the_due_date(target: Target, pauses: list[Pause], expected: str) -> None:
    assert shown(due_at(target, paris("2026-03-02 10:00"), pauses, OFFICE)) == expected


def test_an_open_pause_pushes_up_to_now() -> None:
    still = [pause("2026-03-02 11:00", None, PauseCause.WAITING_TENANT)]
    now = paris("2026-03-02 18:00")
    due = due_at(Target(4, TargetUnit.HOURS), paris("2026-03-02 10:00"), still, OFFICE, now)
    assert shown(due) == "Mon 2026-03-02 21:00"
    assert is_paused(still, now)
    assert not is_paused(still, paris("2026-03-02 10:59"))


TARGETS = st.builds(
    Target,
    st.integers(1, 12),
    st.sampled_from([unit for unit in TargetUnit if unit is not TargetUnit.SAME_CALL]),
)


@st.composite
def pauses_of(draw: st.DrawFn) -> list[Pause]:
    starts = draw(st.lists(INSTANTS, max_size=4))
    lengths = draw(st.lists(DURATIONS, min_size=len(starts), max_size=len(starts)))
    return [
        Pause(PauseCause.NO_ACCESS, begin, begin + length)
        for begin, length in zip(starts, lengths, strict=True)
    ]


@settings(max_examples=80)
@given(TARGETS, INSTANTS, CALENDARS, pauses_of(), INSTANTS, DURATIONS)
def test_a_pause_never_shortens_a_promise_and_hours_are_kept(
    target: Target,
    start: datetime,
    calendar: Calendar,
    pauses: list[Pause],
    begins: datetime,
    length: timedelta,
) -> None:
    due = due_at(target, start, pauses, calendar)
    one_more = [*pauses, Pause(PauseCause.WAITING_PART, begins, begins + length)]
    assert due <= due_at(target, start, one_more, calendar)
    assert due >= start
    if not target.around_the_clock:
        assert in_hours(calendar, due)


@settings(max_examples=80)
@given(TARGETS, INSTANTS, DURATIONS, CALENDARS)
def test_a_later_call_is_never_due_earlier(
    target: Target, start: datetime, later: timedelta, calendar: Calendar
) -> None:
    assert due_at(target, start, [], calendar) <= due_at(target, start + later, [], calendar)
    longer = Target(target.amount + 1, target.unit)
    assert due_at(target, start, [], calendar) <= due_at(longer, start, [], calendar)
