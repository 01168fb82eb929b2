"""Managers are told once of a contract's end, by two clockworks, or by one that is killed."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.estate.models import MaintenanceContract
from callcenter.messaging.email_states import EmailKind
from callcenter.messaging.models import EmailMessage
from tests.faults.clockworks import four_at_once, run_until_killed
from tests.world import World, as_system
from workers.periodic import tell_managers_of_ends

pytestmark = pytest.mark.faults


@pytest.fixture(autouse=True)
def ending(world: World) -> None:
    """Both members have contracts that end in ten days."""
    with as_system() as session, transaction():
        session.execute(
            sa.update(MaintenanceContract).values(ends_on=clock.today() + timedelta(days=10))
        )


def mails() -> list[int]:
    """The member of each e-mail about contracts."""
    with as_system() as session:
        return sorted(
            session.scalars(
                sa.select(EmailMessage.member_id).where(
                    EmailMessage.kind == EmailKind.CONTRACT_ENDING
                )
            )
        )


def test_two_clockworks_at_once(app: Flask, world: World) -> None:
    four_at_once(app, tell_managers_of_ends)
    assert mails() == [world.a.id, world.b.id]


# Kills itself after the second member's e-mail was written and before its commit.
_DYING = """
import os, signal
from callcenter.messaging import contract_notices
from workers import periodic
from workers.process import start_process

told, queue = [], contract_notices.queue_email
def queue_then_die(**kwargs):
    queue(**kwargs)
    told.append(1)
    if len(told) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
contract_notices.queue_email = queue_then_die
app = start_process("dying clockwork")
with app.app_context():
    periodic.tell_managers_of_ends(app)
"""


def test_one_that_is_killed(app: Flask, world: World) -> None:
    run_until_killed(app, _DYING)
    assert len(mails()) == 1  # the second was undone with the process
    tell_managers_of_ends(app)
    tell_managers_of_ends(app)
    assert mails() == [world.a.id, world.b.id]
