"""Contracts by the day they end: what is flagged, who counts them, who sees which."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.core.errors import UserError
from callcenter.estate.contract_queries import NOTICE_DAYS, ContractLine, contracts_to_renew
from callcenter.estate.contract_rules import due_notice, hours_text, read_hours, renewed
from callcenter.estate.models import MaintenanceContract
from tests.estate.scenes import one
from tests.page_checks import PageChecker
from tests.world import World, as_member, sign_in

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("days", "expired", "ending"),
    [(None, 0, 0), (-1, 1, 0), (0, 0, 1), (NOTICE_DAYS, 0, 1), (NOTICE_DAYS + 1, 0, 0)],
)
def test_what_is_flagged(days: int | None, expired: int, ending: int) -> None:
    end = None if days is None else TODAY + timedelta(days=days)
    line = ContractLine(
        1, 1, "Garonne", "lift", "", date(2020, 1, 1), end,
        around_the_clock=False, on_call=False, every_residence=True, residences=0,
    )  # fmt: skip
    assert (line.expired(TODAY), line.ending(TODAY)) == (bool(expired), bool(ending))


@pytest.mark.parametrize(
    ("left", "told", "notice"),
    [
        (61, None, None),
        (60, None, 60),
        (16, None, 60),
        (15, None, 15),
        (0, None, 15),
        (-1, None, None),
        (40, (0, 60), None),
        (15, (0, 60), 15),
        (3, (0, 15), None),
        (40, (-90, 15), 60),  # told of another last day: this one is news
    ],
)
def test_when_managers_are_written_to(
    left: int, told: tuple[int, int] | None, notice: int | None
) -> None:
    end = TODAY + timedelta(days=left)
    told_end, told_days = (end + timedelta(days=told[0]), told[1]) if told else (None, None)
    assert due_notice(TODAY, end, told_end, told_days) == notice
    assert due_notice(TODAY, None, told_end, told_days) is None


def _ends(world: World, days: int) -> None:
    """Let A's lift contract end so many days from now."""
    with as_member(world.a.id) as session, transaction():
        session.execute(
            update(MaintenanceContract)
            .where(MaintenanceContract.equipment == "lift")
            .values(ends_on=clock.today() + timedelta(days=days))
        )


def test_the_list_and_the_count_in_the_menu(client: FlaskClient, world: World) -> None:
    _ends(world, 30)
    sign_in(client, world.user("manager-a"))
    page = PageChecker(client).get("/estate/contracts")
    for words in ("Ascenseur", "bientôt échu", "Chauffage collectif", "échu", "Garonne Thermique"):
        assert words in page.text
    assert page.text.index("Garonne Thermique") < page.text.index("Ascensoristes du Sud-Ouest")
    with as_member(world.a.id) as session:
        assert session.scalar(contracts_to_renew([world.a.id])) == 1
        assert session.scalar(contracts_to_renew([world.b.id])) == 0
    assert 'Contrats <span class="count">1</span>' in page.html


def test_a_contract_that_runs_on_is_not_counted(client: FlaskClient, world: World) -> None:
    _ends(world, NOTICE_DAYS + 1)
    sign_in(client, world.user("manager-a"))
    page = PageChecker(client).get("/estate/contracts")
    assert "en cours" in page.text
    assert 'Contrats <span class="count">' not in page.html


def test_who_reads_contracts(client: FlaskClient, world: World) -> None:
    _ends(world, 30)
    sign_in(client, world.user("manager-b"))
    page = PageChecker(client).get("/estate/contracts")
    assert "bientôt échu" not in page.text
    sign_in(client, world.user("agent"))
    assert "Aquitanis" in PageChecker(client).get("/estate/contracts").text
    sign_in(client, world.user("caretaker-a"))  # in no caretakers' team: nothing in care
    assert "Aucun contrat" in PageChecker(client).get("/estate/contracts").text
    sign_in(client, world.user("contractor-a"))
    assert client.get("/estate/contracts").status_code == 404


def test_hours_are_written_as_they_are_read() -> None:
    week = {
        **{day: [["08:30", "12:30"], ["13:30", "17:30"]] for day in ("mon", "tue", "wed")},
        "fri": [["08:30", "12:30"]],
        "sat": [["09:00", "12:00"]],
    }
    assert hours_text(week) == "lun-mer 8h30-12h30 13h30-17h30, ven 8h30-12h30, sam 9h-12h"
    assert read_hours(hours_text(week)) == week
    assert read_hours(hours_text({})) == {}
    with pytest.raises(UserError):
        read_hours("quand on peut")


def test_a_successor_lasts_as_long() -> None:
    first, last = renewed(date(2024, 1, 1), date(2026, 12, 31), TODAY)
    assert (first, last - first) == (date(2027, 1, 1), date(2026, 12, 31) - date(2024, 1, 1))


_SENT: dict[str, Any] = {
    "contractor": "Serrures du Port",
    "equipment": "locks",
    "starts_on": "2026-01-01",
    "ends_on": "2027-12-31",
    "hours": "lun-ven 8h-18h",
    "residences": "nulle-part",
    "phone": "05 36 49 12 34",
}


def test_a_manager_writes_changes_and_renews_a_contract(client: FlaskClient, world: World) -> None:
    sign_in(client, world.user("manager-a"))
    pages = PageChecker(client)
    address = f"/estate/members/{world.a.id}/contracts/new"
    page = pages.get(address)
    refused = pages.submit(page, address, status=422, **_SENT)
    assert "NULLE-PART" in refused.text
    assert 'value="Serrures du Port"' in refused.html
    bad = pages.submit(page, address, status=422, **(_SENT | {"hours": "souvent"}))
    assert "souvent" in bad.html
    code = one(world.a.id, "SELECT code FROM residence WHERE id = :r", r=world.a.gounod)
    good = _SENT | {"residences": f"{code}, {code}"}
    for _double_click in range(2):
        pages.submit(page, address, **good)
    assert (
        one(world.a.id, "SELECT count(*) FROM maintenance_contract WHERE equipment = 'locks'") == 1
    )
    number = one(world.a.id, "SELECT id FROM maintenance_contract WHERE equipment = 'locks'")
    assert "Serrures du Port" in pages.get(f"/estate/dwellings/{world.a.home}").text
    first, second = (pages.get(f"/estate/contracts/{number}") for _ in range(2))
    assert "lun-ven 8h-18h" in first.html
    pages.submit(first, f"/estate/contracts/{number}", on_call="y", ends_on="2026-12-20")
    stale = pages.submit(second, f"/estate/contracts/{number}", status=422, reference="X1")
    assert "modifiée par" in stale.text
    listed = pages.get("/estate/contracts?view=ending")
    assert "Serrures du Port" in listed.text
    renewed_page = pages.get(f"{address}?renews={number}")
    assert 'value="2026-12-21"' in renewed_page.html
    trace = "SELECT string_agg(action, ',' ORDER BY id) FROM audit_entry WHERE object_type = 'maintenance_contract'"
    assert one(world.a.id, trace) == "contract.added,contract.changed"


def test_contracts_are_written_for_the_own_member_by_who_may(
    client: FlaskClient, world: World
) -> None:
    sign_in(client, world.user("manager-b"))
    pages = PageChecker(client)
    pages.get(f"/estate/members/{world.a.id}/contracts/new", status=404)
    number = one(world.a.id, "SELECT min(id) FROM maintenance_contract")
    pages.get(f"/estate/contracts/{number}", status=404)
    sign_in(client, world.user("agent"))
    pages.get(f"/estate/contracts/{number}", status=404)
