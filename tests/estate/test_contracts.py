"""Contracts by the day they end: what is flagged, who counts them, who sees which."""

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.estate.contract_queries import NOTICE_DAYS, ContractLine, count_contracts_to_renew
from callcenter.estate.models import MaintenanceContract
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
    with as_member(world.a.id):
        assert count_contracts_to_renew([world.a.id]) == 1
        assert count_contracts_to_renew([world.b.id]) == 0
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
