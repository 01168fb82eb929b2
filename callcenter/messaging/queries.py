"""Scoped reads of the messaging room."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Select, and_, column, func, or_, select, table

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.messaging.answer_rules import Meaning
from callcenter.messaging.models import (
    InboundMessage,
    Message,
    MessageStep,
    MessageTemplate,
    SendingPause,
)
from callcenter.messaging.pauses import live_hold, live_pause
from callcenter.messaging.states import MessageState
from callcenter.ui.pagination import Page, Window, page_of


@dataclass(frozen=True, slots=True)
class LedgerFilter:
    """What to show of the ledger; blank means all. ``number`` is E.164, days are Paris dates."""

    state: str = ""
    member_id: int | None = None
    trigger: str = ""
    number: str = ""
    since: date | None = None


def get_template(template_id: int) -> MessageTemplate:
    """Return a template that the actor's wall shows; NotFound for any other."""
    template = db.session.scalar(select(MessageTemplate).where(MessageTemplate.id == template_id))
    if template is None:
        raise NotFound
    return template


def list_templates(member_id: int, language: str) -> Sequence[MessageTemplate]:
    """Return a member's templates in one language."""
    return db.session.scalars(
        select(MessageTemplate)
        .where(MessageTemplate.member_id == member_id, MessageTemplate.language == language)
        .order_by(MessageTemplate.id)
    ).all()


def get_message(message_id: int) -> Message:
    """Return a message that the actor's wall shows; NotFound for any other."""
    message = db.session.scalar(select(Message).where(Message.id == message_id))
    if message is None:
        raise NotFound
    return message


def list_messages(chosen: LedgerFilter, window: Window) -> Page[Message]:
    """Return one page of the ledger, newest first."""
    query = _narrowed(chosen)
    if window.key is not None:
        (last,) = window.key
        query = query.where(Message.id > last if window.backwards else Message.id < last)
    order = Message.id.asc() if window.backwards else Message.id.desc()
    rows = db.session.scalars(query.order_by(order).limit(window.limit)).all()
    return page_of(rows, window, lambda message: (message.id,))


def list_messages_to_export(chosen: LedgerFilter, limit: int) -> Sequence[Message]:
    """Return the newest messages that the filter leaves."""
    return db.session.scalars(_narrowed(chosen).order_by(Message.id.desc()).limit(limit)).all()


def _narrowed(chosen: LedgerFilter) -> Select[Message]:
    query = select(Message)
    if chosen.state:
        query = query.where(Message.state == chosen.state)
    if chosen.member_id is not None:
        query = query.where(Message.member_id == chosen.member_id)
    if chosen.trigger:
        query = query.where(Message.trigger == chosen.trigger)
    if chosen.number:
        query = query.where(Message.to_number == chosen.number)
    if chosen.since:
        begins = datetime.combine(chosen.since, time(0), tzinfo=clock.PARIS)
        query = query.where(Message.created_at >= begins)
    return query


def steps_of(messages: Sequence[Message]) -> dict[int, list[MessageStep]]:
    """Return the history of these messages, oldest state first, by message."""
    steps: dict[int, list[MessageStep]] = {message.id: [] for message in messages}
    for step in db.session.scalars(
        select(MessageStep).where(MessageStep.message_id.in_(list(steps))).order_by(MessageStep.id)
    ):
        steps[step.message_id].append(step)
    return steps


def messages_of_ticket(member_id: int, ticket_id: int) -> Sequence[Message]:
    """Return what was sent, or kept from leaving, about a ticket; oldest first."""
    return db.session.scalars(
        select(Message)
        .where(Message.member_id == member_id, Message.ticket_id == ticket_id)
        .order_by(Message.id)
    ).all()


def count_uncertain() -> int:
    """Return how many messages wait for a person's decision."""
    return (
        db.session.scalar(select(func.count()).where(Message.state == MessageState.UNCERTAIN)) or 0
    )


def list_live_pauses() -> Sequence[SendingPause]:
    """Return the pauses in force that the actor may see, the hold among them, oldest first."""
    return db.session.scalars(
        select(SendingPause)
        .where(or_(live_pause(clock.now()), live_hold()))
        .order_by(SendingPause.id)
    ).all()


