"""The main pages read large tables by an index, as the application's role, behind the wall.

Each statement that a page sends is planned again under its own scope, for any parameters, as
people's transactions have it (see ``core.isolation``). On a base
this small PostgreSQL may well prefer to read a table from end to end, rightly; so sequential
scans are made as dear as can be: one that is planned nevertheless has no index to use. An index that is read as a whole (no condition, or none but the wall's, and
no limit above) counts as a sequential scan: that is what it would be. Times on a million tickets
are in docs/benchmarks.md.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, create_engine, event, false, func, pool, select, text
from sqlalchemy.exc import ProgrammingError

from callcenter.app import create_app
from callcenter.core.db import db, session_scope, transaction
from callcenter.core.isolation import NOBODY, Scope, enter_scope
from callcenter.core.site import Site
from callcenter.demo.bulk import fill
from callcenter.demo.bulk_members import DOMAIN
from callcenter.members.accounts import User
from callcenter.messaging.email_sending import take_due_emails
from callcenter.messaging.upkeep import take_due
from tests import servers
from tests.bench.pages import pages
from tests.bench.samples import Samples, draw
from tests.conftest import _settings
from tests.world import as_system, sign_in
from workers import emails, imports, oncall, periodic, watch

LARGE = frozenset(
    {
        "assignment", "audit_entry", "call", "call_ticket", "contact", "contact_phone",
        "delivery_receipt", "dwelling", "email_message", "estate_change", "inbound_message",
        "message", "message_step", "occupancy", "tenant_link", "ticket", "ticket_event", "visit",
    }
)  # fmt: skip
# Partial ones, of what is rare at any size.
SMALL_INDEXES = frozenset(
    {
        "ix_message_in_flight",
        "ix_message_outbox",
        "ix_email_message_outbox",
        "ix_email_message_in_flight",
        "ix_inbound_message_to_sort",
        "ix_ticket_triage",
        "ix_ticket_escalated",
        "ix_ticket_unanswered",
    }
)
# What reads its input to the end whatever limit stands above it.
_READS_ALL = frozenset({"Sort", "Aggregate", "Hash", "WindowAgg", "Unique"})
HOMES, TICKETS = 1_500, 3_000
_WALL = re.compile(
    r"\(?member_id = (ANY \(\(InitPlan \d+\)\.col\d+\)|ANY \('.*?\[\]\)|'?\d+'?(::bigint)?|\w+\.member_id)\)?"
)
AGENT, MANAGER, SUPERVISOR = "agent1", "manager.dr", "supervisor"
STAFF_PAGES = (
    "staff_list_first_page", "staff_list_all_deep_page", "staff_list_late",
    "staff_list_one_category",
)  # fmt: skip
AGENT_PAGES = (
    "caller_lookup_by_phone", "search_rare_name", "search_mistyped_name", "search_address",
    "desk_open", "desk_with_caller", "desk_preview", "save_call_and_ticket",
    "ticket_list_first_page", "ticket_list_deep_page", "ticket_page", "ticket_search_reference",
    "ticket_search_rare_word", "call_log",
)  # fmt: skip
# Other pages by who opens them; {names} are rows of the base, see ``_rows``.
OTHER_PAGES = (
    (AGENT, "/estate/dwellings/{dwelling}"),
    (AGENT, "/estate/residences/{residence}"),
    (AGENT, "/estate/contacts/{contact}"),
    (AGENT, "/calls/{call}"),
    (AGENT, "/calls/tasks"),
    (AGENT, "/tickets/{ticket}/around"),
    (AGENT, "/tickets/{ticket}/sms"),
    (AGENT, "/tickets/incidents"),
    (AGENT, "/tickets/incidents?view=ended"),
    (AGENT, "/tickets/triage"),
    (AGENT, "/messages"),
    (AGENT, "/messages/inbound"),
    (SUPERVISOR, "/supervision"),
    (SUPERVISOR, "/supervision/now"),
    (SUPERVISOR, "/night"),
    (SUPERVISOR, "/ledger"),
    (SUPERVISOR, "/ledger?month=2026-09"),
    (SUPERVISOR, "/tickets/watch"),
    (SUPERVISOR, "/tickets/watch?view=silent"),
    (SUPERVISOR, "/tickets/watch?view=unanswered"),
    (SUPERVISOR, "/tickets/commitments"),
    (SUPERVISOR, "/satisfaction"),
    (SUPERVISOR, "/messages/bulletins"),
    (SUPERVISOR, "/messages/bulletins/new"),
    (SUPERVISOR, "/on-call"),
    (SUPERVISOR, "/on-call/now/{member}"),
    ("administrator", "/audit"),
    (MANAGER, "/estate"),
    (MANAGER, "/estate/contracts"),
    (MANAGER, "/estate/differences"),
    (MANAGER, "/estate/imports"),
    (MANAGER, "/ledger"),
    (MANAGER, "/messages"),
    (MANAGER, "/tickets/commitments"),
    (MANAGER, "/tickets/incidents"),
    (MANAGER, "/on-call"),
    (MANAGER, "/routing/rules/{member}/what-if"),
    (MANAGER, "/satisfaction"),
    (MANAGER, "/audit"),
)


_WALLS = """SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"""
_INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
_CONSTRAINTS = """SELECT conrelid::regclass::text, conname, convalidated,
    pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace"""
_SHAPE = (_WALLS, _INDEXES, _CONSTRAINTS)


@dataclass(frozen=True)
class Ground:
    """The application on a base of its own, and what is asked of it."""

    app: Flask
    samples: Samples
    owner_url: str


@dataclass(frozen=True)
class _Place:
    superuser_url: str


@pytest.fixture(scope="module")
def ground(migrated: None, worker_id: str) -> Iterator[Ground]:
    name = f"plans-{worker_id}"
    app_url, owner_url = servers.worker_database(name)
    app = create_app(_settings(app_url, owner_url, servers.worker_redis_url(worker_id)))
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        fill(HOMES, TICKETS, owner_url=owner_url, site=Site("http://localhost", "x" * 40))
        _write_mails()
        db.session.remove()
    database = owner_url.rpartition("/")[2]
    place: Any = _Place(servers.superuser_url().rpartition("/")[0] + "/" + database)
    yield Ground(app, draw(place, 20), owner_url)
    with app.app_context():
        db.engine.dispose()
    servers.drop_worker_database(name)


def _write_mails() -> None:
    """What the load leaves out: e-mails and answers of the past."""
    with as_system() as session, transaction():
        session.execute(
            text(
                "INSERT INTO email_message (member_id, kind, to_address, to_name, subject, body,"
                " urgent, state, state_at, reason, message_key, not_before, expires_at, attempts,"
                " created_at) SELECT o.id, 'work_order', 'x@x.exemple.fr', '', 'x', 'x', false,"
                " 'sent', now(), '', o.id || '-' || n, now(), now(), 1, now()"
                " FROM organisation AS o, generate_series(1, 1000) AS n WHERE o.kind = 'landlord'"
            )
        )
        session.execute(
            text(
                "INSERT INTO inbound_message (member_id, provider_id, from_number, to_number, body,"
                " received_at, sorted_at, meaning, media_count) SELECT o.id, o.id || '-' || n, '+3363998'"
                " || lpad(n::text, 4, '0'), '', 'merci', now(), now(), '', 0"
                " FROM organisation AS o, generate_series(1, 1000) AS n WHERE o.kind = 'landlord'"
            )
        )


class Watch:
    """Keeps what is asked of the database."""

    def __init__(self, ground: Ground) -> None:
        self.app = ground.app
        self.asked: list[tuple[str, Any]] = []

    @contextmanager
    def watched(self) -> Iterator[None]:
        with self.app.app_context():
            engine = db.engine

        def note(_c: Any, _cur: Any, statement: str, parameters: Any, *_rest: Any) -> None:
            # Sent for many rows at once: each is planned alike.
            one = parameters[0] if isinstance(parameters, list) else parameters
            self.asked.append((statement, one))

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield
        finally:
            event.remove(engine, "before_cursor_execute", note)
            enter_scope(NOBODY)


class Browser(Watch):
    """A signed-in browser that keeps what each of its pages asks of the database."""

    def __init__(self, ground: Ground, name: str) -> None:
        super().__init__(ground)
        self.client = ground.app.test_client()
        with self.app.app_context(), as_system() as session:
            user = session.query(User).filter_by(email=f"{name}@{DOMAIN}").one()
        sign_in(self.client, user)

    def get(self, path: str, **kwargs: Any) -> None:
        with self.watched():
            answer = self.client.get(path, **kwargs)
        assert answer.status_code == 200, path

    def post(self, path: str, fields: dict[str, str]) -> None:
        with self.watched():
            answer = self.client.post(path, data=fields)
        assert answer.status_code < 400, answer.get_data(as_text=True)[:500]

    act = post


def faults(browser: Watch) -> list[str]:
    """Plan again what was asked, each statement under the scope that stood before it."""
    found = []
    with browser.app.app_context():
        url = db.engine.url
    # What is explained has numbered parameters without values: psycopg must not prepare it.
    engine = create_engine(
        url, poolclass=pool.NullPool, connect_args={"prepare_threshold": None}
    ).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("SET enable_seqscan = off"))
        for statement, parameters in browser.asked:
            if "app_enter" in statement:
                _enter(connection, statement, parameters)
            elif "set_config" in statement:
                connection.exec_driver_sql(statement.replace(", true)", ", false)"), parameters)
            elif re.match(r"\s*(SELECT|UPDATE|DELETE|WITH)\b", statement):
                said = " ".join(statement.split())[:200]
                # Sorting few rows is right where going through an index in order is not, and
                # the other way round: one good way is enough.
                planned = [
                    _planned(connection, statement, parameters, in_order=way)
                    for way in (False, True)
                ]
                if all(planned):
                    found += [f"{fault}: {said}" for fault in planned[0]]
    engine.dispose()
    return found


def _enter(connection: Connection, statement: str, parameters: Any) -> None:
    """Keep the scope that a page's first statement sets, until the next page's."""
    person = connection.exec_driver_sql(statement, parameters).one()
    for name, value in (
        ("app.member_ids", ",".join(map(str, [*person.member_ids, person.member_id]))),
        ("app.user_id", str(person.id)),
    ):
        connection.execute(select(func.set_config(name, value, false())))


def _planned(
    connection: Connection, statement: str, parameters: Any, *, in_order: bool
) -> list[str]:
    way = "off" if in_order else "on"
    for name in ("bitmapscan", "sort"):
        connection.execute(text(f"SET enable_{name} = {way}"))
    said = _for_any_parameters(statement, parameters)
    try:
        plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON, GENERIC_PLAN) {said}")
    except ProgrammingError:  # the type of a parameter is told by its value alone
        plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
    return list(_faults(plan.scalar_one()[0]["Plan"], limited=False))


def _for_any_parameters(statement: str, parameters: Any) -> str:
    """The statement with numbered parameters, as a plan that is kept knows it."""
    places = {name: place for place, name in enumerate(parameters or (), start=1)}
    said = re.sub(r"%\((\w+)\)s", lambda found: f"${places[found[1]]}", statement)
    return said.replace("%%", "%")


def _faults(node: dict[str, Any], *, limited: bool) -> Iterator[str]:
    kind, table = node["Node Type"], node.get("Relation Name")
    if table in LARGE:
        if kind == "Seq Scan":
            yield f"{table} is read from end to end"
        elif kind in {"Index Scan", "Index Only Scan"} and not limited and not _narrow(node):
            yield f"all of {node['Index Name']} is read"
        elif kind == "Bitmap Heap Scan" and not any(map(_narrow, _parts(node))):
            yield f"all of {table}'s members is read"
    below = kind == "Limit" or (limited and kind not in _READS_ALL)
    for child in node.get("Plans", ()):
        yield from _faults(child, limited=below)


def _narrow(node: dict[str, Any]) -> bool:
    """Whether an index is asked for more than the rows of some members, or holds few."""
    if node["Index Name"] in SMALL_INDEXES:
        return True
    condition = _WALL.sub("", node.get("Index Cond", ""))
    return bool(re.sub(r"[()]|AND", "", condition).strip())


def _parts(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for child in node.get("Plans", ()):
        if child["Node Type"] == "Bitmap Index Scan":
            yield child
        elif child["Node Type"].startswith("Bitmap"):
            yield from _parts(child)


@pytest.mark.parametrize(("who", "path"), OTHER_PAGES)
def test_other_pages_read_large_tables_by_an_index(ground: Ground, who: str, path: str) -> None:
    browser = Browser(ground, who)
    browser.get(path.format(**_rows(ground)))
    assert browser.asked
    assert faults(browser) == []


def _rows(ground: Ground) -> dict[str, int]:
    """Rows of the manager's own member, which the agent serves too."""
    caller = next(one for one in ground.samples.callers if one.member_id == _member(ground))
    with ground.app.app_context(), as_system() as session:

        def one(query: str) -> int:
            values = {"member": caller.member_id, "dwelling": caller.dwelling_id}
            return int(session.execute(text(query), values).scalar_one())

        return {
            "member": caller.member_id,
            "dwelling": caller.dwelling_id,
            "contact": caller.contact_id,
            "residence": one("SELECT residence_id FROM dwelling WHERE id = :dwelling"),
            "ticket": one("SELECT max(id) FROM ticket WHERE member_id = :member"),
            "call": one("SELECT max(id) FROM call WHERE member_id = :member"),
        }


