"""Requests whose promise is about to be broken, or is: whose tenant has not been told yet."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, select

from callcenter.core.db import db
from callcenter.messaging.follow_up_models import FollowUp, FollowUpPolicy
from callcenter.messaging.follow_up_rules import DEFAULTS, Policy
from callcenter.messaging.models import Message
from callcenter.messaging.states import Trigger
from callcenter.tickets.incident_models import Incident, IncidentTicket
from callcenter.tickets.incident_states import IncidentState
from callcenter.tickets.models import Ticket, Visit
from callcenter.tickets.states import TicketState, VisitState

# What has been late for longer was late before this program watched over it.
_LATE_AT_MOST = timedelta(days=3)


def list_nearly_late(at: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (member, ticket) of what is due within the member's warning, soonest first."""
    hours = func.coalesce(FollowUpPolicy.warn_hours, Policy().warn_hours)
    return _list(
        Trigger.NEARLY_LATE,
        and_(Ticket.due_at > at, Ticket.due_at <= at + hours * timedelta(hours=1)),
        limit,
    )


def list_delayed(at: datetime, limit: int) -> list[tuple[int, int]]:
    """Return (member, ticket) of what has just become late, soonest first."""
    return _list(
        Trigger.DELAYED, and_(Ticket.due_at <= at, Ticket.due_at > at - _LATE_AT_MOST), limit
    )


def _list(trigger: Trigger, due: ColumnElement[bool], limit: int) -> list[tuple[int, int]]:
    """One promise is spoken of once. A visit to come, or an incident's news, says more."""
    rows = db.session.execute(
        select(Ticket.member_id, Ticket.id)
        .outerjoin(FollowUpPolicy, FollowUpPolicy.member_id == Ticket.member_id)
        .outerjoin(
            FollowUp,
            and_(FollowUp.member_id == Ticket.member_id, FollowUp.trigger == trigger),
        )
        .where(
            Ticket.state == TicketState.OPEN,
            due,
            Ticket.contact_number != "",
            func.coalesce(FollowUp.active, DEFAULTS[trigger].active),
            ~exists().where(
                Message.member_id == Ticket.member_id,
                Message.ticket_id == Ticket.id,
                Message.trigger == trigger,
                Message.created_at >= Ticket.promised_from,
            ),
            ~exists().where(
                Visit.member_id == Ticket.member_id,
                Visit.ticket_id == Ticket.id,
                Visit.state == VisitState.PLANNED,
            ),
            ~exists().where(
                IncidentTicket.member_id == Ticket.member_id,
                IncidentTicket.ticket_id == Ticket.id,
                Incident.member_id == IncidentTicket.member_id,
                Incident.id == IncidentTicket.incident_id,
                Incident.state == IncidentState.OPEN,
            ),
        )
        .order_by(Ticket.due_at, Ticket.id)
        .limit(limit)
    )
    return [(row.member_id, row.id) for row in rows]
