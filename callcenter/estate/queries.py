"""Reading the estate: who calls, what a home is, who lives there.

Every statement is behind the wall, bounded, and served by an index as the application's role.
"""

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import Date, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.estate.history_models import PlaceFlag
from callcenter.estate.models import (
    Building,
    Contact,
    ContractResidence,
    Dwelling,
    MaintenanceContract,
    Occupancy,
    Residence,
)
from callcenter.estate.people_queries import (
    PLACE,
    find_callers,
    get_person,
    home_order,
    load_people,
    occupants_statement,
    person_of,
    place_of,
    with_place,
)
from callcenter.estate.records import (
    BuildingLine,
    Contract,
    DwellingCard,
    Place,
    ResidenceCard,
    ResidenceLine,
    Resident,
)
from callcenter.estate.search_queries import search
from callcenter.members.models import Agency, Organisation

__all__ = [
    "find_callers",
    "find_places",
    "get_dwelling_card",
    "get_person",
    "get_residence_card",
    "get_residence_line",
    "list_contracts_in_force",
    "list_places",
    "load_people",
    "search",
]

MAX_RESIDENTS = 60
MAX_CONTRACTS = 60
MAX_PLACES = 400


def get_dwelling_card(dwelling_id: int, *, whole: bool = True) -> DwellingCard:
    """Return a home with its residence, people (present and former) and contracts in force.

    Three statements; one for the place alone (``whole`` false: nobody and no contract in it).
    NotFound when the actor's members have no such home.
    """
    values = {"dwelling_id": dwelling_id, "today": clock.today()}
    row = db.session.execute(_card_statement(), values).one_or_none()
    if row is None:
        raise NotFound
    place = place_of(row)
    own = ("place", "residents", "contracts")
    facts = {k: getattr(row, k) for k in DwellingCard.__dataclass_fields__ if k not in own}
    return DwellingCard(
        place=place,
        **facts,
        residents=_residents(place) if whole else (),
        contracts=list_contracts_in_force(place.member_id, place.residence_id) if whole else (),
    )


@cache  # worked out once: every choice at the desk asks for it
def _card_statement() -> Select[*tuple[Any, ...]]:
    syndic = aliased(Organisation)
    # The lots of one residence may have several syndics: the home's own comes first.
    whose = func.coalesce(Dwelling.syndic_id, Residence.syndic_id)
    return (
        with_place(
            select(
                *PLACE,
                Dwelling.rooms,
                Dwelling.surface,
                Dwelling.heating,
                Dwelling.built_in,
                Dwelling.ownership,
                Residence.agency_id,
                func.coalesce(Agency.name, "").label("agency_name"),
                func.coalesce(Agency.phone, "").label("agency_phone"),
                whose.label("syndic_id"),
                func.coalesce(syndic.name, "").label("syndic_name"),
                func.coalesce(syndic.phone, "").label("syndic_phone"),
                exists()
                .where(
                    PlaceFlag.member_id == Dwelling.member_id,
                    PlaceFlag.residence_id == Dwelling.residence_id,
                    PlaceFlag.ends_on >= bindparam("today", type_=Date),
                )
                .label("flagged"),
            ).select_from(Dwelling)
        )
        .outerjoin(Agency, Agency.id == Residence.agency_id)
        .outerjoin(syndic, syndic.id == whose)
        .where(Dwelling.id == bindparam("dwelling_id"))
    )


def _residents(place: Place) -> tuple[Resident, ...]:
    home = {"member_id": place.member_id, "dwelling_id": place.dwelling_id}
    rows = db.session.execute(_residents_statement(), home).all()
    people = (person_of([row], place=place) for row in rows)
    residents = (Resident(person, person.homes[0]) for person in people)
    return tuple(sorted(residents, key=lambda r: home_order(r.home)))


@cache
def _residents_statement() -> Select[*tuple[Any, ...]]:
    return (
        occupants_statement()
        .select_from(Occupancy)
        .join(Contact, Contact.id == Occupancy.contact_id)
        .where(
            Occupancy.member_id == bindparam("member_id"),
            Occupancy.dwelling_id == bindparam("dwelling_id"),
        )
        .order_by(Occupancy.ends_on.desc().nulls_first(), Occupancy.id)
        .limit(MAX_RESIDENTS)
    )


def list_contracts_in_force(member_id: int, residence_id: int) -> tuple[Contract, ...]:
    """Return the contracts that cover a residence today, by equipment. One statement."""
    values = {"member_id": member_id, "residence_id": residence_id, "today": clock.today()}
    rows = db.session.execute(_contracts_statement(), values)
    return tuple(Contract(**row._mapping) for row in rows)  # noqa: SLF001 - a Row's public face