def _member(ground: Ground) -> int:
    with ground.app.app_context(), as_system() as session:
        return session.query(User).filter_by(email=f"{MANAGER}@{DOMAIN}").one().member_id


CHORES = (
    periodic.mark_lost_messages, periodic.expire_messages, periodic.tell_of_delays,
    periodic.close_silent_tickets, periodic.purge_place_flags, periodic.tell_managers_of_ends,
    periodic.finish_incidents, watch.take_back_unanswered, watch.reassure_silent,
    emails.look_after_emails, imports.look_after_imports, oncall.ask_people_on_call,
)  # fmt: skip


@pytest.mark.parametrize("chore", CHORES)
def test_the_clockwork_reads_large_tables_by_an_index(
    ground: Ground, chore: Callable[[Flask], int]
) -> None:
    """Each chore is asked every few seconds or minutes, whatever there is to do."""
    clockwork = Watch(ground)
    with ground.app.app_context(), clockwork.watched():
        chore(ground.app)
        db.session.remove()
    assert clockwork.asked
    assert faults(clockwork) == []


def test_the_outboxes_are_read_by_an_index(ground: Ground) -> None:
    outbox = Watch(ground)
    with ground.app.app_context(), outbox.watched():
        with session_scope(Scope(everything=True)), transaction():
            take_due_emails(10)
        with session_scope(Scope(everything=True)), transaction():
            take_due(10, [])
        db.session.remove()
    assert outbox.asked
    assert faults(outbox) == []


