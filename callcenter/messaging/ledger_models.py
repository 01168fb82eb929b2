"""Tables of the SMS ledger: what a segment costs, and when too few messages arrive."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.core.db import Base, Owned
from callcenter.messaging.ledger_rules import (
    FALL_POINTS,
    LEAST_MESSAGES,
    USUAL_DAYS,
    WINDOW_HOURS,
)


class SmsTariff(Owned, Base):
    """What one segment costs a member, in euros without tax, from a Paris day on.

    The platform's own rows are what a new member is given at its founding.
    """

    __tablename__ = "sms_tariff"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "valid_from"),
        CheckConstraint("price >= 0", name="price"),
    )

    valid_from: Mapped[date]
    price: Mapped[Decimal] = mapped_column(Numeric(8, 5))


class DeliveryWatch(Owned, Base):
    """From when on a falling share of delivered messages is worth a person's look.

    The last ``window_hours`` are compared with the ``usual_days`` before them: an alert when
    the share is ``fall_points`` percentage points lower, over ``least_messages`` at least.
    No row means the defaults.
    """

    __tablename__ = "delivery_watch"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id"),
    )

    window_hours: Mapped[int] = mapped_column(default=WINDOW_HOURS)
    usual_days: Mapped[int] = mapped_column(default=USUAL_DAYS)
    fall_points: Mapped[int] = mapped_column(default=FALL_POINTS)
    least_messages: Mapped[int] = mapped_column(default=LEAST_MESSAGES)
    version: Mapped[int] = mapped_column(default=1)


class DeliveryAlert(Owned, Base):
    """Too few of a wall's messages arrive (the platform's wall: of all members together).

    ``share`` and ``usual`` in percent; ``counted`` messages whose fate is known; the commonest
    cause by the provider's ``error_code``.
    """

    __tablename__ = "delivery_alert"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        Index(
            "uq_delivery_alert_live",
            "member_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    share: Mapped[int]
    usual: Mapped[int]
    counted: Mapped[int]
    delivered: Mapped[int]
    error_code: Mapped[int | None]
    window_hours: Mapped[int]
    usual_days: Mapped[int]


class LedgerMonth(Owned, Base):
    """One member's month that is over, counted once so that a year is read without its messages.

    Prices are not in it: ``day_segments`` (ISO day -> segments charged) times the tariffs of
    today gives the amount. ``causes``: [state, provider's code, our words, messages] of what
    failed or was kept. Times in seconds, from the provider's taking it to its delivery.
    """

    __tablename__ = "ledger_month"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "month"),
    )

    month: Mapped[date]
    messages: Mapped[int]
    charged: Mapped[int]
    segments: Mapped[int]
    delivered: Mapped[int]
    failed: Mapped[int]
    on_its_way: Mapped[int]
    waiting: Mapped[int]
    kept: Mapped[int]
    day_segments: Mapped[dict[str, Any]]
    causes: Mapped[list[Any]]
    median: Mapped[float | None]
    p95: Mapped[float | None]
    counted_at: Mapped[datetime]
