"""Reading incidents: which ones a person sees, the list, one incident, what is around a place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    column,
    exists,
    false,
    func,
    literal,
    select,
    table,
)

from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.core.isolation import Actor
from callcenter.core.permissions import Permission, Role
from callcenter.routing.models import Category
from callcenter.tickets.incident_models import (
    Incident,
    IncidentEvent,
    IncidentSubscriber,
    IncidentTicket,
)
from callcenter.tickets.incident_states import IncidentState, SubscriberAnswer
from callcenter.tickets.models import Ticket
from callcenter.tickets.queries.asked import Asked, asked_by, values_of_actor
from callcenter.tickets.queries.visibility import in_care_of, visible_to
from callcenter.ui.pagination import Page, Window, page_of

SHOWN_TICKETS: Final = 200
SHOWN_EVENTS: Final = 100

# Calls stand on the floor above (see queries.pages).
_call = table("call", column("member_id"), column("incident_id"))


@dataclass(frozen=True, slots=True)
class IncidentLine:
    """An incident with its figures. ``reports``: its tickets and the calls joined to it."""

    incident: Incident
    category_code: str
    tickets: int
    calls: int
    subscribers: int
    not_fixed: int

    @property
    def reports(self) -> int:
        """How many times people reported it."""
        return self.tickets + self.calls


@dataclass(frozen=True, slots=True)
class IncidentTicketLine:
    """A ticket of an incident, as its page lists it."""

    id: int
    reference: str
    place: str
    state: str
    contact_name: str
    chases: int
    opened_at: datetime


def incident_visible_to(actor: Actor) -> ColumnElement[bool]:
    """Return the condition under which ``actor`` sees a row of ``Incident``.

    An incident is never restricted, so that the platform and the landlord's staff see all of
    theirs; a caretaker those of the residences cared for; a contractor those it owns.
    """
    if not actor.may(Permission.TICKETS_READ):
        return false()
    mine = Incident.member_id.in_(actor.member_ids)
    if actor.role is Role.CONTRACTOR:
        return and_(mine, Incident.owner_organisation_id == actor.organisation_id)
    if actor.role is Role.CARETAKER:
        return and_(mine, in_care_of(actor, Incident.residence_id))
    return mine


def get_incident(actor: Actor, incident_id: int) -> Incident:
    """Return an incident that the actor sees; NotFound for any other."""
    found = db.session.scalar(
        select(Incident).where(Incident.id == incident_id, incident_visible_to(actor))
    )
    if found is None:
        raise NotFound
    return found


def get_incident_line(actor: Actor, incident_id: int) -> IncidentLine:
    """Return an incident with its figures, in one statement; NotFound when not seen."""
    row = db.session.execute(
        incident_lines()
        .where(Incident.id == incident_id, incident_visible_to(actor))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound
    return IncidentLine(*row)


def list_incidents(actor: Actor, state: IncidentState, window: Window) -> Page[IncidentLine]:
    """Return a page of the incidents of a state, newest first; one statement."""
    query = incident_lines().where(incident_visible_to(actor), Incident.state == state)
    key = window.key
    if key is not None and len(key) == 1 and isinstance(key[0], int):
        query = query.where(Incident.id > key[0] if window.backwards else Incident.id < key[0])
    order = Incident.id.asc() if window.backwards else Incident.id.desc()
    rows = db.session.execute(query.order_by(order).limit(window.limit))
    return page_of([IncidentLine(*row) for row in rows], window, lambda one: (one.incident.id,))


def incident_lines() -> Select[*tuple[Any, ...]]:
    """Return the query of incidents with their figures."""

    def counted(model: Any, *conditions: ColumnElement[bool]) -> Any:
        return (
            select(func.count())
            .where(
                model.member_id == Incident.member_id,
                model.incident_id == Incident.id,
                *conditions,
            )
            .correlate(Incident)
            .scalar_subquery()
        )

    return select(
        Incident,
        Category.code,
        counted(IncidentTicket),
        counted(_call.c),
        counted(IncidentSubscriber, IncidentSubscriber.unsubscribed_at.is_(None)),
        counted(IncidentSubscriber, IncidentSubscriber.answer == SubscriberAnswer.NOT_FIXED),
    ).join(
        Category,
        and_(Category.member_id == Incident.member_id, Category.id == Incident.category_id),
    )


def list_events(incident: Incident) -> Sequence[IncidentEvent]:
    """Return what happened to an incident, newest first."""
    return db.session.scalars(
        select(IncidentEvent)
        .where(
            IncidentEvent.member_id == incident.member_id,
            IncidentEvent.incident_id == incident.id,
        )
        .order_by(IncidentEvent.id.desc())
        .limit(SHOWN_EVENTS)
    ).all()


def list_incident_tickets(actor: Actor, incident: Incident) -> list[IncidentTicketLine]:
    """Return the tickets of an incident that the actor sees, oldest first."""
    rows = db.session.execute(
        select(
            Ticket.id,
            Ticket.reference,
            Ticket.place,
            Ticket.state,
            Ticket.contact_name,
            Ticket.chases,
            Ticket.opened_at,
        )
        .join(
            IncidentTicket,
            and_(
                IncidentTicket.member_id == Ticket.member_id,
                IncidentTicket.ticket_id == Ticket.id,
            ),
        )
        .where(
            IncidentTicket.member_id == incident.member_id,
            IncidentTicket.incident_id == incident.id,
            visible_to(actor),
        )
        .order_by(Ticket.id)
        .limit(SHOWN_TICKETS)
    )
    return [IncidentTicketLine(*row) for row in rows]


def get_incident_of_ticket(member_id: int, ticket_id: int) -> Incident | None:
    """Return the incident that a ticket is in. Not narrowed to an actor: a tenant reads it too."""
    return db.session.scalar(
        select(Incident)
        .join(
            IncidentTicket,
            and_(
                IncidentTicket.member_id == Incident.member_id,
                IncidentTicket.incident_id == Incident.id,
            ),
        )
        .where(IncidentTicket.member_id == member_id, IncidentTicket.ticket_id == ticket_id)
    )


def find_incident_of_ticket(actor: Actor, ticket: Ticket) -> Incident | None:
    """Return the incident that a ticket is in, if the actor sees it."""
    values = {**values_of_actor(actor), "member_id": ticket.member_id, "ticket_id": ticket.id}
    return db.session.scalar(_incident_of_ticket(asked_by(actor)), values)


@cache
def _incident_of_ticket(asked: Asked) -> Select[Incident]:
    return (
        select(Incident)
        .join(
            IncidentTicket,
            and_(
                IncidentTicket.member_id == Incident.member_id,
                IncidentTicket.incident_id == Incident.id,
            ),
        )
        .where(
            IncidentTicket.member_id == bindparam("member_id"),
            IncidentTicket.ticket_id == bindparam("ticket_id"),
            incident_visible_to(asked.actor),
        )
    )


def list_collective_categories(member_id: int) -> list[tuple[int, str]]:
    """Return the categories that may become an incident, by name."""
    rows = db.session.execute(
        select(Category.id, Category.label)
        .where(
            Category.member_id == member_id,
            Category.active,
            Category.restricted.is_(False),
            func.left(Category.code, 1).in_(["T", "S"]),
        )
        .order_by(Category.label)
    )
    return [(row.id, row.label) for row in rows]


def list_unfinished(limit: int) -> list[tuple[int, int]]:
    """Return (member, incident) of those over whose tickets are not all ended. For machinery."""
    rows = db.session.execute(
        select(Incident.member_id, Incident.id)
        .where(
            Incident.state == IncidentState.RESOLVED,
            exists(literal(1)).where(
                IncidentTicket.member_id == Incident.member_id,
                IncidentTicket.incident_id == Incident.id,
                IncidentTicket.ended_at.is_(None),
            ),
        )
        .order_by(Incident.id)
        .limit(limit)
    )
    return [(row.member_id, row.id) for row in rows]
