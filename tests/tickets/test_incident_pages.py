"""The pages of incidents: list, proposals, the one truth, warning, and the ticket's own page."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from callcenter.messaging.states import Trigger
from callcenter.tickets.services.incident_callers import join_incident
from callcenter.tickets.services.incident_ends import resolve_incident
from callcenter.tickets.services.incident_news import Listener, publish_news
from callcenter.tickets.states import ResolutionCode
from tests.page_checks import PageChecker
from tests.statements import counted
from tests.tickets.incident_scenes import (
    category_id,
    history_of,
    incident_act,
    incident_of,
    lift_incident,
    number,
    reported,
)
from tests.tickets.scenes import acting, actor_of, opened, ticket_of
from tests.tickets.test_incidents import messages, tickets_in
from tests.world import World, sign_in

NASTY = "<img src=x onerror=alert(1)> '; DROP TABLE incident;-- 🚿 مرحبا"


def fields(values: dict[str, Any]) -> dict[str, Any]:
    """Fields whose names are no Python names, for ``submit``."""
    return values


def as_(client: FlaskClient, world: World, name: str) -> PageChecker:
    sign_in(client, world.user(name))
    return PageChecker(client)


def test_what_looks_like_one_is_opened_in_one_click(client: FlaskClient, world: World) -> None:
    for index in range(3):
        reported(world, index)
    agent = as_(client, world, "agent")
    assert "Cela ressemble à un incident" in agent.get("/tickets/triage").text
    page = agent.get("/tickets/incidents")
    assert "3 demandes semblables" in page.text
    action = next(
        f.get("action", "") for f in page.all("form") if "/incidents/from/" in f.get("action", "")
    )
    page = agent.submit(page, action)
    assert "Incident ouvert" in page.text
    assert "3 signalements" in page.text
    page = agent.get("/tickets/incidents")
    assert "Cela ressemble" not in page.text
    assert "Ascenseur en panne" in page.text


@pytest.mark.parametrize("name", ["agent", "supervisor", "manager-a", "staff-a", "contractor-a"])
def test_the_page_is_sound(client: FlaskClient, world: World, name: str) -> None:
    incident_id = lift_incident(world, 2)
    incident_act(world, "staff-a", incident_id, lambda a: publish_news(a, NASTY, "vers 14 h"))
    someone = as_(client, world, name)
    page = someone.get(f"/tickets/incidents/{incident_id}")
    assert "Ascenseur en panne" in page.heading
    assert "DROP TABLE incident" in page.text
    assert "<img src=x" not in page.html
    assert ("Dire à tous" in page.text) is True
    assert ("Terminer l'incident" in page.text) is (name != "agent")
    assert ("Changer de responsable" in page.text) is (name != "contractor-a")
    assert "vers 14 h" in someone.get("/tickets/incidents").text


def test_the_whole_life_on_screen(client: FlaskClient, world: World) -> None:
    incident_id = lift_incident(world, 2)
    other = reported(world, 8)
    here = f"/tickets/incidents/{incident_id}"
    staff = as_(client, world, "staff-a")
    page = staff.get(here)
    page = staff.submit(
        page, f"{here}/attach", **fields({"attach-reference": ticket_of(other).reference.lower()})
    )
    assert "rattachée" in page.text
    page = staff.submit(
        page, f"{here}/news", **fields({"news-word": "Pièce commandée", "news-expected": "jeudi"})
    )
    assert "3 SMS partiront" in page.text
    page = staff.get(f"{here}/warn")
    assert "1 habitant le recevra" in page.text
    page = staff.submit(page, f"{here}/warn")
    assert "Habitants prévenus" in page.text
    page = staff.submit(
        page, f"{here}/owner", **fields({"owner-destination": str(world.a.heating)})
    )
    assert "Garonne Thermique" in page.text
    page = staff.submit(page, f"{here}/split/{other}")
    assert other not in tickets_in(incident_id)
    page = staff.submit(
        page, f"{here}/resolve", **fields({"end-code": "repaired", "end-note": "Fait"})
    )
    assert "ses demandes sont résolues" in page.text
    page = staff.submit(page, f"{here}/reopen", **fields({"back-word": "De nouveau en panne"}))
    assert "Incident rouvert" in page.text
    assert history_of(incident_id) == [
        "opened", "attached", "attached", "attached", "news", "warned", "owner", "split",
        "resolved", "reopened", "news",
    ]  # fmt: skip


def test_a_refused_form_keeps_what_was_typed(client: FlaskClient, world: World) -> None:
    incident_id = lift_incident(world, 1)
    here = f"/tickets/incidents/{incident_id}"
    staff = as_(client, world, "staff-a")
    page = staff.get(here)
    incident_act(world, "contractor-a", incident_id, lambda a: publish_news(a, "Vers midi"))
    page = staff.submit(page, f"{here}/news", status=422, **fields({"news-word": "Vers 14 h"}))
    assert "a été modifié par" in page.text
    assert "Vers midi" in page.text
    assert page.values(page.form(f"{here}/news"))["news-word"] == ["Vers 14 h"]
    page = staff.submit(page, f"{here}/news", **fields({"news-word": "Vers 14 h"}))
    assert incident_of(incident_id).word == "Vers 14 h"
    staff.submit(page, f"{here}/attach", status=422, **fields({"attach-reference": "AQ-999999"}))


def test_an_incident_opened_by_hand(client: FlaskClient, world: World) -> None:
    agent = as_(client, world, "agent")
    page = agent.get("/tickets/incidents/new?q=gounod")
    assert "Gounod" in page.text
    here = f"/tickets/incidents/new?residence_id={world.a.gounod}"
    page = agent.get(here)
    page = agent.submit(
        page,
        here,
        category_id=str(category_id(world, "T-CHC")),
        building_id=str(world.a.block),
        word="Chaudière à l'arrêt",
        expected="ce soir",
    )
    assert "Chaudière à l'arrêt" in page.text
    assert "0 signalement" in page.text


def test_a_ticket_s_page_shows_its_incident_or_offers_one(
    client: FlaskClient, world: World
) -> None:
    alone = reported(world, 0)
    agent = as_(client, world, "agent")
    page = agent.get(f"/tickets/{alone}")
    assert "Plusieurs logements sont touchés" in page.text
    page = agent.submit(page, f"/tickets/incidents/from/{alone}")
    assert "Incident ouvert" in page.text
    assert "Incident collectif" in agent.get(f"/tickets/{alone}").text
    late = reported(world, 1)
    page = agent.get(f"/tickets/{late}")
    action = next(
        f.get("action", "") for f in page.all("form") if f.get("action", "").endswith("/attach")
    )
    page = agent.submit(page, action)
    assert "rattachée" in page.text
    restricted = opened(world, "V-DAN")
    assert "Incident collectif" not in agent.get(f"/tickets/{restricted}").text


def test_a_double_click_says_it_once(client: FlaskClient, world: World) -> None:
    incident_id = lift_incident(world, 1)
    staff = as_(client, world, "staff-a")
    data = {
        "news-word": "Pièce commandée",
        "news-version": str(incident_of(incident_id).version),
        "news-form_token": "a" * 32,
    }
    for _click in range(2):
        answer = client.post(f"/tickets/incidents/{incident_id}/news", data=data)
        assert answer.status_code in {302, 303}
    assert len(messages(Trigger.INCIDENT_NEWS)) == 1
    assert staff is not None


@pytest.mark.parametrize("name", ["staff-b", "contractor-b", "caretaker-a"])
def test_who_does_not_see_it_finds_nothing(client: FlaskClient, world: World, name: str) -> None:
    incident_id = lift_incident(world, 1)
    sign_in(client, world.user(name))
    assert client.get(f"/tickets/incidents/{incident_id}").status_code == 404
    for part in ("news", "resolve", "reopen", "attach", "owner", "warn"):
        assert client.post(f"/tickets/incidents/{incident_id}/{part}").status_code == 404
    assert "Ascenseur" not in client.get("/tickets/incidents").get_data(as_text=True)


def test_a_contractor_neither_gathers_nor_warns(client: FlaskClient, world: World) -> None:
    incident_id = lift_incident(world, 1)
    (ticket_id,) = tickets_in(incident_id)
    sign_in(client, world.user("contractor-a"))
    for part in ("attach", "owner", "warn", f"split/{ticket_id}"):
        assert client.post(f"/tickets/incidents/{incident_id}/{part}").status_code == 404
    assert client.post(f"/tickets/incidents/from/{ticket_id}").status_code == 404


def test_the_pages_cost_few_statements(app: Flask, client: FlaskClient, world: World) -> None:
    incident_id = lift_incident(world, 6)
    for index in range(3):
        reported(world, 20 + index, building_id=None)
    sign_in(client, world.user("staff-a"))
    (ticket_id, *_others) = tickets_in(incident_id)
    for url in (
        "/tickets/incidents",
        f"/tickets/incidents/{incident_id}",
        f"/tickets/incidents/{incident_id}/warn",
        f"/tickets/incidents/new?residence_id={world.a.gounod}",
        f"/tickets/{ticket_id}",
    ):
        client.get(url)
        with counted(app) as statements:
            assert client.get(url).status_code == 200
        real = [s for s in statements if not s.startswith("SELECT set_config")]
        # At night a stopped lift pages the person on duty: one more of a ticket's page.
        most = 8 if url == f"/tickets/{ticket_id}" else 7
        assert len(real) <= most, f"{url}: {len(real)}\n" + "\n".join(real)


def test_telling_three_hundred_costs_what_telling_three_does(app: Flask, world: World) -> None:
    def cost(people: int) -> int:
        incident_id = lift_incident(world, 1)
        agent = actor_of(world, "agent")
        with acting(agent):
            for index in range(people):
                join_incident(agent, incident_id, world.a.id, Listener(number=number(100 + index)))
        with counted(app) as statements:
            incident_act(world, "staff-a", incident_id, lambda a: publish_news(a, "Réparé ce soir"))
        incident_act(
            world, "staff-a", incident_id, lambda a: resolve_incident(a, ResolutionCode.REPAIRED)
        )
        return len(statements)

    few, many = cost(3), cost(60)
    assert many - few <= 4, (few, many)
