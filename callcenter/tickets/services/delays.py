"""Telling a tenant that the promise is about to be broken, or is: the platform's own act."""

from sqlalchemy import select

from callcenter.core.db import db
from callcenter.messaging.models import Message
from callcenter.messaging.states import Trigger
from callcenter.tickets.models import Ticket
from callcenter.tickets.services.acts import assignments_of, live_assignments
from callcenter.tickets.services.follow_ups import tell_tenant
from callcenter.tickets.states import TicketState


def tell_of_delay(member_id: int, ticket_id: int, trigger: Trigger) -> bool:
    """Queue the warning or the apology of a ticket that is still in hand; say whether it was.

    The ticket is locked first, so that two clockworks write once: the second finds the message.
    """
    ticket = db.session.scalar(
        select(Ticket)
        .where(
            Ticket.member_id == member_id,
            Ticket.id == ticket_id,
            Ticket.state == TicketState.OPEN,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if ticket is None or was_told(ticket, trigger):
        return False
    live = live_assignments(assignments_of(ticket))
    tell_tenant(ticket, trigger, organisme=live[-1].organisation_name if live else "")
    db.session.flush()
    return True


def was_told(ticket: Ticket, trigger: Trigger) -> bool:
    """Say whether the tenant was already told of this since the promise was made."""
    found = db.session.scalar(
        select(Message.id)
        .where(
            Message.member_id == ticket.member_id,
            Message.ticket_id == ticket.id,
            Message.trigger == trigger,
            Message.created_at >= ticket.promised_from,
        )
        .limit(1)
    )
    return found is not None
