"""The invented estate: homes from the list of residences, and people to live in them.

The same seed gives the same homes and people. Rows are added in sets; what points at a row is
made after the rows it points at have their numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from callcenter.core import clock
from callcenter.core.db import Base, db
from callcenter.demo import bulk_words
from callcenter.demo.contracts import write_contracts
from callcenter.demo.founding import Founded
from callcenter.demo.places import PLACES, Place
from callcenter.estate.models import (
    Building,
    Contact,
    ContactPhone,
    Dwelling,
    Entrance,
    Occupancy,
    Residence,
)
from callcenter.estate.search_text import refresh_search
from callcenter.estate.states import OccupancyRole, Ownership, PhoneKind

_LETTERS: Final = "ABCDEFGHIJKL"

# How often what is found among tenants.
_LET: Final = 0.94
_COUPLE: Final = 0.38
_GROWN_CHILD: Final = 0.14
_SAME_NUMBER: Final = 0.25
_MOBILE: Final = 0.92
_LANDLINE_TOO: Final = 0.15
_NO_NUMBER: Final = 0.01
_ENGLISH: Final = 0.02
_SOLD_LOT: Final = 0.35
_FORMER: Final = 0.12


@dataclass(slots=True)
class Home:
    """A home and who may call about it."""

    dwelling: Dwelling
    place: Place
    residence: Residence
    residents: list["Resident"] = field(default_factory=list)


@dataclass(slots=True)
class Resident:
    """A person of a home: ``number`` is the one that follow-ups go to, "" for none."""

    contact: Contact
    role: OccupancyRole
    number: str = ""
    mobile: bool = False
    starts_on: date | None = None
    ends_on: date | None = None
    numbers: list[tuple[str, PhoneKind]] = field(default_factory=list)


@dataclass(slots=True)
class Estate:
    """A member's homes, and the residences by name."""

    homes: list[Home] = field(default_factory=list)
    residences: list[tuple[Place, Residence]] = field(default_factory=list)


class Numbers:
    """The telephone numbers of people: of the ranges kept for fiction, each given once."""

    def __init__(self, rng: Random) -> None:
        self._mobiles = self._drawn(rng, "+3363998", range(1_000, 10_000))
        # The first thousand are the members' own lines and partners.
        self._landlines = self._drawn(rng, "+3353649", range(2_000, 10_000))

    @staticmethod
    def _drawn(rng: Random, start: str, ends: range) -> Iterator[str]:
        return iter([f"{start}{end:04}" for end in rng.sample(ends, len(ends))])

    def mobile(self) -> str:
        """Return a mobile that nobody has yet."""
        return next(self._mobiles)

    @property
    def strangers(self) -> Iterator[str]:
        """The mobiles that are left: for people of no home."""
        return self._mobiles

    def landline(self) -> str:
        """Return a landline that nobody has yet."""
        return next(self._landlines)


def settle_estate(member: Founded, rng: Random, numbers: Numbers) -> Estate:
    """Build the member's residences, people and contracts (flushed, and searchable)."""
    estate = Estate()
    for code, place in enumerate(PLACES[member.cast.prefix], start=1):
        estate.residences.append((place, _residence(member, code, place)))
    _add(*(residence for _place, residence in estate.residences))
    for place, residence in estate.residences:
        estate.homes += _homes(member, place, residence)
    for home in estate.homes:
        _household(member, home, rng, numbers)
    residents = [(home, one) for home in estate.homes for one in home.residents]
    _add(*(one.contact for _home, one in residents))
    for home, one in residents:
        _write_resident(member, home, one)
    for firm, organisation in member.firms:
        write_contracts(member, estate.residences, firm, organisation)
    db.session.flush()
    refresh_search(member.id)
    for home in estate.homes:
        home.residents = [one for one in home.residents if one.ends_on is None]
    return estate


def _add(*rows: Base) -> None:
    db.session.add_all(rows)
    db.session.flush()


def _residence(member: Founded, code: int, place: Place) -> Residence:
    completed = (
        clock.today() - timedelta(days=place.days_since_delivery)
        if place.days_since_delivery is not None
        else date(place.built, 3 + code % 9, 15)
    )
    return Residence(
        member_id=member.id,
        code=f"{code:04}",
        name=place.name,
        city=place.city,
        postcode=place.postcode,
        agency_id=member.agencies[place.agency].id,
        ownership=Ownership.SINGLE if place.syndic is None else Ownership.CONDO,
        syndic_id=None if place.syndic is None else member.syndics[place.syndic].id,
        completed_on=completed,
    )


