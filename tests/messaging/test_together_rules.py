"""What one SMS about several requests tells: by rule, and never dearer than its parts."""

from hypothesis import given
from hypothesis import strategies as st

from callcenter.messaging.follow_up_rules import TOLD_TOGETHER, Part, is_worth_it, told_of
from callcenter.messaging.more_texts import BRIEFS
from callcenter.messaging.states import Trigger

T = Trigger
_ONES = st.builds(
    Part,
    id=st.integers(1, 10_000),
    ticket_id=st.integers(1, 4),
    trigger=st.sampled_from(sorted(BRIEFS["fr"])),
    brief=st.just("x"),
    segments=st.integers(1, 3),
    gone=st.sampled_from(["", "", "", "Plus d'objet."]),
)
_PARTS = st.lists(_ONES, max_size=8, unique_by=lambda part: part.id)


def part(number: int, ticket: int, trigger: Trigger, gone: str = "") -> Part:
    return Part(number, ticket, trigger, "x", 1, gone)


def test_each_request_is_told_once_by_what_says_most() -> None:
    told, left_out = told_of(
        [
            part(1, 1, T.RECEIVED),
            part(2, 1, T.PLANNED),
            part(3, 1, T.SILENT),
            part(4, 2, T.ACCEPTED),
            part(5, 3, T.PLANNED, "Plus d'objet : la visite a été déplacée."),
        ]
    )
    assert [one.id for one in told] == [2, 4]
    assert set(left_out) == {1, 3, 5}
    assert "Visite prévue" in left_out[1]
    assert "Visite prévue" in left_out[3]
    assert left_out[5].startswith("Plus d'objet")


@given(_PARTS)
def test_every_part_is_told_or_says_why_not(parts: list[Part]) -> None:
    told, left_out = told_of(parts)
    assert {one.id for one in told} | set(left_out) == {one.id for one in parts}
    assert not {one.id for one in told} & set(left_out)
    tickets = [one.ticket_id for one in told]
    assert len(tickets) == len(set(tickets))
    assert all(not one.gone for one in told)
    assert all(left_out.values())


def test_one_sms_is_worth_it_when_it_costs_no_more() -> None:
    two = [part(1, 1, T.PLANNED), part(2, 2, T.PLANNED)]
    assert is_worth_it(two, 2)
    assert not is_worth_it(two, 3)
    assert not is_worth_it(two[:1], 1)
    assert not is_worth_it([part(n, n, T.PLANNED) for n in range(TOLD_TOGETHER + 1)], 1)


def test_what_asks_something_is_said_alone() -> None:
    asking = {T.RESOLVED, T.CLOSED, T.SATISFACTION, T.TENANT_ABSENT, T.INCIDENT_RESOLVED}
    for texts in BRIEFS.values():
        assert not asking & set(texts)
        assert all("{reference}" in words and "{lien}" in words for words in texts.values())
    assert set(BRIEFS["fr"]) == set(BRIEFS["en"])
