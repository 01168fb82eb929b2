"""Several requests of one person in one SMS: what is told, what it costs, what each ticket shows."""

from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from callcenter.core import clock
from callcenter.core.clock import frozen_at
from callcenter.core.db import session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.messaging.claiming import claim_messages
from callcenter.messaging.follow_up_models import FollowUp
from callcenter.messaging.models import Message
from callcenter.messaging.states import MessageState, Trigger
from callcenter.tickets import services
from callcenter.tickets.models import Visit
from callcenter.tickets.rules import Slot
from tests.outbox import change, every_message, message
from tests.page_checks import PageChecker
from tests.tickets.scenes import (
    MORNING,
    TUESDAY,
    act,
    messages_of,
    opened,
    ticket_of,
    token_for,
)
from tests.world import World, as_system, sign_in

S = MessageState
DAY = date(2026, 10, 9)  # the Friday of that week
NIGHT = TUESDAY.replace(hour=20)
NEXT = TUESDAY.replace(day=7, hour=6)  # 8:00 in Paris
AFTERNOON = Slot("14:00", "16:00")


def claimed(message_id: int) -> str | None:
    """What a worker would send now."""
    with session_scope(Scope(everything=True)), transaction():
        claims = claim_messages([message_id]).claims
        return claims[0].body if claims else None


def several() -> list[Message]:
    return [one for one in every_message() if one.trigger == Trigger.SEVERAL]


def due() -> list[int]:
    with as_system() as session:
        return list(
            session.scalars(
                select(Message.id)
                .where(Message.state == S.QUEUED, Message.not_before <= clock.now())
                .order_by(Message.id)
            )
        )


def plan(world: World, ticket: int, slot: Slot = MORNING, day: date = DAY) -> None:
    act(world, "staff-a", ticket, lambda a: services.plan_visit(a, day, slot))


@pytest.fixture
def two(app: Flask, world: World) -> tuple[int, int]:
    """Two requests of one person with a visit each, all of it said during the night."""
    with frozen_at(NIGHT):
        tickets = opened(world), opened(world, "T-VMC")
        plan(world, tickets[0])
        plan(world, tickets[1], AFTERNOON)
    return tickets


def test_one_sms_tells_both_with_their_links_and_costs_no_more(two: tuple[int, int]) -> None:
    one = next(m for m in several() if m.state == S.QUEUED and m.not_before == NEXT)
    parts = [m for m in every_message() if m.told_in_id == one.id]
    assert {m.trigger for m in parts} == {Trigger.PLANNED}
    assert {m.ticket_id for m in parts} == set(two)
    with frozen_at(NEXT):
        assert due() == [one.id]
        body = claimed(one.id)
    assert body is not None
    assert body.startswith("Aquitanis : des nouvelles de vos demandes.")
    for ticket, hours in zip(two, ("entre 8 h et 10 h", "entre 14 h et 16 h"), strict=True):
        assert f"{ticket_of(ticket).reference} rendez-vous vendredi 9 octobre {hours}" in body
        assert token_for(ticket) in body
    sent = message(one.id)
    assert sent.state == S.SENDING
    assert sent.segments <= sum(m.segments for m in parts)
    assert {m.state for m in parts} == {S.SKIPPED}
    assert {m.reason for m in parts} == {"Regroupé : dit dans un seul SMS avec une autre demande."}


def test_the_reminders_of_two_visits_leave_as_one(two: tuple[int, int]) -> None:
    reminder = next(m for m in several() if m.not_before > NEXT)
    with frozen_at(reminder.not_before):
        body = claimed(reminder.id)
    assert body is not None
    assert body.count("rappel, visite vendredi 9 octobre") == len(two)


def test_what_lost_its_reason_leaves_the_sms_and_the_rest_goes(
    world: World, two: tuple[int, int]
) -> None:
    one = next(m for m in several() if m.not_before == NEXT)
    with frozen_at(NIGHT):
        with as_system() as session:
            visit = session.scalars(select(Visit.id).where(Visit.ticket_id == two[0])).one()
        act(world, "staff-a", two[0], lambda a: services.cancel_visit(a, visit))
    gone = [m for m in messages_of(two[0]) if m.trigger == Trigger.PLANNED][-1]
    assert gone.told_in_id is None
    assert "visite a été déplacée" in gone.reason
    with frozen_at(NEXT):
        body = claimed(one.id)
    assert body is not None
    # That the visit is cancelled is told instead.
    assert f"{ticket_of(two[0]).reference} rendez-vous vendredi 9 octobre annulé" in body
    assert "entre 14 h et 16 h" in body


