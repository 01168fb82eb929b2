from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.messaging import rules
from callcenter.messaging.rules import (
    PARIS,
    FailureAction,
    NumberFlag,
    QuietWindow,
    SendOutcome,
    after_failure,
    classify_http,
    earliest_send,
)

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
BASTILLE = frozenset({date(2026, 7, 14)})


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.mark.parametrize(
    ("code", "flag"),
    [
        (21211, NumberFlag.INVALID),
        (21614, NumberFlag.NOT_MOBILE),
        (30004, NumberFlag.BLOCKED),
        (30005, NumberFlag.UNKNOWN),
        (30006, NumberFlag.LANDLINE),
    ],
)
def test_a_bad_number_is_flagged_and_left_alone(code: int, flag: NumberFlag) -> None:
    decision = after_failure(code, 1, NOW)
    assert (decision.action, decision.flag) == (FailureAction.GIVE_UP, flag)


@pytest.mark.parametrize(
    ("code", "attempts", "action", "minutes"),
    [
        (30003, 1, FailureAction.RETRY, 30),
        (30003, 2, FailureAction.RETRY, 120),
        (30003, 3, FailureAction.GIVE_UP, None),
        (30008, 1, FailureAction.RETRY, 30),
        (30008, 2, FailureAction.GIVE_UP, None),
        (21610, 1, FailureAction.GIVE_UP, None),
        (30007, 1, FailureAction.GIVE_UP, None),
        (30036, 1, FailureAction.GIVE_UP, None),
        (99999, 1, FailureAction.GIVE_UP, None),
        (63038, 5, FailureAction.PAUSE_ACCOUNT, None),
        (20003, 5, FailureAction.STOP_CREDENTIALS, None),
    ],
)
def test_each_family_has_its_answer(
    code: int, attempts: int, action: FailureAction, minutes: int | None
) -> None:
    decision = after_failure(code, attempts, NOW)
    expected = None if minutes is None else NOW + timedelta(minutes=minutes)
    assert (decision.action, decision.retry_at) == (action, expected)


@pytest.mark.parametrize("code", [20003, 30007, 63038, 99999])
def test_what_needs_a_person_alerts(code: int) -> None:
    assert after_failure(code, 1, NOW).alert


@given(
    st.sampled_from([None, 429, 20429, 30001, 21611]),
    st.integers(min_value=1, max_value=10_000),
    st.integers(min_value=0, max_value=3600),
)
def test_backing_off_grows_and_never_undercuts_the_provider(
    code: int | None, attempts: int, asked: int
) -> None:
    first = after_failure(code, attempts, NOW, timedelta(seconds=asked))
    following = after_failure(code, attempts + 1, NOW, timedelta(seconds=asked))
    assert first.action is following.action is FailureAction.RETRY
    assert first.retry_at is not None
    assert following.retry_at is not None
    assert NOW + timedelta(seconds=max(5, asked)) <= first.retry_at <= following.retry_at
    assert following.retry_at <= NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("status", "connected", "has_sid", "code", "outcome"),
    [
        (None, False, False, None, SendOutcome.NOT_SENT),
        (None, True, False, None, SendOutcome.AMBIGUOUS),
        (201, True, True, None, SendOutcome.ACCEPTED),
        (201, True, False, None, SendOutcome.AMBIGUOUS),
        (302, True, False, None, SendOutcome.AMBIGUOUS),
        (400, True, False, 21211, SendOutcome.REJECTED),
        (400, True, False, 21611, SendOutcome.NOT_SENT),
        (400, True, False, 63038, SendOutcome.NOT_SENT),
        (404, True, False, None, SendOutcome.REJECTED),
        (408, True, False, None, SendOutcome.AMBIGUOUS),
        (401, True, False, None, SendOutcome.BAD_CREDENTIALS),
        (403, True, False, 20003, SendOutcome.BAD_CREDENTIALS),
        (429, True, False, 20429, SendOutcome.NOT_SENT),
        (429, True, False, 63038, SendOutcome.NOT_SENT),
        (500, True, False, 20500, SendOutcome.AMBIGUOUS),
        (503, True, True, None, SendOutcome.AMBIGUOUS),
    ],
)
def test_only_what_certainly_did_not_leave_may_leave_again(
    *, status: int | None, connected: bool, has_sid: bool, code: int | None, outcome: SendOutcome
) -> None:
    assert classify_http(status, connected=connected, has_sid=has_sid, code=code) is outcome


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-10 10:00", "2026-03-10 10:00"),
        ("2026-03-10 19:59", "2026-03-10 19:59"),
        ("2026-03-10 20:00", "2026-03-11 08:00"),
        ("2026-03-11 02:00", "2026-03-11 08:00"),
        ("2026-03-11 08:00", "2026-03-11 08:00"),
        ("2026-03-14 21:00", "2026-03-16 08:00"),  # Saturday evening -> Monday
        ("2026-03-15 12:00", "2026-03-16 08:00"),  # Sunday
        ("2026-07-13 21:00", "2026-07-15 08:00"),  # the eve of 14 July
        ("2026-07-14 12:00", "2026-07-15 08:00"),
        ("2026-03-28 22:00", "2026-03-30 08:00"),  # the clocks go forward on Sunday
        ("2026-03-27 22:00", "2026-03-28 08:00"),
        ("2026-10-24 22:00", "2026-10-26 08:00"),  # and back
    ],
)
def test_what_can_wait_waits_for_the_morning(now: str, expected: str) -> None:
    assert earliest_send(paris(now), urgent=False, holidays=BASTILLE) == paris(expected)


