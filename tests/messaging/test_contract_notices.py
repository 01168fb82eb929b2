"""Managers are written to before a contract ends: the right people, once at each notice."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import delete, select, update

from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.core.permissions import Role
from callcenter.estate.models import MaintenanceContract
from callcenter.members.accounts import User
from callcenter.messaging.email_states import EmailKind, EmailState
from callcenter.messaging.models import EmailMessage
from tests.world import World, as_member, as_system
from workers.periodic import tell_managers_of_ends


def ends_in(world: World, days: int) -> None:
    """Let A's lift contract end so many days from now, and no other contract ever."""
    with as_system() as session, transaction():
        session.execute(update(MaintenanceContract).values(ends_on=None))
    with as_member(world.a.id) as session, transaction():
        session.execute(
            update(MaintenanceContract)
            .where(MaintenanceContract.equipment == "lift")
            .values(ends_on=clock.today() + timedelta(days=days))
        )


def told() -> list[EmailMessage]:
    with as_system() as session:
        return list(
            session.scalars(
                select(EmailMessage)
                .where(EmailMessage.kind == EmailKind.CONTRACT_ENDING)
                .order_by(EmailMessage.id)
            )
        )


def test_the_managers_of_the_member_are_told_once_at_each_notice(app: Flask, world: World) -> None:
    ends_in(world, 61)
    assert tell_managers_of_ends(app) == 0
    ends_in(world, 40)
    assert tell_managers_of_ends(app) == 1
    assert tell_managers_of_ends(app) == 0
    (mail,) = told()
    manager = world.user("manager-a")
    assert (mail.to_address, mail.state, mail.member_id) == (
        manager.email,
        EmailState.QUEUED,
        world.a.id,
    )
    assert mail.subject == "Un contrat d'entretien se termine bientôt"
    assert "Ascenseur · Ascensoristes du Sud-Ouest" in mail.body
    assert "dans 40 jours" in mail.body
    assert "/estate/contracts" in mail.body
    with clock.frozen_at(clock.now() + timedelta(days=25)):
        assert tell_managers_of_ends(app) == 1
        assert tell_managers_of_ends(app) == 0
    assert "dans 15 jours" in told()[1].body
    with clock.frozen_at(clock.now() + timedelta(days=40)):
        assert tell_managers_of_ends(app) == 0


def test_a_contract_that_was_prolonged_is_news_again(app: Flask, world: World) -> None:
    ends_in(world, 10)
    assert tell_managers_of_ends(app) == 1
    ends_in(world, 400)
    assert tell_managers_of_ends(app) == 0
    with clock.frozen_at(clock.now() + timedelta(days=345)):
        assert tell_managers_of_ends(app) == 1
    assert len(told()) == 2


def test_with_no_manager_it_waits_for_one(app: Flask, world: World) -> None:
    ends_in(world, 10)
    with as_system() as session, transaction():
        session.execute(update(User).where(User.role == Role.MANAGER).values(active=False))
    assert tell_managers_of_ends(app) == 0
    with as_system() as session, transaction():
        session.execute(update(User).where(User.role == Role.MANAGER).values(active=True))
    assert tell_managers_of_ends(app) == 1


def test_each_manager_reads_it_in_their_own_language(app: Flask, world: World) -> None:
    ends_in(world, 1)
    with as_system() as session, transaction():
        session.execute(delete(EmailMessage))
        session.execute(update(User).where(User.role == Role.MANAGER).values(locale="en"))
    tell_managers_of_ends(app)
    (mail,) = told()
    assert mail.subject == "A maintenance contract is about to end"
    assert "in 1 day" in mail.body
