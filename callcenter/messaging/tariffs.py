"""What the administrator decides about the ledger: prices of a segment, thresholds of the alert."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from callcenter.core import audit
from callcenter.core.db import db
from callcenter.core.editing import plain
from callcenter.core.errors import NotFound
from callcenter.core.isolation import Actor
from callcenter.messaging.delivery_watch import thresholds_of
from callcenter.messaging.ledger_models import DeliveryWatch, SmsTariff
from callcenter.messaging.ledger_rules import Thresholds


def set_tariff(walls: Collection[int], valid_from: date, price: Decimal, actor: Actor) -> None:
    """Give these walls a price from a day on; the same day's former price is replaced."""
    for wall in walls:
        row = db.session.scalar(
            select(SmsTariff)
            .where(SmsTariff.member_id == wall, SmsTariff.valid_from == valid_from)
            .with_for_update()
        )
        before = None if row is None else row.price
        if before == price:
            continue
        if row is None:
            row = SmsTariff(member_id=wall, valid_from=valid_from, price=price)
            db.session.add(row)
        else:
            row.price = price
        db.session.flush()
        _note(row, "sms_tariff.set", actor, [None if before is None else str(before), str(price)])


def remove_tariff(tariff_id: int, actor: Actor) -> SmsTariff:
    """Take a price back: the one before it is in force again."""
    row = db.session.scalar(select(SmsTariff).where(SmsTariff.id == tariff_id).with_for_update())
    if row is None:
        raise NotFound
    _note(row, "sms_tariff.removed", actor, [str(row.price), None])
    db.session.execute(delete(SmsTariff).where(SmsTariff.id == tariff_id))
    return row


def install_tariffs(member_id: int, platform_wall: int) -> None:
    """Give a new member the platform's prices."""
    rows = db.session.scalars(select(SmsTariff).where(SmsTariff.member_id == platform_wall)).all()
    for row in rows:
        db.session.execute(
            insert(SmsTariff)
            .values(member_id=member_id, valid_from=row.valid_from, price=row.price)
            .on_conflict_do_nothing()
        )


def set_thresholds(walls: Collection[int], wanted: Thresholds, actor: Actor) -> None:
    """Give these walls thresholds of their own."""
    values = {
        "window_hours": wanted.window_hours,
        "usual_days": wanted.usual_days,
        "fall_points": wanted.fall_points,
        "least_messages": wanted.least_messages,
    }
    for wall in walls:
        row = db.session.scalar(
            select(DeliveryWatch).where(DeliveryWatch.member_id == wall).with_for_update()
        )
        before = thresholds_of(row)
        if before == wanted:
            continue
        if row is None:
            row = DeliveryWatch(member_id=wall, **values)
            db.session.add(row)
        else:
            for name, value in values.items():
                setattr(row, name, value)
            row.version += 1
        db.session.flush()
        audit.record(
            wall,
            "delivery_watch.changed",
            "delivery_watch",
            row.id,
            actor_id=actor.user_id,
            actor_label=actor.name,
            changes={
                name: [getattr(before, name), value]
                for name, value in values.items()
                if getattr(before, name) != value
            },
        )


def _note(row: SmsTariff, action: str, actor: Actor, price: list[str | None]) -> None:
    audit.record(
        row.member_id,
        action,
        "sms_tariff",
        row.id,
        actor_id=actor.user_id,
        actor_label=actor.name,
        changes={"price": price, "valid_from": [None, plain(row.valid_from)]},
    )
