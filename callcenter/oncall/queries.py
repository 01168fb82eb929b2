"""Scoped reads of rotas, people and shifts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, select

from callcenter.core.audit import AuditEntry
from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.members.accounts import User
from callcenter.members.calendar_rules import Calendar, on_call_period_at
from callcenter.members.queries import get_main_calendar
from callcenter.oncall.models import OnCallPerson, OnCallRota, OnCallShift
from callcenter.oncall.rules import choose_rota

HISTORY_MAX = 30


@dataclass(frozen=True, slots=True)
class Duty:
    """A rota at one instant: who stands there, until when. Nobody: ``person_id`` is None.

    ``until`` is the end of the shift, or of the night if that comes first.
    """

    rota_id: int
    rota_name: str
    category_codes: Sequence[str]
    equipment: Sequence[str]
    acknowledge_minutes: int
    when_contract: str
    instructions: str
    person_id: int | None = None
    name: str = ""
    number: str = ""
    until: datetime | None = None


def get_rota(on_call_rota_id: int) -> OnCallRota:
    """Return a rota within the actor's wall; NotFound for any other."""
    rota = db.session.scalar(select(OnCallRota).where(OnCallRota.id == on_call_rota_id))
    if rota is None:
        raise NotFound
    return rota


def get_person(on_call_person_id: int) -> OnCallPerson:
    """Return somebody on a list; NotFound for any other."""
    person = db.session.scalar(select(OnCallPerson).where(OnCallPerson.id == on_call_person_id))
    if person is None:
        raise NotFound
    return person


def get_shift(on_call_shift_id: int) -> OnCallShift:
    """Return a shift; NotFound for any other."""
    shift = db.session.scalar(select(OnCallShift).where(OnCallShift.id == on_call_shift_id))
    if shift is None:
        raise NotFound
    return shift


def list_rotas(member_id: int, *, active_only: bool = False) -> Sequence[OnCallRota]:
    """Return a member's rotas: what covers all first, then by name."""
    found = select(OnCallRota).where(OnCallRota.member_id == member_id)
    if active_only:
        found = found.where(OnCallRota.active)
    width = func.jsonb_array_length(OnCallRota.category_codes) + func.jsonb_array_length(
        OnCallRota.equipment
    )
    return db.session.scalars(found.order_by(width > 0, OnCallRota.name)).all()


def list_people(rota_ids: Iterable[int]) -> Sequence[OnCallPerson]:
    """Return everybody on these rotas' lists, in the order in which they are asked."""
    return db.session.scalars(
        select(OnCallPerson)
        .where(OnCallPerson.on_call_rota_id.in_(list(rota_ids)), OnCallPerson.active)
        .order_by(OnCallPerson.on_call_rota_id, OnCallPerson.position, OnCallPerson.id)
    ).all()


def list_shifts(
    rota_ids: Iterable[int], start: datetime, end: datetime
) -> list[tuple[OnCallShift, OnCallPerson]]:
    """Return (shift, person) of these rotas between two instants, by start."""
    rows = db.session.execute(
        select(OnCallShift, OnCallPerson)
        .join(
            OnCallPerson,
            and_(
                OnCallPerson.member_id == OnCallShift.member_id,
                OnCallPerson.id == OnCallShift.on_call_person_id,
            ),
        )
        .where(
            OnCallShift.on_call_rota_id.in_(list(rota_ids)),
            OnCallShift.ends_at > start,
            OnCallShift.starts_at < end,
        )
        .order_by(OnCallShift.starts_at, OnCallShift.id)
    )
    return [(shift, person) for shift, person in rows]


def list_duties(member_ids: Iterable[int], at: datetime) -> list[tuple[int, Duty]]:
    """Return (member's number, rota at that instant) of active rotas, in one statement."""
    rows = db.session.execute(
        select(
            OnCallRota,
            OnCallPerson.id,
            OnCallPerson.name,
            OnCallPerson.firm,
            OnCallPerson.number,
            OnCallShift.ends_at,
        )
        .outerjoin(
            OnCallShift,
            and_(
                OnCallShift.member_id == OnCallRota.member_id,
                OnCallShift.on_call_rota_id == OnCallRota.id,
                OnCallShift.starts_at <= at,
                OnCallShift.ends_at > at,
            ),
        )
        .outerjoin(
            OnCallPerson,
            and_(
                OnCallPerson.member_id == OnCallShift.member_id,
                OnCallPerson.id == OnCallShift.on_call_person_id,
                OnCallPerson.active,
            ),
        )
        .where(OnCallRota.member_id.in_(list(member_ids)), OnCallRota.active)
        .order_by(OnCallRota.member_id, OnCallRota.name)
    )
    return [(row[0].member_id, _duty(row)) for row in rows]


def find_duty(
    member_id: int, code: str, equipment: str, at: datetime, calendar: Calendar | None = None
) -> Duty | None:
    """Return the rota that covers such a request, and who stands there; None without a rota."""
    duties = [duty for _member, duty in list_duties([member_id], at)]
    found = choose_rota(duties, code, equipment)
    if found is None or found.until is None:
        return found
    period = on_call_period_at(calendar or get_main_calendar(member_id), at)
    return found if period is None else replace(found, until=min(found.until, period[1]))


def list_accounts(member_id: int) -> dict[int, User]:
    """Return the accounts of a member and of the firms it works with, by number."""
    users = db.session.scalars(
        select(User)
        .where(User.member_id == member_id, User.active)
        .order_by(User.last_name, User.first_name)
        .limit(500)
    )
    return {user.id: user for user in users}


def list_history(rota: OnCallRota) -> Sequence[AuditEntry]:
    """Return what was changed on a rota and its shifts, newest first."""
    return db.session.scalars(
        select(AuditEntry)
        .where(
            AuditEntry.member_id == rota.member_id,
            AuditEntry.object_type == "on_call_rota",
            AuditEntry.object_id == str(rota.id),
        )
        .order_by(AuditEntry.id.desc())
        .limit(HISTORY_MAX)
    ).all()


def _duty(row: Row[*tuple[Any, ...]]) -> Duty:
    rota: OnCallRota = row[0]
    name = f"{row[2]} ({row[3]})" if row[2] and row[3] else row[2] or ""
    return Duty(
        rota.id,
        rota.name,
        list(rota.category_codes),
        list(rota.equipment),
        rota.acknowledge_minutes,
        rota.when_contract,
        rota.instructions,
        row[1],
        name,
        row[4] or "",
        row[5] if row[1] is not None else None,
    )
