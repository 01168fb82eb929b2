"""The figure of satisfaction: whose it is, who reads it, what it counts."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from callcenter.core import clock
from callcenter.tickets import services
from callcenter.tickets.queries.satisfaction import marks_of_members
from callcenter.tickets.states import ResolutionCode
from tests.page_checks import PageChecker
from tests.statements import counted
from tests.tickets.scenes import act, opened, token_for
from tests.world import World, as_member, sign_in


def rated(client: FlaskClient, world: World, score: int, word: str = "") -> int:
    ticket = opened(world)
    act(world, "staff-a", ticket, lambda a: services.resolve(a, ResolutionCode.REPAIRED))
    act(world, "staff-a", ticket, services.close)
    client.post(f"/s/{token_for(ticket)}/rate", data={"score": str(score), "body": word})
    return ticket


def test_the_figure_and_the_words(app: Flask, client: FlaskClient, world: World) -> None:
    rated(client, world, 5, "Très bien")
    rated(client, world, 2, "<b>Trop long</b>")
    sign_in(client, world.user("manager-a"))
    browser = PageChecker(client)
    page = browser.get("/satisfaction")
    assert "3,5 / 5" in " ".join(page.text.split())
    assert "100 % des demandes closes" in page.text
    assert "<b>Trop long</b>" not in page.html
    assert "Trop long" in page.text
    assert "Très bien" not in browser.get("/satisfaction?score=2").text
    with counted(app) as statements:
        client.get("/satisfaction")
    assert len(statements) <= 10, statements


@pytest.mark.parametrize(
    ("name", "reads"), [("manager-a", True), ("supervisor", True), ("manager-b", False)]
)
def test_each_member_reads_its_own(
    app: Flask, client: FlaskClient, world: World, name: str, *, reads: bool
) -> None:
    rated(client, world, 1, "Chez Aquitanis seulement")
    sign_in(client, world.user(name))
    page = PageChecker(client).get("/satisfaction")
    assert ("Chez Aquitanis seulement" in page.text) is reads
    assert ("Pas encore d'avis." in page.text) is (name != "manager-a")


@pytest.mark.parametrize("name", ["staff-a", "agent", "contractor-a"])
def test_who_may_not_read_finds_nothing(
    app: Flask, client: FlaskClient, world: World, name: str
) -> None:
    sign_in(client, world.user(name))
    assert client.get("/satisfaction").status_code == 404


def test_without_a_mark_there_is_no_mean(app: Flask, world: World) -> None:
    since = clock.now() - timedelta(days=1)
    with as_member(world.a.id):
        (marks,) = marks_of_members({world.a.id: "Aquitanis"}, since)
    assert (marks.mean, marks.count, marks.share_answered) == (None, 0, None)
