"""Reading incidents: which ones a person sees, the list, one incident, what is around a place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    cast,
    column,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    table,
    true,
)
from sqlalchemy.types import Integer

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.core.isolation import Actor
from callcenter.core.permissions import Permission, Role
from callcenter.members.models import Organisation
from callcenter.routing.models import Category
from callcenter.tickets.incident_models import (
    Incident,
    IncidentEvent,
    IncidentSubscriber,
    IncidentTicket,
)
from callcenter.tickets.incident_rules import IncidentSettings, may_lead, read_settings
from callcenter.tickets.incident_states import IncidentState, SubscriberAnswer
from callcenter.tickets.models import Ticket
from callcenter.tickets.queries.visibility import in_care_of, visible_to
from callcenter.tickets.states import OPEN_STATES
from callcenter.ui.pagination import Page, Window, page_of

SHOWN_TICKETS: Final = 200
SHOWN_EVENTS: Final = 100
SHOWN_PROPOSALS: Final = 10
SHOWN_ALIKE: Final = 12

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
class AlikeTicket:
    """An open ticket that may have the same cause."""

    id: int
    reference: str
    place: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Around:
    """What goes on at a place: open incidents, then tickets alike that may be one."""

    incidents: tuple[IncidentLine, ...] = ()
    alike: tuple[AlikeTicket, ...] = ()
    proposed: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """Open tickets of one category and place, many enough to be one incident."""

    member_id: int
    ticket_id: int
    title: str
    place: str
    tickets: int
    since: datetime


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
        _lines()
        .where(Incident.id == incident_id, incident_visible_to(actor))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound
    return IncidentLine(*row)


def list_incidents(actor: Actor, state: IncidentState, window: Window) -> Page[IncidentLine]:
    """Return a page of the incidents of a state, newest first; one statement."""
    query = _lines().where(incident_visible_to(actor), Incident.state == state)
    key = window.key
    if key is not None and len(key) == 1 and isinstance(key[0], int):
        query = query.where(Incident.id > key[0] if window.backwards else Incident.id < key[0])
    order = Incident.id.asc() if window.backwards else Incident.id.desc()
    rows = db.session.execute(query.order_by(order).limit(window.limit))
    return page_of([IncidentLine(*row) for row in rows], window, lambda one: (one.incident.id,))


def _lines() -> Select[*tuple[Any, ...]]:
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


def find_around(
    actor: Actor,
    member_id: int,
    residence_id: int | None,
    building_id: int | None,
    category_id: int | None = None,
    settings: IncidentSettings | None = None,
) -> Around:
    """Return the open incidents of a place and, once the category is known, tickets alike.

    Those of the category come first. Two statements at most.
    """
    if residence_id is None:
        return Around()
    rows = db.session.execute(
        _lines()
        .where(
            Incident.member_id == member_id,
            Incident.residence_id == residence_id,
            _same_building(Incident.building_id, building_id),
            Incident.state == IncidentState.OPEN,
            incident_visible_to(actor),
        )
        .order_by((Incident.category_id == (category_id or 0)).desc(), Incident.id.desc())
        .limit(SHOWN_ALIKE)
    )
    incidents = tuple(IncidentLine(*row) for row in rows)
    if category_id is None or not may_lead(actor):
        return Around(incidents)
    if any(one.incident.category_id == category_id for one in incidents):
        return Around(incidents)
    limits = settings or IncidentSettings()
    alike = tuple(
        AlikeTicket(*row)
        for row in db.session.execute(
            select(Ticket.id, Ticket.reference, Ticket.place, Ticket.opened_at)
            .where(
                Ticket.member_id == member_id,
                Ticket.residence_id == residence_id,
                _same_building(Ticket.building_id, building_id),
                Ticket.category_id == category_id,
                Ticket.opened_at > clock.now() - limits.window,
                *could_join(),
                visible_to(actor),
            )
            .order_by(Ticket.id)
            .limit(SHOWN_ALIKE)
        )
    )
    return Around(incidents, alike, len(alike) >= limits.alike)


def could_join() -> tuple[ColumnElement[bool], ...]:
    """Return the conditions under which a ticket may be one of several with the same cause."""
    return (
        Ticket.location == "common",
        Ticket.restricted.is_(False),
        Ticket.state.in_(OPEN_STATES),
        ~in_some_incident(),
    )


def in_some_incident() -> ColumnElement[bool]:
    """Return the condition that a ticket is in an incident."""
    return exists().where(
        IncidentTicket.member_id == Ticket.member_id, IncidentTicket.ticket_id == Ticket.id
    )


def _same_building(mine: Any, building_id: int | None) -> ColumnElement[bool]:
    """A report of the whole residence concerns each of its buildings, and the reverse."""
    return true() if building_id is None else or_(mine.is_(None), mine == building_id)


def list_proposals(actor: Actor) -> list[Proposal]:
    """Return what looks like an incident and is none yet, the most reported first.

    As many tickets alike within the member's own window as its settings ask for. One statement.
    """
    if not may_lead(actor):
        return []
    ours = IncidentSettings()
    hours = _setting("incident_hours", int(ours.window.total_seconds() // 3600))
    rows = db.session.execute(
        select(
            Ticket.member_id,
            func.min(Ticket.id).label("ticket_id"),
            func.min(Ticket.title).label("title"),
            func.min(Ticket.place).label("place"),
            func.count().label("tickets"),
            func.min(Ticket.opened_at).label("since"),
        )
        .join(Organisation, Organisation.id == Ticket.member_id)
        .join(
            Category,
            and_(Category.member_id == Ticket.member_id, Category.id == Ticket.category_id),
        )
        .where(
            Ticket.member_id.in_(actor.member_ids),
            Ticket.residence_id.is_not(None),
            Ticket.opened_at > clock.now() - func.make_interval(0, 0, 0, 0, hours),
            func.left(Category.code, 1).in_(["T", "S"]),
            *could_join(),
            visible_to(actor),
        )
        .group_by(
            Ticket.member_id,
            Ticket.residence_id,
            Ticket.building_id,
            Ticket.category_id,
            Organisation.id,
        )
        .having(func.count() >= _setting("incident_alike", ours.alike))
        .order_by(func.count().desc(), func.min(Ticket.id))
        .limit(SHOWN_PROPOSALS)
    )
    return [Proposal(*row) for row in rows]


def _setting(name: str, otherwise: int) -> Any:
    """Read a whole number of a member's settings in SQL, ours when it makes no sense."""
    kept = Organisation.settings[name].astext
    return case((kept.regexp_match(r"^[1-9]\d{0,2}$"), cast(kept, Integer)), else_=otherwise)


def get_settings(member_id: int) -> IncidentSettings:
    """Return a member's limits."""
    return read_settings(
        db.session.scalar(select(Organisation.settings).where(Organisation.id == member_id))
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
    return db.session.scalar(
        select(Incident)
        .join(
            IncidentTicket,
            and_(
                IncidentTicket.member_id == Incident.member_id,
                IncidentTicket.incident_id == Incident.id,
            ),
        )
        .where(
            IncidentTicket.member_id == ticket.member_id,
            IncidentTicket.ticket_id == ticket.id,
            incident_visible_to(actor),
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
