"""Two clockworks, and one that is killed in the middle: each thing is done once all the same."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.members.models import Calendar
from callcenter.messaging.models import Message
from callcenter.messaging.states import Trigger
from callcenter.tickets.models import Assignment, Ticket, TicketEvent
from tests.faults.clockworks import four_at_once, run_until_killed
from tests.tickets.scenes import opened
from tests.world import World, as_system
from workers.watch import reassure_silent, take_back_unanswered

pytestmark = pytest.mark.faults

TICKETS = 12


@pytest.fixture
def overdue(world: World) -> list[int]:
    """Tickets whose offer has run out, of tenants who have heard nothing for a long time."""
    made = [opened(world) for _ in range(TICKETS)]
    long_ago = clock.now() - timedelta(days=30)
    with as_system() as session, transaction():
        session.execute(sa.update(Ticket).values(news_at=long_ago, opened_at=long_ago))
        session.execute(sa.update(Assignment).values(accept_by=long_ago))
        # Whenever the tests run, it is day.
        session.execute(
            sa.update(Calendar).values(
                weekly_hours={
                    day: [["00:00", "24:00"]]
                    for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
                },
                public_holidays=False,
            )
        )
    return made


def tally() -> tuple[int, int, int]:
    """How often tickets came back, tenants were reassured, and messages say so."""
    with as_system() as session:
        kinds = list(session.scalars(sa.select(TicketEvent.kind)))
        sms = session.scalar(sa.select(sa.func.count()).where(Message.trigger == Trigger.SILENT))
    return kinds.count("unanswered"), kinds.count("reassured"), sms or 0


def test_two_clockworks_at_once(app: Flask, overdue: list[int]) -> None:
    four_at_once(app, take_back_unanswered, reassure_silent)
    assert tally() == (TICKETS, TICKETS, TICKETS)
    with as_system() as session:
        assert set(session.scalars(sa.select(Ticket.moves))) == {1}


# Kills itself after the third message was written and before its commit.
_DYING = """
import os, signal
from callcenter.tickets.services import unanswered
from workers import watch
from workers.process import start_process

told, tell = [], unanswered.tell_tenant
def tell_then_die(*args, **kwargs):
    tell(*args, **kwargs)
    told.append(1)
    if len(told) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
unanswered.tell_tenant = tell_then_die
app = start_process("dying clockwork")
with app.app_context():
    watch.reassure_silent(app)
"""


def test_one_that_is_killed(app: Flask, overdue: list[int]) -> None:
    run_until_killed(app, _DYING)
    # Two were told for good; the third was undone with the process.
    assert tally()[1:] == (2, 2)
    reassure_silent(app)
    assert tally()[1:] == (TICKETS, TICKETS)
