"""Everything that one ticket's page shows, in few statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    and_,
    select,
)

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.core.isolation import Actor
from callcenter.core.permissions import Permission, Role
from callcenter.members.accounts import User
from callcenter.members.models import Organisation, Team
from callcenter.members.states import OrganisationKind
from callcenter.tickets.models import Assignment, Ticket, Visit
from callcenter.tickets.queries.asked import asked_by, values_of_actor
from callcenter.tickets.queries.page_statements import (
    assignments_statement,
    head_statement,
    others_statement,
    timeline_statement,
)
from callcenter.tickets.queries.visibility import visible_to
from callcenter.tickets.states import VisitState


@dataclass(frozen=True, slots=True)
class Head:
    """A ticket with the names around it.

    ``in_incident`` and ``was_paged`` say whether there is more to ask for.
    """

    ticket: Ticket
    member_name: str
    member_settings: dict[str, Any]
    category_code: str
    residence_name: str
    ownership: str
    building_name: str
    home_number: str
    address: str
    door: str
    agency_name: str
    questions: list[Any]
    visit: Visit | None
    residents: list["Resident"]
    in_incident: bool
    was_paged: bool


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
    values = {**values_of_actor(actor), "ticket_id": ticket_id, "today": clock.today()}
    row = db.session.execute(head_statement(asked_by(actor)), values).one_or_none()
    if row is None:
        raise NotFound
    home = row.number is not None
    return Head(
        ticket=row.Ticket,
        member_name=row.member_name,
        member_settings=row.settings,
        category_code=row.code,
        residence_name=row.residence_name or "",
        ownership=row.ownership or "",
        building_name=row.building_name or "",
        home_number=row.number or "",
        address=f"{row.street}, {row.postcode} {row.city}" if home else row.town or "",
        door=f"{row.floor} · {row.door}" if row.floor or row.door else "",
        agency_name=row.agency_name or "",
        questions=row.questions or [],
        visit=row.Visit,
        residents=[_resident(*one) for one in row.residents or ()],
        in_incident=row.in_incident,
        was_paged=row.was_paged,
    )


def _resident(
    contact_id: int, civility: str, first: str, last: str, role: str, numbers: list[str]
) -> Resident:
    name = " ".join(part for part in (civility, first, last) if part)
    return Resident(contact_id, name, role, tuple(dict.fromkeys(numbers)))


def list_assignments(ticket: Ticket) -> Sequence[Assignment]:
    """Return the ticket's assignments, oldest first."""
    return db.session.scalars(assignments_statement(), _of(ticket)).all()


def list_timeline(actor: Actor, ticket: Ticket) -> list[Moment]:
    """Return what happened, newest first: events, messages and calls, in one statement.

    A contractor reads no internal comment of another organisation, and no message or call
    that is between the landlord and the tenant.
    """
    statement = timeline_statement(
        contractor=actor.role is Role.CONTRACTOR, calls=actor.may(Permission.CALLS_READ)
    )
    values = {**_of(ticket), "organisation_id": actor.organisation_id}
    return [Moment(*row) for row in db.session.execute(statement, values)]


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


def list_others_here(actor: Actor, ticket: Ticket) -> list[OtherTicket]:
    """Return other tickets of the home, and open ones of the residence's common parts."""
    if ticket.dwelling_id is None and ticket.residence_id is None:
        return []
    values = {
        **values_of_actor(actor),
        **_of(ticket),
        "dwelling_id": ticket.dwelling_id,
        "residence_id": ticket.residence_id,
    }
    rows = db.session.execute(others_statement(asked_by(actor)), values)
    return [
        OtherTicket(
            row.id, row.reference, row.title, row.state, row.opened_at,
            ticket.dwelling_id is not None and row.dwelling_id == ticket.dwelling_id,
        )
        for row in rows
    ]  # fmt: skip


def _of(ticket: Ticket) -> dict[str, int]:
    return {"member_id": ticket.member_id, "ticket_id": ticket.id}


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
