"""Scenes of the on-call room: a rota with people and a turn, and nights of a known calendar."""

from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.oncall import services
from callcenter.oncall.models import OnCallPerson, OnCallRota, OnCallShift
from callcenter.oncall.services import NewPattern, NewPerson
from callcenter.oncall.states import Turn
from tests.tickets.scenes import acting, actor_of
from tests.world import World, as_system

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
