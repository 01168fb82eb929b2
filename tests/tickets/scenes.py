"""Scenes of the tickets room: people at work, a ticket opened, acts on it."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from callcenter.core import clock
from callcenter.core.db import db, session_scope, transaction
from callcenter.core.isolation import Actor, actor_scope
from callcenter.core.permissions import PERMISSIONS, PLATFORM_ROLES, Role
from callcenter.core.site import current_site
from callcenter.members.states import Service
from callcenter.messaging.models import Message
from callcenter.routing.models import Category
from callcenter.tickets import services
from callcenter.tickets.links import live_link, token_of
from callcenter.tickets.models import Assignment, Ticket, TicketEvent
from callcenter.tickets.rules import Slot
from callcenter.tickets.services import Act, NewTicket
from tests.world import World, as_system

MORNING = Slot("08:00", "10:00")
# A Tuesday in working hours, long before any holiday.
TUESDAY = datetime(2026, 10, 6, 8, 0, tzinfo=UTC)


def actor_of(world: World, name: str) -> Actor:
    """The actor that signing in as ``name`` gives."""
    user = world.user(name)
    role = Role(user.role)
    if role in PLATFORM_ROLES:
        members = {world.a.id} if name == "agent-a" else {world.a.id, world.b.id}
    else:
        members = {user.member_id}
    return Actor(
        user_id=user.id,
        name=user.full_name,
        role=role,
        home_id=user.member_id,
        organisation_id=user.organisation_id,
        member_ids=frozenset(members),
        permissions=PERMISSIONS[role],
    )


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """One request of the actor: its scope, and the one commit at the end."""
    with session_scope(actor_scope(actor)), transaction():
        yield


@contextmanager
def looking(actor: Actor) -> Iterator[None]:
    with session_scope(actor_scope(actor)):
        yield


def new_ticket(world: World, actor: Actor, code: str = "T-PLB", **changes: Any) -> NewTicket:
    with as_system() as session:
        category = session.scalars(
            select(Category.id).where(Category.member_id == world.a.id, Category.code == code)
        ).one()
    values: dict[str, Any] = {
        "member_id": world.a.id,
        "service": Service.TENANTS,
        "category_id": category,
        "location": "private",
        "dwelling_id": world.a.home,
        "contact_id": world.a.maite,
        "contact_number": "+33639981201",
        "description": "Le robinet fuit sous l'évier.",
        "actor": actor,
        "form_token": secrets.token_hex(16),
    }
    return NewTicket(**{**values, **changes})


def opened(world: World, code: str = "T-PLB", **changes: Any) -> int:
    """Open a ticket of member A as the agent and return its number."""
    agent = actor_of(world, "agent")
    new = new_ticket(world, agent, code, **changes)
    with acting(agent):
        return services.open_ticket(new).id


def act(
    world: World, name: str, ticket_id: int, run: Callable[[Act], Any], **changes: Any
) -> Ticket:
    """Carry out one act as ``name``, on the version that stands now."""
    actor = actor_of(world, name)
    values = {"version": ticket_of(ticket_id).version, "form_token": secrets.token_hex(16)}
    with acting(actor):
        run(Act(actor, ticket_id, **{**values, **changes}))
    return ticket_of(ticket_id)


def ticket_of(ticket_id: int) -> Ticket:
    with as_system() as session:
        return session.get_one(Ticket, ticket_id)


def assignments_of(ticket_id: int) -> list[Assignment]:
    with as_system() as session:
        return list(
            session.scalars(
                select(Assignment)
                .where(Assignment.ticket_id == ticket_id, Assignment.informed_only.is_(False))
                .order_by(Assignment.id)
            )
        )


def kinds_of(ticket_id: int) -> list[str]:
    with as_system() as session:
        return list(
            session.scalars(
                select(TicketEvent.kind)
                .where(TicketEvent.ticket_id == ticket_id)
                .order_by(TicketEvent.id)
            )
        )


def messages_of(ticket_id: int) -> list[Message]:
    with as_system() as session:
        return list(
            session.scalars(
                select(Message).where(Message.ticket_id == ticket_id).order_by(Message.id)
            )
        )


def token_for(ticket_id: int) -> str:
    """The token of the ticket's private link, as the SMS carries it."""
    with as_system():
        secret = current_site().secret
        ticket = db.session.get_one(Ticket, ticket_id)
        return token_of(live_link(ticket, secret).nonce, secret)


def soon(days: int = 3) -> date:
    return clock.today() + timedelta(days=days)
