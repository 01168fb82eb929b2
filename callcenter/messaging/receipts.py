"""What the provider tells of a message it has taken: in any order, any number of times.

Also what is told before we have stored its id: our own number travels in the callback's
address. States only move forward; a failure worth another try makes a *new* row.
"""

import logging
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, DateTime, String, bindparam, select, text
from sqlalchemy.dialects.postgresql import JSONB, insert

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.messaging.history import note_step
from callcenter.messaging.models import DeliveryReceipt, Message
from callcenter.messaging.rules import FailureAction, after_failure, earliest_send
from callcenter.messaging.sending import fail, locked, move, pause_sending
from callcenter.messaging.services import HOLIDAYS
from callcenter.messaging.states import (
    MessageEvent,
    MessageState,
    Trigger,
    advance,
    can,
    event_of_status,
)

log = logging.getLogger(__name__)

_FAILURES = frozenset({MessageEvent.UNDELIVERED, MessageEvent.FAILED})
# From which states each good news leads on, and where to.
_GOOD = {
    event: (
        [state for state in MessageState if can(state, event)],
        advance(MessageState.SENDING, event),
    )
    for event in (MessageEvent.ACCEPTED, MessageEvent.SENT, MessageEvent.DELIVERED)
}


# Its own transaction, in one round trip (see migration 0037).
_TOLD = text(
    "SELECT app_message_told(:message_id, :provider_id, :status, :at, :raw, :before, :after)"
).bindparams(
    *(bindparam(name, type_=String) for name in ("provider_id", "status", "after")),
    bindparam("message_id", type_=BigInteger),
    bindparam("at", type_=DateTime(timezone=True)),
    bindparam("raw", type_=JSONB),
    bindparam("before", type_=ARRAY(String)),
)


def record_usual(
    message_id: int | None, provider_id: str, status: str, raw: Mapping[str, str]
) -> bool:
    """Keep good news of a message on its way, outside any transaction of the caller.

    Nearly every callback is that. False, and nothing is written, if this one needs a closer look:
    `record_receipt` has it.
    """
    event = event_of_status(status)
    if message_id is None or event not in _GOOD:
        return False
    before, after = _GOOD[event]
    values = {
        "message_id": message_id, "provider_id": provider_id, "status": status,
        "at": clock.now(), "raw": dict(raw), "before": before, "after": after,
    }  # fmt: skip
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return bool(connection.execute(_TOLD, values).scalar())


def record_receipt(
    message_id: int | None,
    provider_id: str,
    status: str,
    error_code: int | None = None,
    raw: Mapping[str, str] | None = None,
) -> bool:
    """Keep one status of the provider and move the message on if it tells something new.

    Found by our own number, else by the provider's id; False (and a log line) for a message we
    do not have. Harmless when repeated. Needs the scope of every member, or the message's own.
    """
    message = _find(message_id, provider_id)
    if message is None:
        log.warning("status %s of a message that is not ours: %s", status, provider_id)
        return False
    at = clock.now()
    db.session.execute(
        insert(DeliveryReceipt)
        .values(
            member_id=message.member_id,
            message_id=message.id,
            provider_id=provider_id,
            status=status,
            error_code=error_code,
            received_at=at,
            raw=dict(raw or {}),
        )
        .on_conflict_do_nothing()
    )
    if message.provider_id is None:
        message.provider_id = provider_id
    elif message.provider_id != provider_id:
        # Sent again on a person's decision: the later copy is the one that counts.
        log.warning("message %s: status %s of an earlier copy", message.id, status)
        return True
    learn(message, status, error_code, at)
    return True


def learn(message: Message, status: str, error_code: int | None, at: datetime) -> None:
    """Move a locked message on by the provider's word for its state; unknown words are ignored."""
    event = event_of_status(status)
    if event is None:
        log.info("unknown status %r of message %s", status, message.id)
        return
    if event not in _FAILURES:
        move(message, event, at)
        message.sent_at = message.sent_at or at
        return
    if can(message.state_now, event):
        fail(message, event, error_code, at)
        _try_again_later(message, error_code, at)


def _find(message_id: int | None, provider_id: str) -> Message | None:
    found = locked(message_id) if message_id is not None else None
    if found is not None:
        return found
    return db.session.scalar(
        select(Message)
        .where(Message.provider_id == provider_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _try_again_later(message: Message, code: int | None, at: datetime) -> None:
    """Queue another try as a new row when the code is worth it and it would not be too late."""
    if code is None or message.trigger == Trigger.ON_CALL_PAGE:
        return  # the next person on call is asked instead, at once
    decision = after_failure(code, message.try_number, at)
    if decision.action in {FailureAction.PAUSE_ACCOUNT, FailureAction.STOP_CREDENTIALS}:
        # Told late, but not the message's fault: another waits for somebody to resume.
        pause_sending(message.member_id, decision.family, code, at)
    elif decision.action is not FailureAction.RETRY:
        return
    leaves = earliest_send(decision.retry_at or at, urgent=message.urgent, holidays=HOLIDAYS)
    if leaves >= message.expires_at:
        return
    again = Message(
        member_id=message.member_id,
        ticket_id=message.ticket_id,
        contact_id=message.contact_id,
        visit_id=message.visit_id,
        to_number=message.to_number,
        trigger=message.trigger,
        body=message.body,
        segments=message.segments,
        encoding=message.encoding,
        urgent=message.urgent,
        state=MessageState.QUEUED,
        state_at=at,
        not_before=leaves,
        expires_at=message.expires_at,
        retry_of_id=message.id,
        try_number=message.try_number + 1,
    )
    db.session.add(again)
    db.session.flush()
    note_step(again, at)
