"""What time alone does to messages: hand out what is due, find what was lost, end what is late.

Every verb is a short transaction of the caller over a bounded batch, with SKIP LOCKED, so
that two processes doing the same at once share the work instead of doubling it. All of them
need the scope of every member.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import or_, select, update

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.messaging.models import Message, SendingPause
from callcenter.messaging.pauses import live_pause, platform_id
from callcenter.messaging.receipts import learn
from callcenter.messaging.sending import expire, locked, move
from callcenter.messaging.states import MessageEvent, MessageState

# A job that has not claimed its message by then was lost with Redis, or with its worker.
FORGOTTEN_AFTER = timedelta(seconds=60)
# The provider answers, or times out, within 15 s: a claim that old has lost its worker.
LOST_AFTER = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Due:
    """A message to hand to a worker."""

    id: int
    urgent: bool


@dataclass(frozen=True, slots=True)
class Doubt:
    """A message that the provider may have: what to look for there."""

    id: int
    to_number: str
    body: str
    since: datetime


def take_due(limit: int) -> list[Due]:
    """Mark at most ``limit`` due messages as handed over and return them, most urgent first.

    One that was handed over long ago and is still queued is handed over again.
    """
    at = clock.now()
    paused = select(SendingPause.id).where(
        live_pause(at),
        or_(
            SendingPause.member_id == Message.member_id,
            SendingPause.member_id == platform_id(),
        ),
    )
    batch = (
        select(Message.id)
        .where(
            Message.state == MessageState.QUEUED,
            Message.not_before <= at,
            Message.expires_at > at,
            or_(Message.enqueued_at.is_(None), Message.enqueued_at < at - FORGOTTEN_AFTER),
            ~paused.exists(),
        )
        .order_by(Message.urgent.desc(), Message.not_before, Message.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(db.session.scalars(batch))
    if not ids:
        return []
    rows = db.session.execute(
        update(Message)
        .where(Message.id.in_(ids))
        .values(enqueued_at=at)
        .returning(Message.id, Message.urgent)
        .execution_options(synchronize_session=False)
    ).all()
    order = {number: place for place, number in enumerate(ids)}
    return sorted((Due(row.id, row.urgent) for row in rows), key=lambda due: order[due.id])


def give_back(ids: Sequence[int]) -> None:
    """Forget that these were handed over: there was nobody to take them."""
    db.session.execute(
        update(Message)
        .where(Message.id.in_(ids), Message.state == MessageState.QUEUED)
        .values(enqueued_at=None)
        .execution_options(synchronize_session=False)
    )


def mark_lost(limit: int = 500) -> int:
    """Declare uncertain the messages whose worker died between the claim and the answer."""
    at = clock.now()
    found = db.session.scalars(
        select(Message)
        .where(Message.state == MessageState.SENDING, Message.claimed_at < at - LOST_AFTER)
        .order_by(Message.claimed_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    with force_locale("fr"):
        reason = _("Envoi interrompu : le message est peut-être parti.")
    for message in found:
        move(message, MessageEvent.LOSE, at, reason)
    return len(found)


def expire_overdue(limit: int = 500) -> int:
    """End the queued messages whose useful life is over; return how many."""
    at = clock.now()
    found = db.session.scalars(
        select(Message)
        .where(Message.state == MessageState.QUEUED, Message.expires_at <= at)
        .order_by(Message.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for message in found:
        expire(message, at)
    return len(found)


def list_doubts(limit: int = 100) -> list[Doubt]:
    """Return the uncertain messages, the longest in doubt first."""
    rows = db.session.execute(
        select(Message.id, Message.to_number, Message.body, Message.claimed_at, Message.state_at)
        .where(Message.state == MessageState.UNCERTAIN)
        .order_by(Message.claimed_at)
        .limit(limit)
    ).all()
    return [Doubt(row.id, row.to_number, row.body, row.claimed_at or row.state_at) for row in rows]


def known_provider_ids(ids: Sequence[str]) -> set[str]:
    """Return those of the provider's ids that already belong to one of our messages."""
    return set(db.session.scalars(select(Message.provider_id).where(Message.provider_id.in_(ids))))


def adopt(message_id: int, provider_id: str, status: str, error_code: int | None) -> bool:
    """Settle a doubt: the provider has the message under this id, in this state."""
    message = locked(message_id)
    if message is None or message.state_now is not MessageState.UNCERTAIN:
        return False
    if provider_id in known_provider_ids([provider_id]):
        return False
    at = clock.now()
    message.provider_id = provider_id
    message.sent_at = message.sent_at or message.claimed_at or at
    move(message, MessageEvent.ACCEPTED, at)
    learn(message, status, error_code, at)
    return True
