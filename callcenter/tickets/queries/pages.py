"""Everything that one ticket's page shows, in few statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Select,
    and_,
    bindparam,
    column,
    func,
    literal,
    null,
    or_,
    select,
    table,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.core.isolation import Actor
from callcenter.core.permissions import Permission, Role
from callcenter.estate.models import Building, Contact, ContactPhone, Dwelling, Occupancy, Residence
from callcenter.members.accounts import User
from callcenter.members.models import Agency, Organisation, Team
from callcenter.members.states import OrganisationKind
from callcenter.messaging.models import Message
from callcenter.routing.models import Category
from callcenter.tickets.models import Assignment, Ticket, TicketEvent, Visit
from callcenter.tickets.queries.visibility import visible_to
from callcenter.tickets.states import OPEN_STATES, Visibility, VisitState

TIMELINE_MAX: Final = 300

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
OTHERS_MAX: Final = 6


@dataclass(frozen=True, slots=True)
class Head:
    """A ticket with the names around it."""

    ticket: Ticket
    member_name: str
    category_code: str
    residence_name: str
    residence_city: str
    ownership: str
    building_name: str
    dwelling: Dwelling | None
    agency_name: str
    agency_phone: str
    questions: list[Any]
    visit: Visit | None


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the timeline: an event, a message or a call (``source``)."""

    source: str
    id: int
    at: datetime
    kind: str
    visibility: str
    who: str
    body: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Resident:
    """Somebody who lives in the dwelling now, with the numbers that reach them."""

    contact_id: int
    name: str
    role: str
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OtherTicket:
    """Another ticket of the same place or person."""

    id: int
    reference: str
    title: str
    state: str
    opened_at: datetime
    same_home: bool


def get_ticket(actor: Actor, ticket_id: int) -> Ticket:
    """Return a ticket that the actor sees; NotFound for any other."""
    ticket = db.session.scalar(select(Ticket).where(Ticket.id == ticket_id, visible_to(actor)))
    if ticket is None:
        raise NotFound
    return ticket


def get_id_by_reference(actor: Actor, reference: str) -> int:
    """Return the number of the ticket that people call ``AQ-24817``; NotFound if not seen."""
    found = db.session.scalar(
        select(Ticket.id).where(Ticket.reference == reference, visible_to(actor))
    )
    if found is None:
        raise NotFound
    return found


