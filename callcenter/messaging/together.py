"""Several requests of one person, told in one SMS: what joins it, and what it says.

Decided as a message is put in the outbox while others to the same person wait to leave about
the same time. The one SMS is a row of its own, about no request alone; each message that it
tells is ``skipped``, says so and points to it. It is written anew whenever a part loses its
reason, and once more as it is claimed. Rows that somebody has in hand are let alone: then two
SMS leave, as they would have.
"""

from collections.abc import Collection, Sequence
from typing import Final

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import aliased

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.estate.models import Contact
from callcenter.members.models import Organisation
from callcenter.messaging.default_texts import DEFAULT_TEXTS, known_language
from callcenter.messaging.follow_up_queries import get_choices
from callcenter.messaging.follow_up_rules import (
    TOGETHER_WITHIN,
    Ground,
    Part,
    is_worth_it,
    told_of,
    why_gone,
)
from callcenter.messaging.ground import is_planned, ticket_state, visit_state
from callcenter.messaging.history import note_step
from callcenter.messaging.models import Message, MessageTemplate
from callcenter.messaging.states import MessageState, Trigger
from callcenter.messaging.text import SmsSize, count_segments, render, to_gsm7


def gather(message: Message) -> Message | None:
    """Have a message that was just queued told with others of the same person; return the one.

    None where there are none, where the member does not want it, or where the one SMS would be
    dearer than its parts.
    """
    if not message.brief or message.urgent or message.contact_id is None:
        return None
    others = _others(message)
    if not others or not get_choices(message.member_id)[Trigger.SEVERAL].active:
        return None
    with force_locale("fr"):
        for one in (other for other in others if other.trigger == Trigger.SEVERAL):
            parts = [*_parts(one), _part(message)]
            if _fits(one, parts):
                _join(one, [message])
                return one
        joining = [message]
        for other in (one for one in others if one.trigger != Trigger.SEVERAL):
            if _fits(message, [_part(one) for one in (*joining, other)]):
                joining.append(other)
        if len(joining) == 1:
            return None
        one = _new(message, joining)
        _join(one, joining)
        return one


def rewrite(message: Message) -> str:
    """Write the one SMS of what still stands; return why it must not leave, in words, or "".

    A later try of it takes over the parts of the former. What has lost its reason, or was
    switched off since, leaves the SMS for good.
    """
    if message.retry_of_id is not None:
        for part in _rows(message.member_id, message.retry_of_id):
            part.told_in_id = message.id
        db.session.flush()
    with force_locale("fr"):
        told, left_out = told_of(_parts(message))
        if left_out:
            at = clock.now()
            for part in _rows(message.member_id, message.id):
                if part.id in left_out:
                    part.told_in_id, part.reason, part.state_at = None, left_out[part.id], at
                    note_step(part, at, part.reason)
        if not told:
            return str(_("Plus d'objet : plus rien de ce qu'il disait ne tient."))
        _write(message, told)
    return ""


