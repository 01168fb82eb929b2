"""Follow-ups on real tickets: they stop with their reason, fall together, and know their limit."""

import threading
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from callcenter.core import clock
from callcenter.core.clock import frozen_at
from callcenter.core.db import session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.messaging.claiming import claim_messages
from callcenter.messaging.follow_up_models import FollowUp, FollowUpPolicy
from callcenter.messaging.models import Message
from callcenter.messaging.receipts import record_receipt
from callcenter.messaging.states import MessageState, Trigger
from callcenter.tickets import services
from callcenter.tickets.models import Ticket, Visit
from callcenter.tickets.rules import Slot
from callcenter.tickets.states import HoldCause, ResolutionCode
from tests.outbox import MOBILE, change, message, queue_one
from tests.tickets.scenes import (
    MORNING,
    TUESDAY,
    act,
    messages_of,
    opened,
    ticket_of,
)
from tests.world import World, as_system
from workers.periodic import tell_of_delays

S = MessageState
DAY = date(2026, 10, 9)  # the Friday of that week


def last(ticket: int, trigger: Trigger) -> Message:
    """The newest message of a kind about a ticket."""
    return [one for one in messages_of(ticket) if one.trigger == trigger][-1]


def claim(message_id: int) -> bool:
    """Say whether a worker would send it now."""
    with session_scope(Scope(everything=True)), transaction():
        return bool(claim_messages([message_id]).claims)


def prefer(world: World, **policy: int) -> None:
    values = {"max_per_day": 4, "reminder_hour": 17, "warn_hours": 4} | policy
    with as_system() as session, transaction():
        session.add(FollowUpPolicy(member_id=world.a.id, **values))


def plan(world: World, ticket: int, day: date = DAY, slot: Slot = MORNING) -> None:
    act(world, "staff-a", ticket, lambda a: services.plan_visit(a, day, slot))


def test_a_visit_is_recalled_the_day_before(app: Flask, world: World) -> None:
    with frozen_at(TUESDAY):
        ticket = opened(world)
        plan(world, ticket)
    reminder = last(ticket, Trigger.VISIT_REMINDER)
    assert reminder.state == S.QUEUED
    assert clock.in_paris(reminder.not_before) == datetime(2026, 10, 8, 17, tzinfo=clock.PARIS)
    assert clock.in_paris(reminder.expires_at) == datetime(2026, 10, 9, 8, tzinfo=clock.PARIS)
    assert "vendredi 9 octobre entre 8 h et 10 h" in reminder.body
    with frozen_at(reminder.not_before):
        assert claim(reminder.id)


def test_the_hour_of_the_reminder_is_the_member_s(app: Flask, world: World) -> None:
    prefer(world, reminder_hour=10)
    with frozen_at(TUESDAY):
        ticket = opened(world)
        plan(world, ticket)
    assert clock.in_paris(last(ticket, Trigger.VISIT_REMINDER).not_before).hour == 10


def test_the_reminder_stops_when_the_visit_moves(app: Flask, world: World) -> None:
    with frozen_at(TUESDAY):
        ticket = opened(world)
        plan(world, ticket)
        first = last(ticket, Trigger.VISIT_REMINDER).id
        plan(world, ticket, DAY + timedelta(days=5))
    assert message(first).state == S.CANCELLED
    assert "déplacée" in message(first).reason
    assert last(ticket, Trigger.VISIT_REMINDER).state == S.QUEUED
    # The appointment that had not left yet has lost its reason too.
    assert last(ticket, Trigger.PLANNED).state == S.CANCELLED


def test_the_reminder_stops_when_the_visit_is_cancelled(app: Flask, world: World) -> None:
    with frozen_at(TUESDAY):
        ticket = opened(world)
        plan(world, ticket)
        with as_system() as session:
            visit = session.scalars(select(Visit.id).where(Visit.ticket_id == ticket)).one()
        act(world, "staff-a", ticket, lambda a: services.cancel_visit(a, visit))
    assert last(ticket, Trigger.VISIT_REMINDER).state == S.CANCELLED
    assert last(ticket, Trigger.VISIT_CANCELLED).state == S.QUEUED