def test_the_claim_sees_what_no_act_has_told(two: tuple[int, int]) -> None:
    one = next(m for m in several() if m.not_before == NEXT)
    with as_system() as session, transaction():
        for visit in session.scalars(select(Visit)):
            visit.state = "moved"
    with frozen_at(NEXT):
        assert claimed(one.id) is None
    assert message(one.id).state == S.SKIPPED
    assert message(one.id).reason.startswith("Plus d'objet")
    assert not [m for m in every_message() if m.told_in_id == one.id]


def test_a_part_left_alone_has_its_own_words(two: tuple[int, int]) -> None:
    one = next(m for m in several() if m.not_before == NEXT)
    with as_system() as session, transaction():
        session.scalars(select(Visit).where(Visit.ticket_id == two[0])).one().state = "moved"
    with frozen_at(NEXT):
        body = claimed(one.id)
    alone = next(m for m in messages_of(two[1]) if m.trigger == Trigger.PLANNED)
    assert body == alone.body


def test_a_later_try_takes_over_what_it_tells(two: tuple[int, int]) -> None:
    one = next(m for m in several() if m.not_before == NEXT)
    with frozen_at(NEXT):
        assert claimed(one.id)
    change(one.id, state=S.UNDELIVERED)
    with as_system() as session, transaction():
        again = Message(
            member_id=one.member_id, contact_id=one.contact_id, to_number=one.to_number,
            trigger=one.trigger, body=one.body, segments=one.segments, encoding=one.encoding,
            state=S.QUEUED, state_at=NEXT, not_before=NEXT, expires_at=one.expires_at,
            retry_of_id=one.id, try_number=2,
        )  # fmt: skip
        session.add(again)
        session.flush()
        number = again.id
        session.scalars(select(Visit).where(Visit.ticket_id == two[0])).one().state = "moved"
    with frozen_at(NEXT):
        body = claimed(number)
    assert body is not None
    assert "entre 8 h et 10 h" not in body
    assert [m.ticket_id for m in every_message() if m.told_in_id == number] == [two[1]]


def test_neither_another_person_nor_another_member_nor_another_hour(
    app: Flask, world: World
) -> None:
    with frozen_at(NIGHT):
        opened(world)
        opened(world, contact_id=None)
    with frozen_at(NEXT):
        assert all(claimed(number) for number in due())
    with frozen_at(NEXT + timedelta(hours=2)):
        opened(world, "T-VMC")
    assert several() == []


def test_what_is_asked_and_what_is_urgent_leave_alone(app: Flask, world: World) -> None:
    with frozen_at(NIGHT):
        first, second = opened(world), opened(world, "T-FUI")
        act(world, "staff-a", first, services.accept_assignment)
    assert several() == []
    assert next(m for m in messages_of(second) if m.trigger == Trigger.RECEIVED).urgent


def test_a_member_may_want_each_alone(app: Flask, world: World) -> None:
    with as_system() as session, transaction():
        session.add(FollowUp(member_id=world.a.id, trigger=Trigger.SEVERAL, active=False))
    with frozen_at(NIGHT):
        opened(world)
        opened(world, "T-VMC")
    assert several() == []


def test_each_request_shows_its_own_part(
    client: FlaskClient, world: World, two: tuple[int, int]
) -> None:
    one = next(m for m in several() if m.not_before == NEXT)
    change(one.id, state=S.DELIVERED, reason="")
    sign_in(client, world.user("staff-a"))
    pages = PageChecker(client)
    other = ticket_of(two[1]).reference
    for address in (f"/tickets/{two[0]}/sms", f"/tickets/{two[0]}"):
        shown = pages.get(address).text
        assert "rendez-vous vendredi 9 octobre entre 8 h et 10 h" in shown
        assert "Remis" in shown
        assert f"{other} rendez-vous" not in shown
    assert "Dit dans un seul SMS" in pages.get(f"/tickets/{two[0]}/sms").text
