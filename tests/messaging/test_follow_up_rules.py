"""Follow-ups by rule: what stands, what wins, when a visit is recalled."""

from datetime import UTC, date, datetime

import pytest

from callcenter.messaging.default_texts import DEFAULT_TEXTS
from callcenter.messaging.follow_up_rules import (
    DEFAULTS,
    STANDS_WHILE,
    Ground,
    Rival,
    is_limited,
    outdone_by,
    reminder_at,
    why_gone,
)
from callcenter.messaging.services import HOLIDAYS
from callcenter.messaging.states import Trigger
from callcenter.tickets.states import OPEN_STATES, TicketState, VisitState

T = Trigger


def test_the_states_are_the_ticket_s_own() -> None:
    known = {str(state) for state in TicketState}
    for states in STANDS_WHILE.values():
        assert states <= known
    assert STANDS_WHILE[T.RECEIVED] == {str(state) for state in OPEN_STATES}
    assert str(VisitState.PLANNED) == "planned"


def test_each_kind_of_follow_up_has_words_and_a_default() -> None:
    for trigger in DEFAULTS:
        assert DEFAULT_TEXTS["fr"][trigger]
        assert DEFAULT_TEXTS["en"][trigger]


@pytest.mark.parametrize(
    ("trigger", "ground", "gone"),
    [
        (T.RECEIVED, Ground("open"), False),
        (T.RECEIVED, Ground("resolved"), True),
        (T.RECEIVED, Ground(), False),
        (T.RESOLVED, Ground("resolved"), False),
        (T.RESOLVED, Ground("open"), True),
        (T.RESOLVED, Ground("closed"), True),
        (T.ON_HOLD, Ground("on_hold"), False),
        (T.ON_HOLD, Ground("planned"), True),
        (T.DELAYED, Ground("on_hold"), True),
        (T.VISIT_REMINDER, Ground("planned", "planned"), False),
        (T.VISIT_REMINDER, Ground("planned", "moved"), True),
        (T.VISIT_REMINDER, Ground("planned", "cancelled"), True),
        (T.PLANNED, Ground("on_hold", "done"), True),
        (T.VISIT_CANCELLED, Ground("open", "cancelled"), False),
        (T.VISIT_CANCELLED, Ground("planned", "cancelled", visit_planned=True), True),
        (T.SATISFACTION, Ground("closed"), False),
        (T.SATISFACTION, Ground("closed", rated=True), True),
        (T.SATISFACTION, Ground("open"), True),
        (T.BULLETIN, Ground("closed"), False),
        (T.INCIDENT_NEWS, Ground("closed"), False),
    ],
)
def test_a_message_stops_when_its_reason_has_gone(
    app: object, trigger: Trigger, ground: Ground, *, gone: bool
) -> None:
    assert bool(why_gone(trigger, ground)) is gone


@pytest.mark.parametrize(
    ("own", "rivals", "winner"),
    [
        ((5, T.RECEIVED), [], None),
        ((5, T.RECEIVED), [Rival(6, T.ACCEPTED)], T.ACCEPTED),
        ((6, T.ACCEPTED), [Rival(5, T.RECEIVED)], None),
        # A date outweighs whatever is written after it.
        ((5, T.PLANNED), [Rival(6, T.SILENT), Rival(7, T.DELAYED)], None),
        ((6, T.SILENT), [Rival(5, T.PLANNED)], T.PLANNED),
        # Equal weights: the newest.
        ((5, T.CLOSED), [Rival(6, T.SATISFACTION)], T.SATISFACTION),
        ((6, T.SATISFACTION), [Rival(5, T.CLOSED)], None),
        # One that left after this was written says it already.
        ((5, T.RECEIVED), [Rival(6, T.PLANNED, left=True)], T.PLANNED),
        ((5, T.PLANNED), [Rival(6, T.SILENT, left=True)], None),
        ((6, T.ACCEPTED), [Rival(5, T.PLANNED, left=True)], None),
        # The reminder of a visit is swallowed by nothing.
        ((5, T.VISIT_REMINDER), [Rival(9, T.ON_HOLD), Rival(10, T.PLANNED, left=True)], None),
        ((5, T.INCIDENT_NEWS), [Rival(6, T.PLANNED)], None),
    ],
)
def test_of_several_that_fall_together_one_leaves(
    own: tuple[int, Trigger], rivals: list[Rival], winner: Trigger | None
) -> None:
    assert outdone_by(*own, rivals) is winner


def test_emergencies_and_answers_are_exempt_from_the_limit() -> None:
    assert is_limited(T.RECEIVED, urgent=False, tried=False)
    assert not is_limited(T.RECEIVED, urgent=True, tried=False)
    assert not is_limited(T.RECEIVED, urgent=False, tried=True)
    assert not is_limited(T.PHOTO_REFUSED, urgent=False, tried=False)


def test_the_reminder_is_the_day_before_at_its_hour() -> None:
    now = datetime(2026, 11, 9, 9, 0, tzinfo=UTC)  # a Monday
    thursday = reminder_at(date(2026, 11, 12), 17, now, HOLIDAYS)
    # The 11th is a holiday: the Tuesday.
    assert thursday == datetime(2026, 11, 10, 16, 0, tzinfo=UTC)
    monday = reminder_at(date(2026, 11, 16), 17, now, HOLIDAYS)
    assert monday == datetime(2026, 11, 14, 16, 0, tzinfo=UTC)


def test_the_reminder_follows_the_clocks_of_people() -> None:
    now = datetime(2026, 10, 20, 9, 0, tzinfo=UTC)
    # The night of 24 to 25 October 2026 has an hour more.
    assert reminder_at(date(2026, 10, 24), 17, now, HOLIDAYS) == datetime(
        2026, 10, 23, 15, 0, tzinfo=UTC
    )
    assert reminder_at(date(2026, 10, 27), 17, now, HOLIDAYS) == datetime(
        2026, 10, 26, 16, 0, tzinfo=UTC
    )


def test_a_visit_that_is_near_has_no_reminder() -> None:
    now = datetime(2026, 11, 9, 12, 0, tzinfo=UTC)
    assert reminder_at(date(2026, 11, 10), 17, now, HOLIDAYS) is None
    assert reminder_at(date(2026, 11, 9), 17, now, HOLIDAYS) is None
