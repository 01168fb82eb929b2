"""Who asks for tickets, and when: what the conditions of a list depend on.

As values for a statement that serves once, or as parameters for one that is built once for each
kind of asker: building a page's statements took longer than running them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import BigInteger, Date, DateTime, bindparam

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.isolation import Actor
from callcenter.core.permissions import Permission, Role
from callcenter.routing.queries import get_routings
from callcenter.routing.watch_settings import read_watch
from callcenter.tickets.watch_rules import Limits, limits_at

_MEMO: Final = "watch_limits"


@dataclass(frozen=True, slots=True, eq=False)  # as a key: the one set of parameters itself
class Asked:
    """An asker and an instant. ``limits`` are those of the watch, by member.

    ``week_ends``: the end of the seventh day, today being the first (Paris).
    """

    actor: Actor
    now: datetime
    today: date
    day_begins: datetime
    day_ends: datetime
    week_ends: datetime
    limits: Mapping[int, Limits]


def asked_now(actor: Actor, *, watch: bool = True) -> Asked:
    """Return the values of this moment; without ``watch`` its limits are left out."""
    today = clock.today()
    # Through the date: a day of the clock change has 23 or 25 hours.
    begins, ends, week = (
        datetime.combine(today + timedelta(days=days), time(), clock.PARIS) for days in (0, 1, 7)
    )
    limits = limits_of(actor.member_ids) if watch else {}
    return Asked(actor, clock.now(), today, begins, ends, week, limits)


def asked_by(actor: Actor) -> Asked:
    """Return the parameters that stand for an asker of this kind: see ``values_of``."""
    return _parameters(actor.role, actor.permissions, len(actor.member_ids))


def values_of(asked: Asked) -> dict[str, Any]:
    """Return the values of the parameters that ``asked_by`` gives for this kind of asker."""
    values = values_of_actor(asked.actor)
    for name in _INSTANTS:
        values[name] = getattr(asked, name)
    for place, member_id in enumerate(sorted(asked.actor.member_ids)):
        limits = asked.limits.get(member_id)
        if limits is not None:
            values[f"silent_before_{place}"] = limits.silent_before
            values[f"held_before_{place}"] = limits.held_before
            values[f"soon_until_{place}"] = limits.soon_until
    return values


def values_of_actor(actor: Actor) -> dict[str, Any]:
    """Return the values for a statement that depends on the actor alone."""
    values: dict[str, Any] = {"user_id": actor.user_id, "organisation_id": actor.organisation_id}
    for place, member_id in enumerate(sorted(actor.member_ids)):
        values[f"member_{place}"] = member_id
    return values


def limits_of(member_ids: Iterable[int]) -> dict[int, Limits]:
    """Return each member's limits now; one statement, once per session (a page, a chore)."""
    wanted = frozenset(member_ids)
    memo: tuple[frozenset[int], datetime, dict[int, Limits]] | None = db.session().info.get(_MEMO)
    now = clock.now()
    if memo is not None and wanted <= memo[0] and (now - memo[1]).total_seconds() < 1:
        return memo[2]
    found = {
        number: limits_at(read_watch(routing.settings), routing.calendars[None], now)
        for number, routing in get_routings(sorted(wanted)).items()
    }
    db.session().info[_MEMO] = (wanted, now, found)
    return found


_INSTANTS: Final = ("now", "today", "day_begins", "day_ends", "week_ends")


def number(name: str) -> Any:
    """Return the parameter of this name that is a row's number."""
    return bindparam(name, type_=BigInteger)


def _instant(name: str) -> Any:
    return bindparam(name, type_=DateTime(timezone=True))


@cache
def _parameters(role: Role, permissions: frozenset[Permission], members: int) -> Asked:
    ids = [number(f"member_{place}") for place in range(members)]
    return Asked(
        actor=Actor(
            user_id=number("user_id"),
            name="",
            role=role,
            home_id=0,
            organisation_id=number("organisation_id"),
            member_ids=frozenset(ids),
            permissions=permissions,
        ),
        now=_instant("now"),
        today=bindparam("today", type_=Date),  # type: ignore[arg-type]
        day_begins=_instant("day_begins"),
        day_ends=_instant("day_ends"),
        week_ends=_instant("week_ends"),
        limits={
            member: Limits(
                silent_before=_instant(f"silent_before_{place}"),
                held_before=_instant(f"held_before_{place}"),
                soon_until=_instant(f"soon_until_{place}"),
            )
            for place, member in enumerate(ids)
        },
    )
