"""A tenant's answer by SMS, brought to the ticket that it answers."""

import hashlib

from flask_babel import gettext as _
from sqlalchemy import select

from callcenter.core import audit, clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.messaging.answer_rules import Meaning, read_number, read_score
from callcenter.messaging.models import InboundMessage
from callcenter.messaging.queries import get_inbound, last_sent_to
from callcenter.messaging.states import Trigger
from callcenter.tickets.models import Ticket
from callcenter.tickets.queries.visibility import visible_to
from callcenter.tickets.services.follow_ups import tell_tenant
from callcenter.tickets.services.satisfaction import tenant_rates
from callcenter.tickets.services.tenant import (
    tenant_adds_word,
    tenant_corrects,
    tenant_says_fixed,
    tenant_says_not_fixed,
)

# The messages that end with "is it fixed?".
_ASKED = frozenset({Trigger.RESOLVED, Trigger.INCIDENT_RESOLVED})


def apply_answer(inbound_message_id: int) -> bool:
    """Write an answer on its ticket and act on a clear yes or no; tell whether it was done.

    Yes and no count only for who was last asked "is it fixed?", a mark for who was asked for
    one; a correction stays on the desk's list, where a person acts on it; everything else is
    the tenant's own words. Without a ticket it is left for the desk. Harmless when repeated.
    """
    inbound = get_inbound(inbound_message_id)
    if inbound.sorted_at is not None or inbound.ticket_id is None:
        return False
    _write(inbound, inbound.ticket_id)
    if inbound.meaning not in {Meaning.WRONG_PERSON, Meaning.NEW_NUMBER}:
        inbound.sorted_at = clock.now()
    db.session.flush()
    return True


def link_answer(inbound_message_id: int, reference: str, actor: Actor) -> Ticket:
    """Bring an answer to the ticket that a person found for it, as the tenant's own words."""
    inbound = get_inbound(inbound_message_id)
    wanted = reference.strip().upper()
    if not wanted:
        raise UserError(_("Indiquez la référence de la demande."), field="reference")
    ticket = db.session.scalar(select(Ticket).where(Ticket.reference == wanted, visible_to(actor)))
    if ticket is None:
        raise UserError(_("Aucune demande ne porte cette référence."), field="reference")
    if inbound.sorted_at is not None:
        raise UserError(_("Ce message a déjà été trié."), field="reference")
    if inbound.member_id == ticket.member_id:
        inbound.ticket_id = ticket.id
    inbound.sorted_at = clock.now()
    _add_word(inbound, ticket.member_id, ticket.id)
    if inbound.media_count:
        _refuse_photo(ticket.member_id, ticket.id)
    audit.record(
        ticket.member_id,
        "inbound_message.linked",
        "inbound_message",
        inbound.id,
        actor_id=actor.user_id,
        actor_label=actor.name,
        changes={"ticket": [None, ticket.reference]},
    )
    db.session.flush()
    return ticket


def _write(inbound: InboundMessage, ticket_id: int) -> None:
    last = last_sent_to(inbound.from_number, [inbound.member_id])
    asked = last.trigger if last is not None and last.ticket_id == ticket_id else ""
    member_id, meaning = inbound.member_id, inbound.meaning
    by_sms = {"form_token": _token(inbound), "channel": "sms"}
    score = read_score(inbound.body)
    if asked in _ASKED and meaning == Meaning.YES:
        tenant_says_fixed(member_id, ticket_id, **by_sms)
    elif asked in _ASKED and meaning == Meaning.NO:
        tenant_says_not_fixed(member_id, ticket_id, inbound.body, **by_sms)
    elif asked == Trigger.SATISFACTION and meaning == Meaning.SCORE and score is not None:
        mark, word = score
        tenant_rates(member_id, ticket_id, mark, word, **by_sms)
    elif meaning in {Meaning.WRONG_PERSON, Meaning.NEW_NUMBER}:
        told = read_number(inbound.body) if meaning == Meaning.NEW_NUMBER else None
        number = told.e164 if told is not None else ""
        tenant_corrects(
            member_id, ticket_id, inbound.body, number=number, inbound_id=inbound.id, **by_sms
        )
    else:
        _add_word(inbound, member_id, ticket_id)
    if inbound.media_count and meaning != Meaning.WRONG_PERSON:
        _refuse_photo(member_id, ticket_id)


def _refuse_photo(member_id: int, ticket_id: int) -> None:
    """Say politely where a photograph is to be added: they don't travel by SMS here."""
    ticket = db.session.scalar(
        select(Ticket).where(Ticket.member_id == member_id, Ticket.id == ticket_id)
    )
    if ticket is not None:
        tell_tenant(ticket, Trigger.PHOTO_REFUSED)


def _add_word(inbound: InboundMessage, member_id: int, ticket_id: int) -> None:
    body = inbound.body.strip()
    if inbound.media_count:
        body = f"{body}\n{_('(Une photo envoyée par SMS n’a pas été conservée.)')}".strip()
    if not body:
        raise NotFound
    tenant_adds_word(member_id, ticket_id, body, form_token=_token(inbound), channel="sms")


def _token(inbound: InboundMessage) -> str:
    """Return the token under which this very answer is written once."""
    return hashlib.sha256(f"sms:{inbound.provider_id}".encode()).hexdigest()[:32]
