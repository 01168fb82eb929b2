import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.members.accounts import SavedView
from callcenter.tickets import services
from callcenter.tickets.models import Ticket
from callcenter.tickets.queries.filters import TicketFilters
from callcenter.tickets.queries.lists import count_views, list_tickets
from callcenter.tickets.states import HoldCause, ResolutionCode
from callcenter.ui.pagination import Window, decode_cursor
from tests.page_checks import PageChecker
from tests.statements import counted
from tests.tickets.scenes import MORNING, act, actor_of, looking, opened, ticket_of
from tests.world import World, as_system, sign_in


@pytest.fixture
def staff(client: FlaskClient, world: World) -> PageChecker:
    sign_in(client, world.user("staff-a"))
    return PageChecker(client)


def ids(world: World, name: str = "staff-a", **filters: Any) -> list[int]:
    actor = actor_of(world, name)
    with looking(actor):
        return [one.id for one in list_tickets(actor, TicketFilters(**filters), Window()).items]


def change(ticket_id: int, **values: Any) -> None:
    with as_system() as session, transaction():
        session.execute(update(Ticket).where(Ticket.id == ticket_id).values(**values))


def test_each_view_holds_what_its_name_says(world: World) -> None:
    now = clock.now()
    offered = opened(world)
    act(world, "agent", offered, lambda a: services.offer_to(a, world.a.id))
    late = opened(world, "T-MEN")
    act(world, "staff-a", late, services.accept_assignment)
    change(late, due_at=now - timedelta(hours=1))
    held = opened(world)
    act(world, "staff-a", held, lambda a: services.put_on_hold(a, HoldCause.PART))
    change(held, due_at=now - timedelta(hours=1))  # the clock stands: not late
    today = opened(world)
    act(world, "staff-a", today, lambda a: services.plan_visit(a, clock.today(), NIGHT))
    mine = opened(world)
    me = world.users["staff-a"]
    act(world, "agent", mine, lambda a: services.offer_to(a, world.a.id))
    act(world, "staff-a", mine, lambda a: services.assign_to_colleague(a, me))
    ended = opened(world)
    act(world, "staff-a", ended, lambda a: services.resolve(a, ResolutionCode.REPAIRED))
    assert set(ids(world, view="to-accept")) == {offered}
    assert set(ids(world, view="late")) == {late}
    assert set(ids(world, view="on-hold")) == {held}
    assert today in ids(world, view="today")
    assert held not in ids(world, view="today")
    assert set(ids(world, view="mine")) == {mine}
    assert ended not in ids(world, view="open")
    assert ended in ids(world, view="all")
    assert ended in ids(world, state="resolved")


NIGHT = MORNING.__class__("08:00", "23:59")


def test_today_counts_what_is_due_and_what_is_visited_once(world: World) -> None:
    due, visited, both, undated = (opened(world) for _ in range(4))
    now = clock.now()
    for number in (visited, both, undated):
        act(world, "staff-a", number, lambda a: services.plan_visit(a, clock.today(), NIGHT))
    for number, at in (
        (due, now),
        (both, now),
        (visited, now + timedelta(days=9)),
        (undated, None),
    ):
        change(number, due_at=at)
    actor = actor_of(world, "staff-a")
    assert set(ids(world, view="today")) == {due, visited, both, undated}
    with looking(actor):
        assert count_views(actor, ["today"]) == {"today": 4}


def test_open_tickets_come_by_due_date_and_those_without_last(world: World) -> None:
    first, second, third = opened(world), opened(world), opened(world)
    now = clock.now()
    change(first, due_at=None)
    change(second, due_at=now + timedelta(days=2))
    change(third, due_at=now + timedelta(days=1))
    assert ids(world) == [third, second, first]


@pytest.mark.parametrize("view", ["open", "all"])
def test_pages_follow_one_another_without_gap_or_repeat(world: World, view: str) -> None:
    every = {opened(world) for _ in range(7)}
    due = ticket_of(max(every)).due_at
    for number in sorted(every)[:3]:
        change(number, due_at=due)  # the same instant: the number decides
    change(min(every), due_at=None)
    actor = actor_of(world, "staff-a")
    filters = TicketFilters(view=view)
    length = 2 if filters.by_due else 1
    seen: list[int] = []
    window: Window | None = Window(size=2)
    back: list[int] = []
    with looking(actor):
        while window is not None:
            page = list_tickets(actor, filters, window)
            seen += [one.id for one in page.items]
            last = page
            window = Window(2, decode_cursor(page.next, length)) if page.next else None
        cursor = last.previous
        while cursor:
            page = list_tickets(actor, filters, Window(2, before=decode_cursor(cursor, length)))
            back = [one.id for one in page.items] + back
            cursor = page.previous
    assert len(seen) == len(set(seen)) == 7
    assert set(seen) == every
    assert back == seen[: len(back)]
    assert len(back) == 6


@pytest.mark.parametrize(
    "q",
    ["{reference}", "{lower}", "06 39 98 12 01", "+33639981201", "etcheverry", "Gounod robinet",
     "ROBINET évier", "602", "l'évier", "evi", "gou rob etch", "n°AQ0001602", "(Gounod)"],
)  # fmt: skip
def test_search_finds_by_what_people_type(world: World, q: str) -> None:
    ticket_id = opened(world)
    opened(world, contact_id=None, contact_name="M. Autre", contact_number="+33639981299",
           dwelling_id=None, residence_id=world.a.quais, description="Autre chose")  # fmt: skip
    reference = ticket_of(ticket_id).reference
    assert ids(world, q=q.format(reference=reference, lower=reference.lower())) == [ticket_id]


