"""What a caretaker sees of the estate: the residences of the agencies they care for, no other.

The same rule as for their tickets (see ``tickets.queries.visibility``). Everybody else who reads
the estate sees all that the wall lets through: ``None`` stands for that.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.core.isolation import Actor
from callcenter.core.permissions import Role
from callcenter.estate.models import Contact, Dwelling, Occupancy, Residence
from callcenter.estate.records import Person
from callcenter.members.accounts import TeamMembership
from callcenter.members.models import Team
from callcenter.members.states import TeamKind

Care = frozenset[int] | None

_SHORT_NUMBER = 3
_LONG_NUMBER = re.compile(r"\d{4}")


def get_care(actor: Actor) -> Care:
    """Return the residences that a caretaker cares for; None for who sees every one.

    One statement for a caretaker, none for others.
    """
    if actor.role is not Role.CARETAKER:
        return None
    return frozenset(
        db.session.scalars(
            select(Residence.id)
            .join(
                Team,
                and_(Team.member_id == Residence.member_id, Team.agency_id == Residence.agency_id),
            )
            .join(
                TeamMembership,
                and_(TeamMembership.member_id == Team.member_id, TeamMembership.team_id == Team.id),
            )
            .where(TeamMembership.user_id == actor.user_id, Team.kind == TeamKind.CARETAKER)
        )
    )


def check_care(care: Care, residence_id: int) -> None:
    """Raise NotFound for a residence outside the care."""
    if care is not None and residence_id not in care:
        raise NotFound


def person_in_care(person: Person, care: Care) -> Person | None:
    """Return a person with the homes in care alone; None when none of them is."""
    if care is None:
        return person
    homes = tuple(home for home in person.homes if home.place.residence_id in care)
    return replace(person, homes=homes) if homes else None


def find_in_care(terms: Sequence[str], care: Collection[int], most: int) -> dict[str, list[int]]:
    """Search the residences in care: numbers of rows by table, like the search of the estate.

    Reads the homes in care, which are few, so it needs no function of the database's owner.
    Three statements.
    """
    if not terms or not care:
        return {}
    told = {
        "contact": select(Contact.id)
        .join(Occupancy, Occupancy.contact_id == Contact.id)
        .join(Dwelling, Dwelling.id == Occupancy.dwelling_id)
        .where(Dwelling.residence_id.in_(care), *_all_of(Contact.search, terms))
        .group_by(Contact.id)
        .order_by(Contact.last_name, Contact.id),
        "dwelling": select(Dwelling.id)
        .where(Dwelling.residence_id.in_(care), *_all_of(Dwelling.search, terms))
        .order_by(Dwelling.number),
        "residence": select(Residence.id)
        .where(Residence.id.in_(care), *_all_of(Residence.search, terms))
        .order_by(Residence.name),
    }
    found = {
        table: list(db.session.scalars(statement.limit(most))) for table, statement in told.items()
    }
    return {table: ids for table, ids in found.items() if ids}


def _all_of(column: Any, terms: Sequence[str]) -> list[ColumnElement[bool]]:
    return [or_(*(column.like(_pattern(word)) for word in term.split("|"))) for term in terms]


def _pattern(word: str) -> str:
    """Return what the database's own search looks for (migrations/estate_search.py)."""
    if word.isdigit() and len(word) <= _SHORT_NUMBER:
        return f"% {word} %"
    return f"%{word}%" if _LONG_NUMBER.search(word) else f"% {word}%"
