import re
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import func, select

from callcenter.core.audit import AuditEntry
from callcenter.core.errors import UserError
from callcenter.messaging.states import MessageState
from callcenter.routing.models import Category
from callcenter.tickets import services
from callcenter.tickets.models import Assignment, TenantLink, Ticket
from tests.tickets.scenes import (
    acting,
    actor_of,
    assignments_of,
    kinds_of,
    messages_of,
    new_ticket,
    opened,
    ticket_of,
    token_for,
)
from tests.world import World, as_system


def test_a_ticket_is_written_whole(world: World) -> None:
    ticket_id = opened(world)
    ticket = ticket_of(ticket_id)
    assert re.fullmatch(r"AQ-\d+", ticket.reference)
    assert ticket.state == "open"
    assert ticket.place == "Gounod · Bât. B · étage 6 · porte 602 · n° AQ0001602"
    assert ticket.contact_name == "Mme Maïté Etcheverry"
    assert "etcheverry" in ticket.words
    assert "robinet" in ticket.words
    assert ticket.routing["steps"]
    assert ticket.due_at is not None
    assert kinds_of(ticket_id)[:2] == ["opened", "offered"]
    (assignment,) = assignments_of(ticket_id)
    assert assignment.state == "offered"
    with as_system() as session:
        assert session.scalar(select(func.count()).select_from(TenantLink)) == 1
        actions = set(session.scalars(select(AuditEntry.action)))
    assert {"ticket.opened", "ticket.offered"} <= actions


def test_the_tenant_is_told_with_the_reference_and_the_private_link(world: World) -> None:
    ticket_id = opened(world)
    (message,) = messages_of(ticket_id)
    assert message.state == MessageState.QUEUED
    assert ticket_of(ticket_id).reference in message.body
    assert f"http://localhost/s/{token_for(ticket_id)}" in message.body


def test_only_a_digest_of_the_token_is_stored(world: World) -> None:
    ticket_id = opened(world)
    token = token_for(ticket_id)
    assert len(token) * 6 >= 96
    with as_system() as session:
        link = session.scalars(select(TenantLink)).one()
    assert token not in {link.nonce, link.digest}


def test_a_double_click_opens_one_ticket(world: World) -> None:
    agent = actor_of(world, "agent")
    new = new_ticket(world, agent)
    ids = []
    for _ in range(2):
        with acting(agent):
            ids.append(services.open_ticket(new).id)
    assert ids[0] == ids[1]
    assert len(messages_of(ids[0])) == 1


def test_two_requests_of_one_click_at_the_same_time_open_one_ticket(
    app: Flask, world: World
) -> None:
    agent = actor_of(world, "agent")
    new = new_ticket(world, agent)
    ids: list[int] = []

    def open_it() -> None:
        with app.app_context(), acting(agent):
            ids.append(services.open_ticket(new).id)

    threads = [Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 4
    assert len(set(ids)) == 1
    with as_system() as session:
        assert session.scalar(select(func.count()).select_from(Ticket)) == 1


def test_references_follow_one_another_per_member(world: World) -> None:
    first, second = ticket_of(opened(world)), ticket_of(opened(world))
    number = int(first.reference.split("-")[1])
    assert second.reference == f"AQ-{number + 1}"


def test_a_category_of_another_member_is_refused(world: World) -> None:
    agent = actor_of(world, "agent")  # serves both, so the wall alone would not refuse
    with as_system() as session:
        other = session.scalars(
            select(Category.id).where(Category.member_id == world.b.id).limit(1)
        ).one()
    new = new_ticket(world, agent, category_id=other)
    with pytest.raises(UserError) as error, acting(agent):
        services.open_ticket(new)
    assert error.value.field == "category_id"


def test_a_dwelling_of_another_member_is_refused(world: World) -> None:
    agent = actor_of(world, "agent")
    new = new_ticket(world, agent, dwelling_id=world.b.home)
    with pytest.raises(UserError, match="lieu"), acting(agent):
        services.open_ticket(new)


def test_ten_thousand_characters_are_refused_and_nothing_is_cut(world: World) -> None:
    agent = actor_of(world, "agent")
    new = new_ticket(world, agent, description="a" * 10_000)
    with pytest.raises(UserError, match="10000") as error, acting(agent):
        services.open_ticket(new)
    assert error.value.field == "description"
    with as_system() as session:
        assert session.scalar(select(func.count()).select_from(Ticket)) == 0


@pytest.mark.parametrize(
    "text",
    ["Robert'); DROP TABLE ticket;--", "<script>alert(1)</script>", "🚿💧 fuite", "مرحبا بالعالم"],
)
def test_any_text_is_kept_as_it_is(world: World, text: str) -> None:
    assert ticket_of(opened(world, description=text)).description == text


def test_an_anonymous_caller_has_a_ticket_without_message(world: World) -> None:
    ticket_id = opened(world, contact_id=None, contact_number="", contact_name="")
    (message,) = messages_of(ticket_id)
    assert message.state == MessageState.SKIPPED
    assert message.reason


def test_what_nobody_of_the_member_handles_waits_at_triage(world: World) -> None:
    ticket_id = opened(world, "A-DOC", location="none")  # the call agent answers these
    ticket = ticket_of(ticket_id)
    assert ticket.needs_triage
    assert assignments_of(ticket_id) == []


def test_a_restricted_ticket_never_says_its_subject(world: World) -> None:
    ticket_id = opened(world, "A-PAY", location="none")
    ticket, (message,) = ticket_of(ticket_id), messages_of(ticket_id)
    assert ticket.restricted
    assert ticket.title not in message.body
    assert "votre demande" in message.body


def test_a_ticket_handed_over_keeps_the_trace(world: World) -> None:
    ticket_id = opened(world, handed_from_label="Mésolia")
    assert "handed_over" in kinds_of(ticket_id)
    assert messages_of(ticket_id)[0].trigger == "handed_over"


def test_a_common_part_in_co_ownership_goes_to_the_syndic_and_the_landlord_is_told(
    world: World,
) -> None:
    ticket_id = opened(
        world, "T-ECL", location="common", dwelling_id=None, residence_id=world.a.quais
    )
    with as_system() as session:
        rows = session.scalars(
            select(Assignment).where(Assignment.ticket_id == ticket_id).order_by(Assignment.id)
        ).all()
    assert [(row.organisation_id, row.informed_only) for row in rows] == [
        (world.a.syndic, False),
        (world.a.id, True),
    ]
    assert len(assignments_of(ticket_id)) == 1
