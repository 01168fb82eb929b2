"""Tables of the estate: places, people, who lives where, and who maintains what.

Imports stand in ``import_models``, flags and the history of fields in ``history_models``.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Computed, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.core.db import Base, Dated, Owned, behind_wall, one_of
from callcenter.estate.states import (
    ContactLanguage,
    NumberFlag,
    OccupancyRole,
    Ownership,
    PhoneKind,
)


def _search_index(table: str) -> Index:
    """Index folded text by trigrams, member first (see search_text for its pending entries)."""
    return Index(
        f"ix_{table}_search",
        "member_id",
        "search",
        postgresql_using="gin",
        postgresql_ops={"search": "gin_trgm_ops"},
    )


class Residence(Owned, Base):
    """A group of buildings under one name, cared for by one agency."""

    __tablename__ = "residence"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "code"),
        one_of("ownership", Ownership),
        behind_wall("agency_id", to="agency"),
        behind_wall("syndic_id", to="organisation"),
        _search_index("residence"),
    )

    code: Mapped[str]
    name: Mapped[str]
    city: Mapped[str] = mapped_column(default="")
    postcode: Mapped[str] = mapped_column(default="")
    agency_id: Mapped[int | None]
    ownership: Mapped[str] = mapped_column(default=Ownership.SINGLE)
    syndic_id: Mapped[int | None]
    completed_on: Mapped[date | None]
    search: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)


class Building(Owned, Base):
    """One building of a residence (``bâtiment B``), with its entrances."""

    __tablename__ = "building"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("residence_id", "name"),
        behind_wall("residence_id", to="residence", ondelete="CASCADE"),
    )

    residence_id: Mapped[int]
    name: Mapped[str]


class Entrance(Owned, Base):
    """A stairway or door of a building, with the address it opens on."""

    __tablename__ = "entrance"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("building_id", "name"),
        behind_wall("building_id", to="building", ondelete="CASCADE"),
    )

    building_id: Mapped[int]
    name: Mapped[str]


class Dwelling(Owned, Base):
    """A home, under the member's own number (UG, ESI, lot)."""

    __tablename__ = "dwelling"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "number"),
        one_of("ownership", Ownership),
        behind_wall("residence_id", to="residence"),
        behind_wall("building_id", to="building"),
        behind_wall("entrance_id", to="entrance"),
        behind_wall("syndic_id", to="organisation"),
        Index("ix_dwelling_residence", "member_id", "residence_id", "building_id"),
        _search_index("dwelling"),
    )

    number: Mapped[str]
    residence_id: Mapped[int]
    building_id: Mapped[int | None]
    entrance_id: Mapped[int | None]
    floor: Mapped[str] = mapped_column(default="")
    door: Mapped[str] = mapped_column(default="")
    street: Mapped[str] = mapped_column(default="")
    postcode: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    insee: Mapped[str] = mapped_column(default="")
    rooms: Mapped[int | None]
    surface: Mapped[float | None]
    heating: Mapped[str] = mapped_column(default="")
    built_in: Mapped[int | None]
    ownership: Mapped[str] = mapped_column(default=Ownership.SINGLE)
    # The syndic of this very lot; the residence has one only if all its lots agree.
    syndic_id: Mapped[int | None]
    search: Mapped[str] = mapped_column(default="")
    # What the last import said of the row, as a digest: the same file again changes nothing.
    import_digest: Mapped[str] = mapped_column(default="")
    created_from: Mapped[str] = mapped_column(default="", server_default="")
    created_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class Contact(Owned, Dated, Base):
    """A person who may call. SMS go to a contact."""

    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        one_of("language", ContactLanguage),
        _search_index("contact"),
    )

    civility: Mapped[str] = mapped_column(default="")
    last_name: Mapped[str]
    first_name: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    # The language that the person is written to in.
    language: Mapped[str] = mapped_column(default=ContactLanguage.FRENCH)
    source: Mapped[str] = mapped_column(default="import")
    # Which file, or who, the row came from; what changed since stands in ``estate_change``.
    created_from: Mapped[str] = mapped_column(default="", server_default="")
    search: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)

    @property
    def full_name(self) -> str:
        """Return civility, first and last name as people read them."""
        return " ".join(p for p in (self.civility, self.first_name, self.last_name) if p)


