from datetime import UTC, date, datetime

import pytest

from callcenter.tickets.queries.filters import TicketFilters
from callcenter.tickets.rules import (
    Slot,
    place_words,
    read_slot,
    search_words,
    slot_is_past,
)
from callcenter.tickets.states import (
    ASSIGNMENT_TRANSITIONS,
    TICKET_TRANSITIONS,
    AssignmentState,
    TicketState,
)


@pytest.mark.parametrize(
    ("text", "slot"),
    [
        ("08:00-10:00", Slot("08:00", "10:00")),
        ("10:00-08:00", None),
        ("08:00-08:00", None),
        ("24:00-25:00", None),
        ("8:00-10:00", None),
        ("", None),
        ("08:00", None),
        ("08:00-10:00-12:00", None),
        ("٠٨:٠٠-١٠:٠٠", None),
    ],
)
def test_slots_are_read_strictly(text: str, slot: Slot | None) -> None:
    assert read_slot(text) == slot


def test_a_slot_is_past_once_it_is_over() -> None:
    day, slot = date(2026, 10, 6), Slot("08:00", "10:00")
    assert not slot_is_past(day, slot, datetime(2026, 10, 6, 7, 59, tzinfo=UTC))  # 9:59 in Paris
    assert slot_is_past(day, slot, datetime(2026, 10, 6, 8, 0, tzinfo=UTC))


def test_search_words_have_no_accents_and_no_capitals() -> None:
    assert search_words("Œuvre  ÉTÉ", "", "Maïté\n") == "oeuvre ete maite"


def test_a_place_does_not_say_a_word_twice() -> None:
    parts = {"residence": "Gounod", "building": "Bâtiment B", "floor": "RDC", "door": "1"}
    assert place_words(parts) == "Gounod · Bâtiment B · RDC · porte 1"


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({}, {"view": "open"}),
        ({"view": "nonsense", "state": "nonsense", "due": "x", "priority": "P9"}, {"view": "open"}),
        ({"view": "late", "team": "12"}, {"view": "late", "team": "12"}),
        ({"team": "-1"}, {"view": "open"}),
        ({"team": "1" * 30}, {"view": "open"}),
        ({"team": str(2**63)}, {"view": "open"}),
        ({"team": "٣"}, {"view": "open"}),
        ({"q": "a\x00b" + "c" * 500}, {"view": "open", "q": "ab" + "c" * 198}),
    ],
)
def test_filters_forgive_nonsense(args: dict[str, str], expected: dict[str, str]) -> None:
    assert TicketFilters.read(args).query() == expected


def test_every_state_has_its_transitions() -> None:
    assert set(TICKET_TRANSITIONS) == set(TicketState)
    assert set(ASSIGNMENT_TRANSITIONS) == set(AssignmentState)
    for state, following in TICKET_TRANSITIONS.items():
        assert state not in following
        assert following, f"nothing leads out of {state}"