def rewrite_about(member_id: int, ticket_id: int) -> None:
    """Write anew what waits and tells of a request, after an act on that."""
    part = aliased(Message)
    telling = select(part.told_in_id).where(
        part.member_id == member_id, part.ticket_id == ticket_id, part.told_in_id.is_not(None)
    )
    waiting = db.session.scalars(
        select(Message)
        .where(
            Message.member_id == member_id,
            Message.id.in_(telling),
            Message.state == MessageState.QUEUED,
        )
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for one in waiting:
        rewrite(one)
    db.session.flush()


def _others(message: Message) -> Sequence[Message]:
    """Return what waits for the same person and leaves about the same time, oldest first."""
    return db.session.scalars(
        _OTHERS,
        {
            "to_number": message.to_number,
            "member_id": message.member_id,
            "contact_id": message.contact_id,
            "state": MessageState.QUEUED,
            "message_id": message.id,
            "now": clock.now(),
            "from": message.not_before - TOGETHER_WITHIN,
            "to": message.not_before + TOGETHER_WITHIN,
        },
    ).all()


_OTHERS: Final = (
    select(Message)
    .where(
        Message.to_number == bindparam("to_number"),
        Message.member_id == bindparam("member_id"),
        Message.contact_id == bindparam("contact_id"),
        # As a parameter: the number's index is to be read, not the whole outbox's.
        Message.state == bindparam("state"),
        Message.urgent.is_(False),
        Message.attempts == 0,
        Message.retry_of_id.is_(None),
        or_(Message.brief != "", Message.trigger == Trigger.SEVERAL),
        Message.id != bindparam("message_id"),
        # What is due already (the provider is away) leaves as soon as anything does.
        func.greatest(Message.not_before, bindparam("now")).between(
            bindparam("from"), bindparam("to")
        ),
    )
    .order_by(Message.id)
    .with_for_update(skip_locked=True)
    .execution_options(populate_existing=True)
)


def _parts(one: Message) -> list[Part]:
    """Return what the one SMS tells, each with why it no longer stands. Two statements."""
    rows = db.session.execute(
        select(Message, ticket_state(), visit_state(), is_planned())
        .where(Message.member_id == one.member_id, Message.told_in_id == one.id)
        .order_by(Message.id)
    ).all()
    choices = get_choices(one.member_id)
    found: list[Part] = []
    for message, of_ticket, of_visit, planned in rows:
        trigger = Trigger(message.trigger)
        gone = why_gone(trigger, Ground(of_ticket or "", of_visit or "", planned))
        if not gone and not choices[trigger].active:
            gone = str(_("Le bailleur a désactivé ce message."))
        found.append(_part(message, gone))
    return found


def _part(message: Message, gone: str = "") -> Part:
    return Part(
        message.id,
        message.ticket_id or 0,
        Trigger(message.trigger),
        message.brief,
        message.segments,
        gone,
    )


def _fits(like: Message, parts: Collection[Part]) -> bool:
    told, _left_out = told_of(parts)
    return is_worth_it(told, _text(like, told)[1].segments)


def _text(like: Message, told: Sequence[Part]) -> tuple[str, SmsSize]:
    """Return the words of one SMS that tells these, in the person's language, and its size."""
    contact = db.session.get(Contact, like.contact_id)
    language = known_language(contact.language if contact else "fr")
    words = db.session.scalar(
        select(MessageTemplate.body).where(
            MessageTemplate.member_id == like.member_id,
            MessageTemplate.trigger == Trigger.SEVERAL,
            MessageTemplate.language == language,
        )
    )
    member = db.session.get(Organisation, like.member_id)
    body = to_gsm7(
        render(
            words or DEFAULT_TEXTS[language][Trigger.SEVERAL],
            {
                "membre": member.short_name if member else "",
                "suites": " ".join(part.brief for part in told),
            },
        )
    )
    return body, count_segments(body)


def _new(message: Message, joining: Sequence[Message]) -> Message:
    at = clock.now()
    one = Message(
        member_id=message.member_id,
        trigger=Trigger.SEVERAL,
        contact_id=message.contact_id,
        to_number=message.to_number,
        body="",
        segments=0,
        encoding="GSM-7",
        state=MessageState.QUEUED,
        state_at=at,
        not_before=max(part.not_before for part in joining),
        expires_at=max(part.expires_at for part in joining),
    )
    db.session.add(one)
    db.session.flush()
    note_step(one, at)
    return one


def _join(one: Message, joining: Sequence[Message]) -> None:
    at = clock.now()
    for part in joining:
        part.told_in_id, part.state, part.state_at = one.id, MessageState.SKIPPED, at
        part.reason = _("Regroupé : dit dans un seul SMS avec une autre demande.")
        note_step(part, at, part.reason)
        one.not_before = max(one.not_before, part.not_before)
        one.expires_at = max(one.expires_at, part.expires_at)
    db.session.flush()
    rewrite(one)
    db.session.flush()


def _write(one: Message, told: Sequence[Part]) -> None:
    if len(told) == 1:
        alone = db.session.get_one(Message, told[0].id)
        one.body, one.segments, one.encoding = alone.body, alone.segments, alone.encoding
        return
    body, size = _text(one, told)
    one.body, one.segments, one.encoding = body, size.segments, size.encoding


def _rows(member_id: int, told_in_id: int) -> Sequence[Message]:
    return db.session.scalars(
        select(Message)
        .where(Message.member_id == member_id, Message.told_in_id == told_in_id)
        .order_by(Message.id)
    ).all()