def get_inbound(inbound_message_id: int) -> InboundMessage:
    """Return a message received that the actor's wall shows; NotFound for any other."""
    found = db.session.scalar(
        select(InboundMessage)
        .where(InboundMessage.id == inbound_message_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def get_waiting_correction(inbound_message_id: int) -> InboundMessage | None:
    """Return an answer that gives a new number, if nobody has dealt with it yet."""
    return db.session.scalar(_waiting_corrections().where(InboundMessage.id == inbound_message_id))


def list_waiting_corrections(contact_id: int) -> Sequence[InboundMessage]:
    """Return the answers of a person that give a new number and wait for somebody, newest first."""
    return db.session.scalars(
        _waiting_corrections()
        .where(InboundMessage.contact_id == contact_id)
        .order_by(InboundMessage.id.desc())
        .limit(3)
    ).all()


def _waiting_corrections() -> Select[InboundMessage]:
    return select(InboundMessage).where(
        InboundMessage.sorted_at.is_(None), InboundMessage.meaning == Meaning.NEW_NUMBER
    )


def list_to_sort(window: Window) -> Page[InboundMessage]:
    """Return what somebody must read, newest first."""
    query = select(InboundMessage).where(InboundMessage.sorted_at.is_(None))
    if window.key is not None:
        (last,) = window.key
        query = query.where(
            InboundMessage.id > last if window.backwards else InboundMessage.id < last
        )
    order = InboundMessage.id.asc() if window.backwards else InboundMessage.id.desc()
    rows = db.session.scalars(query.order_by(order).limit(window.limit)).all()
    return page_of(rows, window, lambda inbound: (inbound.id,))


def count_to_sort() -> int:
    """Return how many messages received wait to be read."""
    return db.session.scalar(select(func.count()).where(InboundMessage.sorted_at.is_(None))) or 0


@dataclass(frozen=True, slots=True)
class LastSent:
    """The last message that a member sent to a number."""

    member_id: int
    ticket_id: int | None
    contact_id: int | None
    trigger: str
    sent_at: datetime


_REACHED = (
    MessageState.ACCEPTED,
    MessageState.SENT,
    MessageState.DELIVERED,
    MessageState.UNCERTAIN,
)
# An answer after that is about something else.
_ANSWERABLE = timedelta(days=60)


def last_sent_to(number: str, member_ids: Sequence[int] | None = None) -> LastSent | None:
    """Return the last message that went to a number, from these members or any in scope."""
    since = clock.now() - _ANSWERABLE
    conditions = [
        Message.to_number == number,
        Message.state.in_(_REACHED),
        Message.created_at > since,
    ]
    if member_ids is not None:
        conditions.append(Message.member_id.in_(member_ids))
    row = db.session.execute(
        select(
            Message.member_id,
            Message.ticket_id,
            Message.contact_id,
            Message.trigger,
            func.coalesce(Message.sent_at, Message.claimed_at, Message.created_at).label("at"),
        )
        .where(and_(*conditions))
        .order_by(Message.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return LastSent(row.member_id, row.ticket_id, row.contact_id, row.trigger, row.at)


# Tickets stand in the room above: only who asked, and whether it is over, is read here.
_ticket = table(
    "ticket",
    *(column(name) for name in ("id", "member_id", "contact_number", "contact_id", "state")),
)
_ENDED = ("closed", "cancelled")
_MANY = 30


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A request of a number that is not over."""

    member_id: int
    ticket_id: int
    contact_id: int | None


def open_requests_of(number: str, member_ids: Sequence[int] | None = None) -> list[OpenRequest]:
    """Return the requests of a number that are not over, newest first; a few are enough."""
    if not number:
        return []
    query = select(_ticket.c.member_id, _ticket.c.id, _ticket.c.contact_id).where(
        _ticket.c.contact_number == number, _ticket.c.state.not_in(_ENDED)
    )
    if member_ids is not None:
        query = query.where(_ticket.c.member_id.in_(member_ids))
    rows = db.session.execute(query.order_by(_ticket.c.id.desc()).limit(_MANY))
    return [OpenRequest(row.member_id, row.id, row.contact_id) for row in rows]
