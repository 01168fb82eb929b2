"""What became of the past's messages: delivered, mostly. None of them is ever sent.

They go through the room's own states, so that history, receipts and flags are what a real
provider would have left.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from flask_babel import force_locale
from sqlalchemy import select, update

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.messaging.email_states import EmailState
from callcenter.messaging.models import DeliveryReceipt, EmailMessage, Message
from callcenter.messaging.receipts import record_receipt
from callcenter.messaging.sending import move
from callcenter.messaging.states import MessageEvent, MessageState
from callcenter.messaging.timeliness import standings_of, why_not_now

_UNKNOWN_NUMBER: Final = 30005
_PHONE_OFF: Final = 30003
_OLD_LANDLINE: Final = 30006
# Shares of the messages: the rest is delivered.
_FAILURES: Final = ((0.008, _UNKNOWN_NUMBER), (0.012, _OLD_LANDLINE), (0.035, _PHONE_OFF))


# The share of a member's messages that an operator in trouble loses.
_TROUBLE_SHARE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Trouble:
    """An operator that loses many of one member's messages, from an instant on."""

    member_id: int
    since: datetime


def settle_messages(before: datetime, rng: Random, trouble: Trouble | None = None) -> None:
    """Have every queued message that could leave before ``before`` arrive, or fail to.

    Another try of a failed one is a message of its own, and may fall into the same time.
    """
    while _settle_once(before, rng, trouble):
        pass


def settle_emails(before: datetime) -> None:
    """Have every e-mail that could leave before ``before`` be taken by the mail server."""
    sent = EmailMessage.not_before + timedelta(seconds=2)
    db.session.execute(
        update(EmailMessage)
        .where(EmailMessage.state == EmailState.QUEUED, EmailMessage.not_before < before)
        .values(state=EmailState.SENT, state_at=sent, sent_at=sent, attempts=1)
    )


def _settle_once(before: datetime, rng: Random, trouble: Trouble | None) -> bool:
    rows = db.session.scalars(
        select(Message)
        .where(Message.state == MessageState.QUEUED, Message.not_before < before)
        .order_by(Message.not_before, Message.id)
    ).all()
    failing: list[tuple[Message, datetime, int]] = []
    for message in rows:
        left = message.not_before + timedelta(seconds=rng.uniform(0.5, 3))
        with force_locale("fr"):
            reason = why_not_now(message, standings_of([message], left)[message.id])
        if reason:
            move(message, MessageEvent.SKIP, left, reason)
            continue
        _leave(message, left, rng)
        draw = rng.random()
        code = next((code for share, code in _FAILURES if draw < share), None)
        if trouble and message.member_id == trouble.member_id and left > trouble.since:
            code = _PHONE_OFF if draw < _TROUBLE_SHARE else None
        if code is not None and message.try_number == 1:
            failing.append((message, left + timedelta(seconds=rng.uniform(4, 40)), code))
        else:
            _arrive(message, left, rng)
    db.session.flush()
    for message, at, code in failing:
        with clock.frozen_at(at):
            record_receipt(message.id, message.provider_id or "", "undelivered", code)
    db.session.flush()
    return bool(failing)


def _leave(message: Message, at: datetime, rng: Random) -> None:
    message.attempt_id = f"{rng.getrandbits(64):016x}"
    message.enqueued_at = message.claimed_at = at
    message.attempts = 1
    move(message, MessageEvent.CLAIM, at)
    message.provider_id = f"SM{rng.getrandbits(128):032x}"
    message.sent_at = at + timedelta(milliseconds=180)
    move(message, MessageEvent.ACCEPTED, message.sent_at)


def _arrive(message: Message, at: datetime, rng: Random) -> None:
    for status, event, later in (
        ("sent", MessageEvent.SENT, rng.uniform(0.4, 1.5)),
        ("delivered", MessageEvent.DELIVERED, rng.uniform(2, 12)),
    ):
        then = at + timedelta(seconds=later)
        move(message, event, then)
        db.session.add(
            DeliveryReceipt(
                member_id=message.member_id,
                message_id=message.id,
                provider_id=message.provider_id or "",
                status=status,
                received_at=then,
            )
        )
