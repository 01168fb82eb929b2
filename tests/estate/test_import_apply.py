"""Applying files: everything once, nothing twice, nothing lost, nothing of another member."""

import multiprocessing
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from callcenter.core import clock
from callcenter.core.db import db, session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.estate.applying.staging import hold_import_lock
from callcenter.estate.import_models import ImportRun
from callcenter.estate.import_runner import run_import
from callcenter.estate.occupancy_services import end_occupancy
from callcenter.estate.services import (
    PersonDetails,
    add_phone,
    correct_phone,
    edit_contact,
)
from callcenter.estate.states import ImportKind, ImportState
from tests.estate.scenes import HOMES, LEASES, Desk, actor, home, lease, one, snapshot
from tests.world import World, as_member

HOMES_30 = [home(n) for n in range(30)]
LEASES_30 = [lease(n) for n in range(30)]


@pytest.fixture
def settled(desk: Desk) -> Desk:
    """Thirty homes and their leases are there."""
    assert desk.homes(HOMES_30, confirmed=True).state is ImportState.DONE
    assert desk.leases(LEASES_30).state is ImportState.DONE
    return desk


def act_on(member: int, work: Any) -> None:
    with session_scope(Scope(member_ids=frozenset({member}))), transaction():
        work()


def test_homes_bring_their_residences_buildings_agencies(desk: Desk) -> None:
    result = desk.homes(
        [
            home(1, COPROPRIETE="O", SYNDIC="Foncia"),
            home(2, COPROPRIETE="O", SYNDIC="Foncia"),
            home(11, COPROPRIETE="O", SYNDIC="Foncia"),
            home(12, COPROPRIETE="O", SYNDIC="Citya"),
        ],
        confirmed=True,
    )
    assert result.counts["added"] == 4
    assert result.counts["residences_added"] == 2
    assert result.counts["syndics_added"] == 2
    assert result.counts["residences_with_several_syndics"] == 1
    member = desk.member_id
    assert one(member, "SELECT street FROM dwelling WHERE number = 'TS0001'") == "2 Rue des Acacias"
    agreed = (
        "SELECT o.name FROM residence r JOIN organisation o ON o.id = r.syndic_id WHERE code = :c"
    )
    assert one(member, agreed, c="R000") == "Foncia"
    assert one(member, agreed, c="R001") is None  # its lots disagree: nobody is guessed
    lot = (
        "SELECT o.name FROM dwelling d JOIN organisation o ON o.id = d.syndic_id WHERE number = :n"
    )
    assert one(member, lot, n="TS0012") == "Citya"


def test_the_same_files_again_change_nothing(settled: Desk) -> None:
    before = snapshot(settled.member_id)
    for result in (settled.homes(HOMES_30), settled.leases(LEASES_30)):
        assert result.state is ImportState.DONE
        assert result.counts["unchanged"] == 30
        assert not result.counts.get("added")
    assert snapshot(settled.member_id) == before


def test_a_dry_run_tells_all_and_changes_nothing(desk: Desk) -> None:
    before = snapshot(desk.member_id)
    homes = desk.write(HOMES, HOMES_30)
    result = desk.run(homes, dry_run=True)
    assert result.state is ImportState.TO_CONFIRM  # nothing in common with the member's homes
    result = desk.run(homes, dry_run=True, confirmed=True)
    assert (result.state, result.counts["added"]) == (ImportState.DONE, 30)
    assert result.counts["samples"]["added"][0].startswith("TS0000 · 1 Rue des Acacias")
    leases = desk.write(LEASES, LEASES_30)
    tried = desk.run(leases, dry_run=True, after=((ImportKind.DWELLINGS, homes),))
    assert (tried.state, tried.counts["added"]) == (ImportState.DONE, 30)
    assert snapshot(desk.member_id) == before


def test_a_lease_that_disappears_is_closed_and_may_come_back(settled: Desk) -> None:
    member = settled.member_id
    result = settled.leases(LEASES_30[1:])
    assert result.counts["closed"] == 1
    closed = "SELECT ends_on FROM occupancy WHERE lease_number = 'L0000'"
    assert one(member, closed) == clock.today() - timedelta(days=1)
    assert one(member, "SELECT count(*) FROM contact WHERE last_name = 'DURANDA'") == 2
    again = settled.leases(LEASES_30)
    assert (again.counts["changed"], again.counts["closed"]) == (1, 0)
    assert one(member, closed) is None


