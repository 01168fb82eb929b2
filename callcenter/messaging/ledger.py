"""The ledger of a month, counted from the messages themselves: two statements and the tariffs.

Exact at any time, late receipts included; bounded by the month and read by its index.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Date, case, cast, func, select, tuple_

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.messaging.ledger_models import DeliveryAlert, DeliveryWatch, SmsTariff
from callcenter.messaging.ledger_rules import (
    FAILED,
    KEPT,
    Cause,
    Count,
    Figures,
    Month,
    Tariff,
    causes_of,
    figures_of,
    price_on,
)
from callcenter.messaging.models import Message
from callcenter.messaging.states import MessageState

# The index of this name serves it; see ledger_rules for what it means.
ledger_at: ColumnElement[Any] = func.coalesce(Message.sent_at, Message.created_at)


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds between the provider's taking a message and its delivery."""

    median: float | None = None
    p95: float | None = None


@dataclass(frozen=True, slots=True)
class MemberLine:
    """One member's month."""

    member_id: int
    figures: Figures
    times: Times


@dataclass(frozen=True, slots=True)
class Ledger:
    """A month of the members in sight. ``total`` is the exact sum of the lines."""

    month: Month
    lines: Sequence[MemberLine]
    total: Figures
    total_times: Times
    failures: Sequence[Cause]
    kept: Sequence[Cause]
    counts: Sequence[Count]


def get_ledger(month: Month, member_ids: Sequence[int]) -> Ledger:
    """Count a month of these members, in their order; a member without messages is there too."""
    counts = _counts(month, member_ids)
    times = _times(month, member_ids)
    tariffs = tariffs_of(member_ids)
    lines = [
        MemberLine(
            number,
            figures_of([one for one in counts if one.member_id == number], tariffs[number]),
            times.get(number, Times()),
        )
        for number in member_ids
    ]
    return Ledger(
        month=month,
        lines=lines,
        total=sum((line.figures for line in lines), Figures()),
        total_times=times.get(None, Times()),
        failures=causes_of(counts, FAILED),
        kept=causes_of(counts, KEPT),
        counts=counts,
    )


def tariffs_of(member_ids: Sequence[int]) -> Mapping[int, list[Tariff]]:
    """Return the tariffs of each of these walls, the oldest first."""
    found: dict[int, list[Tariff]] = {number: [] for number in member_ids}
    for row in list_tariffs(member_ids):
        found[row.member_id].append(Tariff(row.valid_from, row.price))
    return found


def segment_price(member_id: int) -> Decimal | None:
    """Return what a segment costs a member today, in euros; None without a tariff."""
    return price_on(clock.today(), tariffs_of([member_id])[member_id])


def list_tariffs(member_ids: Sequence[int]) -> Sequence[SmsTariff]:
    """Return the tariffs of these walls, the oldest first."""
    return db.session.scalars(
        select(SmsTariff)
        .where(SmsTariff.member_id.in_(member_ids))
        .order_by(SmsTariff.member_id, SmsTariff.valid_from)
    ).all()


def list_watches(member_ids: Sequence[int]) -> Mapping[int, DeliveryWatch]:
    """Return the thresholds that these walls have of their own."""
    rows = db.session.scalars(select(DeliveryWatch).where(DeliveryWatch.member_id.in_(member_ids)))
    return {row.member_id: row for row in rows}


def list_live_alerts() -> Sequence[DeliveryAlert]:
    """Return the alerts in force that the actor may see, oldest first."""
    return db.session.scalars(
        select(DeliveryAlert).where(DeliveryAlert.ended_at.is_(None)).order_by(DeliveryAlert.id)
    ).all()


def _within(month: Month, member_ids: Sequence[int]) -> list[ColumnElement[bool]]:
    begins, ends = month.bounds
    return [Message.member_id.in_(member_ids), ledger_at >= begins, ledger_at < ends]


def _counts(month: Month, member_ids: Sequence[int]) -> list[Count]:
    day = cast(func.timezone("Europe/Paris", ledger_at), Date).label("day")
    # What the provider refused has its code; only our own reasons are kept in words.
    note = case((Message.state == MessageState.SKIPPED, Message.reason), else_="").label("note")
    key = (Message.member_id, day, Message.state, Message.error_code, note)
    rows = db.session.execute(
        select(*key, func.count().label("messages"), func.sum(Message.segments).label("segments"))
        .where(*_within(month, member_ids))
        .group_by(*key)
        .order_by(Message.member_id, day)
    )
    return [
        Count(
            row.member_id,
            row.day,
            MessageState(row.state),
            row.error_code,
            row.note,
            row.messages,
            int(row.segments),
        )
        for row in rows
    ]


def _times(month: Month, member_ids: Sequence[int]) -> dict[int | None, Times]:
    """Return the times by member, and of all together under None."""
    seconds = func.extract("epoch", Message.delivered_at - Message.sent_at)
    rows = db.session.execute(
        select(
            Message.member_id,
            func.percentile_cont(0.5).within_group(seconds).label("median"),
            func.percentile_cont(0.95).within_group(seconds).label("p95"),
        )
        .where(*_within(month, member_ids), Message.state == MessageState.DELIVERED)
        .group_by(func.grouping_sets(tuple_(Message.member_id), tuple_()))
    )
    return {row.member_id: Times(row.median, row.p95) for row in rows}
