"""Twelve months of the ledger: eleven counted once they were over, and the present one.

A month that is over is counted by the clockwork, and again every day for a while: callbacks
come late, and people decide late on what stayed uncertain.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.members.models import Organisation
from callcenter.members.states import OrganisationKind
from callcenter.messaging.ledger import Times, get_ledger, tariffs_of
from callcenter.messaging.ledger_models import LedgerMonth
from callcenter.messaging.ledger_rules import (
    CHARGED,
    FAILED,
    KEPT,
    Cause,
    Count,
    Figures,
    Month,
    Tariff,
    amount_of,
    causes_of,
)
from callcenter.messaging.states import MessageState

MONTHS: Final = 12
_SETTLES_IN: Final = timedelta(days=35)
_COUNT_AGAIN: Final = timedelta(days=1)


_NO_TIMES: Final = Times()


@dataclass(frozen=True, slots=True)
class MonthLine:
    """One member's month; ``figures`` is None until it has been counted."""

    month: Month
    figures: Figures | None
    times: Times = _NO_TIMES
    causes: Sequence[Cause] = ()


@dataclass(frozen=True, slots=True)
class MemberYear:
    """One member's twelve months, the oldest first, and why messages failed in them."""

    member_id: int
    lines: Sequence[MonthLine]

    @property
    def total(self) -> Figures:
        """The sum of the months that were counted."""
        return sum((one.figures for one in self.lines if one.figures), Figures())

    @property
    def failures(self) -> list[Cause]:
        """Why messages failed, the commonest first."""
        return _summed([one for line in self.lines for one in line.causes], FAILED)


def get_year(last: Month, member_ids: Sequence[int]) -> list[MemberYear]:
    """Return the twelve months that end with ``last``, of each of these members.

    Reads a row a month, and counts the messages of a month that is not over alone.
    """
    months = [last.back(back) for back in range(MONTHS - 1, -1, -1)]
    kept = {
        (row.member_id, row.month): row
        for row in db.session.scalars(
            select(LedgerMonth).where(
                LedgerMonth.member_id.in_(member_ids),
                LedgerMonth.month.in_([month.first for month in months]),
            )
        )
    }
    tariffs = tariffs_of(member_ids)
    present = Month.of(clock.today())
    running = _running(present, member_ids) if present in months else {}
    return [
        MemberYear(
            number,
            [
                running[number]
                if month == present
                else _line(month, kept.get((number, month.first)), tariffs[number])
                for month in months
            ],
        )
        for number in member_ids
    ]


def list_uncounted(limit: int) -> list[tuple[int, Month]]:
    """Return the (member, month) to count: those over without figures, or not settled yet."""
    now = clock.now()
    present = Month.of(clock.today())
    months = [present.back(back) for back in range(1, MONTHS)]
    members = db.session.scalars(
        select(Organisation.id)
        .where(Organisation.kind == OrganisationKind.LANDLORD)
        .order_by(Organisation.id)
    ).all()
    counted: dict[tuple[int, date], datetime] = {
        (row.member_id, row.month): row.counted_at
        for row in db.session.execute(
            select(LedgerMonth.member_id, LedgerMonth.month, LedgerMonth.counted_at).where(
                LedgerMonth.month >= months[-1].first
            )
        )
    }
    return [
        (member, month)
        for month in months
        for member in members
        if _is_due(counted.get((member, month.first)), month, now)
    ][:limit]


def count_month(member_id: int, month: Month) -> None:
    """Count a month of a member and keep its figures; harmless when repeated."""
    ledger = get_ledger(month, [member_id])
    (line,) = ledger.lines
    sums = {name: value for name, value in asdict(line.figures).items() if name != "amount"}
    values: dict[str, Any] = {
        **sums,
        "day_segments": _day_segments(ledger.counts),
        "causes": [
            [str(one.state), one.error_code, one.note, one.messages]
            for one in (*ledger.failures, *ledger.kept)
        ],
        "median": line.times.median,
        "p95": line.times.p95,
        "counted_at": clock.now(),
    }
    db.session.execute(
        insert(LedgerMonth)
        .values(member_id=member_id, month=month.first, **values)
        .on_conflict_do_update(index_elements=["member_id", "month"], set_=values)
    )


def _is_due(counted_at: datetime | None, month: Month, now: datetime) -> bool:
    if counted_at is None:
        return True
    settled = month.bounds[1] + _SETTLES_IN
    return counted_at < min(settled, now - _COUNT_AGAIN)


def _running(month: Month, member_ids: Sequence[int]) -> dict[int, MonthLine]:
    ledger = get_ledger(month, member_ids)
    return {
        line.member_id: MonthLine(
            month,
            line.figures,
            line.times,
            causes_of(
                [one for one in ledger.counts if one.member_id == line.member_id], FAILED | KEPT
            ),
        )
        for line in ledger.lines
    }


def _line(month: Month, row: LedgerMonth | None, tariffs: Sequence[Tariff]) -> MonthLine:
    if row is None:
        return MonthLine(month, None)
    days = {date.fromisoformat(day): count for day, count in row.day_segments.items()}
    figures = Figures(
        row.messages,
        row.charged,
        row.segments,
        row.delivered,
        row.failed,
        row.on_its_way,
        row.waiting,
        row.kept,
        amount_of(days, tariffs),
    )
    causes = [Cause(MessageState(state), *rest) for state, *rest in row.causes]
    return MonthLine(month, figures, Times(row.median, row.p95), causes)


def _day_segments(counts: Sequence[Count]) -> Mapping[str, int]:
    days: dict[str, int] = {}
    for one in counts:
        if one.state in CHARGED:
            key = one.day.isoformat()
            days[key] = days.get(key, 0) + one.segments
    return days


def _summed(causes: Sequence[Cause], states: frozenset[MessageState]) -> list[Cause]:
    sums: dict[tuple[MessageState, int | None, str], int] = {}
    for one in causes:
        if one.state in states:
            key = (one.state, one.error_code, one.note)
            sums[key] = sums.get(key, 0) + one.messages
    found = [Cause(*key, messages) for key, messages in sums.items()]
    return sorted(found, key=lambda one: (-one.messages, one.error_code or 0, one.note))
