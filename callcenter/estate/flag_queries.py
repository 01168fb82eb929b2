"""Reading the flags of places: those in force, of the kinds that the reader may see."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Date, Select, bindparam, or_, select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.core.isolation import Actor
from callcenter.estate.flag_rules import ENDING_SOON, SENSITIVE, readable_kinds
from callcenter.estate.history_models import PlaceFlag
from callcenter.estate.states import FlagKind

MOST_FLAGS = 20


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag as pages show it."""

    flag_id: int
    residence_id: int
    dwelling_id: int | None
    member_id: int
    kind: str
    measure: str
    ground: str
    note: str
    starts_on: date
    ends_on: date
    actor_label: str
    created_at: datetime
    version: int

    @property
    def sensitive(self) -> bool:
        """Say whether reading it is traced."""
        return self.kind in SENSITIVE

    def ending(self, today: date) -> bool:
        """Say whether it ends within the notice."""
        return self.ends_on <= today + timedelta(days=ENDING_SOON)

    def begun(self, today: date) -> bool:
        """Say whether its first day has come."""
        return self.starts_on <= today


def list_flags(
    actor: Actor, member_id: int, residence_id: int, dwelling_id: int | None
) -> tuple[Flag, ...]:
    """Return a place's flags that have not ended and that the actor may read. One statement.

    A home has its residence's too; without a home, only those of the whole residence.
    """
    place = {"member_id": member_id, "residence_id": residence_id, "dwelling_id": dwelling_id}
    return _flags(_at_place(frozenset(readable_kinds(actor.permissions))), place)


def get_flag(actor: Actor, flag_id: int) -> Flag:
    """Return one flag in force; NotFound when it is none that the actor may read."""
    kinds = frozenset(readable_kinds(actor.permissions))
    found = _flags(_in_force(kinds).where(PlaceFlag.id == flag_id), {})
    if not found:
        raise NotFound
    return found[0]


def _flags(statement: Select[*tuple[Any, ...]], values: Mapping[str, Any]) -> tuple[Flag, ...]:
    rows = db.session.execute(statement, {**values, "today": clock.today()})
    return tuple(Flag(**row._mapping) for row in rows)  # noqa: SLF001 - a Row's public face


@cache
def _at_place(kinds: frozenset[FlagKind]) -> Select[*tuple[Any, ...]]:
    return _in_force(kinds).where(
        PlaceFlag.member_id == bindparam("member_id"),
        PlaceFlag.residence_id == bindparam("residence_id"),
        or_(PlaceFlag.dwelling_id.is_(None), PlaceFlag.dwelling_id == bindparam("dwelling_id")),
    )


def _in_force(kinds: frozenset[FlagKind]) -> Select[*tuple[Any, ...]]:
    """The flags of these kinds that have not ended (``today``)."""
    return (
        select(
            PlaceFlag.id.label("flag_id"),
            PlaceFlag.residence_id,
            PlaceFlag.dwelling_id,
            PlaceFlag.member_id,
            PlaceFlag.kind,
            PlaceFlag.measure,
            PlaceFlag.ground,
            PlaceFlag.note,
            PlaceFlag.starts_on,
            PlaceFlag.ends_on,
            PlaceFlag.actor_label,
            PlaceFlag.created_at,
            PlaceFlag.version,
        )
        .where(PlaceFlag.ends_on >= bindparam("today", type_=Date), PlaceFlag.kind.in_(kinds))
        .order_by(PlaceFlag.kind.desc(), PlaceFlag.ends_on, PlaceFlag.id)
        .limit(MOST_FLAGS)
    )