@pytest.mark.parametrize("many", ["Gounod", "gounod robinet", "gounod chaudiere"])
def test_search_finds_the_common_and_the_rare(world: World, many: str) -> None:
    """Words of most tickets, and one of a single ticket beside them, take different ways."""
    every = {opened(world, description="Le robinet fuit") for _ in range(21)}
    one = opened(world, description="La chaudière est froide")
    found = {one} if "chaudiere" in many else every if "robinet" in many else every | {one}
    assert set(ids(world, q=many)) == found


def test_a_word_of_any_length_is_saved_and_found(world: World) -> None:
    ticket_id = opened(world, description="x" * 3000)
    assert ids(world, q="x" * 150) == [ticket_id]


@pytest.mark.parametrize("q", ["%", "_", "100%", "\\", "' OR 1=1 --", "🚿", "AQ-999999999999"])
def test_search_takes_letters_as_letters(world: World, q: str) -> None:
    opened(world)
    assert ids(world, q=q) == []


def test_other_filters(world: World) -> None:
    ticket_id = opened(world, "T-MEN")
    ticket = ticket_of(ticket_id)
    assert ids(world, category=ticket.category_id) == [ticket_id]
    assert ids(world, category=ticket.category_id + 1) == []
    assert ids(world, priority=ticket.priority) == [ticket_id]
    assert ids(world, agency=world.a.agency) == [ticket_id]
    assert ids(world, member=world.b.id) == []
    act(world, "agent", ticket_id, lambda a: services.offer_to(a, world.a.lift))
    assert ids(world, organisation=world.a.lift) == [ticket_id]
    assert ids(world, organisation=world.a.heating) == []


def test_the_page_is_sound_for_every_role(client: FlaskClient, world: World) -> None:
    opened(world)
    opened(world, "A-DOC", location="none")
    for name in ("agent", "supervisor", "manager-a", "staff-a", "caretaker-a", "contractor-a"):
        sign_in(client, world.user(name))
        for path in ("/tickets", "/tickets?view=all", "/tickets?view=late&q=x&team=3&after=zzz"):
            page = PageChecker(client).get(path)
            assert page.heading.startswith("Demandes")


def test_triage_is_the_platform_s(client: FlaskClient, world: World) -> None:
    ticket_id = opened(world, "A-DOC", location="none")
    sign_in(client, world.user("agent"))
    page = PageChecker(client).get("/tickets/triage")
    assert ticket_of(ticket_id).reference in page.text
    assert "Plateforme (à trier)" in page.text
    sign_in(client, world.user("staff-a"))
    assert client.get("/tickets/triage").status_code == 404


def test_html_in_fields_is_shown_as_text(staff: PageChecker, world: World) -> None:
    opened(world, contact_id=None, contact_name="<script>alert(1)</script>")
    page = staff.get("/tickets?q=<script>alert(2)</script>")
    page = staff.get("/tickets")
    assert "<script>alert(1)</script>" in page.text
    assert "<script>alert" not in page.html


def test_the_export_holds_no_formula(client: FlaskClient, world: World) -> None:
    opened(world, contact_id=None, contact_name='=HYPERLINK("http://x")')
    sign_in(client, world.user("staff-a"))
    answer = client.get("/tickets/export.csv")
    assert answer.mimetype == "text/csv"
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True)), delimiter=";"))
    assert rows[0][0] == "\ufeffRéférence"
    assert rows[1][10] == '\'=HYPERLINK("http://x")'


def test_a_view_is_kept_replaced_and_forgotten(client: FlaskClient, world: World) -> None:
    sign_in(client, world.user("staff-a"))
    for priority in ("P1", "P2"):
        client.post(f"/tickets/views?view=late&priority={priority}", data={"name": "Urgent <b>"})
    with as_system() as session:
        view = session.scalars(select(SavedView)).one()
    assert view.query == {"view": "late", "priority": "P2"}
    page = PageChecker(client).get("/tickets")
    assert "Urgent <b>" in page.text
    sign_in(client, world.user("colleague-a"))
    assert client.post(f"/tickets/views/{view.id}/delete").status_code == 404
    sign_in(client, world.user("staff-a"))
    assert client.post(f"/tickets/views/{view.id}/delete").status_code == 303
    with as_system() as session:
        assert session.scalars(select(SavedView)).all() == []


def test_a_view_needs_a_name(client: FlaskClient, world: World) -> None:
    sign_in(client, world.user("staff-a"))
    client.post("/tickets/views?view=late", data={"name": " "})
    with as_system() as session:
        assert session.scalars(select(SavedView)).all() == []


@pytest.mark.parametrize("name", ["staff-a", "agent"])
def test_few_statements_however_many_rows(
    app: Flask, client: FlaskClient, world: World, name: str
) -> None:
    for _ in range(5):
        opened(world)
    sign_in(client, world.user(name))
    client.get("/tickets")
    with counted(app) as statements:
        client.get("/tickets")
    assert len(statements) <= 12, "\n".join(statements)
