"""Reports that come in the same minute: each ends in the one incident, whichever was first."""

from collections.abc import Sequence

from sqlalchemy import func, select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.isolation import Actor
from callcenter.routing.states import Location
from callcenter.tickets.incident_models import Incident
from callcenter.tickets.incident_rules import (
    may_lead,
)
from callcenter.tickets.incident_states import IncidentState
from callcenter.tickets.models import Ticket
from callcenter.tickets.queries.incident_places import could_join, get_settings
from callcenter.tickets.queries.visibility import visible_to
from callcenter.tickets.services.incident_acts import (
    IncidentAct,
    begin_incident,
    leads,
)
from callcenter.tickets.services.incident_tickets import attach, lock_tickets

_MOST_TOLD = 200


def wait_for_others_at(member_id: int, residence_id: int, category_id: int) -> None:
    """Let whoever opens an incident, or a ticket, of this category there finish first.

    So that a ticket saved in the same second as its incident is in it, whichever came first.
    """
    key = f"incident {residence_id} {category_id}"
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, member_id))))


def told_meanwhile(
    actor: Actor, member_id: int, residence_id: int, building_id: int | None, category_id: int
) -> Sequence[int]:
    """Return the tickets alike that are there now: some came while the agent decided."""
    return db.session.scalars(
        select(Ticket.id)
        .where(
            Ticket.member_id == member_id,
            Ticket.residence_id == residence_id,
            Ticket.building_id.is_not_distinct_from(building_id),
            Ticket.category_id == category_id,
            Ticket.opened_at > clock.now() - get_settings(member_id).window,
            *could_join(),
            visible_to(actor),
        )
        .order_by(Ticket.id)
        .limit(_MOST_TOLD)
    ).all()


def gather_ticket(actor: Actor, ticket: Ticket) -> Incident | None:
    """Put a new ticket of a common part in the incident that is open there, if one is.

    ``wait_for_others_at`` was called before the ticket was opened.
    """
    if ticket.residence_id is None or ticket.location != Location.COMMON or ticket.restricted:
        return None
    found = db.session.scalar(
        select(Incident)
        .where(
            Incident.member_id == ticket.member_id,
            Incident.residence_id == ticket.residence_id,
            Incident.category_id == ticket.category_id,
            Incident.state == IncidentState.OPEN,
            Incident.building_id.is_(None) | (Incident.building_id == ticket.building_id),
        )
        .order_by(Incident.id)
        .limit(1)
    )
    if found is None or not may_lead(actor):
        return None
    work = begin_incident(IncidentAct(actor, found.id), leads)
    for locked in lock_tickets(actor, work.incident, [ticket.id]):
        attach(work, actor, locked)
    db.session.flush()
    return work.incident
