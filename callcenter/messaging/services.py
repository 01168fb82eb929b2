"""Verbs that other rooms use: tell somebody something, or show what would be said.

A message is a row of the present transaction, the outbox itself: it leaves once that commits,
or never if it doesn't. Whatever keeps it from leaving is kept on the row, in words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import Select, bindparam, delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.errors import UserError
from callcenter.core.phone import Phone, try_parse_phone
from callcenter.core.writing import add_named
from callcenter.estate.models import ContactPhone
from callcenter.estate.states import NumberFlag as KnownFlag
from callcenter.members.calendar_rules import public_holiday_name
from callcenter.messaging.default_texts import (
    DEFAULT_TEXTS,
    SAMPLE_LINK,
    SAMPLE_REFERENCE,
    completed,
    known_language,
)
from callcenter.messaging.follow_up_models import FollowUp, TemplateVersion
from callcenter.messaging.follow_up_rules import DEFAULTS, Choice
from callcenter.messaging.history import note_step
from callcenter.messaging.models import Message, MessageTemplate, OptOut
from callcenter.messaging.more_texts import BRIEFS
from callcenter.messaging.rules import earliest_send, useful_life
from callcenter.messaging.states import MessageState, Trigger
from callcenter.messaging.text import Encoding, count_segments, render, to_gsm7
from callcenter.messaging.together import gather


@dataclass(frozen=True, slots=True)
class MessagePreview:
    """What would be sent: text as it travels, its size, and when.

    ``skip_reason`` is "" or says in words why nothing would leave (``send_at`` is None then).
    ``offending`` are the characters that make it dearer.
    """

    body: str
    segments: int
    encoding: Encoding
    skip_reason: str
    send_at: datetime | None
    offending: tuple[str, ...] = ()


class PublicHolidays:
    """The French public holidays, as a container of Paris dates."""

    def __contains__(self, day: object) -> bool:
        """Say whether the day is one."""
        return isinstance(day, date) and public_holiday_name(day) is not None


HOLIDAYS = PublicHolidays()


def queue_message(  # noqa: PLR0913 - a row of the outbox has that many columns
    *,
    member_id: int,
    trigger: Trigger,
    to_number: str,
    contact_id: int | None,
    ticket_id: int | None,
    values: Mapping[str, str],
    urgent: bool = False,
    language: str = "fr",
    visit_id: int | None = None,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
) -> Message:
    """Put a message in the outbox: ``queued``, or ``skipped`` with its reason (its number is known).

    ``values`` fill the member's template; blank ones are said in words that stay true, save
    the reference and the link. An urgent message may leave at once, another waits for the end
    of the quiet hours, and for the delay that the member chose. ``not_before`` and ``expires_at`` bound
    what is about an instant of its own (a reminder). Nothing here fails for want of a number or of words: the act that the
    tenant is told of stands anyway.
    """
    phone = try_parse_phone(to_number)
    draft, delay = _draft(member_id, trigger, phone, to_number, values, language)
    at = clock.now()
    due = max(at, not_before or at) + (timedelta() if urgent else delay)
    leaves = earliest_send(due, urgent=urgent, holidays=HOLIDAYS)
    state = MessageState.SKIPPED if draft.skip_reason else MessageState.QUEUED
    message = Message(
        member_id=member_id,
        trigger=trigger,
        ticket_id=ticket_id,
        contact_id=contact_id,
        visit_id=visit_id,
        to_number=phone.e164 if phone else (to_number or "")[:40],
        body=draft.body,
        brief=_brief(trigger, values, language),
        segments=draft.segments,
        encoding=draft.encoding,
        urgent=urgent,
        state=state,
        state_at=at,
        reason=draft.skip_reason,
        not_before=leaves,
        expires_at=expires_at or leaves + useful_life(trigger, urgent=urgent),
    )
    add_named(message)
    note_step(message, at, draft.skip_reason)
    if state is MessageState.QUEUED:
        gather(message)
    return message


def preview_message(
    *,
    member_id: int,
    trigger: Trigger,
    to_number: str,
    values: Mapping[str, str],
    language: str = "fr",
    urgent: bool = False,
) -> MessagePreview:
    """Say what `queue_message` would do with the same arguments; nothing is written.

    A reference or a link that does not exist yet is shown as one of the same length.
    """
    shown = {"reference": SAMPLE_REFERENCE, "lien": SAMPLE_LINK}
    shown |= {name: value for name, value in values.items() if value}
    phone = try_parse_phone(to_number)
    draft, delay = _draft(member_id, trigger, phone, to_number, shown, language)
    due = clock.now() + (timedelta() if urgent else delay)
    leaves = earliest_send(due, urgent=urgent, holidays=HOLIDAYS)
    return MessagePreview(
        body=draft.body,
        segments=draft.segments,
        encoding=draft.encoding,
        skip_reason=draft.skip_reason,
        send_at=None if draft.skip_reason else leaves,
        offending=draft.offending,
    )


def install_templates(member_id: int) -> None:
    """Give a member the default words of each follow-up, in each language it lacks them."""
    rows = [
        {
            "member_id": member_id,
            "trigger": trigger,
            "language": language,
            "body": body,
            "version": 1,
        }
        for language, texts in DEFAULT_TEXTS.items()
        for trigger, body in texts.items()
    ]
    made = db.session.execute(
        insert(MessageTemplate)
        .values(rows)
        .on_conflict_do_nothing()
        .returning(MessageTemplate.id, MessageTemplate.body)
    ).all()
    at = clock.now()
    versions = [
        {
            "member_id": member_id,
            "template_id": one.id,
            "number": 1,
            "body": one.body,
            "author_label": "",
            "created_at": at,
        }
        for one in made
    ]
    if versions:
        db.session.execute(insert(TemplateVersion).values(versions))
    db.session.flush()


def record_opt_out(member_id: int, number: str, *, source: str) -> None:
    """Keep that a number wants no more messages of this member; harmless when repeated.

    ``source`` says how it was asked: ``sms``, ``link``, ``provider`` or ``call``.
    """
    phone = try_parse_phone(number)
    db.session.execute(
        insert(OptOut)
        .values(
            member_id=member_id,
            number=phone.e164 if phone else number,
            since=clock.now(),
            source=source,
        )
        .on_conflict_do_nothing()
    )


def record_opt_in(member_id: int, number: str) -> None:
    """Forget that a number wanted no more messages of this member (START)."""
    phone = try_parse_phone(number)
    db.session.execute(
        delete(OptOut).where(
            OptOut.member_id == member_id, OptOut.number == (phone.e164 if phone else number)
        )
    )


def why_closed(trigger: str, *, opted_out: bool, flag: str | None) -> str:
    """Return why a number is closed to a member, in words, or "".

    Whoever is on duty is always tried: that somebody wants no follow-ups as a tenant, or that
    a tenant once had this number, is no reason not to page them.
    """
    if trigger == Trigger.ON_CALL_PAGE:
        return ""
    if opted_out:
        return str(_("La personne a demandé à ne plus recevoir de SMS."))
    return str(_FLAGS.get(flag or "", ""))


_FLAGS: Mapping[str, LazyString] = {
    KnownFlag.LANDLINE: _l("Ce numéro ne reçoit pas de SMS (ligne fixe)."),
    KnownFlag.UNKNOWN: _l("Ce numéro n'est plus attribué."),
    KnownFlag.BLOCKED: _l("L'opérateur bloque les messages vers ce numéro."),
    KnownFlag.INVALID: _l("Ce numéro n'est pas valable."),
}


def _draft(
    member_id: int,
    trigger: Trigger,
    phone: Phone | None,
    to_number: str,
    values: Mapping[str, str],
    language: str,
) -> tuple[MessagePreview, timedelta]:
    """Write the text and decide whether it may leave, and after which delay of the member's.

    ``send_at`` is left to the caller.
    """
    with force_locale("fr"):  # the reason is kept on the row, in the language of the trade
        reason = _why_no_number(phone, to_number)
        number = phone.e164 if phone else ""
        body_template, choice, closed = _words(member_id, trigger, language, number)
        if not reason and not choice.active and trigger is not Trigger.ON_CALL_PAGE:
            reason = _("Le bailleur a désactivé ce message.")
        reason = reason or closed
        try:
            body = to_gsm7(render(body_template, completed(values, language)))
        except UserError as error:
            body, reason = "", reason or error.message
    size = count_segments(body)
    draft = MessagePreview(body, size.segments, size.encoding, str(reason), None, size.offending)
    return draft, timedelta(minutes=choice.delay_minutes)


def _brief(trigger: Trigger, values: Mapping[str, str], language: str) -> str:
    """Return what an SMS about several requests says of this one; "" where it is said alone."""
    language = known_language(language)
    words = BRIEFS[language].get(trigger)
    try:
        return to_gsm7(render(words, completed(values, language))) if words else ""
    except UserError:
        return ""


def _why_no_number(phone: Phone | None, to_number: str) -> str:
    if not (to_number or "").strip():
        return str(_("Aucun numéro : à rappeler."))
    if phone is None:
        return str(_("Ce numéro n'est pas valable."))
    if not phone.can_receive_sms:
        return str(_("Ce numéro ne reçoit pas de SMS (ligne fixe)."))
    return ""


def _words(member_id: int, trigger: Trigger, language: str, number: str) -> tuple[str, Choice, str]:
    """Return the member's words for a trigger, what it chose of it, and why ``number`` is closed.

    Ours where the member has none; one statement.
    """
    language = known_language(language)
    row = db.session.execute(
        _words_statement(trigger),
        {"member_id": member_id, "language": language, "number": number},
    ).one()
    closed = why_closed(trigger, opted_out=row.opted_out, flag=row.flag)
    body = row.body if row.body is not None else DEFAULT_TEXTS[language][trigger]
    if row.active is None:
        return body, DEFAULTS.get(trigger, Choice()), closed
    return body, Choice(row.active, row.delay_minutes), closed


@cache  # worked out once: each message asks for it, and each preview
def _words_statement(trigger: Trigger) -> Select[*tuple[Any, ...]]:
    member_id: Any = bindparam("member_id")
    return select(
        select(MessageTemplate.body)
        .where(
            MessageTemplate.member_id == member_id,
            MessageTemplate.trigger == trigger,
            MessageTemplate.language == bindparam("language"),
        )
        .scalar_subquery()
        .label("body"),
        *(
            select(column)
            .where(FollowUp.member_id == member_id, FollowUp.trigger == trigger)
            .scalar_subquery()
            .label(column.key)
            for column in (FollowUp.active, FollowUp.delay_minutes)
        ),
        exists()
        .where(OptOut.member_id == member_id, OptOut.number == bindparam("number"))
        .label("opted_out"),
        select(func.max(ContactPhone.flag))
        .where(ContactPhone.member_id == member_id, ContactPhone.number == bindparam("number"))
        .scalar_subquery()
        .label("flag"),
    )
