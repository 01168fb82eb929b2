"""The SMS of one ticket as a conversation: what was written, what came back, every state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from callcenter.core.db import db
from callcenter.messaging.models import InboundMessage, Message, MessageStep
from callcenter.messaging.queries import steps_of
from callcenter.messaging.states import MessageState
from callcenter.tickets.models import Ticket

# What is older stands in the list of messages.
THREAD_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Said:
    """One line: a message of ours with its steps, or an answer (``message`` is None).

    ``told_in`` is the one SMS in which it was told with other requests: what became of that
    one is what became of it, and only its own part of the words is shown.
    """

    at: datetime
    body: str
    message: Message | None = None
    steps: Sequence[MessageStep] = ()
    inbound: InboundMessage | None = None
    told_in: Message | None = None

    @property
    def sent(self) -> Message | None:
        """The message that went out, or waits to, or was kept."""
        return self.told_in or self.message


@dataclass(frozen=True, slots=True)
class Thread:
    """The conversation, oldest first; ``cut`` when older lines are left out."""

    lines: Sequence[Said]
    cut: bool


def get_thread(ticket: Ticket) -> Thread:
    """Return the SMS about a ticket that the actor was found to see. Four statements at most."""
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
    told = _told_in(ticket.member_id, [one.told_in_id for one in messages if one.told_in_id])
    steps = steps_of([*messages, *told.values()])
    lines = [_said(one, told, steps) for one in messages]
    lines += [Said(one.received_at, one.body, inbound=one) for one in answers]
    lines.sort(key=lambda said: said.at)
    return Thread(lines[-THREAD_MAX:], len(lines) > THREAD_MAX)


def _told_in(member_id: int, message_ids: Sequence[int]) -> Mapping[int, Message]:
    if not message_ids:
        return {}
    rows = db.session.scalars(
        select(Message).where(Message.member_id == member_id, Message.id.in_(message_ids))
    )
    return {one.id: one for one in rows}


def _said(
    one: Message, told: Mapping[int, Message], steps: Mapping[int, Sequence[MessageStep]]
) -> Said:
    other = told.get(one.told_in_id or 0)
    if other is None:
        return Said(one.created_at, one.body, message=one, steps=steps[one.id])
    # That it waited with another says nothing once the other has moved.
    own = [step for step in steps[one.id] if step.state != MessageState.SKIPPED]
    return Said(
        one.created_at, one.brief, message=one, steps=[*own, *steps[other.id]], told_in=other
    )
