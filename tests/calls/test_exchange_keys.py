"""Keys of exchanges by the page: made, shown once, used, revoked; each member its own."""

import re

import pytest
from flask.testing import FlaskClient

from tests.page_checks import PageChecker
from tests.world import World, sign_in

WHERE = "/settings/exchanges"


@pytest.fixture
def pages(client: FlaskClient, world: World) -> PageChecker:
    sign_in(client, world.user("manager-a"))
    return PageChecker(client)


def made(pages: PageChecker, owner_id: int, name: str = "PBX de l'agence") -> str:
    page = pages.get(WHERE)
    shown = pages.submit(page, holding="owner_id", name=name, owner_id=str(owner_id)).html
    found = re.search(r'value="http://localhost(/webhooks/cti/[^"]+)"', shown)
    assert found, "the address is not shown"
    return found.group(1)


def test_a_key_is_shown_once_and_works_until_revoked(
    client: FlaskClient, pages: PageChecker, world: World
) -> None:
    address = made(pages, world.a.id)
    again = pages.get(WHERE)
    assert address not in again.html
    assert "PBX de l'agence" in again.text
    call = {"event": "newCall", "callId": "1", "from": "+33639981201", "to": "+33536490100"}
    assert client.post(address, data=call).json == {"ok": True, "call": 1}
    # Another member's line: this key does not speak of it.
    theirs = client.post(address, data=call | {"callId": "2", "to": "+33536490110"})
    assert theirs.json == {"ok": True, "ignored": "unknown line"}
    key = re.search(rf"{WHERE}/(\d+)/revoke", pages.get(WHERE).html)
    assert key
    assert client.post(f"{WHERE}/{key.group(1)}/revoke").status_code == 303
    assert client.post(address, data=call).status_code == 403
    assert "révoquée" in pages.get(WHERE).text


def test_a_member_s_keys_are_its_own(client: FlaskClient, pages: PageChecker, world: World) -> None:
    made(pages, world.a.id)
    sign_in(client, world.user("manager-b"))
    assert "PBX de l'agence" not in PageChecker(client).get(WHERE).text
    assert client.post(f"{WHERE}/1/revoke").status_code == 404
    page = PageChecker(client).get(WHERE)
    refused = PageChecker(client).submit(
        page, holding="owner_id", status=422, name="X", owner_id=str(world.a.id)
    )
    assert "Nouvelle clé" in refused.text


def test_the_platform_s_exchange_speaks_of_every_line(client: FlaskClient, world: World) -> None:
    sign_in(client, world.user("administrator"))
    address = made(PageChecker(client), world.platform, "Standard")
    for number, line in (("1", "+33536490100"), ("2", "+33536490110")):
        call = {"event": "newCall", "callId": number, "from": "+33639981201", "to": line}
        assert "call" in (client.post(address, data=call).json or {})


def test_agents_make_no_keys(client: FlaskClient, world: World) -> None:
    sign_in(client, world.user("agent"))
    assert client.get(WHERE).status_code == 404
