"""What the estate's queries hand out: frozen, ready to be shown, tied to no session."""

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Place:
    """A home with what names it: number, address, residence, building."""

    dwelling_id: int
    member_id: int
    number: str
    street: str
    postcode: str
    city: str
    floor: str
    door: str
    residence_id: int
    residence_name: str
    residence_code: str
    building_id: int | None
    building_name: str
    entrance_name: str = ""

    @property
    def address(self) -> str:
        """Return street, postcode and town on one line."""
        town = f"{self.postcode} {self.city}".strip()
        return ", ".join(part for part in (self.street, town) if part)


@dataclass(frozen=True, slots=True)
class Home:
    """What a person is to a home, and since when. ``current`` is false once it has ended."""

    occupancy_id: int
    place: Place
    role: str
    lease_number: str
    starts_on: date | None
    ends_on: date | None
    current: bool


@dataclass(frozen=True, slots=True)
class Phone:
    """A number of a person: ``note`` says whose it is if another's, ``source`` who gave it."""

    phone_id: int
    number: str
    kind: str
    note: str
    source: str
    flag: str
    preferred: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may call, with every number and every home; present homes first."""

    contact_id: int
    member_id: int
    civility: str
    first_name: str
    last_name: str
    email: str
    language: str
    source: str
    version: int
    phones: tuple[Phone, ...] = ()
    homes: tuple[Home, ...] = ()
    # The number that was looked for, when the person was found by number.
    matched: Phone | None = None

    @property
    def name(self) -> str:
        """Return civility, first and last name as people read them."""
        return " ".join(p for p in (self.civility, self.first_name, self.last_name) if p)

    @property
    def current_homes(self) -> tuple[Home, ...]:
        """Return the homes that have not ended."""
        return tuple(home for home in self.homes if home.current)


@dataclass(frozen=True, slots=True)
class ResidenceLine:
    """A residence as a list shows it."""

    residence_id: int
    member_id: int
    code: str
    name: str
    postcode: str
    city: str
    ownership: str
    agency_name: str
    dwellings: int = 0


@dataclass(frozen=True, slots=True)
class FoundHome:
    """A home that a search found, with who lives there now."""

    place: Place
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchResults:
    """What one box found, in three groups, the current line's member first in each.

    ``more`` names the groups that hold more than is shown; ``corrected`` says that nothing
    matched as typed and that near words were taken.
    """

    people: tuple[Person, ...] = ()
    homes: tuple[FoundHome, ...] = ()
    residences: tuple[ResidenceLine, ...] = ()
    more: frozenset[str] = frozenset()
    corrected: bool = False
    by_phone: bool = False

    @property
    def empty(self) -> bool:
        """Say whether nothing was found."""
        return not (self.people or self.homes or self.residences)


@dataclass(frozen=True, slots=True)
class Contract:
    """A maintenance contract in force somewhere, with who to call."""

    contract_id: int
    contractor_id: int
    contractor_name: str
    equipment: str
    reference: str
    starts_on: date
    ends_on: date | None
    around_the_clock: bool
    on_call: bool
    every_residence: bool
    phone: str
    email: str


@dataclass(frozen=True, slots=True)
class Resident:
    """A person of a home, in the part of one occupancy."""

    person: Person
    home: Home


@dataclass(frozen=True, slots=True)
class DwellingCard:
    """All that the agent needs to see of a home.

    ``flagged``: its residence has flags in force, of the home or not.
    """

    place: Place
    rooms: int | None
    surface: float | None
    heating: str
    built_in: int | None
    ownership: str
    agency_id: int | None
    agency_name: str
    agency_phone: str
    syndic_id: int | None
    syndic_name: str
    syndic_phone: str
    flagged: bool
    residents: tuple[Resident, ...] = ()
    contracts: tuple[Contract, ...] = ()

    @property
    def current(self) -> tuple[Resident, ...]:
        """Return the people who are there now."""
        return tuple(r for r in self.residents if r.home.current)

    @property
    def former(self) -> tuple[Resident, ...]:
        """Return the people who have left, the latest first."""
        return tuple(r for r in self.residents if not r.home.current)


@dataclass(frozen=True, slots=True)
class BuildingLine:
    """A building of a residence and how many homes it has."""

    building_id: int | None
    name: str
    dwellings: int


@dataclass(frozen=True, slots=True)
class ResidenceCard:
    """All that is known of a residence as a whole."""

    residence: ResidenceLine
    agency_id: int | None
    agency_phone: str
    syndic_id: int | None
    syndic_name: str
    syndic_phone: str
    buildings: tuple[BuildingLine, ...] = ()
    contracts: tuple[Contract, ...] = ()
    places: tuple[Place, ...] = field(default=())