def test_the_claim_sees_what_no_act_has_told(app: Flask, world: World) -> None:
    """Whatever changed the ticket, even past its services, the worker asks the database."""
    with frozen_at(TUESDAY):
        ticket = opened(world)
        plan(world, ticket)
        reminder = last(ticket, Trigger.VISIT_REMINDER)
    with as_system() as session, transaction():
        session.scalars(select(Visit).where(Visit.ticket_id == ticket)).one().state = "moved"
    with frozen_at(reminder.not_before):
        assert not claim(reminder.id)
    assert message(reminder.id).state == S.SKIPPED
    assert "Plus d'objet" in message(reminder.id).reason


def test_another_try_of_a_reminder_stops_with_its_visit_too(app: Flask, world: World) -> None:
    with frozen_at(TUESDAY):
        ticket = opened(world)
        plan(world, ticket)
        reminder = last(ticket, Trigger.VISIT_REMINDER)
    with frozen_at(reminder.not_before):
        assert claim(reminder.id)
        with session_scope(Scope(everything=True)), transaction():
            record_receipt(reminder.id, "SM1", "undelivered", 30003)  # the phone was off
    again = last(ticket, Trigger.VISIT_REMINDER)
    assert (again.retry_of_id, again.state) == (reminder.id, S.QUEUED)
    with as_system() as session, transaction():
        session.scalars(select(Visit).where(Visit.ticket_id == ticket)).one().state = "moved"
    with frozen_at(again.not_before):
        assert not claim(again.id)
    assert message(again.id).state == S.SKIPPED


def test_everything_that_waits_stops_when_the_ticket_ends(app: Flask, world: World) -> None:
    night = TUESDAY.replace(hour=21)
    with frozen_at(night):
        ticket = opened(world)
        act(world, "staff-a", ticket, services.accept_assignment)
        resolve = lambda a: services.resolve(a, ResolutionCode.REPAIRED)  # noqa: E731
        act(world, "staff-a", ticket, resolve)
        waiting = {one.trigger: one.state for one in messages_of(ticket)}
        assert waiting[Trigger.RESOLVED] == S.QUEUED
        assert {waiting[Trigger.RECEIVED_AT_NIGHT], waiting[Trigger.ACCEPTED]} == {S.CANCELLED}
        act(world, "staff-a", ticket, services.close)
    assert last(ticket, Trigger.RESOLVED).state == S.CANCELLED
    assert last(ticket, Trigger.CLOSED).state == S.QUEUED
    assert last(ticket, Trigger.SATISFACTION).state == S.QUEUED


def test_a_reopened_ticket_asks_for_no_mark(app: Flask, world: World) -> None:
    with frozen_at(TUESDAY):
        ticket = opened(world)
        act(world, "staff-a", ticket, lambda a: services.resolve(a, ResolutionCode.REPAIRED))
        act(world, "staff-a", ticket, services.close)
        act(world, "staff-a", ticket, services.reopen)
    assert last(ticket, Trigger.SATISFACTION).state == S.CANCELLED
    assert last(ticket, Trigger.CLOSED).state == S.CANCELLED
    assert last(ticket, Trigger.REOPENED).state == S.QUEUED


def test_what_falls_together_is_merged_into_the_one_that_says_most(
    app: Flask, world: World
) -> None:
    night = TUESDAY.replace(hour=21)
    with frozen_at(night):
        ticket = opened(world)
        plan(world, ticket)
        received, planned = messages_of(ticket)[:2]
    with frozen_at(received.not_before):
        assert not claim(received.id)
        assert claim(planned.id)
    assert message(received.id).state == S.SKIPPED
    assert message(received.id).reason == "Regroupé : le SMS « Visite prévue » en dit plus."


def test_two_requests_of_one_person_are_told_apart(app: Flask, world: World) -> None:
    with frozen_at(TUESDAY):
        # Together they would be told in one (see test_together).
        first = opened(world)
        assert claim(messages_of(first)[0].id)
        assert claim(messages_of(opened(world))[0].id)


def test_a_number_gets_so_many_a_day_and_no_more(app: Flask, world: World) -> None:
    prefer(world, max_per_day=2)
    with frozen_at(TUESDAY):
        tickets, claimed = [], []
        for _one in range(3):
            tickets.append(opened(world))
            claimed.append(claim(messages_of(tickets[-1])[0].id))
        assert claimed == [True, True, False]
        late = messages_of(tickets[2])[0]
        assert late.state == S.SKIPPED
        assert late.reason == "Limite atteinte : déjà 2 SMS aujourd'hui à ce numéro."
        # An emergency is exempt; another number and another member have their own count.
        assert claim(queue_one(world.a.id))
        assert claim(queue_one(world.a.id, to_number="+33639980099", urgent=False))
        assert claim(queue_one(world.b.id, urgent=False))
    with frozen_at(TUESDAY + timedelta(days=1)):
        assert claim(queue_one(world.a.id, urgent=False))


