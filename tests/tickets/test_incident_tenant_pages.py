"""What people read of an incident by their private address: the request's, or the incident's."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from callcenter.messaging.states import Trigger
from callcenter.tickets.services.incident_callers import join_incident
from callcenter.tickets.services.incident_ends import resolve_incident
from callcenter.tickets.services.incident_news import Listener, publish_news
from callcenter.tickets.states import ResolutionCode
from tests.page_checks import PageChecker
from tests.tickets.incident_scenes import (
    incident_act,
    lift_incident,
    listeners_of,
    number,
)
from tests.tickets.scenes import acting, actor_of, token_for
from tests.tickets.test_incidents import messages, tickets_in
from tests.world import World, as_system


@pytest.fixture
def incident_id(app: Flask, world: World) -> int:
    """A lift, one neighbour's ticket, and a caller without one."""
    made = lift_incident(world, 1)
    agent = actor_of(world, "agent")
    with acting(agent):
        join_incident(agent, made, world.a.id, Listener(number=number(9), contact_name="Secret"))
    return made


def address(incident_id: int) -> str:
    (message, *_later) = [m for m in messages(Trigger.INCIDENT_NEWS) if m.to_number == number(9)]
    found = re.search(r"/i/[\w-]{20}", message.body)
    assert found is not None
    return found.group()


def test_who_has_no_request_reads_the_one_truth(
    client: FlaskClient, world: World, incident_id: int
) -> None:
    incident_act(
        world, "staff-a", incident_id, lambda a: publish_news(a, "Pièce commandée", "jeudi")
    )
    page = PageChecker(client).get(address(incident_id))
    assert "Pièce commandée" in page.text
    assert "jeudi" in page.text
    assert "Gounod" in page.text
    for private in ("Secret", "Voisin", "AQ-", "Camille", "Ascensoristes"):
        assert private not in page.text
    assert page.response.headers["X-Robots-Tag"].startswith("noindex")


def test_the_news_can_be_stopped(client: FlaskClient, world: World, incident_id: int) -> None:
    checker, url = PageChecker(client), address(incident_id)
    page = checker.submit(checker.get(url), f"{url}/stop")
    assert "plus de nouvelles" in page.text
    incident_act(world, "staff-a", incident_id, lambda a: publish_news(a, "Pièce commandée"))
    assert [m.to_number for m in messages(Trigger.INCIDENT_NEWS)] == [number(9), number(0)]


def test_not_fixed_is_seen_by_who_ended_it(
    client: FlaskClient, world: World, incident_id: int
) -> None:
    url = address(incident_id)
    incident_act(
        world, "staff-a", incident_id, lambda a: resolve_incident(a, ResolutionCode.REPAIRED)
    )
    checker = PageChecker(client)
    page = checker.get(url)
    assert "Est-ce vraiment réglé chez vous" in page.text
    page = checker.post(f"{url}/fixed", {"answer": "no"})
    assert "ce n'est pas réglé" in page.text
    assert listeners_of(incident_id)[-1].answer == "not_fixed"


@pytest.mark.parametrize("token", ["x", "x" * 20, "é" * 20, "x" * 500])
def test_an_unknown_address_opens_nothing(client: FlaskClient, token: str) -> None:
    assert client.get(f"/i/{token}").status_code == 404
    assert client.post(f"/i/{token}/stop").status_code == 404


def test_another_site_can_not_answer_for_the_person(
    client: FlaskClient, world: World, incident_id: int
) -> None:
    answer = client.post(f"{address(incident_id)}/stop", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 400
    assert listeners_of(incident_id)[-1].unsubscribed_at is None


def test_the_address_itself_is_not_kept(app: Flask, incident_id: int) -> None:
    token = address(incident_id).removeprefix("/i/")
    with as_system():
        row = listeners_of(incident_id)[-1]
    assert token not in (row.nonce, row.digest)


def test_the_request_s_page_tells_of_the_incident(
    client: FlaskClient, world: World, incident_id: int
) -> None:
    incident_act(
        world, "staff-a", incident_id, lambda a: publish_news(a, "Pièce commandée", "jeudi")
    )
    page = PageChecker(client).get(f"/s/{token_for(tickets_in(incident_id)[0])}")
    assert "Un incident touche plusieurs logements" in page.text
    assert page.text.count("Pièce commandée") == 2  # now, and in what happened
