"""A tenant's answer by SMS, brought to the ticket that it answers."""

import hashlib

from flask_babel import gettext as _
from sqlalchemy import select

from callcenter.core import audit, clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.messaging.answer_rules import Meaning
from callcenter.messaging.models import InboundMessage
from callcenter.messaging.queries import get_inbound, last_sent_to
from callcenter.messaging.states import Trigger
from callcenter.tickets.models import Ticket
from callcenter.tickets.queries.visibility import visible_to
from callcenter.tickets.services.tenant import (
    tenant_adds_word,
    tenant_says_fixed,
    tenant_says_not_fixed,
)

# The messages that end with "is it fixed?".
_ASKED = frozenset({Trigger.RESOLVED, Trigger.INCIDENT_RESOLVED})


def apply_answer(inbound_message_id: int) -> bool:
    """Write an answer on its ticket and act on a clear yes or no; tell whether it was done.

    Yes and no count only for who was last asked "is it fixed?"; everything else is the
    tenant's own words. Without a ticket it is left for the desk. Harmless when repeated.
    """
    inbound = get_inbound(inbound_message_id)
    if inbound.sorted_at is not None or inbound.ticket_id is None:
        return False
    _write(inbound, inbound.ticket_id)
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
    asked = last is not None and last.ticket_id == ticket_id and last.trigger in _ASKED
    token = _token(inbound)
    if asked and inbound.meaning == Meaning.YES:
        tenant_says_fixed(inbound.member_id, ticket_id, form_token=token, channel="sms")
    elif asked and inbound.meaning == Meaning.NO:
        tenant_says_not_fixed(
            inbound.member_id, ticket_id, inbound.body, form_token=token, channel="sms"
        )
    else:
        _add_word(inbound, inbound.member_id, ticket_id)


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
