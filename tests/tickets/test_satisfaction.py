"""The figure of satisfaction: whose it is, who reads it, what it counts."""

from datetime import timedelta

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


def test_each_member_reads_its_own(app: Flask, client: FlaskClient, world: World) -> None:
    rated(client, world, 1, "Chez Aquitanis seulement")
    sign_in(client, world.user("manager-b"))
    page = PageChecker(client).get("/satisfaction")
    assert "Chez Aquitanis" not in page.text
    assert "Pas encore d'avis." in page.text
    sign_in(client, world.user("supervisor"))
    assert "Chez Aquitanis seulement" in PageChecker(client).get("/satisfaction").text
    for name in ("staff-a", "agent", "contractor-a"):
        sign_in(client, world.user(name))
        assert client.get("/satisfaction").status_code == 404


def test_without_a_mark_there_is_no_mean(app: Flask, world: World) -> None:
    since = clock.now() - timedelta(days=1)
    with as_member(world.a.id):
        (marks,) = marks_of_members({world.a.id: "Aquitanis"}, since)
    assert (marks.mean, marks.count, marks.share_answered) == (None, 0, None)
