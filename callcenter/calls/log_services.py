"""After the fact: which tickets a call was about."""

from flask_babel import gettext as _
from sqlalchemy import delete, select

from callcenter.calls.call_acts import get_call
from callcenter.calls.models import CallTicket
from callcenter.calls.states import CallTicketLink
from callcenter.core import audit
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.tickets.models import Ticket
from callcenter.tickets.queries.pages import get_id_by_reference


def link_ticket(call_id: int, reference: str, actor: Actor) -> None:
    """Say that a call was about a ticket of the same member. Raises UserError, NotFound."""
    call = get_call(call_id, actor)
    try:
        ticket_id = get_id_by_reference(actor, reference.strip().upper())
    except NotFound:
        raise UserError(_("Aucune demande ne porte cette référence."), "reference") from None
    ticket = db.session.get_one(Ticket, ticket_id)
    if ticket.member_id != call.member_id:
        raise UserError(_("Cette demande est celle d'un autre membre."), "reference")
    known = db.session.scalar(
        select(CallTicket.id).where(
            CallTicket.call_id == call.id, CallTicket.ticket_id == ticket_id
        )
    )
    if known is not None:
        return
    db.session.add(
        CallTicket(
            member_id=call.member_id,
            call_id=call.id,
            ticket_id=ticket_id,
            link=CallTicketLink.ABOUT,
        )
    )
    db.session.flush()
    _note(call.member_id, call.id, actor, [None, ticket.reference])


def unlink_ticket(call_id: int, ticket_id: int, actor: Actor) -> None:
    """Take a link back. The ticket that a call opened stays its own. Raises UserError, NotFound."""
    call = get_call(call_id, actor)
    row = db.session.execute(
        select(CallTicket, Ticket.reference)
        .join(Ticket, Ticket.id == CallTicket.ticket_id)
        .where(CallTicket.call_id == call.id, CallTicket.ticket_id == ticket_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    if row[0].link == CallTicketLink.OPENED:
        raise UserError(_("Cet appel a ouvert cette demande : le lien reste."))
    db.session.execute(delete(CallTicket).where(CallTicket.id == row[0].id))
    _note(call.member_id, call.id, actor, [row[1], None])


def _note(member_id: int, call_id: int, actor: Actor, change: list[str | None]) -> None:
    audit.record(
        member_id,
        "call.linked" if change[1] else "call.unlinked",
        "call",
        call_id,
        actor_id=actor.user_id,
        actor_label=actor.name,
        changes={"ticket": change},
    )
