"""Who lives in a place and can be written to, and who can't."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.estate.models import Contact, ContactPhone, Dwelling, Occupancy
from callcenter.estate.states import NumberFlag, OccupancyRole, PhoneKind
from callcenter.messaging.models import OptOut

_LIVE_THERE = (OccupancyRole.TENANT, OccupancyRole.CO_TENANT, OccupancyRole.OCCUPANT)


@dataclass(frozen=True, slots=True)
class Inhabitant:
    """Somebody who lives there; ``number`` is the mobile to write to, or "" for none."""

    contact_id: int
    name: str
    number: str
    language: str
    home: str


def list_reachable(
    member_id: int,
    residence_id: int,
    building_ids: Collection[int] = (),
    *others: ColumnElement[bool],
    limit: int,
) -> list[Inhabitant]:
    """Return the people who live there today and can receive an SMS; each number once.

    One mobile per person (the preferred one), in use and not opted out. No building: the whole
    residence. ``others`` narrow by `Contact` and `ContactPhone`. One statement.
    """
    one_each = (
        select(
            Contact.id.label("contact_id"),
            Contact.civility,
            Contact.first_name,
            Contact.last_name,
            Contact.language,
            ContactPhone.number,
            Dwelling.door,
            Dwelling.floor,
        )
        .select_from(Dwelling)
        .join(
            Occupancy,
            and_(Occupancy.member_id == Dwelling.member_id, Occupancy.dwelling_id == Dwelling.id),
        )
        .join(
            Contact,
            and_(Contact.member_id == Occupancy.member_id, Contact.id == Occupancy.contact_id),
        )
        .join(
            ContactPhone,
            and_(
                ContactPhone.member_id == Contact.member_id, ContactPhone.contact_id == Contact.id
            ),
        )
        .where(
            *_lives(member_id, residence_id, building_ids),
            ContactPhone.kind == PhoneKind.MOBILE,
            ContactPhone.flag == NumberFlag.NONE,
            ~exists().where(
                OptOut.member_id == ContactPhone.member_id, OptOut.number == ContactPhone.number
            ),
            *others,
        )
        .ext(distinct_on(Contact.id))
        .order_by(Contact.id, ContactPhone.preferred.desc(), ContactPhone.id)
        .subquery()
    )
    rows = db.session.execute(
        select(one_each)
        .ext(distinct_on(one_each.c.number))
        .order_by(one_each.c.number, one_each.c.contact_id)
        .limit(limit)
    )
    return [
        Inhabitant(
            row.contact_id,
            " ".join(part for part in (row.civility, row.first_name, row.last_name) if part),
            row.number,
            row.language,
            " · ".join(part for part in (row.floor, row.door) if part),
        )
        for row in rows
    ]


def count_inhabitants(
    member_id: int, residence_id: int, building_ids: Collection[int] = ()
) -> tuple[int, int]:
    """Return (homes with somebody in, those of them where nobody has a mobile in use).

    A notice on the door is for the latter. Opt-outs count as unreachable. One statement.
    """
    reached = (
        exists()
        .where(
            ContactPhone.member_id == Occupancy.member_id,
            ContactPhone.contact_id == Occupancy.contact_id,
            ContactPhone.kind == PhoneKind.MOBILE,
            ContactPhone.flag == NumberFlag.NONE,
            ~exists().where(
                OptOut.member_id == ContactPhone.member_id, OptOut.number == ContactPhone.number
            ),
        )
        .correlate(Occupancy)
    )
    homes = (
        select(Dwelling.id, func.bool_or(reached).label("reached"))
        .join(
            Occupancy,
            and_(Occupancy.member_id == Dwelling.member_id, Occupancy.dwelling_id == Dwelling.id),
        )
        .where(*_lives(member_id, residence_id, building_ids))
        .group_by(Dwelling.id)
        .subquery()
    )
    row = db.session.execute(
        select(func.count(), func.count().filter(~homes.c.reached)).select_from(homes)
    ).one()
    return row[0], row[1]


def _lives(
    member_id: int, residence_id: int, building_ids: Collection[int]
) -> list[ColumnElement[bool]]:
    today = clock.today()
    here: list[ColumnElement[bool]] = [
        Dwelling.member_id == member_id,
        Dwelling.residence_id == residence_id,
        Occupancy.role.in_(_LIVE_THERE),
        or_(Occupancy.starts_on.is_(None), Occupancy.starts_on <= today),
        or_(Occupancy.ends_on.is_(None), Occupancy.ends_on >= today),
    ]
    if building_ids:
        here.append(Dwelling.building_id.in_(building_ids))
    return here