def test_two_workers_at_once_do_not_pass_the_limit(app: Flask, world: World) -> None:
    prefer(world, max_per_day=1)
    numbers = []
    with frozen_at(TUESDAY):
        numbers = [queue_one(world.a.id, urgent=False) for _one in range(6)]
    for number in numbers:
        now = clock.now()
        change(number, not_before=now - timedelta(minutes=1), expires_at=now + timedelta(hours=9))
    start = threading.Barrier(len(numbers))
    claimed: list[bool] = []

    def work(number: int) -> None:
        with app.app_context():
            start.wait()
            claimed.append(claim(number))

    threads = [threading.Thread(target=work, args=(number,)) for number in numbers]
    with frozen_at(TUESDAY):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(claimed) <= 1
    assert [one.state for one in _all()].count(S.SENDING) == sum(claimed)


def _all() -> list[Message]:
    with as_system() as session:
        return list(session.scalars(select(Message).where(Message.to_number == MOBILE)))


def test_a_follow_up_switched_off_meanwhile_does_not_leave(app: Flask, world: World) -> None:
    with frozen_at(TUESDAY):
        waiting = messages_of(opened(world))[0]
        with as_system() as session, transaction():
            session.add(FollowUp(member_id=world.a.id, trigger=waiting.trigger, active=False))
        assert not claim(waiting.id)
    assert "désactivé" in message(waiting.id).reason


def test_a_tenant_who_was_absent_is_told_so(app: Flask, world: World) -> None:
    with frozen_at(TUESDAY):
        ticket = opened(world)
        plan(world, ticket)
        act(world, "staff-a", ticket, services.tenant_absent)
    absent = last(ticket, Trigger.TENANT_ABSENT)
    assert absent.state == S.QUEUED
    assert "n'a pas pu entrer" in absent.body
    assert last(ticket, Trigger.VISIT_REMINDER).state == S.CANCELLED


def test_a_request_that_waits_says_why(app: Flask, world: World) -> None:
    with frozen_at(TUESDAY):
        ticket = opened(world)
        act(world, "staff-a", ticket, lambda a: services.put_on_hold(a, HoldCause.PART))
        assert "pièce est commandée" in last(ticket, Trigger.ON_HOLD).body
        act(world, "staff-a", ticket, services.resume)
    assert last(ticket, Trigger.ON_HOLD).state == S.CANCELLED


@pytest.mark.parametrize("warnings", [0, 1])
def test_the_nearly_late_and_the_late_are_told_once(
    app: Flask, world: World, warnings: int
) -> None:
    with frozen_at(TUESDAY):
        ticket = opened(world)
        if warnings:
            with as_system() as session, transaction():
                session.add(FollowUp(member_id=world.a.id, trigger=Trigger.NEARLY_LATE))
    due = ticket_of(ticket).due_at
    assert due is not None
    for at in (due - timedelta(hours=5), due - timedelta(hours=2), due + timedelta(hours=1)):
        with frozen_at(at):
            for _twice in range(2):
                tell_of_delays(app)
    triggers = [one.trigger for one in messages_of(ticket)]
    assert triggers.count(Trigger.NEARLY_LATE) == warnings
    assert triggers.count(Trigger.DELAYED) == 1


def test_a_visit_to_come_says_more_than_an_apology(app: Flask, world: World) -> None:
    with frozen_at(TUESDAY):
        ticket = opened(world)
        plan(world, ticket, DAY + timedelta(days=20))
    with frozen_at(ticket_of(ticket).due_at or TUESDAY):
        tell_of_delays(app)
    assert Trigger.DELAYED not in [one.trigger for one in messages_of(ticket)]


def test_an_ended_request_is_not_late(app: Flask, world: World) -> None:
    with frozen_at(TUESDAY):
        ticket = opened(world)
        act(world, "staff-a", ticket, lambda a: services.resolve(a, ResolutionCode.REPAIRED))
    with as_system() as session, transaction():
        session.get_one(Ticket, ticket).due_at = TUESDAY
    with frozen_at(TUESDAY + timedelta(hours=3)):
        tell_of_delays(app)
    assert Trigger.DELAYED not in [one.trigger for one in messages_of(ticket)]
