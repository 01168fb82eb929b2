"""Where each field comes from, what a file changes, and what agents' edits are to be brought back."""

from datetime import timedelta
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.core.isolation import Actor
from callcenter.estate.history_queries import contact_history, count_differences, dwelling_history
from callcenter.estate.occupancy_services import add_occupant, end_occupancy
from callcenter.estate.services import (
    PersonDetails,
    add_phone,
    correct_phone,
    edit_contact,
)
from callcenter.estate.states import ImportState, OccupancyRole
from tests.estate.scenes import Desk, actor, home, lease, one
from tests.page_checks import PageChecker, text_of
from tests.world import World, as_member, sign_in

HOMES = [home(n) for n in range(4)]
LEASES = [lease(n) for n in range(4)]


@pytest.fixture
def settled(desk: Desk) -> Desk:
    assert desk.homes(HOMES, confirmed=True).state is ImportState.DONE
    assert desk.leases(LEASES).state is ImportState.DONE
    return desk


@pytest.fixture
def camille(world: World) -> Actor:
    return actor(world, world.a.id)


def _contact(desk: Desk, number: int = 0) -> int:
    found = one(
        desk.member_id,
        "SELECT o.contact_id FROM occupancy o WHERE o.lease_number = :l",
        l=f"L{number:04d}",
    )
    return int(found)


def _changes(desk: Desk, contact: int) -> list[tuple[str, str, str, str, bool]]:
    with as_member(desk.member_id):
        history = contact_history(desk.member_id, contact)
        return [(c.source, c.field, c.before, c.after, c.applied) for c in history.changes]


def test_a_card_names_the_file_it_came_from(settled: Desk) -> None:
    contact = _contact(settled)
    with as_member(settled.member_id):
        made = contact_history(settled.member_id, contact).made
    assert (made.source, made.label) == ("import", "file-2.csv")
    assert (
        one(
            settled.member_id,
            "SELECT created_from FROM contact_phone WHERE contact_id = :c",
            c=contact,
        )
        == "file-2.csv"
    )
    dwelling = one(settled.member_id, "SELECT id FROM dwelling WHERE number = 'TS0000'")
    with as_member(settled.member_id):
        assert dwelling_history(settled.member_id, dwelling).made.label == "file-1.csv"
    assert _changes(settled, contact) == []


def test_a_file_s_changes_are_kept_field_by_field(settled: Desk) -> None:
    contact = _contact(settled)
    settled.leases([lease(0, NOM="DUPONT", TEL_PORTABLE="06 39 98 77 77"), *LEASES[1:]])
    assert sorted(_changes(settled, contact)) == [
        ("import", "last_name", "DURANDA", "DUPONT", True),
        ("import", "phone", "", "+33639987777", True),
        ("import", "phone", "+33639980000", "", True),
    ]
    settled.homes([home(0, ETAGE="3"), *HOMES[1:]])
    dwelling = one(settled.member_id, "SELECT id FROM dwelling WHERE number = 'TS0000'")
    with as_member(settled.member_id):
        changes = dwelling_history(settled.member_id, dwelling).changes
    assert [(c.field, c.before, c.after) for c in changes] == [("floor", "0", "3")]
    assert changes[0].actor_label == "file-4.csv"


def test_an_agent_s_newer_number_stays_beside_the_file_s_with_both_sources(
    settled: Desk, camille: Actor, client: FlaskClient, world: World
) -> None:
    contact = _contact(settled)
    with as_member(settled.member_id), transaction():
        add_phone(contact, "06 39 98 55 55", "", camille)
    settled.leases([lease(0, TEL_PORTABLE="06 39 98 66 66"), *LEASES[1:]])
    sign_in(client, world.user("agent"))
    page = PageChecker(client).get(f"/estate/contacts/{contact}")
    phones = text_of(page.by_id("phones"))
    assert "06 39 98 55 55" in phones
    assert "donné par un agent (Camille Roux)" in phones
    assert "06 39 98 66 66" in phones
    assert "fichier du bailleur (file-3.csv)" in phones
    assert "06 39 98 00 00, retiré" in page.text


