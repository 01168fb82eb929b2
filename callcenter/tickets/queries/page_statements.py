"""The statements of a ticket's page, each built once.

Parameters: ``member_id``, ``ticket_id``, and what ``asked_by`` names of the one who asks. What
hangs on a ticket and is often not there (an incident, people on call) is asked for by the head,
so that it costs a statement only when it is.
"""

from functools import cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Date,
    Select,
    and_,
    bindparam,
    case,
    column,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    table,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import aliased

from callcenter.core.permissions import Permission
from callcenter.estate.models import Building, Contact, ContactPhone, Dwelling, Occupancy, Residence
from callcenter.members.models import Agency, Organisation
from callcenter.messaging.models import Message
from callcenter.oncall.models import OnCallPage
from callcenter.routing.models import Category
from callcenter.routing.states import Location
from callcenter.tickets.incident_models import IncidentTicket
from callcenter.tickets.models import Assignment, Ticket, TicketEvent, Visit
from callcenter.tickets.queries.asked import Asked, number
from callcenter.tickets.queries.visibility import visible_to
from callcenter.tickets.states import OPEN_STATES, Visibility, VisitState

TIMELINE_MAX: Final = 300
OTHERS_MAX: Final = 6
_RESIDENTS_MAX: Final = 8


_MEMBER, _TICKET = number("member_id"), number("ticket_id")
_DWELLING, _RESIDENCE = number("dwelling_id"), number("residence_id")

# Calls stand on the floor above this room, so their models can't be imported here; the
# timeline only reads a few of their columns.
_call = table(
    "call",
    *(
        column(name)
        for name in (
            "id", "member_id", "started_at", "agent_label", "note", "direction",
            "caller_number", "caller_name", "disposition",
        )
    ),
)  # fmt: skip
_call_ticket = table(
    "call_ticket", column("member_id"), column("call_id"), column("ticket_id"), column("link")
)


