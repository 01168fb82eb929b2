"""What the reading half hands over: one frozen record a row, with nothing left to interpret."""

import hashlib
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal

from callcenter.estate.importing.normalise import search_key
from callcenter.estate.importing.transforms.phones import PhoneEntry
from callcenter.estate.states import OccupancyRole, Ownership


@dataclass(frozen=True, slots=True, kw_only=True)
class DwellingRecord:
    """One home. ``line`` is its row in the file; what the file does not say is empty or None."""

    line: int
    reference: str
    residence_code: str = ""
    residence_name: str = ""
    building: str = ""
    entrance: str = ""
    staircase: str = ""
    floor: int | None = None
    door: str = ""
    house_number: str = ""
    house_suffix: str = ""
    street_type: str = ""
    street: str = ""
    address_extra: str = ""
    postcode: str
    city: str
    insee: str = ""
    rooms: int | None = None
    home_kind: str = ""
    surface: Decimal | None = None
    agency: str = ""
    heating: str = ""
    condominium: bool | None = None
    syndic: str = ""
    built_in: int | None = None
    energy_class: str = ""

    @property
    def key(self) -> str:
        """What names the row in its file: the dwelling's number."""
        return self.reference

    @property
    def street_line(self) -> str:
        """The first line of the address: ``109 bis Rue Simone Veil``."""
        street = self.street if self.street_type else self.street[:1].upper() + self.street[1:]
        parts = (self.house_number, self.house_suffix, self.street_type, street)
        return " ".join(part for part in parts if part)

    @property
    def ownership(self) -> Ownership:
        """Single or co-owned; a file that does not say means single, a syndic means co-owned."""
        condo = self.condominium or (self.condominium is None and bool(self.syndic))
        return Ownership.CONDO if condo else Ownership.SINGLE

    @property
    def residence_key(self) -> str:
        """The residence's code, or its folded name and commune when it has none."""
        return self.residence_code or search_key(f"{self.residence_name} {self.city}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who lives in a home or answers for it."""

    civility: str = ""
    last_name: str
    first_name: str = ""
    email: str = ""
    phones: tuple[PhoneEntry, ...] = ()

    @property
    def key(self) -> str:
        """Last and first name folded, to compare people."""
        return search_key(f"{self.last_name} {self.first_name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRecord:
    """One person in one home, from a day to a day. ``lease_number`` is empty when not given."""

    line: int
    dwelling: str
    lease_number: str = ""
    person: Person
    role: OccupancyRole = OccupancyRole.TENANT
    entry_date: date
    exit_date: date | None = None

    @property
    def key(self) -> str:
        """What names the row in its file.

        A lease number may be shared by the people of a home, and (by mistake) by two homes, so
        home and person are part of the key; without a number, role and day of entry are.
        """
        if self.lease_number:
            return f"{self.dwelling}|{self.lease_number}|{self.person.key}"
        return f"{self.dwelling}||{self.person.key}|{self.role}|{self.entry_date.isoformat()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRecord:
    """One maintenance contract: who, what, where, from when to when, at what hours."""

    line: int
    contractor: str
    equipment: str
    residences: tuple[str, ...] = ()
    every_residence: bool = False
    starts_on: date
    ends_on: date | None = None
    weekly_hours: dict[str, list[list[str]]] = field(default_factory=dict)
    around_the_clock: bool = False
    on_call: bool | None = None
    phone: str = ""
    email: str = ""
    reference: str = ""

    @property
    def key(self) -> str:
        """What names the row in its file: contractor, equipment, start and first residence."""
        first = "*" if self.every_residence else self.residences[0]
        return f"{search_key(self.contractor)}|{self.equipment}|{self.starts_on}|{first}"


Record = DwellingRecord | LeaseRecord | ContractRecord


_SAID = {
    kind: tuple(f.name for f in fields(kind) if f.name != "line")
    for kind in (DwellingRecord, LeaseRecord, ContractRecord)
}


def fingerprint(record: Record) -> str:
    """Return a short digest of what a record says (its line aside), to see that nothing changed."""
    said = [(name, getattr(record, name)) for name in _SAID[type(record)]]
    return hashlib.blake2b(repr(said).encode(), digest_size=16).hexdigest()
