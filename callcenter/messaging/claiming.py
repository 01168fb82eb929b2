"""Taking messages for sending: the right, and the duty, to ask the provider once for each.

The claim of a group is one short transaction of the caller, committed before the provider is
asked. Whatever would no longer be right to send is settled here.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import force_locale
from sqlalchemy import select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.messaging.models import Message
from callcenter.messaging.pauses import Stops, stops_at
from callcenter.messaging.rules import earliest_send, validity_seconds
from callcenter.messaging.sending import Claim, expire, move
from callcenter.messaging.services import HOLIDAYS
from callcenter.messaging.states import MessageEvent, MessageState
from callcenter.messaging.timeliness import Standing, lock_numbers, standings_of, why_not_now


@dataclass(frozen=True, slots=True)
class Claimed:
    """What became of a group: the claims, and the numbers of those to be claimed after them."""

    claims: list[Claim]
    later: list[int]


def claim_messages(message_ids: Sequence[int]) -> Claimed:
    """Take those of these queued messages that are to be sent now, and by us.

    Needs the scope of every member. What would no longer be right to send is settled: expired
    past its life, skipped when the number has been closed to us since or the message's reason
    has gone, put off when quiet hours have begun, put back while sending is stopped. Of several
    to one person the first is taken, the others are to be claimed once it has been sent.
    """
    at = clock.now()
    place = {number: place for place, number in enumerate(message_ids)}
    found = db.session.scalars(
        select(Message)
        .where(
            Message.id.in_(message_ids),
            Message.state == MessageState.QUEUED,
            Message.not_before <= at,
        )
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    if not found:
        return Claimed([], [])
    first: dict[tuple[int, str], Message] = {}
    for message in sorted(found, key=lambda one: place[one.id]):
        first.setdefault((message.member_id, message.to_number), message)
    messages = list(first.values())
    others = {one.id for one in found} - {one.id for one in messages}
    lock_numbers(messages)
    stops, attempt_id = stops_at(at), secrets.token_hex(8)
    with force_locale("fr"):  # reasons are kept in the language of the trade
        standings = standings_of(messages, at)
        taken = [_claim(one, standings[one.id], stops, attempt_id, at) for one in messages]
    return Claimed([one for one in taken if one], sorted(others, key=place.__getitem__))


def _claim(
    message: Message, standing: Standing, stops: Stops, attempt_id: str, at: datetime
) -> Claim | None:
    validity = validity_seconds(at, message.expires_at)
    if validity is None:
        expire(message, at)
        return None
    if stops.forbid(message.member_id, message.enqueued_at):
        message.enqueued_at = None
        return None
    leaves = earliest_send(at, urgent=message.urgent, holidays=HOLIDAYS)
    if not standing.closed and leaves > at:
        message.not_before, message.enqueued_at = leaves, None
        return None
    reason = standing.closed or why_not_now(message, standing)
    if reason:
        move(message, MessageEvent.SKIP, at, reason)
        return None
    message.attempt_id, message.claimed_at = attempt_id, at
    message.attempts += 1
    move(message, MessageEvent.CLAIM, at)
    return Claim(
        message_id=message.id,
        member_id=message.member_id,
        attempt_id=attempt_id,
        to_number=message.to_number,
        body=message.body,
        sender=standing.sender,
        validity_seconds=validity,
        claimed_at=at,
        on_trial=stops.held_since is not None,
    )
