"""Scenes of incidents: neighbours who report the same lift, and what people do about it."""

import secrets
from typing import Any

from sqlalchemy import select

from callcenter.core.db import db
from callcenter.routing.models import Category
from callcenter.tickets.incident_models import Incident, IncidentEvent, IncidentSubscriber
from callcenter.tickets.services.incident_acts import IncidentAct
from callcenter.tickets.services.incidents import open_from_ticket
from tests.tickets.scenes import acting, actor_of, opened
from tests.world import World, as_system

LIFT = "T-ASC"


def number(index: int) -> str:
    return f"+3363998{4000 + index}"


def reported(world: World, index: int, **changes: Any) -> int:
    """One neighbour's ticket about the lift of building B."""
    values = {
        "location": "common",
        "dwelling_id": None,
        "residence_id": world.a.gounod,
        "building_id": world.a.block,
        "contact_id": None,
        "contact_name": f"Voisin {index}",
        "contact_number": number(index),
        "description": "L'ascenseur est en panne.",
    }
    return opened(world, LIFT, **{**values, **changes})


def lift_incident(world: World, tickets: int = 3, name: str = "agent") -> int:
    """An incident opened in one click from the first of some neighbours' tickets."""
    made = [reported(world, index) for index in range(tickets)]
    actor = actor_of(world, name)
    with acting(actor):
        return open_from_ticket(actor, made[0], secrets.token_hex(16)).id


def incident_act(world: World, name: str, incident_id: int, run: Any, **changes: Any) -> Any:
    """Carry out one act on an incident as ``name``, on the version that stands now."""
    actor = actor_of(world, name)
    values = {"version": incident_of(incident_id).version, "form_token": secrets.token_hex(16)}
    with acting(actor):
        return run(IncidentAct(actor, incident_id, **{**values, **changes}))


def incident_of(incident_id: int) -> Incident:
    with as_system() as session:
        return session.get_one(Incident, incident_id)


def listeners_of(incident_id: int) -> list[IncidentSubscriber]:
    with as_system() as session:
        return list(
            session.scalars(
                select(IncidentSubscriber)
                .where(IncidentSubscriber.incident_id == incident_id)
                .order_by(IncidentSubscriber.id)
            )
        )


def history_of(incident_id: int) -> list[str]:
    with as_system() as session:
        return list(
            session.scalars(
                select(IncidentEvent.kind)
                .where(IncidentEvent.incident_id == incident_id)
                .order_by(IncidentEvent.id)
            )
        )


def category_id(world: World, code: str = LIFT) -> int:
    with as_system():
        return db.session.scalars(
            select(Category.id).where(Category.member_id == world.a.id, Category.code == code)
        ).one()
