"""The demonstration from beginning to end: founded, settled, then lived for six weeks.

Everything is one transaction, so that a database holds all of it or nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from sqlalchemy import select, text

from callcenter.core.db import db, session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.demo.estate import Numbers, settle_estate
from callcenter.demo.founding import found_company
from callcenter.members.models import Organisation
from callcenter.members.states import OrganisationKind

SEED: Final = 20_201_211

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Seeded:
    """How much was made."""

    homes: int
    people: int
    calls: int
    tickets: int
    messages: int


def is_seeded() -> bool:
    """Say whether the database already has a platform: then it is no place for the play."""
    with session_scope(Scope(everything=True)) as session:
        found = session.scalar(
            select(Organisation.id).where(Organisation.kind == OrganisationKind.PLATFORM).limit(1)
        )
    return found is not None


def seed(password_hash: str, progress: Progress) -> Seeded:
    """Make the demonstration; the database must have no platform yet (``is_seeded``).

    ``progress`` is told (part, percent of the whole). Needs an application context.
    """
    rng = Random(SEED)  # noqa: S311 - the same play each time, no secret in it
    with session_scope(Scope()), transaction():
        # A crash of the machine now would only mean to start again.
        db.session.execute(text("SET LOCAL synchronous_commit = off"))
        progress("organismes", 0)
        company = found_company(password_hash)
        numbers = Numbers(rng)
        estates = {}
        for done, member in enumerate(company.members):
            progress("patrimoine", 8 + 7 * done)
            estates[member.id] = settle_estate(member, rng, numbers)
    return Seeded(sum(len(e.homes) for e in estates.values()), 0, 0, 0, 0)