def get_head(actor: Actor, ticket_id: int) -> Head:
    """Return the ticket with its names in one statement; NotFound when the actor sees it not."""
    row = db.session.execute(
        select(
            Ticket,
            Organisation.short_name,
            Category.code,
            Residence.name,
            Residence.city,
            Residence.ownership,
            Building.name,
            Dwelling,
            Agency.name,
            Agency.phone,
            Category.questions,
            Visit,
        )
        .join(Organisation, Organisation.id == Ticket.member_id)
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
        .where(Ticket.id == ticket_id, visible_to(actor))
        .order_by(Visit.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound
    return Head(
        ticket=row[0],
        member_name=row[1],
        category_code=row[2],
        residence_name=row[3] or "",
        residence_city=row[4] or "",
        ownership=row[5] or "",
        building_name=row[6] or "",
        dwelling=row[7],
        agency_name=row[8] or "",
        agency_phone=row[9] or "",
        questions=row[10] or [],
        visit=row[11],
    )


def list_assignments(ticket: Ticket) -> Sequence[Assignment]:
    """Return the ticket's assignments, oldest first."""
    return db.session.scalars(
        select(Assignment)
        .where(Assignment.member_id == ticket.member_id, Assignment.ticket_id == ticket.id)
        .order_by(Assignment.id)
    ).all()


def list_timeline(actor: Actor, ticket: Ticket) -> list[Moment]:
    """Return what happened, newest first: events, messages and calls, in one statement.

    A contractor reads no internal comment of another organisation, and no message or call
    that is between the landlord and the tenant.
    """
    statement = _timeline_statement(
        contractor=actor.role is Role.CONTRACTOR, calls=actor.may(Permission.CALLS_READ)
    )
    rows = db.session.execute(
        statement,
        {
            "member_id": ticket.member_id,
            "ticket_id": ticket.id,
            "organisation_id": actor.organisation_id,
        },
    )
    return [Moment(*row) for row in rows]


@cache  # worked out once: it is the longest statement of the page
def _timeline_statement(*, contractor: bool, calls: bool) -> Select[*tuple[Any, ...]]:
    member_id: Any = bindparam("member_id")
    ticket_id: Any = bindparam("ticket_id")
    own = and_(TicketEvent.member_id == member_id, TicketEvent.ticket_id == ticket_id)
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
        parts.append(
            select(
                literal("message"),
                Message.id,
                Message.created_at,
                Message.trigger,
                literal(str(Visibility.TENANT)),
                literal(""),
                Message.body,
                func.jsonb_build_object(
                    "state", Message.state,
                    "reason", Message.reason,
                    "segments", Message.segments,
                    "error_code", Message.error_code,
                    "to", Message.to_number,
                    "state_at", Message.state_at,
                    "not_before", Message.not_before,
                    type_=JSONB,
                ),
            ).where(Message.member_id == member_id, Message.ticket_id == ticket_id)
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
            .where(_call_ticket.c.member_id == member_id, _call_ticket.c.ticket_id == ticket_id)
        )  # fmt: skip
    every = union_all(*parts).subquery()
    return select(every).order_by(every.c.at.desc(), every.c.id.desc()).limit(TIMELINE_MAX)


def get_planned_visit(ticket: Ticket) -> Visit | None:
    """Return the visit that is promised now, if there is one."""
    return db.session.scalar(
        select(Visit)
        .where(
            Visit.member_id == ticket.member_id,
            Visit.ticket_id == ticket.id,
            Visit.state == VisitState.PLANNED,
        )
        .order_by(Visit.id.desc())
        .limit(1)
    )


def list_residents(actor: Actor, ticket: Ticket) -> list[Resident]:
    """Return who lives in the dwelling today, for those who may read the estate."""
    if ticket.dwelling_id is None or not actor.may(Permission.ESTATE_READ):
        return []
    today = clock.today()
    numbers = func.array_remove(func.array_agg(ContactPhone.number), null()).label("numbers")
    rows = db.session.execute(
        select(
            Contact.id,
            Contact.civility,
            Contact.first_name,
            Contact.last_name,
            Occupancy.role,
            numbers,
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
            Occupancy.member_id == ticket.member_id,
            Occupancy.dwelling_id == ticket.dwelling_id,
            or_(Occupancy.ends_on.is_(None), Occupancy.ends_on >= today),
        )
        .group_by(Contact.id, Occupancy.role)
        .order_by(Contact.id)
        .limit(8)
    )
    return [
        Resident(
            row.id,
            " ".join(part for part in (row.civility, row.first_name, row.last_name) if part),
            row.role,
            tuple(dict.fromkeys(row.numbers)),
        )
        for row in rows
    ]


def list_others_here(actor: Actor, ticket: Ticket) -> list[OtherTicket]:
    """Return other tickets of the home, and open ones of the residence's common parts."""
    near = []
    if ticket.dwelling_id is not None:
        near.append(Ticket.dwelling_id == ticket.dwelling_id)
    if ticket.residence_id is not None:
        near.append(
            and_(
                Ticket.residence_id == ticket.residence_id,
                Ticket.location == "common",
                Ticket.state.in_(OPEN_STATES),
            )
        )
    if not near:
        return []
    rows = db.session.execute(
        select(
            Ticket.id,
            Ticket.reference,
            Ticket.title,
            Ticket.state,
            Ticket.opened_at,
            Ticket.dwelling_id,
        )
        .where(
            Ticket.member_id == ticket.member_id,
            Ticket.id != ticket.id,
            or_(*near),
            visible_to(actor),
        )
        .order_by(Ticket.id.desc())
        .limit(OTHERS_MAX)
    )
    return [
        OtherTicket(
            row.id, row.reference, row.title, row.state, row.opened_at,
            ticket.dwelling_id is not None and row.dwelling_id == ticket.dwelling_id,
        )
        for row in rows
    ]  # fmt: skip


def list_colleagues(member_id: int, organisation_id: int) -> list[tuple[int, str]]:
    """Return the people of an organisation who can be given a ticket, by name."""
    users = db.session.scalars(
        select(User)
        .where(User.member_id == member_id, User.organisation_id == organisation_id, User.active)
        .order_by(User.first_name, User.last_name)
        .limit(500)
    )
    return [(user.id, user.full_name) for user in users]


def list_destinations(member_id: int) -> list[tuple[str, str, str]]:
    """Return where a ticket of this member can be sent: (value, organisation, team).

    ``value`` is ``organisation`` or ``organisation-team``, as the form sends it.
    """
    rows = db.session.execute(
        select(Organisation.id, Organisation.name, Organisation.kind, Team.id, Team.name)
        .outerjoin(
            Team,
            and_(
                Team.member_id == Organisation.member_id,
                Team.organisation_id == Organisation.id,
                Team.active,
            ),
        )
        .where(
            Organisation.member_id == member_id,
            Organisation.active,
            Organisation.kind != OrganisationKind.PLATFORM,
        )
        .order_by((Organisation.kind != OrganisationKind.LANDLORD), Organisation.name, Team.name)
    ).all()
    found: list[tuple[str, str, str]] = []
    seen: set[int] = set()
    for organisation_id, organisation, _kind, team_id, team in rows:
        if organisation_id not in seen:
            seen.add(organisation_id)
            found.append((str(organisation_id), organisation, ""))
        if team_id is not None:
            found.append((f"{organisation_id}-{team_id}", organisation, team))
    return found
