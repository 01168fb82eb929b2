"""Reading what goes on at a place: its incidents, the tickets alike, what looks like one."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.types import Integer

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.isolation import Actor
from callcenter.members.models import Organisation
from callcenter.routing.models import Category
from callcenter.routing.states import Location
from callcenter.tickets.incident_models import (
    Incident,
    IncidentTicket,
)
from callcenter.tickets.incident_rules import IncidentSettings, may_lead, read_settings
from callcenter.tickets.incident_states import IncidentState
from callcenter.tickets.models import Ticket
from callcenter.tickets.queries.asked import Asked, asked_by, number, values_of_actor
from callcenter.tickets.queries.incidents import IncidentLine, incident_lines, incident_visible_to
from callcenter.tickets.queries.visibility import visible_to
from callcenter.tickets.states import OPEN_STATES

SHOWN_PROPOSALS: Final = 10
SHOWN_ALIKE: Final = 12


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
    values: dict[str, Any] = {
        **values_of_actor(actor),
        "member_id": member_id,
        "residence_id": residence_id,
        "building_id": building_id,
        "category_id": category_id or 0,
    }
    rows = db.session.execute(_open_here(asked_by(actor), building=building_id is not None), values)
    incidents = tuple(IncidentLine(*row) for row in rows)
    if category_id is None or not may_lead(actor):
        return Around(incidents)
    if any(one.incident.category_id == category_id for one in incidents):
        return Around(incidents)
    limits = settings or IncidentSettings()
    values["since"] = clock.now() - limits.window
    found = db.session.execute(_alike(asked_by(actor), building=building_id is not None), values)
    alike = tuple(AlikeTicket(*row) for row in found)
    return Around(incidents, alike, len(alike) >= limits.alike)


@cache
def _open_here(asked: Asked, *, building: bool) -> Select[*tuple[Any, ...]]:
    """Open incidents of a residence, or of one building of it, a category's first."""
    return (
        incident_lines()
        .where(
            Incident.member_id == number("member_id"),
            Incident.residence_id == number("residence_id"),
            _same_building(Incident.building_id, number("building_id") if building else None),
            Incident.state == IncidentState.OPEN,
            incident_visible_to(asked.actor),
        )
        .order_by((Incident.category_id == number("category_id")).desc(), Incident.id.desc())
        .limit(SHOWN_ALIKE)
    )


@cache
def _alike(asked: Asked, *, building: bool) -> Select[*tuple[Any, ...]]:
    """Tickets of a category at a place, opened lately (``since``), that may have one cause."""
    return (
        select(Ticket.id, Ticket.reference, Ticket.place, Ticket.opened_at)
        .where(
            Ticket.member_id == number("member_id"),
            Ticket.residence_id == number("residence_id"),
            _same_building(Ticket.building_id, number("building_id") if building else None),
            Ticket.category_id == number("category_id"),
            Ticket.opened_at > bindparam("since"),
            *could_join(),
            visible_to(asked.actor),
        )
        .order_by(Ticket.id)
        .limit(SHOWN_ALIKE)
    )


def could_join() -> tuple[ColumnElement[bool], ...]:
    """Return the conditions under which a ticket may be one of several with the same cause."""
    return (
        Ticket.location == Location.COMMON,
        Ticket.restricted.is_(False),
        Ticket.state.in_(OPEN_STATES),
        ~in_some_incident(),
    )


def in_some_incident() -> ColumnElement[bool]:
    """Return the condition that a ticket is in an incident."""
    return exists().where(
        IncidentTicket.member_id == Ticket.member_id, IncidentTicket.ticket_id == Ticket.id
    )


def _same_building(mine: Any, building_id: Any) -> ColumnElement[bool]:
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
