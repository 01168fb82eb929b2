import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.messaging.states import (
    FINAL_STATES,
    PROVIDER_EVENTS,
    RANK,
    TRANSITIONS,
    MessageEvent,
    MessageState,
    TransitionRefusedError,
    advance,
    can,
    event_of_status,
    require,
)

STATES = st.sampled_from(list(MessageState))
EVENTS = st.sampled_from(list(MessageEvent))


def test_every_state_has_its_line_and_its_rank() -> None:
    assert set(TRANSITIONS) == set(RANK) == set(MessageState)


@given(STATES, st.lists(st.sampled_from(sorted(PROVIDER_EVENTS)), max_size=20))
def test_the_provider_never_moves_a_message_back(
    state: MessageState, events: list[MessageEvent]
) -> None:
    for event in events:
        after = advance(state, event)
        assert RANK[after] >= RANK[state]
        state = after


@given(st.sampled_from(sorted(FINAL_STATES)), st.lists(EVENTS, max_size=20))
def test_final_states_stay_final(state: MessageState, events: list[MessageEvent]) -> None:
    for event in events:
        assert advance(state, event) is state


@given(st.lists(EVENTS, max_size=40))
def test_only_a_release_or_a_person_leads_back_to_the_queue(events: list[MessageEvent]) -> None:
    state = MessageState.QUEUED
    for event in events:
        after = advance(state, event)
        if RANK[after] < RANK[state]:
            assert after is MessageState.QUEUED
            assert event in {MessageEvent.RELEASE, MessageEvent.RESEND}
        state = after


@given(st.permutations([MessageEvent.ACCEPTED, MessageEvent.SENT, MessageEvent.DELIVERED] * 2))
def test_repeated_and_disordered_callbacks_end_in_the_same_state(
    events: list[MessageEvent],
) -> None:
    state = MessageState.SENDING
    for event in events:
        state = advance(state, event)
    assert state is MessageState.DELIVERED


@given(st.lists(EVENTS, max_size=40))
def test_an_uncertain_message_is_never_claimed_without_a_decision(
    events: list[MessageEvent],
) -> None:
    state, decided = MessageState.UNCERTAIN, False
    for event in events:
        after = advance(state, event)
        decided = decided or (state is MessageState.UNCERTAIN and event is MessageEvent.RESEND)
        if after is MessageState.SENDING:
            assert decided
        state = after


def test_a_command_that_comes_too_late_is_refused() -> None:
    assert require(MessageState.QUEUED, MessageEvent.CLAIM) is MessageState.SENDING
    with pytest.raises(TransitionRefusedError, match="claim is not possible from sending"):
        require(MessageState.SENDING, MessageEvent.CLAIM)
    assert not can(MessageState.DELIVERED, MessageEvent.CANCEL)


@pytest.mark.parametrize(
    ("status", "event"),
    [
        ("queued", MessageEvent.ACCEPTED),
        ("Sending", MessageEvent.ACCEPTED),
        ("sent", MessageEvent.SENT),
        ("delivered", MessageEvent.DELIVERED),
        ("undelivered", MessageEvent.UNDELIVERED),
        ("failed", MessageEvent.FAILED),
        ("canceled", MessageEvent.CANCELLED),
        ("brand-new-status", None),
        ("", None),
        (None, None),
    ],
)
def test_reads_the_providers_words(status: str | None, event: MessageEvent | None) -> None:
    assert event_of_status(status) is event
