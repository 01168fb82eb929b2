"""Sending: what the provider's answers prove of the messages that were claimed for it.

A claim (see ``claiming``) is committed before the provider is asked and the database is released
while it is. Each verb here is part of a short transaction of the caller; none asks the provider.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.errors import (
    ProviderError,
    ProviderRefusedError,
    ProviderUnavailableError,
    ProviderUncertainError,
    ProviderUnreachableError,
)
from callcenter.estate.models import ContactPhone
from callcenter.estate.states import NumberFlag as KnownFlag
from callcenter.messaging.history import note_step
from callcenter.messaging.ledger import ledger_at
from callcenter.messaging.models import Message, SendingPause
from callcenter.messaging.pauses import end_hold, hold, platform_id
from callcenter.messaging.rules import (
    DOUBTS_BEFORE_HOLD,
    ErrorFamily,
    FailureAction,
    FailureDecision,
    NumberFlag,
    after_failure,
    cap_tried_at,
    earliest_send,
    explain_error,
    unreachable_words,
)
from callcenter.messaging.services import HOLIDAYS, record_opt_out
from callcenter.messaging.states import MessageEvent, MessageState, advance, can

log = logging.getLogger(__name__)

BAD_CREDENTIALS = 20003

_NO_ANSWER = (ProviderUncertainError, ProviderUnreachableError)

_KNOWN_FLAGS = {
    NumberFlag.INVALID: KnownFlag.INVALID,
    NumberFlag.NOT_MOBILE: KnownFlag.LANDLINE,
    NumberFlag.LANDLINE: KnownFlag.LANDLINE,
    NumberFlag.BLOCKED: KnownFlag.BLOCKED,
    NumberFlag.UNKNOWN: KnownFlag.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Claim:
    """The right, and the duty, to ask the provider once for one message.

    ``on_trial``: the provider was away, and any answer of it ends the hold.
    """

    message_id: int
    member_id: int
    attempt_id: str
    to_number: str = field(repr=False)
    body: str = field(repr=False)
    sender: str
    validity_seconds: int
    claimed_at: datetime
    on_trial: bool = False


# What the provider's answer proves: it has the message under this id, or what went wrong.
Answer = str | ProviderError


def store_answers(answers: Sequence[tuple[Claim, Answer]]) -> None:
    """Write down how the exchanges of some claims ended. Needs the scope of every member.

    A callback, or a person, may have been quicker: then what they said stands.
    """
    rows = db.session.scalars(
        select(Message)
        .where(Message.id.in_([claim.message_id for claim, _answer in answers]))
        .order_by(Message.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    messages = {message.id: message for message in rows}
    at = clock.now()
    for claim, answer in answers:
        if claim.on_trial and not isinstance(answer, _NO_ANSWER):
            end_hold(at)
        message = messages.get(claim.message_id)
        if message is None:
            continue
        if isinstance(answer, str):
            _accepted(message, answer, at)
        elif message.attempt_id == claim.attempt_id and can(
            message.state_now, MessageEvent.RELEASE
        ):
            _failed(message, claim, answer, at)


def release_unsent(claims: Sequence[Claim]) -> None:
    """Put back claimed messages for which the provider was certainly not asked."""
    for claim in claims:
        message = locked(claim.message_id)
        if message is None or message.attempt_id != claim.attempt_id:
            continue
        if can(message.state_now, MessageEvent.RELEASE):
            message.attempts -= 1
            _put_back(message, clock.now(), "")


def fail(message: Message, event: MessageEvent, code: int | None, at: datetime) -> None:
    """End a message on the provider's word, with its reason; flag the number it speaks of."""
    message.error_code = code
    if event is MessageEvent.UNDELIVERED:
        message.sent_at = message.sent_at or at
    with force_locale("fr"):
        reason = explain_error(code) if code else _("L'opérateur n'a pas remis le message.")
    move(message, event, at, reason)
    decision = after_failure(code, message.try_number, at) if code else None
    if decision is not None:
        if decision.alert:
            log.error("message %s: provider code %s (%s)", message.id, code, decision.family)
        _remember_number(message, decision)


def expire(message: Message, at: datetime) -> None:
    """End a queued message whose useful life is over."""
    with force_locale("fr"):
        reason = _("Trop tard pour être utile : le message n'est pas parti.")
    move(message, MessageEvent.EXPIRE, at, reason)


def move(message: Message, event: MessageEvent, at: datetime, reason: str = "") -> bool:
    """Apply an event to a locked message; tell whether it moved. Its history keeps the move."""
    after = advance(message.state_now, event)
    if after is message.state_now:
        return False
    message.state, message.state_at, message.reason = after, at, reason
    if after is MessageState.DELIVERED:
        message.delivered_at = at
    note_step(message, at, reason)
    return True


