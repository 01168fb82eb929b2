"""Homes and people of the large base: residences, dwellings, contacts, phones, occupancies."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from callcenter.core import clock
from callcenter.core.db import session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.demo import bulk_words as words
from callcenter.demo.bulk_copy import NULL, Connection, Sheet, next_id
from callcenter.demo.bulk_members import BulkMember
from callcenter.estate.models import (
    Building,
    Contact,
    ContactPhone,
    ContractResidence,
    Dwelling,
    MaintenanceContract,
    Occupancy,
    Residence,
)
from callcenter.estate.states import Ownership, PhoneKind
from callcenter.tickets.rules import place_words, search_words

_HOMES_OF_A_BUILDING = 22
_CONDO = 0.15


@dataclass(frozen=True, slots=True)
class Resident:
    """Somebody who may call about a home. ``number`` is empty for who left none."""

    id: int
    name: str
    words: str
    number: str
    mobile: bool


@dataclass(frozen=True, slots=True)
class Home:
    """A dwelling as a ticket names it; ``words`` is its place as the list's search has it."""

    id: int
    residence_id: int
    building_id: int
    place: str
    words: str
    people: tuple[Resident, ...]


@dataclass(slots=True)
class Estate:
    """One member's homes, and its residences by number with their agency."""

    member: BulkMember
    homes: list[Home] = field(default_factory=list)
    residences: list[int] = field(default_factory=list)


TABLES = ("residence", "building", "dwelling", "contact", "contact_phone", "occupancy")


