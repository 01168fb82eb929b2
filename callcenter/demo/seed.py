"""The demonstration from beginning to end: founded, settled, then lived for six weeks.

Everything is one transaction, so that a database holds all of it or nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Final

from sqlalchemy import func, select, text

from callcenter.core import clock
from callcenter.core.db import db, session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.demo.estate import Numbers, settle_estate
from callcenter.demo.estate_life import live_in
from callcenter.demo.founding import found_company
from callcenter.demo.live_scene import settle_presence
from callcenter.demo.nights import answer_pages, give_supervisors_a_number, write_last_night
from callcenter.demo.oncall import set_up_rotas
from callcenter.demo.routes import set_up_rules
from callcenter.demo.script import write_script
from callcenter.demo.stage import Stage
from callcenter.members.models import Organisation
from callcenter.members.states import OrganisationKind
from callcenter.messaging.models import Message

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
    # One instant for the whole play: what is planned for today is today's at the end as well.
    now = clock.now()
    with session_scope(Scope()), transaction(), clock.frozen_at(now):
        # A crash of the machine now would only mean to start again.
        db.session.execute(text("SET LOCAL synchronous_commit = off"))
        progress("organismes", 0)
        company = found_company(password_hash)
        numbers = Numbers(rng)
        estates = {}
        for done, member in enumerate(company.members):
            progress("patrimoine", 4 + 4 * done)
            estates[member.id] = settle_estate(member, rng, numbers)
            set_up_rotas(member)
            set_up_rules(member)
        stage = Stage(company, estates, rng, now, numbers.strangers)
        give_supervisors_a_number()
        write_last_night(stage, write_script(stage))
        stage.afterwards.append(partial(answer_pages, stage))
        live_in(stage, numbers)
        stage.play(lambda share: progress("six semaines", 16 + 82 * share))
        answer_pages(stage, now)
        settle_presence(stage)
        messages = db.session.scalar(select(func.count()).select_from(Message)) or 0
    return Seeded(
        homes=sum(len(estate.homes) for estate in estates.values()),
        people=sum(len(home.residents) for e in estates.values() for home in e.homes),
        calls=stage.calls,
        tickets=stage.tickets,
        messages=messages,
    )