@cache
def _contracts_statement() -> Select[*tuple[Any, ...]]:
    today = bindparam("today", type_=Date)
    return (
        select(
            MaintenanceContract.id.label("contract_id"),
            MaintenanceContract.contractor_id,
            Organisation.name.label("contractor_name"),
            MaintenanceContract.equipment,
            MaintenanceContract.reference,
            MaintenanceContract.starts_on,
            MaintenanceContract.ends_on,
            MaintenanceContract.around_the_clock,
            MaintenanceContract.on_call,
            MaintenanceContract.every_residence,
            MaintenanceContract.phone,
            MaintenanceContract.email,
        )
        .join(Organisation, Organisation.id == MaintenanceContract.contractor_id)
        .outerjoin(
            ContractResidence,
            and_(
                ContractResidence.contract_id == MaintenanceContract.id,
                ContractResidence.residence_id == bindparam("residence_id"),
            ),
        )
        .where(
            MaintenanceContract.member_id == bindparam("member_id"),
            or_(MaintenanceContract.every_residence, ContractResidence.id.is_not(None)),
            MaintenanceContract.starts_on <= today,
            or_(MaintenanceContract.ends_on.is_(None), MaintenanceContract.ends_on >= today),
        )
        .order_by(MaintenanceContract.equipment, Organisation.name, MaintenanceContract.id)
        .limit(MAX_CONTRACTS)
    )


def get_residence_line(residence_id: int) -> ResidenceLine:
    """Return a residence's names alone, without counting its homes. One statement.

    NotFound when the actor's members have no such residence.
    """
    row = db.session.execute(
        select(
            Residence.id,
            Residence.member_id,
            Residence.code,
            Residence.name,
            Residence.postcode,
            Residence.city,
            Residence.ownership,
            func.coalesce(Agency.name, ""),
        )
        .outerjoin(Agency, Agency.id == Residence.agency_id)
        .where(Residence.id == residence_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return ResidenceLine(*row)


def get_residence_card(residence_id: int, building_id: int | None = None) -> ResidenceCard:
    """Return a residence with its buildings, contracts in force and homes.

    The homes are those of ``building_id`` if given, at most ``MAX_PLACES``. Four statements.
    """
    syndic = aliased(Organisation)
    row = db.session.execute(
        select(
            Residence.id.label("residence_id"),
            Residence.member_id,
            Residence.code,
            Residence.name,
            Residence.postcode,
            Residence.city,
            Residence.ownership,
            func.coalesce(Agency.name, "").label("agency_name"),
            Residence.agency_id,
            func.coalesce(Agency.phone, "").label("agency_phone"),
            Residence.syndic_id,
            func.coalesce(syndic.name, "").label("syndic_name"),
            func.coalesce(syndic.phone, "").label("syndic_phone"),
        )
        .outerjoin(Agency, Agency.id == Residence.agency_id)
        .outerjoin(syndic, syndic.id == Residence.syndic_id)
        .where(Residence.id == residence_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    buildings = _buildings(row.member_id, residence_id)
    line = ResidenceLine(
        **{
            name: getattr(row, name)
            for name in ResidenceLine.__dataclass_fields__
            if name != "dwellings"
        },
        dwellings=sum(b.dwellings for b in buildings),
    )
    return ResidenceCard(
        residence=line,
        agency_id=row.agency_id,
        agency_phone=row.agency_phone,
        syndic_id=row.syndic_id,
        syndic_name=row.syndic_name,
        syndic_phone=row.syndic_phone,
        buildings=buildings,
        contracts=list_contracts_in_force(row.member_id, residence_id),
        places=list_places(row.member_id, residence_id, building_id),
    )


def _buildings(member_id: int, residence_id: int) -> tuple[BuildingLine, ...]:
    name = func.coalesce(Building.name, "")
    rows = db.session.execute(
        select(Dwelling.building_id, name.label("name"), func.count().label("dwellings"))
        .outerjoin(Building, Building.id == Dwelling.building_id)
        .where(Dwelling.member_id == member_id, Dwelling.residence_id == residence_id)
        .group_by(Dwelling.building_id, name)
        .order_by(name)
    )
    return tuple(BuildingLine(*row) for row in rows)


def find_places(dwelling_ids: Collection[int]) -> list[Place]:
    """Return what names these homes, in no set order. One statement, none for none."""
    if not dwelling_ids:
        return []
    statement = with_place(select(*PLACE).select_from(Dwelling))
    return [
        place_of(row) for row in db.session.execute(statement.where(Dwelling.id.in_(dwelling_ids)))
    ]


def list_places(
    member_id: int, residence_id: int, building_id: int | None = None
) -> tuple[Place, ...]:
    """Return the homes of a residence (or of one of its buildings), in the order of doors."""
    statement = with_place(select(*PLACE).select_from(Dwelling)).where(
        Dwelling.member_id == member_id, Dwelling.residence_id == residence_id
    )
    if building_id is not None:
        statement = statement.where(Dwelling.building_id == building_id)
    rows = db.session.execute(
        statement.order_by(func.coalesce(Building.name, ""), Dwelling.number).limit(MAX_PLACES)
    )
    return tuple(place_of(row) for row in rows)
