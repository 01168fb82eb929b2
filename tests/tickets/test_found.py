"""The one search box finds a ticket by its reference, for who sees it."""

from types import SimpleNamespace

import pytest
from flask.testing import FlaskClient

from callcenter.tickets.found import references_in
from tests.page_checks import PageChecker
from tests.tickets.scenes import opened, ticket_of
from tests.world import World, sign_in


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("AQ-24817", ["AQ-24817"]),
        (" aq 24817 ", ["AQ-24817"]),
        ("aq24817", ["AQ-24817"]),
        ("24817", ["AQ-24817", "ME-24817"]),
        ("AQ0001602", []),
        ("12 rue gounod", []),
        ("06 39 98 12 01", []),
        ("", []),
    ],
)
def test_what_is_a_reference(typed: str, meant: list[str]) -> None:
    assert references_in(typed, ["ME", "AQ"]) == meant


def test_a_ticket_is_found_by_who_sees_it(client: FlaskClient, world: World) -> None:
    number = opened(world)
    ticket = SimpleNamespace(reference=ticket_of(number).reference)
    digits = ticket.reference.split("-")[1]
    sign_in(client, world.user("agent"))
    pages = PageChecker(client)
    for typed in (ticket.reference, ticket.reference.replace("-", ""), digits):
        page = pages.get(f"/estate?q={typed}")
        assert f"/tickets/{number}" in page.links, typed
        assert "Rien de tel" not in page.text
    assert f"/tickets/{number}" in pages.fragment(f"/estate?q={ticket.reference}").links
    sign_in(client, world.user("manager-b"))
    assert f"/tickets/{number}" not in pages.get(f"/estate?q={ticket.reference}").links
    sign_in(client, world.user("administrator"))  # reads the estate, no tickets
    assert f"/tickets/{number}" not in pages.get(f"/estate?q={ticket.reference}").links
