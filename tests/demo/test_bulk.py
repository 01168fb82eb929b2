"""The large made-up base is shaped like a real one, and the same each time."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, create_engine, pool, text

from callcenter.app import create_app
from callcenter.core.clock import frozen_at
from callcenter.core.db import db
from callcenter.core.site import Site
from callcenter.demo.bulk import fill
from tests import servers
from tests.conftest import _settings
from tests.tickets.scenes import TUESDAY

HOMES, TICKETS = 800, 4_000


def filled(worker_id: str, name: str) -> str:
    """Fill a database of its own; return its superuser's address."""
    app_url, owner_url = servers.worker_database(name)
    app = create_app(_settings(app_url, owner_url, servers.worker_redis_url(worker_id)))
    with app.app_context(), frozen_at(TUESDAY):
        fill(HOMES, TICKETS, owner_url=owner_url, site=Site("http://localhost", "x" * 40))
        db.session.remove()
        db.engine.dispose()
    return servers.superuser_url().rpartition("/")[0] + "/" + owner_url.rpartition("/")[2]


@pytest.fixture(scope="module")
def base(migrated: None, worker_id: str) -> Iterator[Connection]:
    name = f"bulk-{worker_id}"
    engine = create_engine(filled(worker_id, name), poolclass=pool.NullPool)
    with engine.connect() as connection:
        yield connection
    servers.drop_worker_database(name)


def one(base: Connection, query: str) -> float:
    return float(base.execute(text(query)).scalar_one())


# What is counted, and between which two figures it lies.
SHARES = {
    "members": ("SELECT count(*) FROM organisation WHERE kind = 'landlord'", 3, 8),
    "homes": ("SELECT count(*) FROM dwelling", HOMES, HOMES + 20),
    "people per home": (f"SELECT count(*) / {HOMES}.0 FROM contact", 1.4, 1.6),
    "tickets": ("SELECT count(*) FROM ticket", TICKETS, TICKETS),
    "open, in a hundred": (
        ("SELECT 100.0 * count(*) FILTER (WHERE state IN ('open', 'planned', 'on_hold'))"
        " / count(*) FROM ticket"),
        4,
        6.5,
    ),
    "dangers, in a hundred": (
        "SELECT 100.0 * count(*) FILTER (WHERE priority = 'P0') / count(*) FROM ticket", 1, 8,
    ),
    "reasons for a call": ("SELECT count(DISTINCT category_id) FROM ticket", 30, 500),
    "events per ticket": (f"SELECT count(*) / {TICKETS}.0 FROM ticket_event", 4, 8),
    "messages per ticket": (f"SELECT count(*) / {TICKETS}.0 FROM message", 2, 4),
    "calls per ticket": (f"SELECT count(*) / {TICKETS}.0 FROM call", 1.5, 6),
    "delivered, in a hundred sent": (
        ("SELECT 100.0 * count(*) FILTER (WHERE state = 'delivered')"
        " / count(*) FILTER (WHERE sent_at IS NOT NULL) FROM message"),
        90,
        99,
    ),
    "the commonest name, in a hundred": (
        ("SELECT 100.0 * max(n) / sum(n) FROM"
        " (SELECT count(*) AS n FROM contact GROUP BY last_name) AS names"),
        1.5,
        6,
    ),
    "the largest member, in a hundred homes": (
        ("SELECT 100.0 * max(n) / sum(n) FROM"
        " (SELECT count(*) AS n FROM dwelling GROUP BY member_id) AS members"),
        25,
        60,
    ),
    "mobiles, in a hundred numbers": (
        ("SELECT 100.0 * count(*) FILTER (WHERE number ~ '^[+]33[67]') / count(*)"
        " FROM contact_phone"),
        60,
        98,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SHARES)
def test_shares_are_those_of_a_real_base(base: Connection, what: str) -> None:
    query, least, most = SHARES[what]
    assert least <= one(base, query) <= most


def test_each_event_stands_in_its_tickets_life(base: Connection) -> None:
    early = "SELECT count(*) FROM ticket_event e JOIN ticket t ON t.id = e.ticket_id"
    assert one(base, f"{early} WHERE e.at < t.opened_at") == 0
    assert one(base, "SELECT count(*) FROM ticket WHERE state = 'open' AND due_at IS NULL") == 0


def test_the_same_seed_gives_the_same_base(base: Connection, worker_id: str) -> None:
    name = f"bulk-again-{worker_id}"
    engine = create_engine(filled(worker_id, name), poolclass=pool.NullPool)
    prints = (
        (
            "SELECT md5(string_agg(concat_ws('|', reference, title, state, priority, opened_at,"
            " contact_name), ',' ORDER BY id)) FROM ticket"
        ),
        (
            "SELECT md5(string_agg(concat_ws('|', last_name, first_name, email), ',' ORDER BY id))"
            " FROM contact"
        ),
        (
            "SELECT md5(string_agg(concat_ws('|', trigger, state, to_number), ',' ORDER BY id))"
            " FROM message"
        ),
    )
    with engine.connect() as again:
        for query in prints:
            print_of = text(query)
            assert base.execute(print_of).scalar_one() == again.execute(print_of).scalar_one()
    servers.drop_worker_database(name)