@pytest.mark.parametrize("name", AGENT_PAGES)
def test_an_agents_page_reads_large_tables_by_an_index(ground: Ground, name: str) -> None:
    browser = Browser(ground, AGENT)
    pages(ground.samples)[name](browser, 1)
    assert browser.asked
    assert faults(browser) == []


@pytest.mark.parametrize("name", STAFF_PAGES)
def test_a_members_page_reads_large_tables_by_an_index(ground: Ground, name: str) -> None:
    browser = Browser(ground, MANAGER)
    pages(ground.samples, staff_only=True)[name](browser, 1)
    assert browser.asked
    assert faults(browser) == []


def test_a_table_without_an_index_for_the_question_is_found(ground: Ground) -> None:
    browser = Browser(ground, AGENT)
    browser.get("/tickets")
    browser.asked.append(("SELECT id FROM ticket WHERE description = 'x'", None))
    assert any("ticket" in fault for fault in faults(browser))


def test_the_load_leaves_the_wall_and_the_indexes_as_they_were(ground: Ground) -> None:
    other_url = servers.worker_database("plans-untouched")[1]
    said = []
    for url in (ground.owner_url, other_url):
        engine = create_engine(url, poolclass=pool.NullPool)
        with engine.connect() as connection:
            said.append(
                [{tuple(row) for row in connection.execute(text(query))} for query in _SHAPE]
            )
        engine.dispose()
    servers.drop_worker_database("plans-untouched")
    for now, before in zip(*said, strict=True):
        assert now ^ before == set()