def with_place(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Join to tickets their member, category and place."""
    return (
        statement.join(Organisation, Organisation.id == Ticket.member_id)
        .join(
            Category,
            and_(Category.member_id == Ticket.member_id, Category.id == Ticket.category_id),
        )
        .outerjoin(
            Residence,
            and_(Residence.member_id == Ticket.member_id, Residence.id == Ticket.residence_id),
        )
        .outerjoin(
            Building,
            and_(Building.member_id == Ticket.member_id, Building.id == Ticket.building_id),
        )
        .outerjoin(
            Dwelling,
            and_(Dwelling.member_id == Ticket.member_id, Dwelling.id == Ticket.dwelling_id),
        )
    )


@cache
def head_statement(asked: Asked) -> Select[*tuple[Any, ...]]:
    """A ticket that the asker sees, with the names around it and the visit that is promised.

    And who lives in its home on a day (``today``), for those who may read the estate.
    """
    residents = _residents() if asked.actor.may(Permission.ESTATE_READ) else null()
    return (
        with_place(
            select(
                Ticket,
                Organisation.short_name.label("member_name"),
                Organisation.settings,
                Category.code,
                Residence.name.label("residence_name"),
                Residence.city.label("town"),
                Residence.ownership,
                Building.name.label("building_name"),
                Dwelling.number,
                Dwelling.street,
                Dwelling.postcode,
                Dwelling.city,
                Dwelling.floor,
                Dwelling.door,
                Agency.name.label("agency_name"),
                Category.questions,
                Visit,
                residents.label("residents"),
                _hangs_on_it(IncidentTicket).label("in_incident"),
                _hangs_on_it(OnCallPage).label("was_paged"),
            )
        )
        .outerjoin(
            Agency, and_(Agency.member_id == Residence.member_id, Agency.id == Residence.agency_id)
        )
        .outerjoin(
            Visit,
            and_(
                Visit.member_id == Ticket.member_id,
                Visit.ticket_id == Ticket.id,
                Visit.state == VisitState.PLANNED,
            ),
        )
        .where(Ticket.id == _TICKET, visible_to(asked.actor))
        .order_by(Visit.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )


def _hangs_on_it(model: Any) -> Any:
    return exists().where(model.member_id == Ticket.member_id, model.ticket_id == Ticket.id)


def _residents() -> Any:
    """Who lives in a ticket's home on a day: number, civility, names, role, their numbers."""
    numbers = func.array_remove(func.array_agg(ContactPhone.number), null())
    found = (
        select(
            func.jsonb_build_array(
                Contact.id,
                Contact.civility,
                Contact.first_name,
                Contact.last_name,
                Occupancy.role,
                numbers,
            )
        )
        .join(
            Occupancy,
            and_(Occupancy.member_id == Contact.member_id, Occupancy.contact_id == Contact.id),
        )
        .outerjoin(
            ContactPhone,
            and_(
                ContactPhone.member_id == Contact.member_id, ContactPhone.contact_id == Contact.id
            ),
        )
        .where(
            Occupancy.member_id == Ticket.member_id,
            Occupancy.dwelling_id == Ticket.dwelling_id,
            or_(Occupancy.ends_on.is_(None), Occupancy.ends_on >= bindparam("today", type_=Date)),
        )
        .group_by(Contact.id, Occupancy.role)
        .order_by(Contact.id)
        .limit(_RESIDENTS_MAX)
        .correlate(Ticket)
        .scalar_subquery()
    )
    return func.array(found, type_=ARRAY(JSONB))


@cache
def assignments_statement() -> Select[Assignment]:
    """A ticket's assignments, oldest first."""
    return (
        select(Assignment)
        .where(Assignment.member_id == _MEMBER, Assignment.ticket_id == _TICKET)
        .order_by(Assignment.id)
    )


@cache
def timeline_statement(*, contractor: bool, calls: bool) -> Select[*tuple[Any, ...]]:
    """What happened to a ticket, newest first: events, messages and calls."""
    own = and_(TicketEvent.member_id == _MEMBER, TicketEvent.ticket_id == _TICKET)
    if contractor:
        organisation_id = bindparam("organisation_id", type_=BigInteger)
        own = and_(
            own,
            or_(
                TicketEvent.visibility == Visibility.TENANT,
                TicketEvent.facts["by"].as_integer() == organisation_id,
                TicketEvent.facts["organisation_id"].as_integer() == organisation_id,
            ),
        )
    parts = [
        select(
            literal("event").label("source"),
            TicketEvent.id.label("id"),
            TicketEvent.at.label("at"),
            TicketEvent.kind.label("kind"),
            TicketEvent.visibility.label("visibility"),
            TicketEvent.actor_label.label("who"),
            TicketEvent.body.label("body"),
            TicketEvent.facts.label("facts"),
        ).where(own)
    ]
    if not contractor:
        told = aliased(Message)
        parts.append(
            select(
                literal("message"),
                Message.id,
                Message.created_at,
                Message.trigger,
                literal(str(Visibility.TENANT)),
                literal(""),
                # Of an SMS about several requests, what it says of this one.
                case((told.id.is_not(None), Message.brief), else_=Message.body),
                func.jsonb_build_object(
                    "state", func.coalesce(told.state, Message.state),
                    "reason", case((told.id.is_not(None), told.reason), else_=Message.reason),
                    "segments", Message.segments,
                    "error_code", func.coalesce(told.error_code, Message.error_code),
                    "to", func.coalesce(told.to_number, Message.to_number),
                    "state_at", func.coalesce(told.state_at, Message.state_at),
                    "not_before", func.coalesce(told.not_before, Message.not_before),
                    "together", told.id.is_not(None),
                    type_=JSONB,
                ),
            )
            .outerjoin(
                told, and_(told.member_id == Message.member_id, told.id == Message.told_in_id)
            )
            .where(Message.member_id == _MEMBER, Message.ticket_id == _TICKET)
        )  # fmt: skip
    if calls:
        parts.append(
            select(
                literal("call"),
                _call.c.id,
                _call.c.started_at,
                _call_ticket.c.link,
                literal(str(Visibility.INTERNAL)),
                _call.c.agent_label,
                _call.c.note,
                func.jsonb_build_object(
                    "direction", _call.c.direction,
                    "number", _call.c.caller_number,
                    "name", _call.c.caller_name,
                    "disposition", _call.c.disposition,
                    type_=JSONB,
                ),
            )
            .join(
                _call_ticket,
                and_(_call_ticket.c.member_id == _call.c.member_id, _call_ticket.c.call_id == _call.c.id),
            )
            .where(_call_ticket.c.member_id == _MEMBER, _call_ticket.c.ticket_id == _TICKET)
        )  # fmt: skip
    every = union_all(*parts).subquery()
    return select(every).order_by(every.c.at.desc(), every.c.id.desc()).limit(TIMELINE_MAX)


@cache
def others_statement(asked: Asked) -> Select[*tuple[Any, ...]]:
    """Other tickets of a dwelling, and open ones of a residence's common parts, newest first."""
    return (
        select(
            Ticket.id,
            Ticket.reference,
            Ticket.title,
            Ticket.state,
            Ticket.opened_at,
            Ticket.dwelling_id,
        )
        .where(
            Ticket.member_id == _MEMBER,
            Ticket.id != _TICKET,
            or_(
                Ticket.dwelling_id == _DWELLING,
                and_(
                    Ticket.residence_id == _RESIDENCE,
                    Ticket.location == Location.COMMON,
                    Ticket.state.in_(OPEN_STATES),
                ),
            ),
            visible_to(asked.actor),
        )
        .order_by(Ticket.id.desc())
        .limit(OTHERS_MAX)
    )
