"""Scenes of the on-call room: a rota with people and a turn, and nights of a known calendar."""

from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import select

from callcenter.core import clock
from callcenter.core.db import db, session_scope, transaction
from callcenter.core.site import Site, current_site
from callcenter.messaging.models import Message
from callcenter.messaging.states import Trigger
from callcenter.oncall import services
from callcenter.oncall.links import link_url
from callcenter.oncall.models import (
    OnCallAttempt,
    OnCallPage,
    OnCallPerson,
    OnCallRota,
    OnCallShift,
)
from callcenter.oncall.services import NewPattern, NewPerson
from callcenter.oncall.states import Turn
from callcenter.tickets.services.duty_asking import advance_page, list_due_pages
from tests.tickets.scenes import acting, actor_of, messages_of, opened
from tests.world import EVERYTHING, World, as_system

# A Tuesday evening and the small hours that follow, in Paris winter time.
EVENING = datetime(2026, 12, 1, 20, 0, tzinfo=UTC)
NIGHT = datetime(2026, 12, 2, 2, 0, tzinfo=UTC)
NUMBERS = ("+33639980501", "+33639980502", "+33639980503")
NAMES = ("Bruno Lacoste", "Karim Belkacem", "Sandrine Loubet")


def make_rota(world: World, name: str = "Toutes urgences", people: int = 3, **values: Any) -> int:
    """A rota of member A with people on its list, and nobody on duty yet."""
    manager = actor_of(world, "manager-a")
    with acting(manager):
        rota = OnCallRota(member_id=world.a.id, name=name, **values)
        db.session.add(rota)
        db.session.flush()
        for person, number in zip(NAMES[:people], NUMBERS, strict=False):
            services.add_person(rota, NewPerson(name=person, number=number), manager)
        return rota.id


def fill_weeks(
    world: World, rota_id: int, first: date = date(2026, 11, 30), last: date = date(2026, 12, 20)
) -> None:
    """One person a week from a Monday 8:30 on."""
    manager = actor_of(world, "manager-a")
    with acting(manager):
        rota = db.session.get_one(OnCallRota, rota_id)
        services.generate(
            rota,
            NewPattern(first=first, last=last, hand_over=time(8, 30), turn=Turn.WEEK),
            manager,
        )


def people_of(rota_id: int) -> list[OnCallPerson]:
    with as_system() as session:
        return list(
            session.scalars(
                select(OnCallPerson)
                .where(OnCallPerson.on_call_rota_id == rota_id, OnCallPerson.active)
                .order_by(OnCallPerson.position)
            )
        )


def shifts_of(rota_id: int) -> list[OnCallShift]:
    with as_system() as session:
        return list(
            session.scalars(
                select(OnCallShift)
                .where(OnCallShift.on_call_rota_id == rota_id)
                .order_by(OnCallShift.starts_at)
            )
        )


def paris(text: str) -> datetime:
    """An instant from its wall-clock text in Paris."""
    return datetime.fromisoformat(text).replace(tzinfo=clock.PARIS).astimezone(UTC)


def night_ticket(world: World, code: str = "T-FUI", at: datetime = NIGHT, **changes: Any) -> int:
    """Open a ticket of member A at night, as the agent does."""
    with clock.frozen_at(at):
        return opened(world, code, **changes)


def clockwork(at: datetime) -> int:
    """One round of the clockwork's asking at an instant."""
    with clock.frozen_at(at):
        with session_scope(EVERYTHING):
            due = list_due_pages()
        done = 0
        for _member, page_id in due:
            with session_scope(EVERYTHING), transaction():
                done += advance_page(page_id)
        return done


def page_of(ticket_id: int) -> OnCallPage:
    with as_system() as session:
        return session.scalars(
            select(OnCallPage)
            .where(OnCallPage.ticket_id == ticket_id)
            .order_by(OnCallPage.id.desc())
            .limit(1)
        ).one()


def attempts_of(ticket_id: int) -> list[OnCallAttempt]:
    page = page_of(ticket_id)
    with as_system() as session:
        return list(
            session.scalars(
                select(OnCallAttempt)
                .where(OnCallAttempt.on_call_page_id == page.id)
                .order_by(OnCallAttempt.turn)
            )
        )


def said_of(ticket_id: int) -> list[tuple[str, str]]:
    """(state, name) of everybody asked, in order."""
    return [(one.state, one.name) for one in attempts_of(ticket_id)]


def pages_sent(ticket_id: int) -> list[Message]:
    return [one for one in messages_of(ticket_id) if one.trigger == Trigger.ON_CALL_PAGE]


def link_of(attempt: OnCallAttempt) -> str:
    """The private address of a person's SMS, without its origin."""
    with as_system():
        return link_url(attempt.nonce, Site("", current_site().secret))