def locked(message_id: int) -> Message | None:
    """Return a message, locked until the end of the transaction, as it is in the database."""
    return db.session.scalar(
        select(Message)
        .where(Message.id == message_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _accepted(message: Message, provider_id: str, at: datetime) -> None:
    if message.provider_id is None:
        message.provider_id = provider_id
    elif message.provider_id != provider_id:
        log.error("message %s has two provider ids", message.id)
    message.sent_at = message.sent_at or at
    move(message, MessageEvent.ACCEPTED, at)


def _failed(message: Message, claim: Claim, error: ProviderError, at: datetime) -> None:
    match error:
        case ProviderUnreachableError():
            hold(at, costs_a_doubt=False)
            with force_locale("fr"):
                reason = unreachable_words()
            _put_back(message, message.not_before, reason)
        case ProviderUncertainError():
            message.error_code = error.code
            with force_locale("fr"):
                reason = _("Réponse perdue : le message est peut-être parti.")
            move(message, MessageEvent.LOSE, at, reason)
            if claim.on_trial or _only_doubts_of_late(at):
                hold(at, costs_a_doubt=True)
        case ProviderRefusedError() | ProviderUnavailableError():
            wait: timedelta | None = getattr(error, "retry_after", None)
            decision = after_failure(error.code, message.attempts, at, wait)
            _follow(message, decision, error.code, at)
        case _:
            decision = after_failure(BAD_CREDENTIALS, message.attempts, at)
            _follow(message, decision, BAD_CREDENTIALS, at)


def _follow(message: Message, decision: FailureDecision, code: int | None, at: datetime) -> None:
    """Carry out what the rules decided about a message that the provider does not have."""
    message.error_code = code
    if decision.alert:
        log.error("message %s: provider code %s (%s)", message.id, code, decision.family)
    with force_locale("fr"):
        reason = explain_error(code)
    match decision.action:
        case FailureAction.RETRY:
            _put_back(message, decision.retry_at or at, reason)
        case FailureAction.PAUSE_ACCOUNT | FailureAction.STOP_CREDENTIALS:
            pause_sending(message.member_id, decision.family, code, at)
            _put_back(message, message.not_before, reason)
        case FailureAction.GIVE_UP:
            move(message, MessageEvent.FAILED, at, reason)
            _remember_number(message, decision)


def _only_doubts_of_late(at: datetime) -> bool:
    """Tell whether the last answers were all lost: none came since the third last."""
    db.session.flush()
    doubts = db.session.scalars(
        select(Message.claimed_at)
        .where(
            Message.state == MessageState.UNCERTAIN,
            Message.claimed_at > at - timedelta(minutes=30),
        )
        .order_by(Message.claimed_at.desc())
        .limit(DOUBTS_BEFORE_HOLD)
    ).all()
    if len(doubts) < DOUBTS_BEFORE_HOLD or doubts[-1] is None:
        return False
    since = doubts[-1]
    answered = select(Message.id).where(ledger_at >= since, Message.sent_at >= since)
    return db.session.scalar(answered.limit(1)) is None


def _put_back(message: Message, not_before: datetime, reason: str) -> None:
    message.not_before = earliest_send(not_before, urgent=message.urgent, holidays=HOLIDAYS)
    message.enqueued_at = message.attempt_id = message.claimed_at = None
    move(message, MessageEvent.RELEASE, clock.now(), reason)


def pause_sending(member_id: int, cause: ErrorFamily, code: int | None, at: datetime) -> None:
    """Stop sending for everybody: the account is the platform's. One live pause per cause.

    A cap passes by itself; wrong credentials wait for a person.
    """
    wall = db.session.scalar(select(platform_id())) or member_id
    log.error("sending is stopped: provider code %s (%s)", code, cause)
    until = cap_tried_at(at) if cause is ErrorFamily.ACCOUNT_PAUSE else None
    db.session.execute(  # the one before, whose time is over
        update(SendingPause)
        .where(
            SendingPause.ended_at.is_(None), SendingPause.cause == cause, SendingPause.until <= at
        )
        .values(ended_at=SendingPause.until)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        insert(SendingPause)
        .values(member_id=wall, cause=cause, error_code=code, since=at, until=until, ended_by="")
        .on_conflict_do_nothing()
    )


def _remember_number(message: Message, decision: FailureDecision) -> None:
    if decision.family is ErrorFamily.OPTED_OUT:
        record_opt_out(message.member_id, message.to_number, source="provider")
    if decision.flag is None:
        return
    db.session.execute(
        update(ContactPhone)
        .where(
            ContactPhone.member_id == message.member_id,
            ContactPhone.number == message.to_number,
            ContactPhone.flag == KnownFlag.NONE,
        )
        .values(flag=_KNOWN_FLAGS[decision.flag])
    )
