"""Where a call comes from, as routing reads it: one place in one statement, or all of a member's."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Select, and_, bindparam, func, select
from sqlalchemy.orm import aliased

from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.estate.models import Building, Dwelling, Entrance, Residence
from callcenter.members.models import Agency, Organisation
from callcenter.routing.rule_types import AgencyRef, OrganisationRef
from callcenter.routing.states import Ownership


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A residence, and the building and home in it when they are known."""

    residence_id: int | None = None
    residence_name: str = ""
    completed_on: date | None = None
    building_id: int | None = None
    building_name: str = ""
    dwelling_number: str = ""
    # What else names a home: for who writes the place down.
    entrance_name: str = ""
    floor: str = ""
    door: str = ""
    city: str = ""
    ownership: Ownership | None = None
    agency: AgencyRef | None = None
    syndic: OrganisationRef | None = None

    def but(self, changes: Mapping[str, Any]) -> "Place":
        """Return this place with some facts replaced."""
        return replace(self, **changes)


NOWHERE = Place()


def get_place(
    member_id: int,
    *,
    residence_id: int | None,
    building_id: int | None,
    dwelling_id: int | None,
) -> Place:
    """Load a place in one statement; NotFound when it isn't the member's."""
    by_home = dwelling_id is not None
    row = db.session.execute(
        _place_statement(by_home=by_home),
        {
            "member_id": member_id,
            "place_id": dwelling_id if by_home else residence_id,
            "building_id": building_id,
        },
    ).first()
    if row is None:
        raise NotFound
    residence: Residence = row.Residence
    dwelling: Dwelling | None = row.Dwelling if by_home else None
    return Place(
        residence_id=residence.id,
        residence_name=residence.name,
        completed_on=residence.completed_on,
        building_id=row.building_id,
        building_name=row.building or "",
        dwelling_number=dwelling.number if dwelling else "",
        entrance_name=(row.entrance or "") if dwelling else "",
        floor=dwelling.floor if dwelling else "",
        door=dwelling.door if dwelling else "",
        city=dwelling.city if dwelling else residence.city,
        ownership=owned(residence.ownership, dwelling.ownership if dwelling else None),
        agency=AgencyRef(residence.agency_id, row.agency) if residence.agency_id else None,
        syndic=OrganisationRef(row.syndic_id, row.name, row.answers_at_night, row.active)
        if row.syndic_id
        else None,
    )


@cache  # worked out once: each preview and each ticket asks for it
def _place_statement(*, by_home: bool) -> Select[*tuple[Any, ...]]:
    syndic = aliased(Organisation)
    # The lots of one residence may have several syndics: the home's own comes first.
    whose: Any = Residence.syndic_id
    inside: Any = bindparam("building_id", type_=BigInteger)
    if by_home:
        whose = func.coalesce(Dwelling.syndic_id, Residence.syndic_id)
        inside = Dwelling.building_id
    columns = (
        Residence, Agency.name.label("agency"), Building.id.label("building_id"),
        Building.name.label("building"), syndic.id.label("syndic_id"), syndic.name,
        syndic.active, syndic.answers_at_night,
    )  # fmt: skip
    member_id: Any = bindparam("member_id")
    place_id: Any = bindparam("place_id")
    query: Select[*tuple[Any, ...]]
    if by_home:
        query = (
            select(*columns, Dwelling, Entrance.name.label("entrance"))
            .select_from(Dwelling)
            .join(
                Residence,
                and_(
                    Residence.member_id == Dwelling.member_id,
                    Residence.id == Dwelling.residence_id,
                ),
            )
            .outerjoin(
                Entrance,
                and_(Entrance.member_id == Dwelling.member_id, Entrance.id == Dwelling.entrance_id),
            )
            .where(Dwelling.member_id == member_id, Dwelling.id == place_id)
        )
    else:
        query = select(*columns).where(Residence.member_id == member_id, Residence.id == place_id)
    for target, key in ((Agency, Residence.agency_id), (syndic, whose)):
        query = query.outerjoin(
            target, and_(target.member_id == Residence.member_id, target.id == key)
        )
    return query.outerjoin(
        Building,
        and_(
            Building.member_id == Residence.member_id,
            Building.residence_id == Residence.id,
            Building.id == inside,
        ),
    )


def owned(residence: str, dwelling: str | None) -> Ownership:
    """Return how a place is owned: a lot of a co-ownership makes its common parts co-owned."""
    return Ownership(residence if residence == Ownership.CONDO or dwelling is None else dwelling)


def list_places(member_id: int, organisations: Mapping[int, OrganisationRef]) -> dict[int, Place]:
    """Return every residence of a member as a place, by its number. Two statements."""
    agencies: dict[int, str] = dict(
        db.session.execute(
            select(Agency.id, Agency.name).where(Agency.member_id == member_id)
        ).all()
    )
    rows = db.session.execute(
        select(
            Residence.id,
            Residence.name,
            Residence.ownership,
            Residence.completed_on,
            Residence.agency_id,
            Residence.syndic_id,
        ).where(Residence.member_id == member_id)
    )
    return {
        row.id: Place(
            residence_id=row.id,
            residence_name=row.name,
            completed_on=row.completed_on,
            ownership=Ownership(row.ownership),
            agency=AgencyRef(row.agency_id, agencies[row.agency_id]) if row.agency_id else None,
            syndic=organisations.get(row.syndic_id) if row.syndic_id else None,
        )
        for row in rows
    }