class ContactPhone(Owned, Dated, Base):
    """A number that reaches a contact. Several people may share one."""

    __tablename__ = "contact_phone"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("contact_id", "number"),
        one_of("kind", PhoneKind),
        one_of("flag", NumberFlag),
        behind_wall("contact_id", to="contact", ondelete="CASCADE"),
        Index("ix_contact_phone_number", "number", "member_id"),
        Index("ix_contact_phone_tail", "tail", "member_id"),
    )

    contact_id: Mapped[int]
    number: Mapped[str]
    kind: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="import")
    created_from: Mapped[str] = mapped_column(default="", server_default="")
    flag: Mapped[str] = mapped_column(default=NumberFlag.NONE)
    preferred: Mapped[bool] = mapped_column(default=False)
    # A column and not an index on an expression: under row-level security PostgreSQL would not
    # use the latter, since a function of the row might leak it.
    tail: Mapped[str] = mapped_column(Computed("right(number::text, 6)", persisted=True))


class Occupancy(Owned, Dated, Base):
    """Who is what in which home, from a day to a day (a lease, mostly)."""

    __tablename__ = "occupancy"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint(
            "member_id",
            "dwelling_id",
            "contact_id",
            "lease_number",
            "role",
            "starts_on",
            name="uq_occupancy_once",
        ),
        one_of("role", OccupancyRole),
        behind_wall("contact_id", to="contact", ondelete="CASCADE"),
        behind_wall("dwelling_id", to="dwelling"),
        Index("ix_occupancy_dwelling", "member_id", "dwelling_id"),
        Index("ix_occupancy_contact", "member_id", "contact_id"),
        Index("ix_occupancy_lease", "lease_number", "member_id"),
        Index("ix_occupancy_import", "member_id", "import_key"),
    )

    contact_id: Mapped[int]
    dwelling_id: Mapped[int]
    role: Mapped[str]
    lease_number: Mapped[str] = mapped_column(default="")
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    source: Mapped[str] = mapped_column(default="import")
    created_from: Mapped[str] = mapped_column(default="", server_default="")
    # How the member's file names this row, and a digest of what it last said.
    import_key: Mapped[str] = mapped_column(default="")
    import_digest: Mapped[str] = mapped_column(default="")


class MaintenanceContract(Owned, Base):
    """What a contractor maintains, where (see ``ContractResidence``), from when to when."""

    __tablename__ = "maintenance_contract"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        behind_wall("contractor_id", to="organisation"),
        behind_wall("calendar_id", to="calendar"),
        Index("ix_maintenance_contract_equipment", "member_id", "equipment"),
        Index(
            "ix_maintenance_contract_ends",
            "member_id",
            "ends_on",
            postgresql_where=text("ends_on IS NOT NULL"),
        ),
    )

    contractor_id: Mapped[int]
    equipment: Mapped[str]
    reference: Mapped[str] = mapped_column(default="")
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    calendar_id: Mapped[int | None]
    weekly_hours: Mapped[dict[str, Any]] = mapped_column(default=dict)
    around_the_clock: Mapped[bool] = mapped_column(default=False)
    on_call: Mapped[bool] = mapped_column(default=False)
    every_residence: Mapped[bool] = mapped_column(default=False)
    phone: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    import_key: Mapped[str] = mapped_column(default="")
    import_digest: Mapped[str] = mapped_column(default="")
    # The last notice that managers were sent: for which last day, and how many days before it.
    told_end: Mapped[date | None]
    told_days: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)


class ContractResidence(Owned, Base):
    """One residence that a contract covers."""

    __tablename__ = "contract_residence"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("contract_id", "residence_id"),
        behind_wall("contract_id", to="maintenance_contract", ondelete="CASCADE"),
        behind_wall("residence_id", to="residence", ondelete="CASCADE"),
        Index("ix_contract_residence_residence", "member_id", "residence_id"),
    )

    contract_id: Mapped[int]
    residence_id: Mapped[int]


class SearchWord(Owned, Base):
    """A word that stands in a member's names and places: what a mistyped one is corrected to."""

    __tablename__ = "search_word"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "word"),
        Index(
            "ix_search_word_near",
            "word",
            postgresql_using="gin",
            postgresql_ops={"word": "gin_trgm_ops"},
        ),
    )

    word: Mapped[str]