def test_a_file_that_closes_a_fifth_waits_for_a_confirmation(settled: Desk) -> None:
    before = snapshot(settled.member_id)
    result = settled.leases(LEASES_30[:15])
    assert result.state is ImportState.TO_CONFIRM
    assert result.counts["doubts"] == [{"code": "closes_many", "closed": 15, "open": 30}]
    assert snapshot(settled.member_id) == before
    assert settled.leases(LEASES_30[:15], confirmed=True).counts["closed"] == 15


def test_a_part_closes_nothing(settled: Desk) -> None:
    assert settled.leases(LEASES_30[:5], partial=True).counts["closed"] == 0


def test_a_lease_in_a_refused_row_is_not_closed(settled: Desk) -> None:
    rows = [lease(0, DATE_ENTREE="32/13/2015"), *LEASES_30[1:]]
    result = settled.leases(rows)
    assert (result.counts["refused"], result.counts["closed"]) == (1, 0)


def test_a_quarantine_comes_back_mended(settled: Desk) -> None:
    result = settled.leases([*LEASES_30, lease(0, CODE_UG="TS9999", NUM_BAIL="L9999")])
    assert result.counts["refused"] == 1
    assert result.report is not None
    rows = result.report.read_text("utf-8-sig").splitlines()
    assert len(rows) == 2
    assert "TS9999" in rows[1]
    assert "Aucun logement du patrimoine" in rows[1]
    mended = settled.folder / "mended.csv"
    mended.write_text("\n".join(rows).replace("TS9999", "TS0000"), "utf-8-sig")
    again = settled.run(mended)
    assert again.state is ImportState.DONE
    assert (again.counts["added"], again.counts["closed"]) == (1, 0)


def test_a_mended_name_keeps_the_person(settled: Desk) -> None:
    member = settled.member_id
    whose = "SELECT contact_id FROM occupancy WHERE lease_number = 'L0003'"
    before = one(member, whose)
    result = settled.leases([*LEASES_30[:3], lease(3, NOM="DURAND-TRÂN"), *LEASES_30[4:]])
    assert (result.counts["changed"], result.counts["closed"]) == (1, 0)
    assert one(member, whose) == before
    assert one(member, "SELECT last_name FROM contact WHERE id = :i", i=before) == "DURAND-TRÂN"


def test_what_an_agent_wrote_is_kept(settled: Desk, world: World) -> None:
    member = settled.member_id
    who = actor(world, member)
    person = one(member, "SELECT contact_id FROM occupancy WHERE lease_number = 'L0004'")
    old = one(member, "SELECT id FROM contact_phone WHERE contact_id = :c", c=person)
    act_on(member, lambda: correct_phone(old, "06 39 98 99 99", "", who))
    act_on(member, lambda: edit_contact(person, 2, PersonDetails("DURAND", "Zoë", "Mme"), who))
    changed = lease(4, TEL_PORTABLE="06 39 98 77 77", NOM="DURANT")
    result = settled.leases([*LEASES_30[:4], changed, *LEASES_30[5:]])
    assert result.counts["people_kept"] == 1
    assert result.counts["phones_kept"] == 1
    numbers = "SELECT string_agg(number || ' ' || source, ', ' ORDER BY number) FROM contact_phone WHERE contact_id = :c"
    assert one(member, numbers, c=person) == "+33639987777 import, +33639989999 agent"
    assert one(member, "SELECT first_name FROM contact WHERE id = :c", c=person) == "Zoë"


def test_a_departure_told_by_an_agent_stays(settled: Desk, world: World) -> None:
    member = settled.member_id
    occupancy = one(member, "SELECT id FROM occupancy WHERE lease_number = 'L0005'")
    day = date(2026, 3, 1)
    act_on(member, lambda: end_occupancy(occupancy, day, actor(world, member)))
    settled.leases(LEASES_30)
    settled.leases([*LEASES_30[:5], lease(5, EMAIL="z@exemple.fr"), *LEASES_30[6:]])
    assert one(member, "SELECT ends_on FROM occupancy WHERE id = :i", i=occupancy) == day


