"""Logging calls: with a ticket, on an open one, without; and on the right side of the wall."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from callcenter.calls.models import Call, CallTicket
from callcenter.calls.services import LoggedCall, NewCall, log_call
from callcenter.calls.states import CallerKind, Disposition
from callcenter.core import clock
from callcenter.core.db import db, session_scope, transaction
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor, actor_scope
from callcenter.core.permissions import PERMISSIONS, Role
from callcenter.members.models import PhoneLine
from callcenter.members.states import Service
from callcenter.messaging.models import Message
from callcenter.routing.models import Category
from callcenter.tickets.models import Assignment, Ticket, TicketEvent
from callcenter.tickets.services.opening import NewTicket
from tests.world import Member, World, as_member, as_system

TOKEN = "0" * 32


def agent(world: World, *members: Member) -> Actor:
    served = members or (world.a, world.b)
    return Actor(
        user_id=world.users["agent"],
        name="Camille Roux",
        role=Role.AGENT,
        home_id=world.platform,
        organisation_id=world.platform,
        member_ids=frozenset(member.id for member in served),
        permissions=PERMISSIONS[Role.AGENT],
    )


def category(member: Member, code: str) -> int:
    return db.session.scalars(
        sa.select(Category.id).where(Category.member_id == member.id, Category.code == code)
    ).one()


def wanted_ticket(actor: Actor, member: Member, code: str = "T-PLB", **changes: Any) -> NewTicket:
    values: dict[str, Any] = {
        "member_id": member.id,
        "service": Service.TENANTS,
        "category_id": category(member, code),
        "location": "private",
        "actor": actor,
        "form_token": TOKEN,
        "dwelling_id": member.home,
        "contact_id": member.maite,
        "contact_number": "+33639981201",
        "description": "Le robinet goutte",
    }
    return NewTicket(**(values | changes))


def call(actor: Actor, member: Member, **changes: Any) -> LoggedCall:
    values: dict[str, Any] = {
        "line": db.session.get_one(PhoneLine, member.line),
        "actor": actor,
        "form_token": TOKEN,
        "started_at": clock.now() - timedelta(minutes=3),
        "caller_number": "06 39 98 12 01",
        "contact_id": member.maite,
        "dwelling_id": member.home,
    }
    return log_call(NewCall(**(values | changes)))


def test_a_call_without_a_ticket_is_a_normal_call(app: Flask, world: World) -> None:
    actor = agent(world)
    with session_scope(actor_scope(actor)), transaction():
        logged = call(actor, world.a, disposition=Disposition.ANSWERED, note="Quittance envoyée")
    assert logged.ticket is None
    with as_member(world.a.id) as session:
        row = session.scalars(sa.select(Call)).one()
    assert row.caller_number == "+33639981201"
    assert row.agent_label == "Camille Roux"
    assert row.ended_at is not None
    assert row.ended_at > row.started_at


def test_a_call_without_ticket_or_outcome_is_asked_for_one(app: Flask, world: World) -> None:
    actor = agent(world)
    with (
        session_scope(actor_scope(actor)),
        pytest.raises(UserError) as raised,
        transaction(),
    ):
        call(actor, world.a)
    assert raised.value.field == "disposition"
    with as_system() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Call)) == 0


def test_call_ticket_assignment_and_message_are_one_commit(app: Flask, world: World) -> None:
    actor = agent(world)
    with session_scope(actor_scope(actor)), transaction():
        logged = call(actor, world.a, ticket=wanted_ticket(actor, world.a))
    assert logged.ticket is not None
    with as_member(world.a.id) as session:
        assert session.scalars(sa.select(CallTicket.ticket_id)).one() == logged.ticket.id
        assert session.scalars(sa.select(Assignment)).one().ticket_id == logged.ticket.id
        assert session.scalars(sa.select(Message)).one().ticket_id == logged.ticket.id
        assert session.scalars(sa.select(TicketEvent.kind)).first() == "opened"


def test_a_double_click_writes_one_call_and_one_ticket(app: Flask, world: World) -> None:
    actor = agent(world)
    for _ in range(2):
        with session_scope(actor_scope(actor)), transaction():
            logged = call(actor, world.a, ticket=wanted_ticket(actor, world.a))
            assert logged.ticket is not None
    with as_system() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Call)) == 1
        assert session.scalar(sa.select(sa.func.count()).select_from(Ticket)) == 1
        assert session.scalar(sa.select(sa.func.count()).select_from(Message)) == 1


def test_a_chase_counts_on_the_ticket(app: Flask, world: World) -> None:
    actor = agent(world)
    with session_scope(actor_scope(actor)), transaction():
        first = call(actor, world.a, ticket=wanted_ticket(actor, world.a))
    assert first.ticket is not None
    with session_scope(actor_scope(actor)), transaction():
        call(actor, world.a, form_token="1" * 32, chased_ticket_id=first.ticket.id)
    with as_member(world.a.id) as session:
        assert session.scalars(sa.select(Ticket.chases)).one() == 1
        links = session.scalars(sa.select(CallTicket.link).order_by(CallTicket.id)).all()
    assert links == ["opened", "chase"]


def test_a_home_of_another_member_is_handed_over_without_a_leak(app: Flask, world: World) -> None:
    actor = agent(world)
    with session_scope(actor_scope(actor)), transaction():
        logged = call(
            actor,
            world.a,
            contact_id=world.b.maite,
            dwelling_id=world.b.home,
            caller_name="Mme Maïté Etcheverry",
            note="Fuite sous l'évier",
            ticket=wanted_ticket(
                actor,
                world.b,
                contact_id=world.b.maite,
                dwelling_id=world.b.home,
                handed_from_label="Aquitanis",
            ),
        )
    assert logged.handed_to == "Mésolia"
    with as_member(world.a.id) as session:
        trace = session.scalars(sa.select(Call)).one()
        assert session.scalars(sa.select(Ticket)).all() == []
    assert trace.disposition == Disposition.HANDED_OVER
    assert (trace.note, trace.caller_name, trace.contact_id, trace.dwelling_id) == (
        "",
        "",
        None,
        None,
    )
    with as_member(world.b.id) as session:
        own = session.scalars(sa.select(Call)).one()
        ticket = session.scalars(sa.select(Ticket)).one()
    assert ticket.handed_from_label == "Aquitanis"
    assert own.contact_id == world.b.maite
    assert ticket.reference.startswith("ME-")


def test_a_call_out_of_scope_keeps_no_identity(app: Flask, world: World) -> None:
    actor = agent(world)
    with session_scope(actor_scope(actor)), transaction():
        call(
            actor,
            world.a,
            caller_name="Quelqu'un",
            note="Cherche la mairie",
            disposition=Disposition.SIGNPOSTED,
            keep_identity=False,
        )
    with as_member(world.a.id) as session:
        row = session.scalars(sa.select(Call)).one()
    assert (row.caller_number, row.caller_name, row.note) == ("", "", "")
    assert row.caller_kind == CallerKind.ANONYMOUS


def test_an_unreadable_number_is_refused_beside_its_field(app: Flask, world: World) -> None:
    actor = agent(world)
    with (
        session_scope(actor_scope(actor)),
        pytest.raises(UserError) as raised,
        transaction(),
    ):
        call(actor, world.a, caller_number="12", disposition=Disposition.ANSWERED)
    assert raised.value.field == "caller_number"


def test_the_clock_of_a_browser_can_not_put_a_call_in_the_future(app: Flask, world: World) -> None:
    actor = agent(world)
    ahead = datetime(2100, 1, 1, tzinfo=UTC)
    with session_scope(actor_scope(actor)), transaction():
        call(actor, world.a, started_at=ahead, disposition=Disposition.ANSWERED)
    with as_member(world.a.id) as session:
        assert session.scalars(sa.select(Call.started_at)).one() <= clock.now()


def test_a_ticket_of_another_member_can_not_be_chased(app: Flask, world: World) -> None:
    actor = agent(world)
    with session_scope(actor_scope(actor)), transaction():
        of_b = call(
            actor,
            world.b,
            ticket=wanted_ticket(actor, world.b),
            contact_id=world.b.maite,
            dwelling_id=world.b.home,
        )
    assert of_b.ticket is not None
    only_a = agent(world, world.a)
    with (
        session_scope(actor_scope(only_a)),
        pytest.raises(NotFound),
        transaction(),
    ):
        call(only_a, world.a, form_token="2" * 32, chased_ticket_id=of_b.ticket.id)
    with (
        session_scope(actor_scope(actor)),
        pytest.raises(NotFound),
        transaction(),
    ):
        call(actor, world.a, form_token="3" * 32, chased_ticket_id=of_b.ticket.id)


def test_one_call_concerns_several_tickets(app: Flask, world: World) -> None:
    """A second ticket is linked to the call that is written up: still one call."""
    actor = agent(world)
    with session_scope(actor_scope(actor)), transaction():
        first = call(actor, world.a, ticket=wanted_ticket(actor, world.a))
    other = "1" * 32
    for _click in range(2):
        with session_scope(actor_scope(actor)), transaction():
            second = call(
                actor,
                world.a,
                ticket=wanted_ticket(actor, world.a, "T-ELP", form_token=other),
                form_token=other,
                also_call_id=first.call.id,
            )
        assert second.call.id == first.call.id
    with as_member(world.a.id) as session:
        assert len(session.scalars(sa.select(Call.id)).all()) == 1
        links = session.scalars(sa.select(CallTicket.link)).all()
        assert list(links) == ["opened", "opened"]
        assert len(session.scalars(sa.select(Ticket.id)).all()) == 2


def test_one_more_ticket_of_another_member_s_home_is_a_call_apart(app: Flask, world: World) -> None:
    actor = agent(world)
    with session_scope(actor_scope(actor)), transaction():
        first = call(actor, world.a, disposition=Disposition.ANSWERED)
    with (
        session_scope(actor_scope(actor)),
        pytest.raises(UserError, match="autre membre"),
        transaction(),
    ):
        call(
            actor,
            world.a,
            ticket=wanted_ticket(actor, world.b, form_token="1" * 32),
            form_token="1" * 32,
            also_call_id=first.call.id,
        )
