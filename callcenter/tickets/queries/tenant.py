"""What a tenant sees of the own request: nothing that is between organisations."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, exists, select

from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.estate.models import Contact
from callcenter.members.models import Organisation, PhoneLine
from callcenter.messaging.models import OptOut
from callcenter.routing.models import Category
from callcenter.tickets.models import Assignment, Ticket, TicketEvent, Visit
from callcenter.tickets.queries.pages import get_planned_visit
from callcenter.tickets.satisfaction_models import Satisfaction
from callcenter.tickets.states import LIVE_ASSIGNMENT_STATES, AssignmentState, Visibility

HISTORY_MAX: Final = 40


@dataclass(frozen=True, slots=True)
class TenantView:
    """One request as its tenant sees it, and whom to call."""

    ticket: Ticket
    member: Organisation
    phone: str
    category_code: str
    holder: Assignment | None
    visit: Visit | None
    events: Sequence[TicketEvent]
    opted_out: bool
    language: str
    mark: Satisfaction | None


def get_tenant_view(member_id: int, ticket_id: int) -> TenantView:
    """Return the page of a request; the scope is that one member's. NotFound otherwise."""
    row = db.session.execute(
        select(
            Ticket,
            Organisation,
            PhoneLine.number,
            Category.code,
            exists()
            .where(OptOut.member_id == Ticket.member_id, OptOut.number == Ticket.contact_number)
            .label("opted_out"),
            select(Contact.language)
            .where(Contact.member_id == Ticket.member_id, Contact.id == Ticket.contact_id)
            .scalar_subquery()
            .label("language"),
            Satisfaction,
        )
        .outerjoin(
            Satisfaction,
            and_(Satisfaction.member_id == Ticket.member_id, Satisfaction.ticket_id == Ticket.id),
        )
        .join(Organisation, Organisation.id == Ticket.member_id)
        .join(
            Category,
            and_(Category.member_id == Ticket.member_id, Category.id == Ticket.category_id),
        )
        .outerjoin(
            PhoneLine,
            and_(
                PhoneLine.member_id == Ticket.member_id,
                PhoneLine.service == Ticket.service,
                PhoneLine.active,
            ),
        )
        .where(Ticket.member_id == member_id, Ticket.id == ticket_id)
        .order_by(PhoneLine.id)
        .limit(1)
    ).one_or_none()
    if row is None:
        raise NotFound
    ticket: Ticket = row[0]
    return TenantView(
        ticket=ticket,
        member=row[1],
        phone=row[2] or row[1].phone,
        category_code=row[3],
        opted_out=row.opted_out,
        language=row.language or "",
        mark=row.Satisfaction,
        holder=_holder(ticket),
        visit=get_planned_visit(ticket),
        events=_events(ticket),
    )


def _holder(ticket: Ticket) -> Assignment | None:
    """Return who has the request now, or had it last."""
    return db.session.scalar(
        select(Assignment)
        .where(
            Assignment.member_id == ticket.member_id,
            Assignment.ticket_id == ticket.id,
            Assignment.informed_only.is_(False),
            Assignment.state.in_([*LIVE_ASSIGNMENT_STATES, AssignmentState.DONE]),
        )
        .order_by(Assignment.state == AssignmentState.DONE, Assignment.state_at.desc())
        .limit(1)
    )


def _events(ticket: Ticket) -> Sequence[TicketEvent]:
    return db.session.scalars(
        select(TicketEvent)
        .where(
            TicketEvent.member_id == ticket.member_id,
            TicketEvent.ticket_id == ticket.id,
            TicketEvent.visibility == Visibility.TENANT,
        )
        .order_by(TicketEvent.id.desc())
        .limit(HISTORY_MAX)
    ).all()
