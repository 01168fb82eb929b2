"""A number that a tenant gave by SMS: taken on a person's decision, and given back on another.

A number in an SMS is a claim, not a proof, so that nothing here happens by itself.
"""

from collections.abc import Sequence

from flask_babel import force_locale, format_date
from flask_babel import gettext as _
from sqlalchemy import select

from callcenter.core import audit, clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.core.permissions import Permission
from callcenter.core.phone import Phone, can_receive_sms
from callcenter.estate import services as estate
from callcenter.estate.models import ContactPhone
from callcenter.messaging.answer_rules import Meaning, read_number
from callcenter.messaging.models import InboundMessage
from callcenter.messaging.queries import get_inbound
from callcenter.messaging.redirecting import redirect_waiting
from callcenter.tickets.authors import author_of
from callcenter.tickets.models import Ticket, TicketEvent
from callcenter.tickets.queries.visibility import visible_to
from callcenter.tickets.services.acts import Work, finish
from callcenter.tickets.services.follow_ups import send_new_link
from callcenter.tickets.states import ENDED_STATES, EventKind


def use_number(inbound_message_id: int, actor: Actor, *, replace: bool = False) -> Phone:
    """Reach a person from now on at the number that an answer gave; return it.

    It becomes the first of the person's numbers; with ``replace`` the one that the answer came
    from is used no more. The person's open requests, and what waits to be sent about them,
    follow; with ``replace`` the request's private page opens by a new link alone, sent there.
    Raises UserError when the answer was dealt with meanwhile, or when nobody is known by it.
    """
    if not actor.may(Permission.ESTATE_EDIT):
        raise NotFound
    inbound = get_inbound(inbound_message_id)
    told = read_number(inbound.body) if inbound.meaning == Meaning.NEW_NUMBER else None
    if told is None:
        raise NotFound
    if inbound.sorted_at is not None:
        raise UserError(_("Ce message a déjà été trié."))
    ticket = _ticket_of(inbound, actor)
    contact_id = inbound.contact_id or (ticket.contact_id if ticket else None)
    if contact_id is None and ticket is None:
        raise UserError(_("On ne sait pas qui a écrit : cherchez la personne, puis sa fiche."))
    known = _phone(contact_id, told.e164)
    former = _phone(contact_id, inbound.from_number)
    if contact_id is not None:
        with force_locale("fr"):  # kept on the row, in the language of the trade
            day = format_date(clock.in_paris(inbound.received_at))
            note = _("donné par SMS le %(day)s", day=day)
        if replace and former is not None:
            estate.correct_phone(former.id, told.e164, note, actor)
        else:
            estate.add_phone(contact_id, told.e164, note, actor)
    facts = {
        "inbound": inbound.id,
        "number": told.e164,
        "before": inbound.from_number,
        "used": "replaced" if replace and former is not None else "added",
        "fresh": known is None,
        "known_before": former is not None,
    }
    inbound.sorted_at = clock.now()
    _note_sorted(inbound, "inbound_message.number_used", actor)
    # A landline beside a mobile is for calls: messages go on to the mobile.
    if told.can_receive_sms or replace:
        _move(_requests(inbound, contact_id, ticket, inbound.from_number), told.e164, facts, actor)
    elif ticket is not None:
        _write(ticket, facts, actor)
    if facts["used"] == "replaced" and ticket is not None and told.can_receive_sms:
        send_new_link(ticket)
    db.session.flush()
    return told


def give_number_back(inbound_message_id: int, actor: Actor) -> str:
    """Undo `use_number` on the request that the answer is about; return the former number.

    The answer waits for a decision again. Raises UserError when that was done already.
    """
    if not actor.may(Permission.ESTATE_EDIT):
        raise NotFound
    inbound = get_inbound(inbound_message_id)
    ticket = _ticket_of(inbound, actor)
    if ticket is None:
        raise NotFound
    facts = _last_facts(ticket, inbound.id)
    if not facts.get("used"):
        raise UserError(_("Ce changement de numéro a déjà été annulé."))
    before, number = str(facts["before"]), str(facts["number"])
    contact_id = inbound.contact_id or ticket.contact_id
    if contact_id is not None:
        if facts["known_before"]:
            estate.add_phone(contact_id, before, "", actor)
        fresh = _phone(contact_id, number) if facts["fresh"] else None
        if fresh is not None:
            estate.remove_phone(fresh.id, actor)
    inbound.sorted_at = None
    _note_sorted(inbound, "inbound_message.number_given_back", actor)
    undone = {"inbound": inbound.id, "number": number, "before": before, "undone": True}
    requests = _requests(inbound, contact_id, ticket, number)
    _move(requests, before, undone, actor)
    if ticket not in requests:
        _write(ticket, undone, actor)
    db.session.flush()
    return before


def _ticket_of(inbound: InboundMessage, actor: Actor) -> Ticket | None:
    if inbound.ticket_id is None:
        return None
    ticket = db.session.scalar(
        select(Ticket)
        .where(
            Ticket.member_id == inbound.member_id,
            Ticket.id == inbound.ticket_id,
            visible_to(actor),
        )
        .with_for_update(of=Ticket)
        .execution_options(populate_existing=True)
    )
    if ticket is None:
        raise NotFound
    return ticket


def _phone(contact_id: int | None, number: str) -> ContactPhone | None:
    if contact_id is None:
        return None
    return db.session.scalar(
        select(ContactPhone).where(
            ContactPhone.contact_id == contact_id, ContactPhone.number == number
        )
    )


def _requests(
    inbound: InboundMessage, contact_id: int | None, ticket: Ticket | None, number: str
) -> Sequence[Ticket]:
    """Return the person's requests at a number that are not over, and the answer's own."""
    found: list[Ticket] = []
    if contact_id is not None:
        found += db.session.scalars(
            select(Ticket)
            .where(
                Ticket.member_id == inbound.member_id,
                Ticket.contact_id == contact_id,
                Ticket.contact_number == number,
                Ticket.state.not_in(ENDED_STATES),
            )
            .order_by(Ticket.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    if ticket is not None and ticket not in found and ticket.contact_number == number:
        found.append(ticket)
    return found


def _move(requests: Sequence[Ticket], number: str, facts: dict[str, object], actor: Actor) -> None:
    """Have these requests, and what waits to be sent about them, use another number."""
    for one in requests:
        former, one.contact_number = one.contact_number, number
        _write(one, facts, actor)
        if can_receive_sms(number):
            redirect_waiting(one.member_id, one.id, former, number)


def _write(ticket: Ticket, facts: dict[str, object], actor: Actor) -> None:
    work = Work(ticket, author_of(actor), None, clock.now())
    work.answers = actor.may(Permission.TICKETS_HANDLE)
    work.write(EventKind.TENANT_CORRECTED, facts=dict(facts))
    finish(work)


def _last_facts(ticket: Ticket, inbound_id: int) -> dict[str, object]:
    return (
        db.session.scalar(
            select(TicketEvent.facts)
            .where(
                TicketEvent.member_id == ticket.member_id,
                TicketEvent.ticket_id == ticket.id,
                TicketEvent.kind == EventKind.TENANT_CORRECTED,
                TicketEvent.facts["inbound"].as_integer() == inbound_id,
            )
            .order_by(TicketEvent.id.desc())
            .limit(1)
        )
        or {}
    )


def _note_sorted(inbound: InboundMessage, action: str, actor: Actor) -> None:
    audit.record(
        inbound.member_id,
        action,
        "inbound_message",
        inbound.id,
        actor_id=actor.user_id,
        actor_label=actor.name,
    )