def test_the_same_name_and_number_is_one_person_with_two_homes(desk: Desk) -> None:
    desk.homes(HOMES_30, confirmed=True)
    same = {"NOM": "LABAT", "PRENOM": "Inès", "TEL_PORTABLE": "06 39 98 11 11"}
    result = desk.leases(
        [lease(1, **same), lease(2, **same), lease(3, TEL_PORTABLE="06 39 98 11 11")]
    )
    assert result.counts["people_added"] == 2
    assert result.counts["phones_added"] == 2


def test_homonyms_without_a_common_number_stay_apart(desk: Desk) -> None:
    desk.homes(HOMES_30, confirmed=True)
    same = {"NOM": "LABAT", "PRENOM": "Inès", "EMAIL": "ines.labat@exemple.fr"}
    assert desk.leases([lease(1, **same), lease(2, **same)]).counts["people_added"] == 2


def test_contracts(settled: Desk) -> None:
    rows = [
        "Ascensoristes du Sud-Ouest;ASCENSEUR;R000|R001;01/01/2024;31/12/2027;24/7;OUI;0536493881;a@exemple.fr",
        "Nouvelle Société;VMC;TOUTES;01/01/2024;31/12/2026;8h-18h;NON;0536493882;b@exemple.fr",
        "Nouvelle Société;PLOMBERIE;R000|R777;01/01/2024;31/12/2026;8h-18h;NON;0536493882;",
    ]
    result = settled.contracts(rows)
    assert (result.counts["added"], result.counts["refused"]) == (2, 1)
    assert result.counts["contractors_added"] == 1  # the first is known to the small world
    assert result.counts["causes"] == {"unknown_residence": 1}
    before = snapshot(settled.member_id)
    assert settled.contracts(rows).counts["unchanged"] == 2
    assert snapshot(settled.member_id) == before
    fewer = settled.contracts(rows[:1])
    assert fewer.counts["closed"] == 1
    ended = "SELECT ends_on FROM maintenance_contract WHERE equipment = 'ventilation'"
    assert one(settled.member_id, ended) == clock.today() - timedelta(days=1)


def test_leases_of_another_member_are_all_refused_and_wait(settled: Desk, world: World) -> None:
    other = Desk(settled.folder, world.b.id)
    before = snapshot(world.b.id)
    result = other.leases(LEASES_30)
    assert result.state is ImportState.TO_CONFIRM
    assert {doubt["code"] for doubt in result.counts["doubts"]} >= {"homes_unknown"}
    assert snapshot(world.b.id) == before


def test_homes_of_another_member_wait_for_a_confirmation(settled: Desk) -> None:
    result = settled.homes([home(n, CODE_UG=f"XX{n:04d}") for n in range(30)])
    assert result.state is ImportState.TO_CONFIRM
    assert result.counts["doubts"][0]["code"] == "no_home_known"


def test_one_member_s_import_leaves_the_other_alone(settled: Desk, world: World) -> None:
    before = snapshot(world.b.id)
    other = Desk(settled.folder, world.b.id)
    other.homes(HOMES_30, confirmed=True)  # the same numbers on the other side of the wall
    mine = snapshot(world.a.id)
    other.leases(LEASES_30)
    assert snapshot(world.a.id) == mine
    assert snapshot(world.b.id) != before


def test_two_imports_at_once_are_refused(settled: Desk) -> None:
    engine = db.engine
    with engine.connect() as connection, connection.begin():
        connection.execute(
            text("SELECT pg_advisory_xact_lock(hashtext('estate import'), :m)"),
            {"m": settled.member_id},
        )
        result = settled.leases(LEASES_30)
    assert result.state is ImportState.FAILED
    assert "Un autre import est en cours" in result.error
    assert settled.leases(LEASES_30).state is ImportState.DONE


def _killed_import(settings: Any, order: Any) -> None:
    import os

    from callcenter.app import create_app
    from callcenter.estate import import_services as services

    app = create_app(settings)

    def die(*_a: object, **_k: object) -> None:
        os._exit(9)

    vars(services)["refresh_search"] = die
    with app.app_context():
        run_import(order)


