"""Watching the share of messages that arrive: an alert when it falls below the usual.

Needs the scope of every member. Harmless when done twice: one live alert per wall.
"""

import logging
from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.members.models import Organisation
from callcenter.members.states import OrganisationKind
from callcenter.messaging.ledger import ledger_at, list_watches
from callcenter.messaging.ledger_models import DeliveryAlert, DeliveryWatch
from callcenter.messaging.ledger_rules import FAILED, Fates, Thresholds, has_fallen, share_of
from callcenter.messaging.models import Message
from callcenter.messaging.states import MessageState

log = logging.getLogger(__name__)


def watch_delivery() -> int:
    """Begin, keep up or end the alert of each wall; return how many are in force.

    The platform's wall stands for all members together: a provider in trouble is seen there
    even when no member alone has messages enough.
    """
    at = clock.now()
    kinds = {
        row.id: row.kind
        for row in db.session.execute(
            select(Organisation.id, Organisation.kind).where(
                Organisation.kind.in_([OrganisationKind.LANDLORD, OrganisationKind.PLATFORM])
            )
        )
    }
    watches = list_watches(list(kinds))
    members = [number for number, kind in kinds.items() if kind == OrganisationKind.LANDLORD]
    alerts = 0
    for wall, kind in kinds.items():
        thresholds = thresholds_of(watches.get(wall))
        whose = [wall] if kind == OrganisationKind.LANDLORD else members
        begins = at - timedelta(hours=thresholds.window_hours)
        now, causes = _fates(whose, begins, at)
        before, _causes = _fates(whose, begins - timedelta(days=thresholds.usual_days), begins)
        if has_fallen(now, before, thresholds):
            _raise(wall, now, before, causes, thresholds, at)
            alerts += 1
        else:
            _end(wall, at)
    return alerts


def thresholds_of(row: DeliveryWatch | None) -> Thresholds:
    """Return a wall's thresholds, the defaults when it has none of its own."""
    if row is None:
        return Thresholds()
    return Thresholds(row.window_hours, row.usual_days, row.fall_points, row.least_messages)


def _fates(
    member_ids: list[int], begins: datetime, ends: datetime
) -> tuple[Fates, Counter[int | None]]:
    rows = db.session.execute(
        select(Message.state, Message.error_code, func.count().label("messages"))
        .where(
            Message.member_id.in_(member_ids),
            ledger_at >= begins,
            ledger_at < ends,
            Message.state.in_([MessageState.DELIVERED, *FAILED]),
        )
        .group_by(Message.state, Message.error_code)
    ).all()
    causes: Counter[int | None] = Counter()
    for row in rows:
        if row.state != MessageState.DELIVERED:
            causes[row.error_code] += row.messages
    delivered = sum(row.messages for row in rows if row.state == MessageState.DELIVERED)
    return Fates(delivered, causes.total()), causes


def _raise(
    wall: int,
    now: Fates,
    before: Fates,
    causes: Counter[int | None],
    thresholds: Thresholds,
    at: datetime,
) -> None:
    share = share_of(now.delivered, now.failed) or 0
    usual = share_of(before.delivered, before.failed) or 0
    facts = {
        "share": int(share),
        "usual": int(usual),
        "counted": now.known,
        "delivered": now.delivered,
        "error_code": causes.most_common(1)[0][0],
        "window_hours": thresholds.window_hours,
        "usual_days": thresholds.usual_days,
    }
    kept = insert(DeliveryAlert).values(member_id=wall, since=at, **facts)
    db.session.execute(
        kept.on_conflict_do_update(
            index_elements=["member_id"],
            index_where=DeliveryAlert.ended_at.is_(None),
            set_=facts,
        )
    )
    log.error("wall %s: only %s %% of the messages arrive, usually %s %%", wall, share, usual)


def _end(wall: int, at: datetime) -> None:
    db.session.execute(
        update(DeliveryAlert)
        .where(DeliveryAlert.member_id == wall, DeliveryAlert.ended_at.is_(None))
        .values(ended_at=at)
        .execution_options(synchronize_session=False)
    )