def test_a_name_that_an_agent_wrote_stays_and_the_file_s_is_told(
    settled: Desk, camille: Actor
) -> None:
    contact = _contact(settled)
    with as_member(settled.member_id), transaction():
        edit_contact(contact, 1, PersonDetails("Durand-Petit", "Zoé", "Mme"), camille)
    for _ in range(2):
        settled.leases([lease(0, NOM="DURANDA", EMAIL="z@exemple.fr"), *LEASES[1:]])
    told = [c for c in _changes(settled, contact) if not c[4]]
    assert ("import", "last_name", "Durand-Petit", "DURANDA", False) in told
    assert len(told) == len(set(told))
    assert one(settled.member_id, "SELECT last_name FROM contact WHERE id = :c", c=contact) == (
        "Durand-Petit"
    )


def test_what_the_next_file_says_too_needs_no_bringing_back(settled: Desk, camille: Actor) -> None:
    member = settled.member_id
    first, second, third = (_contact(settled, n) for n in range(3))
    yesterday = clock.today() - timedelta(days=1)
    with as_member(member) as session, transaction():
        old = one_in(session, "SELECT id FROM contact_phone WHERE contact_id = :c", first)
        correct_phone(old, "06 39 98 55 55", "", camille)
        edit_contact(second, 1, PersonDetails("DURANDB", "Zoé", "Mme", "b@exemple.fr"), camille)
        left = one_in(session, "SELECT id FROM occupancy WHERE contact_id = :c", third)
        end_occupancy(left, yesterday, camille)
    with as_member(member):
        assert count_differences([member]) == 3
    settled.leases(LEASES)  # the member has not mended its own yet
    with as_member(member):
        assert count_differences([member]) == 3
    settled.leases(
        [
            lease(0, TEL_PORTABLE="06 39 98 55 55"),
            lease(1, EMAIL="b@exemple.fr"),
            lease(2, DATE_SORTIE=f"{yesterday:%d/%m/%Y}"),
            LEASES[3],
        ]
    )
    with as_member(member):
        assert count_differences([member]) == 0
    told = one(member, "SELECT DISTINCT settled_by FROM estate_change WHERE source = 'agent'")
    assert told == "file-4.csv"


def one_in(session: object, statement: str, contact: int) -> int:
    from sqlalchemy import text
    from sqlalchemy.orm import Session

    assert isinstance(session, Session)
    return int(session.execute(text(statement), {"c": contact}).scalar_one())


def test_a_manager_brings_back_marks_and_takes_it_back(
    world: World, client: FlaskClient, camille: Actor
) -> None:
    with as_member(world.a.id), transaction():
        edit_contact(world.a.maite, 1, PersonDetails("=cmd|' /C calc'!A0", "Maïté"), camille)
        add_occupant(
            world.a.home, PersonDetails("Ducasse", "Noé"), OccupancyRole.OCCUPANT, None, "", camille
        )
    sign_in(client, world.user("manager-a"))
    pages = PageChecker(client)
    page = pages.get("/estate/differences")
    for words in ("Ducasse Noé", "AQ0001602", "Camille Roux", "Etcheverry"):
        assert words in page.text
    assert 'Corrections <span class="count">' in page.html
    file = client.get("/estate/differences.csv").get_data(as_text=True)
    assert "'=cmd" in file
    assert ";=cmd" not in file
    assert "AQ0001602" in file
    workbook = client.get("/estate/differences.xlsx")
    cells = CalamineWorkbook.from_filelike(BytesIO(workbook.data)).get_sheet_by_index(0).to_python()
    assert any("'=cmd|' /C calc'!A0" in row for row in cells)
    ids = one(world.a.id, "SELECT array_agg(id) FROM estate_change")
    sent = {"csrf_token": page.csrf_token, "change": [str(i) for i in ids]}
    for _double_click in range(2):
        assert client.post("/estate/differences", data=sent).status_code == 303
    assert "Rien à reporter" in pages.get("/estate/differences").text
    assert "Ducasse" in pages.get("/estate/differences?view=settled").text
    traces = "SELECT count(*) FROM audit_entry WHERE action = 'estate_change.settled'"
    assert one(world.a.id, traces) == 1
    client.post("/estate/differences", data=sent | {"back": "1"})
    assert "Ducasse" in pages.get("/estate/differences").text
    # Another member's manager sees and settles nothing of it.
    sign_in(client, world.user("manager-b"))
    page = pages.get("/estate/differences")
    assert "Ducasse" not in page.text
    client.post("/estate/differences", data=sent | {"csrf_token": page.csrf_token})
    waiting = "SELECT count(*) FROM estate_change WHERE settled_at IS NULL"
    assert one(world.a.id, waiting) == len(ids)
    sign_in(client, world.user("staff-a"))
    assert client.get("/estate/differences").status_code == 404
    assert client.get("/estate/differences.csv").status_code == 404
