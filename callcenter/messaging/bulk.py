"""One piece of news to many numbers: the rows of the outbox, in few statements.

The same decisions as ``queue_message`` (words, opt-outs, quiet hours), taken together: telling
three hundred people must not cost three hundred times what telling one does.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import literal, select, update

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.errors import UserError
from callcenter.core.phone import try_parse_phone
from callcenter.estate.models import ContactPhone
from callcenter.messaging.default_texts import DEFAULT_TEXTS, completed, known_language
from callcenter.messaging.follow_up_models import FollowUp
from callcenter.messaging.history import note_step
from callcenter.messaging.models import Message, MessageTemplate, OptOut
from callcenter.messaging.rules import earliest_send, useful_life
from callcenter.messaging.services import HOLIDAYS
from callcenter.messaging.states import MessageState, Trigger
from callcenter.messaging.text import count_segments, render, to_gsm7

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is told: ``values`` are this person's own (the private link)."""

    number: str
    contact_id: int | None
    ticket_id: int | None
    language: str
    values: Mapping[str, str]


def queue_for_many(
    *,
    member_id: int,
    trigger: Trigger,
    recipients: Sequence[Recipient],
    values: Mapping[str, Mapping[str, str]],
    urgent: bool = False,
    bulletin_id: int | None = None,
) -> list[Message]:
    """Put one message per recipient in the outbox, in the recipients' order (flushed).

    ``values`` maps a language to what all its messages say. Who can't or won't be written to
    gets a ``skipped`` row with its reason. The caller gives each number once.
    """
    at = clock.now()
    leaves = earliest_send(at, urgent=urgent, holidays=HOLIDAYS)
    expires = leaves + useful_life(trigger, urgent=urgent)
    templates = _templates(member_id, trigger)
    switched_off = _switched_off(member_id, trigger)
    made: list[Message] = []
    for start in range(0, len(recipients), _CHUNK):
        chunk = recipients[start : start + _CHUNK]
        silent = unreachable(member_id, {one.number for one in chunk})
        rows: list[tuple[Message, str]] = []
        for one in chunk:
            language = known_language(one.language)
            body, reason = _text(templates[language], {**values[language], **one.values}, language)
            reason = why_no_sms(one.number, silent) or switched_off or reason
            size = count_segments(body)
            message = Message(
                member_id=member_id,
                trigger=trigger,
                ticket_id=one.ticket_id,
                contact_id=one.contact_id,
                bulletin_id=bulletin_id,
                to_number=one.number[:40],
                body=body,
                segments=size.segments,
                encoding=size.encoding,
                urgent=urgent,
                state=MessageState.SKIPPED if reason else MessageState.QUEUED,
                state_at=at,
                reason=reason,
                not_before=leaves,
                expires_at=expires,
            )
            rows.append((message, reason))
        db.session.add_all([message for message, _reason in rows])
        db.session.flush()
        for message, reason in rows:
            note_step(message, at, reason)
        made += [message for message, _reason in rows]
    db.session.flush()
    return made


def words_for_many(
    member_id: int, trigger: Trigger, values: Mapping[str, Mapping[str, str]]
) -> dict[str, str]:
    """Return, by language, the text that `queue_for_many` would send when all say the same.

    Raises UserError when the member's words can't be filled in.
    """
    templates = _templates(member_id, trigger)
    return {
        language: to_gsm7(render(templates[language], completed(given, language)))
        for language, given in values.items()
    }


def unreachable(member_id: int, numbers: Collection[str]) -> dict[str, str]:
    """Return why this member does not write to some of these numbers; one statement."""
    wanted = [number for number in numbers if number]
    if not wanted:
        return {}
    with force_locale("fr"):  # kept on the row, in the language of the trade
        stopped = str(_("La personne a demandé à ne plus recevoir de SMS."))
        flagged = str(_("Ce numéro ne reçoit plus de messages."))
    rows = db.session.execute(
        select(OptOut.number, literal(True).label("opt_out"))
        .where(OptOut.member_id == member_id, OptOut.number.in_(wanted))
        .union_all(
            select(ContactPhone.number, literal(False)).where(
                ContactPhone.member_id == member_id,
                ContactPhone.number.in_(wanted),
                ContactPhone.flag != "",
            )
        )
    )
    found: dict[str, str] = {}
    for number, opt_out in rows:
        if opt_out:
            found[number] = stopped
        else:
            found.setdefault(number, flagged)
    return found


def why_no_sms(number: str, silent: Mapping[str, str]) -> str:
    """Return why nothing leaves for a number, in words, or ""; ``silent`` is `unreachable`'s."""
    with force_locale("fr"):
        if not number:
            return str(_("Aucun numéro : à rappeler."))
        phone = try_parse_phone(number)
        if phone is None:
            return str(_("Ce numéro n'est pas valable."))
        if not phone.can_receive_sms:
            return str(_("Ce numéro ne reçoit pas de SMS (ligne fixe)."))
    return silent.get(number, "")


def cancel_unsent(member_id: int, message_ids: Collection[int], reason: str) -> int:
    """Cancel the messages that have not left yet (a later one says more); return how many."""
    if not message_ids:
        return 0
    at = clock.now()
    cancelled = db.session.scalars(
        update(Message)
        .where(
            Message.member_id == member_id,
            Message.id.in_(message_ids),
            Message.state == MessageState.QUEUED,
        )
        .values(state=MessageState.CANCELLED, state_at=at, reason=reason)
        .returning(Message)
        .execution_options(synchronize_session=False)
    ).all()
    for message in cancelled:
        note_step(message, at, reason)
    db.session.flush()
    return len(cancelled)


def _switched_off(member_id: int, trigger: Trigger) -> str:
    """Return why the member sends none of these, in words, or ""."""
    active = db.session.scalar(
        select(FollowUp.active).where(FollowUp.member_id == member_id, FollowUp.trigger == trigger)
    )
    if active is None or active:
        return ""
    with force_locale("fr"):
        return str(_("Le bailleur a désactivé ce message."))


def _templates(member_id: int, trigger: Trigger) -> dict[str, str]:
    """Return the member's words per language; ours by default."""
    found = {language: texts[trigger] for language, texts in DEFAULT_TEXTS.items()}
    rows = db.session.execute(
        select(MessageTemplate.language, MessageTemplate.body).where(
            MessageTemplate.member_id == member_id, MessageTemplate.trigger == trigger
        )
    )
    return found | {row.language: row.body for row in rows}


def _text(body: str, values: Mapping[str, str], language: str) -> tuple[str, str]:
    """Return the text as it travels, and why it may not leave, or ""."""
    with force_locale("fr"):
        try:
            return to_gsm7(render(body, completed(values, language))), ""
        except UserError as error:
            return "", error.message