class EstateWriter:
    """Writes the estates of all members into open sheets; the numbers go on from member to member."""

    def __init__(self, connection: Connection, rng: Random) -> None:
        """``connection``'s transaction has the tables ready for a load."""
        self.connection = connection
        self.rng = rng
        self.today = clock.today()
        self.sheets = (
            Sheet(Residence, "id", "member_id", "code", "name", "city", "postcode",
                  "agency_id", "ownership", "syndic_id", "completed_on"),
            Sheet(Building, "id", "member_id", "residence_id", "name"),
            Sheet(Dwelling, "id", "member_id", "number", "residence_id", "building_id",
                  "floor", "door", "street", "postcode", "city", "rooms", "surface", "heating",
                  "built_in", "ownership", "syndic_id"),
            Sheet(Contact, "id", "member_id", "civility", "last_name", "first_name",
                  "language"),
            Sheet(ContactPhone, "id", "member_id", "contact_id", "number", "kind",
                  "preferred"),
            Sheet(Occupancy, "id", "member_id", "contact_id", "dwelling_id", "role",
                  "lease_number", "starts_on", "ends_on"),
        )  # fmt: skip
        self.ids = {name: next_id(connection, name) for name in TABLES}
        self.rare = [words.rare_name(rng) for _ in range(12_000)]

    def write(self, member: BulkMember) -> Estate:
        """Write one member's homes and people and return what tickets need of them."""
        estate = Estate(member)
        made = 0
        while made < member.homes:
            size = min(member.homes - made, 8 + int(self.rng.random() ** 2 * 110))
            self._residence(estate, len(estate.residences) + 1, size)
            made += size
            if len(self.sheets[2].lines) > 20_000:
                self.send()
        self.send()
        return estate

    def send(self) -> None:
        """Copy what was gathered, referenced tables first."""
        for sheet in self.sheets:
            sheet.send(self.connection)

    def _next(self, table: str) -> int:
        number = self.ids[table]
        self.ids[table] = number + 1
        return number

    def _pick(self, values: tuple[str, ...] | list[str]) -> str:
        return values[int(self.rng.random() * len(values))]

    def _residence(self, estate: Estate, code: int, size: int) -> None:
        rng, member = self.rng, estate.member
        number = self._next("residence")
        estate.residences.append(number)
        name = self._pick(words.RESIDENCES)
        if code > len(words.RESIDENCES):
            name = f"{name} {code}"
        city, postcode = words.CITIES[int(rng.random() ** 2 * len(words.CITIES))]
        condo = rng.random() < _CONDO
        ownership = Ownership.CONDO if condo else Ownership.SINGLE
        syndic = member.syndics[code % len(member.syndics)] if condo else None
        built = 1955 + int(rng.random() * 70)
        agency = member.agencies[code * len(member.agencies) // (member.homes // 40 + 1)
                                 % len(member.agencies)]  # fmt: skip
        self.sheets[0].add_values(
            number, member.id, f"{code:04}", name, city, postcode, agency, ownership, syndic,
            date(built, 1 + code % 12, 1),
        )  # fmt: skip
        street = f"{1 + int(rng.random() * 140)} {self._pick(words.STREETS)}"
        heating = "collective" if rng.random() < 0.55 else "individual"
        made = 0
        for letter in range(1 + (size - 1) // _HOMES_OF_A_BUILDING):
            building = self._next("building")
            self.sheets[1].add(f"{building}\t{member.id}\t{number}\t{_letters(letter)}")
            for index in range(min(size - made, _HOMES_OF_A_BUILDING)):
                made += 1
                floor, door = str(index // 4), f"{index // 4}{index % 4 + 1:02}"
                dwelling = self._next("dwelling")
                ug = f"{member.prefix}{code:04}{made:04}"
                rooms = 1 + int(rng.random() * 5)
                self.sheets[2].add(
                    f"{dwelling}\t{member.id}\t{ug}\t{number}\t{building}\t{floor}\t{door}"
                    f"\t{street}\t{postcode}\t{city}\t{rooms}\t{18 + rooms * 15}\t{heating}"
                    f"\t{built}\t{ownership}\t{syndic or NULL}"
                )
                place = place_words(
                    {"residence": name, "building": _letters(letter), "floor": floor,
                     "door": door, "number": ug}
                )  # fmt: skip
                estate.homes.append(
                    Home(dwelling, number, building, place, search_words(place, city),
                         self._household(member, dwelling, ug))
                )  # fmt: skip

    def _household(self, member: BulkMember, dwelling: int, ug: str) -> tuple[Resident, ...]:
        """One and a half person per home in all: the empty ones, the former tenants counted."""
        rng = self.rng
        people: list[Resident] = []
        if rng.random() < 0.93:
            since = self.today - timedelta(days=int(rng.random() ** 1.5 * 12_000) + 20)
            last = self._last_name()
            people.append(self._person(member, dwelling, last, "tenant", f"B{ug}", since))
            if rng.random() < 0.34:
                last = last if rng.random() < 0.7 else self._last_name()
                people.append(self._person(member, dwelling, last, "co_tenant", f"B{ug}", since))
            elif rng.random() < 0.12:
                people.append(self._person(member, dwelling, last, "occupant", "", since))
        if rng.random() < 0.18:
            gone = self.today - timedelta(days=int(rng.random() * 1500) + 30)
            since = gone - timedelta(days=2000)
            self._person(member, dwelling, self._last_name(), "tenant", f"A{ug}", since, gone)
        return tuple(people)

    def _last_name(self) -> str:
        if self.rng.random() < 0.45:
            return words.COMMON_NAMES[int(self.rng.random() ** 1.6 * len(words.COMMON_NAMES))]
        return self._pick(self.rare)

    def _person(
        self,
        member: BulkMember,
        dwelling: int,
        last: str,
        role: str,
        lease: str,
        since: date,
        until: date | None = None,
    ) -> Resident:
        rng = self.rng
        number = self._next("contact")
        first = self._pick(words.FIRST_NAMES)
        civility = "Mme" if rng.random() < 0.55 else "M."
        language = "en" if rng.random() < 0.02 else "fr"
        self.sheets[3].add(f"{number}\t{member.id}\t{civility}\t{last}\t{first}\t{language}")
        ends = until.isoformat() if until else NULL
        self.sheets[5].add(
            f"{self._next('occupancy')}\t{member.id}\t{number}\t{dwelling}\t{role}\t{lease}"
            f"\t{since.isoformat()}\t{ends}"
        )
        phone, mobile = "", rng.random() < 0.88
        if mobile:
            phone = f"+33{730 + int(rng.random() * 10)}{int(rng.random() * 1e6):06}"
            self._phone(member, number, phone, PhoneKind.MOBILE, preferred=True)
        if rng.random() < (0.06 if mobile else 0.7):
            landline = f"+3353649{int(rng.random() * 1e4):04}"
            self._phone(member, number, landline, PhoneKind.LANDLINE, preferred=not mobile)
            phone = phone or landline
        name = f"{civility} {first} {last}"
        return Resident(number, name, search_words(name), phone, mobile)

    def _phone(
        self, member: BulkMember, contact: int, number: str, kind: PhoneKind, *, preferred: bool
    ) -> None:
        self.sheets[4].add(
            f"{self._next('contact_phone')}\t{member.id}\t{contact}\t{number}\t{kind}"
            f"\t{'t' if preferred else 'f'}"
        )


def _letters(place: int) -> str:
    return chr(65 + place % 26) + (str(place // 26) if place >= 26 else "")


def write_contracts(estate: Estate, rng: Random) -> None:
    """Give the member its maintenance contracts: each contractor some of the residences.

    Through the application's role, since routing watches these tables.
    """
    member, today = estate.member, clock.today()
    with session_scope(Scope(member_ids=frozenset({member.id}))), transaction() as session:
        for equipment, contractors in member.contractors.items():
            lots = max(len(contractors), len(estate.residences) // 60)
            for lot in range(lots):
                ended = rng.random() < 0.08
                contract = MaintenanceContract(
                    member_id=member.id,
                    contractor_id=contractors[lot % len(contractors)],
                    equipment=equipment,
                    reference=f"{equipment[:3].upper()}-{lot + 1:03}",
                    starts_on=today - timedelta(days=900),
                    ends_on=today + timedelta(days=-30 if ended else 400),
                    around_the_clock=equipment in {"lift", "collective_heating", "plumbing"},
                    on_call=equipment in {"lift", "collective_heating"},
                )
                session.add(contract)
                session.flush()
                session.bulk_insert_mappings(
                    ContractResidence.__mapper__,
                    [
                        {"member_id": member.id, "contract_id": contract.id, "residence_id": one}
                        for one in estate.residences[lot::lots]
                    ],
                )