def _homes(member: Founded, place: Place, residence: Residence) -> list[Home]:
    own: dict[str, Any] = {"member_id": member.id}
    buildings = [
        Building(**own, residence_id=residence.id, name=_LETTERS[index])
        for index in range(place.buildings)
    ]
    _add(*buildings)
    entrances = [Entrance(**own, building_id=building.id, name="1") for building in buildings]
    _add(*entrances)
    homes = []
    for index, (building, entrance) in enumerate(zip(buildings, entrances, strict=True)):
        street = f"{place.first_number + 2 * index} {place.street}"
        for floor in range(place.floors + 1):
            for door in range(1, place.doors + 1):
                rooms = 2 + (door + floor + index) % 4
                number = f"{member.cast.prefix[0]}{residence.code}-{index + 1}{floor}{door:02}"
                dwelling = Dwelling(
                    **own,
                    number=number,
                    residence_id=residence.id,
                    building_id=building.id,
                    entrance_id=entrance.id,
                    floor=str(floor),
                    door=f"{floor}{door:02}",
                    street=street,
                    postcode=place.postcode,
                    city=place.city,
                    insee=place.insee,
                    rooms=rooms,
                    surface=float(16 + 16 * rooms),
                    heating=place.heating,
                    built_in=place.built,
                    ownership=residence.ownership,
                    syndic_id=residence.syndic_id,
                )
                homes.append(Home(dwelling, place, residence))
    _add(*(home.dwelling for home in homes))
    return homes


def _household(member: Founded, home: Home, rng: Random, numbers: Numbers) -> None:
    """Draw who lives, or lived, in a home; nothing is written yet."""
    today = clock.today()
    if rng.random() < _FORMER and home.place.days_since_delivery is None:
        gone = today - timedelta(days=30 + int(rng.random() * 900))
        former = _person(member, rng, numbers, OccupancyRole.TENANT, gone - timedelta(days=2200))
        former.ends_on = gone
        home.residents.append(former)
    sold = home.place.syndic is not None and rng.random() < _SOLD_LOT
    if not sold and rng.random() >= _LET:
        return
    longest = min(12_000, (today.year - home.place.built) * 360 + 60)
    newest = home.place.days_since_delivery or longest
    since = today - timedelta(days=20 + int(rng.random() ** 1.6 * (newest - 25)))
    role = OccupancyRole.CO_OWNER if sold else OccupancyRole.TENANT
    first = _person(member, rng, numbers, role, since)
    home.residents.append(first)
    if rng.random() < _COUPLE:
        second = _person(member, rng, numbers, OccupancyRole.CO_TENANT if not sold else role, since)
        if rng.random() < 0.7:  # noqa: PLR2004 - most couples here share a name
            second.contact.last_name = first.contact.last_name
        if rng.random() < _SAME_NUMBER:
            second.numbers = first.numbers[:1]
        home.residents.append(second)
    elif rng.random() < _GROWN_CHILD:
        child = _person(member, rng, numbers, OccupancyRole.OCCUPANT, since)
        child.contact.last_name = first.contact.last_name
        home.residents.append(child)


def _person(
    member: Founded, rng: Random, numbers: Numbers, role: OccupancyRole, since: date
) -> Resident:
    first_name = rng.choice(bulk_words.FIRST_NAMES)
    last_name = rng.choice(bulk_words.COMMON_NAMES)
    contact = Contact(
        member_id=member.id,
        civility="M." if first_name in _MEN else "Mme",
        last_name=last_name,
        first_name=first_name,
        language="en" if rng.random() < _ENGLISH else "fr",
    )
    one = Resident(contact, role, starts_on=since)
    if rng.random() < _NO_NUMBER:
        return one
    if rng.random() < _MOBILE:
        one.numbers.append((numbers.mobile(), PhoneKind.MOBILE))
    if not one.numbers or rng.random() < _LANDLINE_TOO:
        one.numbers.append((numbers.landline(), PhoneKind.LANDLINE))
    return one


def _write_resident(member: Founded, home: Home, one: Resident) -> None:
    for place, (number, kind) in enumerate(one.numbers):
        db.session.add(
            ContactPhone(
                member_id=member.id,
                contact_id=one.contact.id,
                number=number,
                kind=kind,
                preferred=place == 0,
            )
        )
    if one.numbers:
        one.number, kind = one.numbers[0]
        one.mobile = kind is PhoneKind.MOBILE
    lease = "" if one.role is OccupancyRole.OCCUPANT else f"B{home.dwelling.number}"
    db.session.add(
        Occupancy(
            member_id=member.id,
            contact_id=one.contact.id,
            dwelling_id=home.dwelling.id,
            role=one.role,
            lease_number=f"{lease}-0" if lease and one.ends_on else lease,
            starts_on=one.starts_on,
            ends_on=one.ends_on,
        )
    )


_MEN: Final = frozenset(
    [
        "Jean",
        "Mohamed",
        "Philippe",
        "Michel",
        "Alain",
        "Patrick",
        "Nicolas",
        "Christophe",
        "Pierre",
        "Christian",
        "Éric",
        "Frédéric",
        "Laurent",
        "Stéphane",
        "David",
        "Pascal",
        "Ali",
        "Gérard",
        "Thierry",
        "Bernard",
        "Julien",
        "Olivier",
        "Thomas",
        "Sébastien",
        "Daniel",
        "Bruno",
        "Vincent",
        "Alexandre",
        "Ibrahim",
        "João",
        "Lucas",
        "Hugo",
        "Samir",
        "Rachid",
        "Oumar",
        "Minh",
        "Ion",
        "Xavier",
        "Yves",
        "Lucien",
        "Marcel",
    ]
)
