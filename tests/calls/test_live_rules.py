"""A call's facts, whatever the order in which they are told."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.calls.live_rules import (
    CLOCK_TRUST,
    Facts,
    Report,
    believable,
    durations,
    is_stale,
    learn,
    merged_kind,
    standing,
    state_of,
)
from callcenter.calls.states import CallState, Direction, PresenceState, TaskKind

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def told(*news: tuple[Report, float], **facts: object) -> Facts:
    known = Facts(**facts)  # type: ignore[arg-type]
    for report, seconds in news:
        known = learn(known, report, at(seconds))
    return known


NEW, QUEUED, ANSWERED, ENDED = Report.NEW, Report.QUEUED, Report.ANSWERED, Report.ENDED


@pytest.mark.parametrize(
    ("news", "state"),
    [
        ([(NEW, 0)], CallState.RINGING),
        ([(NEW, 0), (QUEUED, 4)], CallState.WAITING),
        ([(NEW, 0), (QUEUED, 4), (ANSWERED, 20)], CallState.ANSWERED),
        ([(ANSWERED, 20)], CallState.ANSWERED),
        ([(ANSWERED, 20), (NEW, 0), (QUEUED, 4)], CallState.ANSWERED),
        ([(NEW, 0), (ENDED, 30)], CallState.ABANDONED),
        ([(ENDED, 30)], CallState.ABANDONED),
        ([(NEW, 0), (ENDED, 30), (ENDED, 31)], CallState.ABANDONED),
        ([(NEW, 0), (ANSWERED, 9), (ENDED, 30)], CallState.ENDED),
        ([(ENDED, 30), (ANSWERED, 9), (NEW, 0)], CallState.ENDED),
    ],
)
def test_the_state_follows_from_what_is_known(
    news: list[tuple[Report, float]], state: CallState
) -> None:
    assert state_of(told(*news)) is state


def test_an_agent_writes_the_call_up_before_it_is_over() -> None:
    spoken = told((NEW, 0), (ANSWERED, 5), (ENDED, 60), by_agent=True)
    assert state_of(spoken) is CallState.WRAP_UP
    done = told((NEW, 0), (ANSWERED, 5), (ENDED, 60), by_agent=True, wrapped_up_at=at(90))
    assert state_of(done) is CallState.ENDED


def test_an_outgoing_call_that_nobody_took_was_not_abandoned() -> None:
    assert state_of(told((NEW, 0), (ENDED, 30), direction=Direction.OUT)) is CallState.ENDED


def test_waiting_talk_and_wrap_up_are_counted() -> None:
    spoken = told((NEW, 0), (QUEUED, 2), (ANSWERED, 20), (ENDED, 80), by_agent=True)
    counted = durations(spoken, at(100))
    assert (counted.wait, counted.talk, counted.wrap) == (20, 60, 20)


def test_the_wrong_clock_of_an_exchange_is_not_believed() -> None:
    assert believable(at(-3600), START) == START
    assert believable(at(3600), START) == START
    assert believable(at(-4), START) == at(-4)
    assert believable(at(4), START) == START  # never in the future
    assert believable(None, START) == START
    assert believable(datetime(2026, 11, 23, 9), START) == START  # noqa: DTZ001 - no zone told


news_items = st.tuples(st.sampled_from(list(Report)), st.floats(0, 7200, allow_nan=False))


@given(st.lists(news_items, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_order_and_repeats_change_nothing(news: list[tuple[Report, float]], chance: object) -> None:
    shuffled = news + news[: len(news) // 2]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert told(*news) == told(*shuffled)
    assert state_of(told(*news)) is state_of(told(*shuffled))


ORDER = [CallState.RINGING, CallState.WAITING, CallState.ANSWERED]


@given(st.lists(news_items, min_size=1, max_size=8))
def test_a_call_only_goes_forward(news: list[tuple[Report, float]]) -> None:
    """Rings, waits, is spoken, is over; one that was over is never live again."""
    rank = -1
    known = Facts()
    for report, seconds in news:
        known = learn(known, report, at(seconds))
        state = state_of(known)
        now = ORDER.index(state) if state in ORDER else len(ORDER)
        assert now >= rank
        rank = now


@given(st.lists(news_items, min_size=1, max_size=8), st.floats(0, 9000, allow_nan=False))
def test_no_time_is_ever_negative(news: list[tuple[Report, float]], now: float) -> None:
    counted = durations(told(*news, by_agent=True), at(now))
    assert min(counted.wait, counted.talk, counted.wrap) >= 0


@given(st.datetimes(timezones=st.just(UTC)))
def test_what_is_believed_is_near_and_never_ahead(instant: datetime) -> None:
    believed = believable(instant, START)
    assert START - CLOCK_TRUST <= believed <= START


def test_silence_ends_a_call_in_the_end() -> None:
    assert not is_stale(CallState.RINGING, START, at(60))
    assert is_stale(CallState.RINGING, START, at(3600))
    assert not is_stale(CallState.ANSWERED, START, at(3600))
    assert is_stale(CallState.ANSWERED, START, at(5 * 3600))
    assert not is_stale(CallState.ENDED, START, at(10**6))


def test_a_request_to_be_called_back_is_not_weakened() -> None:
    assert merged_kind([TaskKind.CALLBACK, TaskKind.MISSED]) is TaskKind.CALLBACK


def test_a_wrap_up_ends_by_itself_and_an_unseen_screen_is_away() -> None:
    now = at(600)
    up = standing(PresenceState.WRAP_UP, START, at(60), now, now)
    assert (up.state, up.since) == (PresenceState.AVAILABLE, at(60))
    gone = standing(PresenceState.AVAILABLE, START, None, START, now)
    assert gone.state is PresenceState.AWAY
    speaking = standing(PresenceState.ON_CALL, START, None, START, now)
    assert speaking.state is PresenceState.ON_CALL
