"""Reading people and naming homes: what the estate's other queries stand on."""

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Row, Select, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.core.phone import try_parse_phone
from callcenter.estate.models import (
    Building,
    Contact,
    ContactPhone,
    Dwelling,
    Entrance,
    Occupancy,
    Residence,
)
from callcenter.estate.records import Home, Person, Phone, Place
from callcenter.estate.states import NumberFlag, OccupancyRole

MAX_CALLERS = 20

_ROLE_ORDER = {role: order for order, role in enumerate(OccupancyRole)}

PLACE = (
    Dwelling.id.label("dwelling_id"),
    Dwelling.member_id,
    Dwelling.number,
    Dwelling.street,
    Dwelling.postcode,
    Dwelling.city,
    Dwelling.floor,
    Dwelling.door,
    Dwelling.residence_id,
    Residence.name.label("residence_name"),
    Residence.code.label("residence_code"),
    Dwelling.building_id,
    func.coalesce(Building.name, "").label("building_name"),
    func.coalesce(Entrance.name, "").label("entrance_name"),
)


def with_place(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Join what names a home to a statement that holds ``Dwelling``."""
    return (
        statement.join(Residence, Residence.id == Dwelling.residence_id)
        .outerjoin(Building, Building.id == Dwelling.building_id)
        .outerjoin(Entrance, Entrance.id == Dwelling.entrance_id)
    )


def place_of(row: Row[Any]) -> Place:
    """Make a Place of a row that has the columns of ``PLACE``."""
    return Place(**{name: getattr(row, name) for name in Place.__dataclass_fields__})


def find_callers(
    number: str, member_ids: Collection[int], first_member_id: int | None = None
) -> list[Person]:
    """Return everybody known under a phone number, in any writing; never a guess.

    A number that an agent said is not theirs is left out.

    Several people may share a number and one person may have several homes: all are given,
    with their numbers and homes. The people of ``first_member_id`` (the line's member) come
    first, then those who live somewhere now, tenants before others. Two statements.
    """
    phone = try_parse_phone(number)
    if phone is None or not member_ids:
        return []
    owners = db.session.execute(
        select(ContactPhone.contact_id)
        .where(
            ContactPhone.number == phone.e164,
            ContactPhone.member_id.in_(member_ids),
            ContactPhone.flag != NumberFlag.INVALID,
        )
        .limit(MAX_CALLERS)
    ).scalars()
    people = load_people(set(owners), matched=phone.e164)
    return sorted(people, key=lambda p: _caller_order(p, first_member_id))


def _caller_order(person: Person, first_member_id: int | None) -> tuple[Any, ...]:
    best = min((_ROLE_ORDER[OccupancyRole(h.role)] for h in person.current_homes), default=99)
    return (person.member_id != first_member_id, best, person.last_name, person.contact_id)


def load_people(contact_ids: Collection[int], *, matched: str = "") -> list[Person]:
    """Return people with all their numbers and homes, in one statement, in no set order.

    ``matched`` is the E.164 number they were looked for by.
    """
    if not contact_ids:
        return []
    return _people(
        db.session.execute(_people_by_id(), {"contact_ids": list(contact_ids)}),
        matched,
    )


@cache  # worked out once: each search and each choice at the desk ends with it
def _people_by_id() -> Select[*tuple[Any, ...]]:
    # An array: one statement to be kept prepared, however many are asked for.
    ids: Any = bindparam("contact_ids", type_=ARRAY(BigInteger))
    return _with_homes(occupants_statement().add_columns(*PLACE).select_from(Contact)).where(
        Contact.id == any_(ids)
    )


def _phones_of_contact() -> Any:
    return (
        select(
            func.jsonb_agg(
                func.jsonb_build_array(
                    ContactPhone.id,
                    ContactPhone.number,
                    ContactPhone.kind,
                    ContactPhone.note,
                    ContactPhone.source,
                    ContactPhone.flag,
                    ContactPhone.preferred,
                )
            )
        )
        .where(ContactPhone.contact_id == Contact.id)
        .correlate(Contact)
        .scalar_subquery()
        .label("phones")
    )


_PERSON = (
    Contact.id.label("contact_id"),
    Contact.member_id.label("contact_member_id"),
    Contact.civility,
    Contact.first_name,
    Contact.last_name,
    Contact.email,
    Contact.language,
    Contact.source.label("contact_source"),
    Contact.version.label("contact_version"),
)
_OCCUPANCY = (
    Occupancy.id.label("occupancy_id"),
    Occupancy.role,
    Occupancy.lease_number,
    Occupancy.starts_on,
    Occupancy.ends_on,
)


def occupants_statement() -> Select[*tuple[Any, ...]]:
    """Return the columns of people, their numbers and occupancies; no FROM yet."""
    return select(*_PERSON, _phones_of_contact(), *_OCCUPANCY)


def _with_homes(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Join the homes of people, who may have none."""
    return (
        statement.outerjoin(Occupancy, Occupancy.contact_id == Contact.id)
        .outerjoin(Dwelling, Dwelling.id == Occupancy.dwelling_id)
        .outerjoin(Residence, Residence.id == Dwelling.residence_id)
        .outerjoin(Building, Building.id == Dwelling.building_id)
        .outerjoin(Entrance, Entrance.id == Dwelling.entrance_id)
    )


def _people(rows: Iterable[Row[Any]], matched: str) -> list[Person]:
    by_contact: dict[int, list[Row[Any]]] = {}
    for row in rows:
        by_contact.setdefault(row.contact_id, []).append(row)
    return [person_of(group, matched) for group in by_contact.values()]


def person_of(group: Sequence[Row[Any]], matched: str = "", place: Place | None = None) -> Person:
    """Make a Person of the rows of one contact, one row per occupancy (all at ``place``)."""
    row = group[0]
    phones = tuple(
        sorted(
            (Phone(*values) for values in row.phones or ()),
            key=lambda p: (p.number != matched, not p.preferred, p.kind != "mobile", p.phone_id),
        )
    )
    homes = sorted(
        (_home_of(r, place) for r in group if r.occupancy_id is not None), key=home_order
    )
    return Person(
        contact_id=row.contact_id,
        member_id=row.contact_member_id,
        civility=row.civility,
        first_name=row.first_name,
        last_name=row.last_name,
        email=row.email,
        language=row.language,
        source=row.contact_source,
        version=row.contact_version,
        phones=phones,
        homes=tuple(homes),
        matched=next((p for p in phones if matched and p.number == matched), None),
    )


def _home_of(row: Row[Any], place: Place | None) -> Home:
    today = clock.today()
    begun = row.starts_on is None or row.starts_on <= today
    return Home(
        occupancy_id=row.occupancy_id,
        place=place or place_of(row),
        role=row.role,
        lease_number=row.lease_number,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        current=begun and (row.ends_on is None or row.ends_on >= today),
    )


def home_order(home: Home) -> tuple[Any, ...]:
    """Sort homes: present ones first, tenants before others, the latest first."""
    start = home.starts_on.toordinal() if home.starts_on else 0
    return (not home.current, _ROLE_ORDER[OccupancyRole(home.role)], -start, home.occupancy_id)


def get_person(contact_id: int) -> Person:
    """Return one person with numbers and homes; NotFound when it is nobody the actor may see."""
    found = load_people([contact_id])
    if not found:
        raise NotFound
    return found[0]
