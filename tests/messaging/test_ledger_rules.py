"""The ledger's sums, prices and falls, without a database."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.messaging.ledger_rules import (
    CHARGED,
    FAILED,
    KEPT,
    ON_ITS_WAY,
    WAITING,
    Count,
    Fates,
    Figures,
    Month,
    Tariff,
    Thresholds,
    amount_of,
    causes_of,
    figures_of,
    has_fallen,
    price_on,
    share_of,
)
from callcenter.messaging.states import FINAL_STATES, MessageState

JAN = date(2026, 1, 1)
TARIFFS = [Tariff(JAN, Decimal("0.07")), Tariff(date(2026, 3, 15), Decimal("0.0645"))]


def counted(state: MessageState, messages: int, segments: int = 0, **more: object) -> Count:
    given_: dict[str, object] = {"member_id": 1, "day": JAN, "error_code": None, "note": ""} | more
    return Count(state=state, messages=messages, segments=segments, **given_)  # type: ignore[arg-type]


def test_every_state_is_counted_once() -> None:
    groups = [{MessageState.DELIVERED}, FAILED, ON_ITS_WAY, WAITING, KEPT]
    assert sorted(state for group in groups for state in group) == sorted(MessageState)
    assert CHARGED <= ON_ITS_WAY | FINAL_STATES


@pytest.mark.parametrize(
    ("day", "price"),
    [
        (date(2025, 12, 31), None),
        (JAN, "0.07"),
        (date(2026, 3, 14), "0.07"),
        (date(2026, 3, 15), "0.0645"),
        (date(2030, 1, 1), "0.0645"),
    ],
)
def test_the_price_of_a_day_is_that_of_the_latest_tariff(day: date, price: str | None) -> None:
    assert price_on(day, TARIFFS) == (None if price is None else Decimal(price))
    assert price_on(day, list(reversed(TARIFFS))) == price_on(day, TARIFFS)


def test_a_month_with_two_tariffs_pays_each_day_its_own() -> None:
    assert amount_of({date(2026, 3, 14): 100, date(2026, 3, 15): 100}, TARIFFS) == Decimal("13.45")
    assert amount_of({date(2025, 1, 1): 1}, TARIFFS) is None
    assert amount_of({date(2025, 1, 1): 0}, TARIFFS) == 0


def test_what_the_provider_could_not_send_is_free_and_what_did_not_arrive_is_not() -> None:
    figures = figures_of(
        [
            counted(MessageState.DELIVERED, 7, 9),
            counted(MessageState.UNDELIVERED, 2, 2, error_code=30003),
            counted(MessageState.FAILED, 1, 1, error_code=21211),
            counted(MessageState.SENT, 1, 2),
            counted(MessageState.SKIPPED, 3, 3, note="Aucun numéro : à rappeler."),
            counted(MessageState.QUEUED, 4, 4),
        ],
        TARIFFS,
    )
    assert figures == Figures(
        messages=18, charged=10, segments=13, delivered=7, failed=3, on_its_way=1, waiting=4,
        kept=3, amount=Decimal("0.91"),
    )  # fmt: skip
    assert figures.share == Decimal("70.0")


def test_causes_are_summed_and_sorted() -> None:
    counts = [
        counted(MessageState.UNDELIVERED, 2, error_code=30003),
        counted(MessageState.FAILED, 3, error_code=30003),
        counted(MessageState.FAILED, 4, error_code=21211),
        counted(MessageState.DELIVERED, 9),
    ]
    assert [(one.error_code, one.messages) for one in causes_of(counts, FAILED)] == [
        (30003, 5),
        (21211, 4),
    ]


@given(
    st.lists(
        st.builds(
            counted,
            st.sampled_from(MessageState),
            st.integers(0, 10**6),
            st.integers(0, 10**7),
            day=st.dates(JAN, JAN + timedelta(days=200)),
            member_id=st.integers(1, 4),
        ),
        max_size=30,
    )
)
def test_the_total_is_the_exact_sum_of_the_members(counts: list[Count]) -> None:
    lines = [
        figures_of([one for one in counts if one.member_id == member], TARIFFS)
        for member in range(1, 5)
    ]
    total = sum(lines, Figures())
    assert total.amount == sum((line.amount for line in lines if line.amount), Decimal(0))
    assert total.messages == sum(one.messages for one in counts)
    assert total.messages == (
        total.delivered + total.failed + total.on_its_way + total.waiting + total.kept
    )
    assert total.segments == sum(one.segments for one in counts if one.state in CHARGED)


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2026-02", Month(2026, 2)),
        ("2026-13", Month(2026, 1)),
        ("0001-01", Month(2026, 1)),
        ("²²²²-¹", Month(2026, 1)),
        ("x", Month(2026, 1)),
        ("", Month(2026, 1)),
        ("99999999999999-1", Month(2026, 1)),
    ],
)
def test_a_month_that_is_none_is_this_one(text: str, month: Month) -> None:
    assert Month.parse(text, JAN) == month


def test_months_follow_each_other_and_begin_in_paris() -> None:
    assert str(Month(2025, 12).after) == "2026-01"
    assert str(Month(2026, 1).before) == "2025-12"
    begins, ends = Month(2026, 3).bounds
    assert (begins.utcoffset(), ends.utcoffset()) == (timedelta(hours=1), timedelta(hours=2))


@pytest.mark.parametrize(
    ("now", "before", "fallen"),
    [
        (Fates(80, 20), Fates(950, 50), True),
        (Fates(86, 14), Fates(950, 50), False),
        (Fates(0, 19), Fates(950, 50), False),  # too few now
        (Fates(0, 50), Fates(10, 0), False),  # too few to know what is usual
        (Fates(), Fates(), False),
        (Fates(100, 0), Fates(50, 50), False),
    ],
)
def test_a_fall(now: Fates, before: Fates, *, fallen: bool) -> None:
    assert has_fallen(now, before, Thresholds()) is fallen


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_share_is_a_share(delivered: int, failed: int) -> None:
    share = share_of(delivered, failed)
    assert share is None if not delivered + failed else share is not None and 0 <= share <= 100
