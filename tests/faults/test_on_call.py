"""Pages survive: a clockwork killed between two steps, two at once, a provider that fails."""

import signal
import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from callcenter.core import clock
from callcenter.core.db import db, session_scope, transaction
from callcenter.messaging.models import Message
from callcenter.messaging.states import Trigger
from callcenter.oncall.models import OnCallAttempt, OnCallPage, OnCallShift
from callcenter.oncall.states import PageState
from callcenter.tickets.models import Ticket
from callcenter.tickets.services.duty_answers import acknowledge
from callcenter.tickets.services.duty_asking import advance_page
from tests.faults.platform import Platform, wait_until
from tests.oncall.scenes import NAMES, NUMBERS, attempts_of, make_rota, page_of, people_of, said_of
from tests.tickets.scenes import opened
from tests.world import EVERYTHING, as_system

pytestmark = pytest.mark.faults

# Processes start slowly where others work too.
PATIENCE = 90
HASTY = {"forgotten": 1.0, "lost": 2.0, "every": 0.3}


def paged(platform: Platform, minutes: int = 60) -> int:
    """An urgent ticket whose page is due now, whatever the hour of the test."""
    rota = make_rota(platform.world, acknowledge_minutes=minutes)
    first = people_of(rota)[0]
    now = clock.now()
    with session_scope(EVERYTHING), transaction():
        db.session.add(
            OnCallShift(
                member_id=platform.world.a.id,
                on_call_rota_id=rota,
                on_call_person_id=first.id,
                starts_at=now - timedelta(hours=1),
                ends_at=now + timedelta(hours=12),
            )
        )
    ticket_id = opened(platform.world, "T-FUI")
    with session_scope(EVERYTHING), transaction():
        db.session.execute(OnCallPage.__table__.delete())  # type: ignore[attr-defined]
        ticket = db.session.get_one(Ticket, ticket_id)
        db.session.add(
            OnCallPage(
                member_id=ticket.member_id,
                on_call_rota_id=rota,
                ticket_id=ticket.id,
                title=ticket.title,
                place=ticket.place,
                caller_number=ticket.contact_number,
                state=PageState.CALLING,
                state_at=now,
                next_at=now,
            )
        )
    return ticket_id


def on_duty_got(platform: Platform) -> list[str]:
    """The numbers of people on call that the provider has sent to."""
    return [one["phone"] for one in platform.sandbox.messages() if one["phone"] in set(NUMBERS)]


def test_killed_between_two_steps_nothing_is_lost_and_nobody_asked_twice(
    platform: Platform,
) -> None:
    platform.web()
    ticket_id = paged(platform)
    first = platform.clockwork(**HASTY)
    wait_until(lambda: said_of(ticket_id) != [], "the person on duty is asked", PATIENCE)
    first.send_signal(signal.SIGKILL)
    first.wait(10)
    platform.worker()
    second = platform.clockwork(**HASTY)
    wait_until(lambda: on_duty_got(platform) == [NUMBERS[0]], "the SMS left, once", PATIENCE)
    # The delay passes while nobody works.
    second.send_signal(signal.SIGKILL)
    second.wait(10)
    asked = attempts_of_id(ticket_id)
    with session_scope(EVERYTHING), transaction():
        attempt = db.session.get_one(OnCallAttempt, asked)
        attempt.answer_by = clock.now() - timedelta(minutes=1)
        db.session.get_one(OnCallPage, attempt.on_call_page_id).next_at = attempt.answer_by
    platform.clockwork(**HASTY)
    wait_until(
        lambda: said_of(ticket_id) == [("silent", NAMES[0]), ("asked", NAMES[1])],
        "the next person is asked",
        PATIENCE,
    )
    wait_until(lambda: on_duty_got(platform) == [NUMBERS[0], NUMBERS[1]], "by one SMS", PATIENCE)
    time.sleep(1.5)
    assert on_duty_got(platform) == [NUMBERS[0], NUMBERS[1]]


def attempts_of_id(ticket_id: int) -> int:
    return attempts_of(ticket_id)[0].id


def test_an_sms_that_fails_asks_the_next_within_seconds(platform: Platform) -> None:
    platform.sandbox.configure(outcome="error", code=30006)
    platform.web()
    platform.worker()
    platform.clockwork(**HASTY)
    ticket_id = paged(platform)
    wait_until(
        lambda: page_of(ticket_id).state == PageState.ESCALATED,
        "everybody was tried, the supervisor has it",
        PATIENCE,
    )
    assert said_of(ticket_id) == [("failed", name) for name in NAMES]
    assert sorted(on_duty_got(platform)) == sorted(NUMBERS)


def test_two_clockworks_page_once(platform: Platform) -> None:
    """Two processes that both believe they lead: the rows alone keep them apart."""
    ticket_id = paged(platform)
    page_id = page_of(ticket_id).id
    start = threading.Barrier(6)
    done: list[bool] = []

    def ask() -> None:
        with platform.app.app_context():
            start.wait(10)
            with session_scope(EVERYTHING), transaction():
                done.append(advance_page(page_id))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert done.count(True) == 1
    with as_system() as session:
        sent = session.scalars(
            select(Message.to_number).where(Message.trigger == Trigger.ON_CALL_PAGE)
        ).all()
    assert sent == [NUMBERS[0]]


def test_an_answer_and_the_clockwork_at_once_end_well(platform: Platform) -> None:
    """Whoever takes it while the delay runs out: taken, and nobody else is asked afterwards."""
    ticket_id = paged(platform)
    page_id = page_of(ticket_id).id
    with session_scope(EVERYTHING), transaction():
        advance_page(page_id)
    attempt_id = attempts_of_id(ticket_id)
    with session_scope(EVERYTHING), transaction():
        attempt = db.session.get_one(OnCallAttempt, attempt_id)
        attempt.answer_by = clock.now() - timedelta(seconds=1)
        db.session.get_one(OnCallPage, page_id).next_at = attempt.answer_by
    start = threading.Barrier(2)
    errors: list[Exception] = []

    def run(what: object) -> None:
        with platform.app.app_context():
            start.wait(10)
            try:
                with session_scope(EVERYTHING), transaction():
                    what()  # type: ignore[operator]
            except Exception as error:  # noqa: BLE001 - told by the assertion below
                errors.append(error)

    threads = [
        threading.Thread(target=run, args=(lambda: acknowledge(page_id, attempt_id),)),
        threading.Thread(target=run, args=(lambda: advance_page(page_id),)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert errors == []
    assert page_of(ticket_id).state == PageState.ACKNOWLEDGED
    with session_scope(EVERYTHING), transaction():
        assert advance_page(page_id) is False