def test_morning_is_eight_on_the_clock_on_both_sides_of_a_change() -> None:
    every_day = QuietWindow(sundays=False)
    spring = earliest_send(paris("2026-03-28 23:00"), urgent=False, window=every_day)
    autumn = earliest_send(paris("2026-10-24 23:00"), urgent=False, window=every_day)
    assert spring == datetime(2026, 3, 29, 6, 0, tzinfo=UTC)
    assert autumn == datetime(2026, 10, 25, 7, 0, tzinfo=UTC)


def test_an_emergency_leaves_at_once() -> None:
    night = paris("2026-03-15 03:00")
    assert earliest_send(night, urgent=True) == night
    assert rules.is_quiet(night)


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        earliest_send(datetime(2026, 3, 10, 10, 0), urgent=False)  # noqa: DTZ001


def test_a_calendar_without_open_days_does_not_turn_for_ever() -> None:
    class Always(frozenset[date]):
        def __contains__(self, day: object) -> bool:
            return True

    with pytest.raises(ValueError, match="no day"):
        earliest_send(NOW, urgent=False, holidays=Always())


@given(
    st.datetimes(
        min_value=datetime(2025, 1, 1),  # noqa: DTZ001
        max_value=datetime(2029, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
    st.frozensets(st.dates(date(2025, 1, 1), date(2029, 1, 1)), max_size=5),
    st.times(),
    st.times(),
)
def test_the_instant_chosen_is_never_quiet_nor_past(
    now: datetime, holidays: frozenset[date], start: object, end: object
) -> None:
    window = QuietWindow(start, end)  # type: ignore[arg-type]
    for quiet in (QuietWindow(), window):
        at = earliest_send(now, urgent=False, holidays=holidays, window=quiet)
        assert at >= now
        if quiet is not window:
            assert not rules.is_quiet(at, holidays, quiet)


def test_validity_follows_the_useful_life_within_the_providers_limits() -> None:
    assert rules.validity_seconds(NOW, NOW + timedelta(hours=2)) == 7200
    assert rules.validity_seconds(NOW, NOW + timedelta(days=2)) == 36_000
    assert rules.validity_seconds(NOW, NOW) is None
    assert rules.validity_seconds(NOW, NOW - timedelta(hours=1)) is None


@pytest.mark.parametrize("code", [None, *rules.ERROR_RULES, 12345])
def test_every_code_is_explained_in_words(code: int | None) -> None:
    assert len(rules.explain_error(code)) > 20
