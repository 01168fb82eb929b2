"""A large made-up base, to measure with: 100,000 homes and a million tickets in minutes.

The same seed gives the same base, but for the instant it ends at. See ``bulk_copy`` for why the
tables' owner loads it, and what stands of the wall meanwhile.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from callcenter.core import database_roles
from callcenter.core.db import session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.core.site import Site
from callcenter.demo import bulk_calls, bulk_estate, bulk_messages, bulk_tickets
from callcenter.demo.bulk_copy import Connection, loading, move_sequence
from callcenter.demo.bulk_estate import Estate, EstateWriter, write_contracts
from callcenter.demo.bulk_members import Founded, found_members, move_references
from callcenter.demo.bulk_routes import sample_routes
from callcenter.demo.bulk_tickets import TicketWriter
from callcenter.estate.search_text import refresh_search

SEED = 20_201_212
_CHUNK = 2_000
_TICKETS_OF_A_HOME_AND_YEAR = 0.36  # 1.8 calls per home and year, 1 in 5 becomes a ticket
_MOST_DAYS = 6 * 365
_LEAST_DAYS = 30

Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class Filled:
    """What was made, and how long each part took (seconds)."""

    members: int = 0
    homes: int = 0
    tickets: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


def fill(
    homes: int,
    tickets: int,
    *,
    owner_url: str,
    site: Site,
    password_hash: str | None = None,
    seed: int = SEED,
    progress: Progress = lambda _what, _done, _all: None,
) -> Filled:
    """Fill a migrated database; needs an application context for the members' own services.

    ``progress`` is told (part, done, of how many). Raises UserError when this base is there
    already. The estate and the tickets are each one transaction.
    """
    rng = Random(seed)  # noqa: S311 - the same base each time, no secret in it
    result = Filled(homes=homes, tickets=tickets)
    clock = time.monotonic()

    def lap(part: str) -> None:
        nonlocal clock
        result.seconds[part] = round(time.monotonic() - clock, 1)
        clock = time.monotonic()

    progress("members", 0, 1)
    founded = found_members(homes, password_hash)
    result.members = len(founded.members)
    lap("members")
    with database_roles.connect(owner_url) as connection:
        estates = _estates(connection, founded, rng, progress)
        lap("estate")
        for number, estate in enumerate(estates):
            progress("search", number, len(estates))
            write_contracts(estate, rng)
            with session_scope(Scope(member_ids=frozenset({estate.member.id}))), transaction():
                refresh_search(estate.member.id)
        lap("search")
        if tickets:
            _tickets(connection, founded, estates, rng, site, tickets, progress)
        lap("tickets")
        progress("statistics", 0, 1)
        connection.execute("VACUUM (ANALYZE)")
        lap("statistics")
    progress("statistics", 1, 1)
    return result


def _estates(
    connection: Connection, founded: Founded, rng: Random, progress: Progress
) -> list[Estate]:
    estates = []
    # What points at these tables is taken down with them: it is checked anew at the end.
    with connection.transaction(), loading(connection, bulk_estate.TABLES):
        writer = EstateWriter(connection, rng)
        for number, member in enumerate(founded.members):
            progress("estate", number, len(founded.members))
            estates.append(writer.write(member))
        for table in bulk_estate.TABLES:
            move_sequence(connection, table)
    return estates


def _tickets(
    connection: Connection,
    founded: Founded,
    estates: list[Estate],
    rng: Random,
    site: Site,
    tickets: int,
    progress: Progress,
) -> None:
    routes = [sample_routes(estate, rng) for estate in estates]
    homes = sum(len(estate.homes) for estate in estates)
    years = tickets / (homes * _TICKETS_OF_A_HOME_AND_YEAR)
    days = min(_MOST_DAYS, max(_LEAST_DAYS, int(years * 365)))
    tables = (*bulk_tickets.TABLES, *bulk_calls.TABLES, *bulk_messages.TABLES)
    with connection.transaction(), loading(connection, tables):
        writer = TicketWriter(
            connection, rng, site, founded.agents, founded.platform_id, tickets, days
        )
        writer.plan(estates, routes)
        # What it would note, ticket by ticket, the writer knows.
        connection.execute("ALTER TABLE ticket_event DISABLE TRIGGER ticket_news")
        for index in range(tickets):
            writer.write(index)
            if index % _CHUNK == 0:
                writer.send()
                progress("tickets", index, tickets)
        writer.send()
        for table in tables:
            move_sequence(connection, table)
        connection.execute("ALTER TABLE ticket_event ENABLE TRIGGER ticket_news")
        progress("indexes", 0, 1)
    for estate in estates:
        move_references(estate.member, writer.used.get(estate.member.id, 0))
