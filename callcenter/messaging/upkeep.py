"""What time alone does to messages: hand out what is due, find what was lost, end what is late.

Every verb is a short transaction of the caller over a bounded batch, with SKIP LOCKED, so
that two processes doing the same at once share the work instead of doubling it. All of them
need the scope of every member.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, or_, select, update

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.members.models import Organisation
from callcenter.messaging.models import Message, SendingPause
from callcenter.messaging.pauses import (
    TRIAL_LASTS,
    hold_for_hand_out,
    live_pause,
    platform_id,
)
from callcenter.messaging.receipts import learn
from callcenter.messaging.sending import expire, locked, move
from callcenter.messaging.states import MessageEvent, MessageState

# A job that has not claimed its message by then was lost with Redis, or with its worker.
FORGOTTEN_AFTER = timedelta(seconds=60)
# The provider answers, or times out, within 15 s: a claim that old has lost its worker.
LOST_AFTER = timedelta(minutes=3)


# The provider tells the end of most within seconds; a callback that is that late was lost.
UNTOLD_AFTER = timedelta(minutes=15)
ASKED_AGAIN_AFTER = timedelta(hours=2)
# No message lives longer at the provider: what it says then is its last word.
UNTOLD_UNTIL = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Due:
    """A message to hand to a worker."""

    id: int
    urgent: bool
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A message that the provider may have: what to look for there."""

    id: int
    to_number: str
    body: str
    since: datetime


def take_due(limit: int, spent_senders: Collection[str] = ()) -> list[Due]:
    """Mark at most ``limit`` due messages as handed over and return them, most urgent first.

    One that was handed over long ago and is still queued is handed over again. Nothing of the
    ``spent_senders``, which have sent as much as they may. While the provider is away: nothing,
    or one message on trial once it has been let alone for long enough.
    """
    at = clock.now()
    held = hold_for_hand_out()
    if held is not None:
        if held.until is not None and held.until > at:
            return []
        limit = 1
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
            *_not_of(spent_senders),
        )
        .order_by(Message.urgent.desc(), Message.not_before, Message.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(db.session.scalars(batch))
    if not ids:
        return []
    if held is not None:
        held.until = at + TRIAL_LASTS
    rows = db.session.execute(
        update(Message)
        .where(Message.id.in_(ids), Organisation.id == Message.member_id)
        .values(enqueued_at=at)
        .returning(Message.id, Message.urgent, Organisation.sms_sender)
        .execution_options(synchronize_session=False)
    ).all()
    order = {number: place for place, number in enumerate(ids)}
    due = (Due(row.id, row.urgent, row.sms_sender) for row in rows)
    return sorted(due, key=lambda one: order[one.id])


def _not_of(senders: Collection[str]) -> list[ColumnElement[bool]]:
    if not senders:
        return []
    theirs = select(Organisation.id).where(
        Organisation.id == Organisation.member_id, Organisation.sms_sender.in_(senders)
    )
    return [Message.member_id.not_in(theirs)]


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


def take_untold(limit: int = 50) -> list[tuple[int, str]]:
    """Return (number, provider's id) of messages whose end was never told, to ask the provider.

    They are marked as asked: each is asked anew only after some time, for three days.
    """
    at = clock.now()
    rows = db.session.scalars(
        select(Message)
        .where(
            Message.state.in_([MessageState.ACCEPTED, MessageState.SENT]),
            Message.sent_at < at - UNTOLD_AFTER,
            Message.sent_at > at - UNTOLD_UNTIL,
            Message.provider_id.is_not(None),
            or_(Message.asked_at.is_(None), Message.asked_at < at - ASKED_AGAIN_AFTER),
        )
        .order_by(Message.sent_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.asked_at = at
    return [(row.id, row.provider_id or "") for row in rows]


def learn_status(message_id: int, status: str, error_code: int | None) -> bool:
    """Write down what the provider answered of a message; tell whether it moved."""
    message = locked(message_id)
    if message is None:
        return False
    before = message.state
    learn(message, status, error_code, clock.now())
    return message.state != before


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
