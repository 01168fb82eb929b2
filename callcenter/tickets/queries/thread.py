"""The SMS of one ticket as a conversation: what was written, what came back, every state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from callcenter.core.db import db
from callcenter.messaging.models import InboundMessage, Message, MessageStep
from callcenter.messaging.queries import steps_of
from callcenter.tickets.models import Ticket

# What is older stands in the list of messages.
THREAD_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Said:
    """One line: a message of ours with its steps, or an answer (``message`` is None)."""

    at: datetime
    body: str
    message: Message | None = None
    steps: Sequence[MessageStep] = ()
    inbound: InboundMessage | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """The conversation, oldest first; ``cut`` when older lines are left out."""

    lines: Sequence[Said]
    cut: bool


def get_thread(ticket: Ticket) -> Thread:
    """Return the SMS about a ticket that the actor was found to see. Three statements."""
    messages = db.session.scalars(
        select(Message)
        .where(Message.member_id == ticket.member_id, Message.ticket_id == ticket.id)
        .order_by(Message.id.desc())
        .limit(THREAD_MAX + 1)
    ).all()
    answers = db.session.scalars(
        select(InboundMessage)
        .where(InboundMessage.member_id == ticket.member_id, InboundMessage.ticket_id == ticket.id)
        .order_by(InboundMessage.id.desc())
        .limit(THREAD_MAX + 1)
    ).all()
    steps = steps_of(messages)
    lines = [Said(one.created_at, one.body, message=one, steps=steps[one.id]) for one in messages]
    lines += [Said(one.received_at, one.body, inbound=one) for one in answers]
    lines.sort(key=lambda said: said.at)
    return Thread(lines[-THREAD_MAX:], len(lines) > THREAD_MAX)
