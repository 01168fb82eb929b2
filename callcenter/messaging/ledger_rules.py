"""What the SMS ledger counts, what it costs and when a fall is worth an alert. Pure.

A message belongs to the Paris day on which the provider took it, or, never taken, on which it
was written. The provider charges for segments of what it took, delivered or not; what it could
not send at all (``failed``) is free.
Source: https://help.twilio.com/articles/223181028 (failed and undelivered messages).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from callcenter.core.clock import PARIS
from callcenter.messaging.states import MessageState

WINDOW_HOURS: Final = 24
USUAL_DAYS: Final = 28
FALL_POINTS: Final = 10
LEAST_MESSAGES: Final = 20

CHARGED: Final = frozenset(
    {
        MessageState.ACCEPTED,
        MessageState.SENT,
        MessageState.DELIVERED,
        MessageState.UNDELIVERED,
    }
)
FAILED: Final = frozenset({MessageState.UNDELIVERED, MessageState.FAILED})
ON_ITS_WAY: Final = frozenset({MessageState.ACCEPTED, MessageState.SENT})
WAITING: Final = frozenset({MessageState.QUEUED, MessageState.SENDING, MessageState.UNCERTAIN})
KEPT: Final = frozenset({MessageState.EXPIRED, MessageState.CANCELLED, MessageState.SKIPPED})

_CENT: Final = Decimal("0.01")
_YEARS: Final = range(2000, 2101)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month in Paris."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> "Month":
        """Return the month of a day."""
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str, default: date) -> "Month":
        """Read ``2026-11``; anything else is the month of ``default``."""
        year, dash, number = text.partition("-")
        if dash and year.isascii() and number.isascii() and (year + number).isdigit():
            found = cls(int(year), int(number))
            if found.year in _YEARS and found.number in range(1, 13):
                return found
        return cls.of(default)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"

    @property
    def first(self) -> date:
        """The first day."""
        return date(self.year, self.number, 1)

    @property
    def before(self) -> "Month":
        """The month before."""
        return Month.of(self.first - timedelta(days=1))

    @property
    def after(self) -> "Month":
        """The month after."""
        return Month.of(self.first + timedelta(days=31))

    def back(self, count: int) -> "Month":
        """The month so many before."""
        index = self.year * 12 + self.number - 1 - count
        return Month(index // 12, index % 12 + 1)

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """The instants at which it begins and ends, in Paris."""
        begins, ends = (datetime.combine(m.first, time(), PARIS) for m in (self, self.after))
        return begins, ends


@dataclass(frozen=True, slots=True)
class Count:
    """Messages of one wall that share a day, a state and a cause."""

    member_id: int
    day: date
    state: MessageState
    error_code: int | None
    note: str
    messages: int
    segments: int


@dataclass(frozen=True, slots=True)
class Tariff:
    """The price of a segment in euros, from a day on."""

    valid_from: date
    price: Decimal


@dataclass(frozen=True, slots=True)
class Cause:
    """Why messages failed or were kept: the provider's code, or our own words."""

    state: MessageState
    error_code: int | None
    note: str
    messages: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over some messages. ``amount`` in euros without tax; None while a day has no price."""

    messages: int = 0
    charged: int = 0
    segments: int = 0
    delivered: int = 0
    failed: int = 0
    on_its_way: int = 0
    waiting: int = 0
    kept: int = 0
    amount: Decimal | None = Decimal(0)

    @property
    def share(self) -> Decimal | None:
        """The delivered share in percent, of those whose fate is known."""
        return share_of(self.delivered, self.failed)

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.messages + other.messages,
            self.charged + other.charged,
            self.segments + other.segments,
            self.delivered + other.delivered,
            self.failed + other.failed,
            self.on_its_way + other.on_its_way,
            self.waiting + other.waiting,
            self.kept + other.kept,
            None if self.amount is None or other.amount is None else self.amount + other.amount,
        )


def share_of(delivered: int, failed: int) -> Decimal | None:
    """Return the delivered share in percent to one decimal; None when nothing is known yet."""
    known = delivered + failed
    if not known:
        return None
    return (Decimal(100 * delivered) / known).quantize(Decimal("0.1"), ROUND_HALF_UP)


def price_on(day: date, tariffs: Iterable[Tariff]) -> Decimal | None:
    """Return the price of a segment on a day: that of the latest tariff in force; None: none is."""
    valid = [tariff for tariff in tariffs if tariff.valid_from <= day]
    return max(valid, key=lambda tariff: tariff.valid_from).price if valid else None


def amount_of(segments: Mapping[date, int], tariffs: Sequence[Tariff]) -> Decimal | None:
    """Return what these segments cost, to the cent; None when a day that has some has no price.

    Rounded once per wall, so that a total of several is the sum of what each was shown.
    """
    amount = Decimal(0)
    for day, count in segments.items():
        if not count:
            continue
        price = price_on(day, tariffs)
        if price is None:
            return None
        amount += count * price
    return amount.quantize(_CENT, ROUND_HALF_UP)


def figures_of(counts: Iterable[Count], tariffs: Sequence[Tariff]) -> Figures:
    """Sum the counts of one wall."""
    sums = Figures()
    segments: dict[date, int] = {}
    for one in counts:
        charged = one.state in CHARGED
        if charged:
            segments[one.day] = segments.get(one.day, 0) + one.segments
        sums += Figures(
            messages=one.messages,
            charged=one.messages * charged,
            segments=one.segments * charged,
            delivered=one.messages * (one.state is MessageState.DELIVERED),
            failed=one.messages * (one.state in FAILED),
            on_its_way=one.messages * (one.state in ON_ITS_WAY),
            waiting=one.messages * (one.state in WAITING),
            kept=one.messages * (one.state in KEPT),
        )
    return sums + Figures(amount=amount_of(segments, tariffs))


def causes_of(counts: Iterable[Count], states: frozenset[MessageState]) -> list[Cause]:
    """Return why messages in these states did not arrive, the commonest first."""
    sums: dict[tuple[MessageState, int | None, str], int] = {}
    for one in counts:
        if one.state in states:
            # What the provider says of a number is the same whether at once or later.
            state = MessageState.FAILED if one.state in FAILED else one.state
            key = (state, one.error_code, one.note)
            sums[key] = sums.get(key, 0) + one.messages
    found = [Cause(*key, messages) for key, messages in sums.items()]
    return sorted(found, key=lambda cause: (-cause.messages, cause.error_code or 0, cause.note))


@dataclass(frozen=True, slots=True)
class Thresholds:
    """See `DeliveryWatch`."""

    window_hours: int = WINDOW_HOURS
    usual_days: int = USUAL_DAYS
    fall_points: int = FALL_POINTS
    least_messages: int = LEAST_MESSAGES


@dataclass(frozen=True, slots=True)
class Fates:
    """How many messages of some time were delivered, and how many were not."""

    delivered: int = 0
    failed: int = 0

    @property
    def known(self) -> int:
        """Those whose fate is known."""
        return self.delivered + self.failed


def has_fallen(now: Fates, before: Fates, thresholds: Thresholds) -> bool:
    """Tell whether the delivered share has fallen as much as is worth an alert.

    Too few messages, now or before, prove nothing.
    """
    share, usual = share_of(now.delivered, now.failed), share_of(before.delivered, before.failed)
    if share is None or usual is None or min(now.known, before.known) < thresholds.least_messages:
        return False
    return usual - share >= thresholds.fall_points
