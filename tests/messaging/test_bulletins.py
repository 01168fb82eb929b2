"""An urgent word to a residence: seen before it leaves, sent once, followed to the end."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from callcenter.core.db import transaction
from callcenter.messaging.follow_up_models import Bulletin
from callcenter.messaging.models import Message
from callcenter.messaging.services import record_opt_out
from callcenter.messaging.states import MessageState, Trigger
from tests.outbox import MOBILE, change
from tests.page_checks import Page, PageChecker
from tests.world import World, as_system, sign_in

WORD = "L'eau est coupée jusqu'à 18 h pour réparer une colonne"


def opening(client: FlaskClient, world: World, name: str) -> PageChecker:
    sign_in(client, world.user(name))
    return PageChecker(client)


def address(world: World) -> str:
    return f"/messages/bulletins/new?residence_id={world.a.gounod}"


def looked_at(browser: PageChecker, world: World, **fields: Any) -> Page:
    page = browser.get(address(world))
    values: dict[str, Any] = {"word": WORD, "look": "1"} | fields
    return browser.submit(page, holding="word", **values)


def sent() -> list[Message]:
    with as_system() as session:
        return list(session.scalars(select(Message).where(Message.trigger == Trigger.BULLETIN)))


@pytest.mark.parametrize("name", ["manager-a", "supervisor"])
def test_what_leaves_is_shown_before(
    app: Flask, client: FlaskClient, world: World, name: str
) -> None:
    browser = opening(client, world, name)
    assert "Gounod" in browser.get("/messages/bulletins/new?q=gounod").text
    page = looked_at(browser, world)
    # Two people share the number: it is written to once.
    assert "Personnes 1" in " ".join(page.text.split())
    assert f"Aquitanis : {WORD}. Renseignements :" in page.text
    assert "1 segment" in page.text
    assert sent() == []


def test_it_is_sent_once_and_followed(app: Flask, client: FlaskClient, world: World) -> None:
    browser = opening(client, world, "manager-a")
    page = looked_at(browser, world)
    for _double_click in range(2):
        browser.submit(page, holding="word", send="1")
    (message,) = sent()
    assert (message.to_number, message.state, message.urgent) == (MOBILE, "queued", True)
    with as_system() as session:
        (bulletin,) = session.scalars(select(Bulletin)).all()
    assert (bulletin.recipients, bulletin.place) == (1, "Gounod")
    where = f"/messages/bulletins/{bulletin.id}"
    assert "En route : 1 sur 1" in browser.get(where).text
    assert "every 3s" in browser.get(where).html
    change(message.id, state=MessageState.UNDELIVERED, reason="Téléphone éteint")
    page = browser.get(where)
    assert "Terminé" in page.text
    assert "every 3s" not in page.html
    assert "Téléphone éteint" in page.text
    assert "Gounod" in browser.get("/messages/bulletins").text


def test_people_are_chosen_and_who_opted_out_is_not_there(
    app: Flask, client: FlaskClient, world: World
) -> None:
    browser = opening(client, world, "manager-a")
    page = looked_at(browser, world)
    nobody = browser.submit(page, holding="word", send="1", people=None, status=422)
    assert "Choisissez au moins une personne." in nobody.text
    with as_system(), transaction():
        record_opt_out(world.a.id, MOBILE, source="link")
    page = looked_at(browser, world)
    assert "Personne n'y reçoit de SMS." in page.text
    assert "prévoyez un affichage" in page.text
    assert sent() == []


def test_the_words_are_kept_when_something_is_wrong(
    app: Flask, client: FlaskClient, world: World
) -> None:
    browser = opening(client, world, "manager-a")
    page = browser.get(address(world))
    refused = browser.submit(page, holding="word", look="1", word="x" * 301, status=422)
    assert "x" * 301 in refused.html
    shown = looked_at(browser, world)
    again = browser.submit(shown, holding="word", edit="1")
    assert WORD.replace("'", "&#39;") in again.html


def test_who_may_not_send_finds_nothing(app: Flask, client: FlaskClient, world: World) -> None:
    for name in ("staff-a", "agent", "contractor-a"):
        sign_in(client, world.user(name))
        assert client.get("/messages/bulletins").status_code == 404
        assert client.post(address(world), data={"word": WORD, "send": "1"}).status_code == 404
    sign_in(client, world.user("manager-b"))
    assert client.post(address(world), data={"word": WORD, "send": "1"}).status_code == 404


def test_a_long_word_arrives_whole(app: Flask, client: FlaskClient, world: World) -> None:
    browser = opening(client, world, "manager-a")
    long = ("Fermez les fenêtres et restez chez vous. " * 7).strip()
    page = looked_at(browser, world, word=long)
    browser.submit(page, holding="word", send="1")
    assert long.replace("ê", "e") in sent()[0].body
