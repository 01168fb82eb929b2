"""Reading the estate's history: where each field comes from, and what to bring back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from callcenter.core.db import db
from callcenter.estate.history_models import EstateChange
from callcenter.estate.models import Contact, ContactPhone, Dwelling, Occupancy
from callcenter.estate.states import ChangeSource
from callcenter.ui.pagination import Page, Window, page_of

MOST_SHOWN = 60
MOST_EXPORTED = 20_000
MOST_COUNTED = 100


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from: a file or a person, and since when (None: not known)."""

    source: str
    label: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class History:
    """What happened to a person's card or to a home: its making, then each change, latest first."""

    made: Origin
    changes: Sequence[EstateChange]

    def origin_of(self, field: str) -> Origin:
        """Return where the present value of a field comes from."""
        for change in self.changes:
            if change.field == field and change.applied:
                return Origin(change.source, change.actor_label, change.at)
        return self.made


def contact_history(member_id: int, contact_id: int) -> History:
    """Return the history of a person. Two statements."""
    made = db.session.execute(
        select(Contact.source, Contact.created_from, Contact.created_at).where(
            Contact.member_id == member_id, Contact.id == contact_id
        )
    ).one()
    changes = _latest(EstateChange.member_id == member_id, EstateChange.contact_id == contact_id)
    # A card's own source says who wrote on it last, not who made it.
    by_agent = any(c.field == "occupant" and c.source == ChangeSource.AGENT for c in changes) or (
        made.source == ChangeSource.AGENT and not changes
    )
    source = ChangeSource.AGENT if by_agent else ChangeSource.IMPORT
    return History(Origin(source, made.created_from, made.created_at), changes)


def dwelling_history(member_id: int, dwelling_id: int) -> History:
    """Return the history of a home: its own fields, who came and who left. Two statements."""
    made = db.session.execute(
        select(Dwelling.created_from, Dwelling.created_at).where(
            Dwelling.member_id == member_id, Dwelling.id == dwelling_id
        )
    ).one()
    changes = _latest(EstateChange.member_id == member_id, EstateChange.dwelling_id == dwelling_id)
    return History(Origin(ChangeSource.IMPORT, made.created_from, made.created_at), changes)


def _latest(*about: Any) -> Sequence[EstateChange]:
    return db.session.scalars(
        select(EstateChange).where(*about).order_by(EstateChange.id.desc()).limit(MOST_SHOWN)
    ).all()


def phone_origins(member_id: int, contact_id: int) -> Mapping[int, Origin]:
    """Return where each number of a person comes from. One statement."""
    rows = db.session.execute(
        select(
            ContactPhone.id, ContactPhone.source, ContactPhone.created_from, ContactPhone.created_at
        ).where(ContactPhone.member_id == member_id, ContactPhone.contact_id == contact_id)
    )
    return {row.id: Origin(row.source, row.created_from, row.created_at) for row in rows}


@dataclass(frozen=True, slots=True)
class Difference:
    """A change of an agent's, with what the member's own system knows the person by."""

    change: EstateChange
    person: str
    home: str
    lease: str


def _differences(member_ids: Collection[int], *, settled: bool) -> Select[*tuple[Any, ...]]:
    # The person's homes as the member numbers them: the change's own, else those of today.
    lived = (
        select(
            func.string_agg(Dwelling.number, " ").label("numbers"),
            func.string_agg(func.nullif(Occupancy.lease_number, ""), " ").label("leases"),
        )
        .select_from(Occupancy)
        .join(Dwelling, Dwelling.id == Occupancy.dwelling_id)
        .where(
            Occupancy.member_id == EstateChange.member_id,
            Occupancy.contact_id == EstateChange.contact_id,
        )
        .correlate(EstateChange)
        .lateral()
    )
    return (
        select(
            EstateChange,
            func.coalesce(func.concat_ws(" ", Contact.last_name, Contact.first_name), ""),
            func.coalesce(Dwelling.number, lived.c.numbers, ""),
            func.coalesce(lived.c.leases, ""),
        )
        .outerjoin(Contact, Contact.id == EstateChange.contact_id)
        .outerjoin(Dwelling, Dwelling.id == EstateChange.dwelling_id)
        .outerjoin(lived, lived.c.numbers.is_not(None))
        .where(
            EstateChange.member_id.in_(member_ids),
            EstateChange.source == ChangeSource.AGENT,
            EstateChange.settled_at.is_not(None) if settled else EstateChange.settled_at.is_(None),
        )
    )


def list_differences(
    member_ids: Collection[int], window: Window, *, settled: bool = False
) -> Page[Difference]:
    """Return what agents changed, the latest first: what waits, or what the member has."""
    statement = _differences(member_ids, settled=settled)
    if window.key is not None:
        last = window.key[0]
        statement = statement.where(
            EstateChange.id > last if window.backwards else EstateChange.id < last
        )
    order = EstateChange.id.asc() if window.backwards else EstateChange.id.desc()
    rows = db.session.execute(statement.order_by(order).limit(window.limit)).all()
    found = [Difference(*row) for row in rows]
    return page_of(found, window, key=lambda one: (one.change.id,))


def list_all_differences(
    member_ids: Collection[int], *, settled: bool = False
) -> Sequence[Difference]:
    """Return what agents changed for a file, the oldest first; at most ``MOST_EXPORTED``."""
    statement = _differences(member_ids, settled=settled).order_by(EstateChange.id)
    return [Difference(*row) for row in db.session.execute(statement.limit(MOST_EXPORTED))]


def differences_to_bring_back(member_ids: Collection[int]) -> Select[int]:
    """Return the count of what waits to be brought back, up to ``MOST_COUNTED``."""
    some = (
        select(EstateChange.id)
        .where(
            EstateChange.member_id.in_(member_ids),
            EstateChange.source == ChangeSource.AGENT,
            EstateChange.settled_at.is_(None),
        )
        .limit(MOST_COUNTED)
        .subquery()
    )
    return select(func.count()).select_from(some)


def count_differences(member_ids: Collection[int]) -> int:
    """Count what waits to be brought back, up to ``MOST_COUNTED``."""
    return db.session.scalars(differences_to_bring_back(member_ids)).one()