def test_killed_half_way_nothing_is_half_done(desk: Desk, settings: Any) -> None:
    from callcenter.estate.import_runner import ImportOrder

    path = desk.write(HOMES, HOMES_30)
    order = ImportOrder(
        member_id=desk.member_id,
        path=path,
        file_name=path.name,
        kind=ImportKind.DWELLINGS,
        folder=desk.folder,
        confirmed=True,
    )
    before = snapshot(desk.member_id)
    db.session.remove()
    process = multiprocessing.get_context("spawn").Process(
        target=_killed_import, args=(settings, order)
    )
    process.start()
    process.join(60)
    assert process.exitcode == 9
    assert snapshot(desk.member_id) == before
    assert one(desk.member_id, "SELECT state FROM import_run") == "running"
    assert desk.homes(HOMES_30, confirmed=True).counts["added"] == 30
    with as_member(desk.member_id) as session:
        states = {run.state for run in session.query(ImportRun)}
    assert states == {"failed", "done"}


def test_the_lock_is_free_once_the_import_ended(settled: Desk) -> None:
    with session_scope(Scope(member_ids=frozenset({settled.member_id}))), transaction():
        assert hold_import_lock(settled.member_id)


def test_an_applied_import_leaves_its_trace(settled: Desk) -> None:
    said = one(
        settled.member_id,
        "SELECT changes ->> 'added' FROM audit_entry WHERE action = 'import.applied' ORDER BY id DESC LIMIT 1",
    )
    assert said == "[null, 30]"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "vide"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "PDF"),
        (HOMES.encode() + b"\r\n", "aucune donn"),
        (b"\x00\x01\x02" * 500, "pas du texte"),
    ],
)
def test_bad_files_are_refused_with_a_clear_message(desk: Desk, content: bytes, said: str) -> None:
    path = desk.folder / "bad.csv"
    path.write_bytes(content)
    before = snapshot(desk.member_id)
    result = desk.run(path, ImportKind.DWELLINGS)
    assert result.state is ImportState.FAILED
    assert said in result.error
    assert snapshot(desk.member_id) == before


def test_formulas_are_neutral_in_the_quarantine(settled: Desk) -> None:
    result = settled.leases([*LEASES_30, lease(1, CODE_UG="TS8888", PRENOM="=cmd|' /C calc'!A0")])
    assert result.report is not None
    cells = result.report.read_text("utf-8-sig").splitlines()[1].split(";")
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)


def test_a_wholly_damaged_file_is_bounded_and_changes_nothing(settled: Desk) -> None:
    before = snapshot(settled.member_id)
    result = settled.leases([f"TS{n:04d};L{n}" for n in range(30_000)], confirmed=True)
    assert result.state is ImportState.FAILED
    assert "Aucune des 20000 premières lignes" in result.error
    assert "tronquée" in result.error
    assert result.counts["refused"] == 20_000  # the rest was not even looked at
    assert result.report is not None
    assert result.report.stat().st_mode & 0o077 == 0
    assert len(result.report.read_text("utf-8-sig").splitlines()) == 20_001
    assert snapshot(settled.member_id) == before


def test_a_small_file_of_which_nothing_can_be_read_is_not_applied(settled: Desk) -> None:
    before = snapshot(settled.member_id)
    result = settled.leases([lease(n, DATE_ENTREE="31/02/2020") for n in range(5)], confirmed=True)
    assert result.state is ImportState.FAILED
    assert "Cette date n'existe pas" in result.error
    assert snapshot(settled.member_id) == before


def test_a_report_of_the_person_s_own_is_left_when_the_file_is_none(desk: Desk) -> None:
    mine = desk.folder / "mine.csv"
    mine.write_text("kept")
    path = desk.folder / "bad.csv"
    path.write_bytes(b"%PDF-1.7")
    desk.run(path, ImportKind.DWELLINGS, report_path=mine)
    assert mine.read_text() == "kept"


def test_add_phone_makes_search_find_it(settled: Desk, world: World) -> None:
    from callcenter.estate.queries import find_callers

    member = settled.member_id
    person = one(member, "SELECT contact_id FROM occupancy WHERE lease_number = 'L0006'")
    act_on(member, lambda: add_phone(person, "06 39 98 55 55", "fils", actor(world, member)))
    with as_member(member):
        (found,) = find_callers("0639985555", {member}, member)
        assert found.contact_id == person
        assert found.matched is not None
        assert found.matched.note == "fils"
