import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from callcenter.core import presence
from callcenter.tickets import services
from callcenter.tickets.actions import Action
from callcenter.tickets.states import ResolutionCode
from tests.page_checks import PageChecker
from tests.statements import counted
from tests.tickets.scenes import (
    MORNING,
    act,
    assignments_of,
    kinds_of,
    opened,
    soon,
    ticket_of,
)
from tests.world import World, sign_in

NASTY = "<img src=x onerror=alert(1)> '; DROP TABLE ticket;-- 🚿 مرحبا"


@pytest.fixture
def ticket_id(world: World) -> int:
    number = opened(world)
    act(world, "agent", number, lambda a: services.offer_to(a, world.a.id))
    return number


def as_(client: FlaskClient, world: World, name: str) -> PageChecker:
    sign_in(client, world.user(name))
    return PageChecker(client)


def post(client: FlaskClient, ticket_id: int, action: str, **data: str) -> int:
    data.setdefault("version", str(ticket_of(ticket_id).version))
    return client.post(f"/tickets/{ticket_id}/{action}", data=data).status_code


@pytest.mark.parametrize("name", ["agent", "supervisor", "manager-a", "staff-a"])
def test_the_page_is_sound(client: FlaskClient, world: World, ticket_id: int, name: str) -> None:
    act(world, "staff-a", ticket_id, lambda a: services.plan_visit(a, soon(), MORNING))
    act(world, "agent", ticket_id, lambda a: services.comment(a, NASTY))
    page = as_(client, world, name).get(f"/tickets/{ticket_id}")
    assert ticket_of(ticket_id).reference in page.heading
    assert "DROP TABLE ticket" in page.text
    assert "Le robinet fuit" in page.text
    assert "06 39 98 12 01" in page.text
    assert "Visite prévue" in page.text
    assert "En attente d'envoi" in page.text or "Partira" in page.text
    assert "<img src=x" not in page.html


def test_the_page_says_why_it_went_there(client: FlaskClient, world: World, ticket_id: int) -> None:
    page = as_(client, world, "staff-a").get(f"/tickets/{ticket_id}")
    assert "Pourquoi là, et pour quand" in page.text
    assert "→" in page.text


def test_a_contractor_reads_its_part_only(
    client: FlaskClient, world: World, ticket_id: int
) -> None:
    act(world, "agent", ticket_id, lambda a: services.comment(a, "Entre nous"))
    act(world, "agent", ticket_id, lambda a: services.offer_to(a, world.a.lift))
    act(world, "contractor-a", ticket_id, lambda a: services.comment(a, "Pièce vue"))
    page = as_(client, world, "contractor-a").get(f"/tickets/{ticket_id}")
    assert "Pièce vue" in page.text
    assert "Entre nous" not in page.text
    assert "SMS au" not in page.text


@pytest.mark.parametrize("name", ["agent", "staff-a", "contractor-a"])
@pytest.mark.parametrize("action", list(Action))
def test_every_form_opens_alone_and_in_its_page(
    client: FlaskClient, world: World, ticket_id: int, name: str, action: Action
) -> None:
    if name == "contractor-a":
        act(world, "agent", ticket_id, lambda a: services.offer_to(a, world.a.lift))
    checker = as_(client, world, name)
    page = checker.get(f"/tickets/{ticket_id}")
    path = f"/tickets/{ticket_id}/{action}"
    if path in page.links:
        checker.get(path)
        fragment = checker.fragment(path)
        assert fragment.form(path) is not None
    elif action is not Action.COMMENT:
        assert client.get(path).status_code == 404


def test_accept_plan_resolve_by_the_page(client: FlaskClient, world: World, ticket_id: int) -> None:
    sign_in(client, world.user("staff-a"))
    assert post(client, ticket_id, "accept") == 303
    assert post(client, ticket_id, "plan", day=soon().isoformat(), slot="08:00-10:00") == 303
    assert post(client, ticket_id, "resolve", code="repaired", note="Joint") == 303
    assert ticket_of(ticket_id).state == "resolved"
    assert kinds_of(ticket_id)[-3:] == ["accepted", "visit_planned", "resolved"]


@pytest.mark.parametrize(
    ("action", "data", "words"),
    [
        ("plan", {"day": "2020-01-01", "slot": "08:00-10:00"}, "passée"),
        ("plan", {"day": "2026-13-45", "slot": "08:00-10:00"}, ""),
        ("plan", {"day": "x' OR 1=1", "slot": "08:00-10:00"}, ""),
        ("plan", {"day": "2027-01-01", "slot": "03:00-04:00"}, ""),
        ("refuse", {"reason": "nonsense"}, ""),
        ("refuse", {"reason": "other", "note": ""}, "Précisez"),
        ("resolve", {"code": ""}, "Choisissez"),
        ("hold", {"cause": "<b>"}, ""),
        ("assign", {"user_id": "999999"}, ""),
        ("offer", {"destination": "1-2-3"}, ""),
        ("comment", {"body": "a" * 10_000}, ""),
        ("cancel", {"note": " "}, "pourquoi"),
    ],
)
def test_bad_input_is_answered_in_the_page(
    client: FlaskClient, world: World, ticket_id: int, action: str, data: dict[str, str], words: str
) -> None:
    sign_in(client, world.user("staff-a"))
    before = ticket_of(ticket_id)
    answer = client.post(
        f"/tickets/{ticket_id}/{action}", data={"version": str(before.version), **data}
    )
    text = answer.get_data(as_text=True).replace("&#39;", "'")
    assert answer.status_code == 422, text[:500]
    assert words in text
    assert "field-error" in text or "alert-danger" in text
    for value in data.values():
        if len(value) == 10_000:
            assert value in text  # nothing typed is lost
    after = ticket_of(ticket_id)
    assert (after.state, after.version) == (before.state, before.version)


def test_somebody_was_first_and_the_words_are_kept(
    client: FlaskClient, world: World, ticket_id: int
) -> None:
    checker = as_(client, world, "staff-a")
    form = checker.get(f"/tickets/{ticket_id}/refuse").form(f"/tickets/{ticket_id}/refuse")
    seen = checker.get(f"/tickets/{ticket_id}/refuse").values(form)["version"][0]
    act(world, "colleague-a", ticket_id, services.accept_assignment)
    data = {"version": seen, "reason": "not_ours", "note": "Ce mur est à la copropriété"}
    answer = client.post(f"/tickets/{ticket_id}/refuse", data=data)
    text = answer.get_data(as_text=True).replace("&#39;", "'")
    assert answer.status_code == 422
    assert "modifiée par Colleague Aquitanis pendant que vous écriviez" in text
    assert "Ce mur est à la copropriété" in text
    assert not ticket_of(ticket_id).needs_triage
    # The form now carries the version that is on the screen: sending it again decides.
    fresh = re.search(r'name="version"[^>]*value="(\d+)"', text)
    assert fresh is not None
    assert (
        client.post(f"/tickets/{ticket_id}/refuse", data={**data, "version": fresh[1]}).status_code
        == 303
    )
    assert ticket_of(ticket_id).needs_triage


def test_a_form_without_its_version_is_refused(
    client: FlaskClient, world: World, ticket_id: int
) -> None:
    sign_in(client, world.user("staff-a"))
    assert client.post(f"/tickets/{ticket_id}/accept", data={}).status_code == 422


def test_a_double_click_acts_once(client: FlaskClient, world: World, ticket_id: int) -> None:
    sign_in(client, world.user("staff-a"))
    data = {"body": "Deux fois", "form_token": "d" * 32}
    assert [post(client, ticket_id, "comment", **data) for _ in range(2)] == [303, 303]
    assert kinds_of(ticket_id).count("comment") == 1


def test_sending_on_from_triage(client: FlaskClient, world: World, ticket_id: int) -> None:
    sign_in(client, world.user("staff-a"))
    post(client, ticket_id, "refuse", reason="out_of_area")
    sign_in(client, world.user("agent"))
    page = PageChecker(client).get(f"/tickets/{ticket_id}/offer")
    assert "Ascensoristes du Sud-Ouest" in page.text
    assert "Coo.Pairs" not in "".join(e.text or "" for e in page.all("option"))
    assert post(client, ticket_id, "offer", destination=f"{world.a.lift}") == 303
    assert assignments_of(ticket_id)[-1].state == "offered"


def test_the_reference_leads_to_the_ticket(
    client: FlaskClient, world: World, ticket_id: int
) -> None:
    reference = ticket_of(ticket_id).reference
    sign_in(client, world.user("staff-a"))
    answer = client.get(f"/tickets/by-reference/{reference}")
    assert answer.headers["Location"].endswith(f"/tickets/{ticket_id}")
    sign_in(client, world.user("staff-b"))
    assert client.get(f"/tickets/by-reference/{reference}").status_code == 404


def test_two_people_see_each_other(client: FlaskClient, world: World, ticket_id: int) -> None:
    version = ticket_of(ticket_id).version
    path = f"/tickets/{ticket_id}/presence?version={version}"
    sign_in(client, world.user("colleague-a"))
    assert client.get(path).get_data(as_text=True).strip() == ""
    sign_in(client, world.user("staff-a"))
    assert "Colleague Aquitanis regarde aussi" in client.get(path).get_data(as_text=True)
    act(world, "colleague-a", ticket_id, services.accept_assignment)
    text = client.get(path).get_data(as_text=True)
    assert "Colleague Aquitanis vient de modifier" in text


def test_without_redis_there_is_no_presence_and_no_error(
    app: Flask, client: FlaskClient, world: World, ticket_id: int
) -> None:
    settings = app.config["SETTINGS"]
    nowhere = settings.model_copy(update={"redis_url": "redis://127.0.0.1:9"})
    app.config["SETTINGS"] = nowhere
    app.extensions.pop("presence", None)
    sign_in(client, world.user("staff-a"))
    for _ in range(2):
        answer = client.get(f"/tickets/{ticket_id}/presence")
        assert answer.status_code == 200
        assert answer.get_data(as_text=True).strip() == ""
    with app.app_context():
        assert presence.look_at("ticket:1", 1, "X") == []
    app.extensions.pop("presence", None)


@pytest.mark.parametrize("name", ["staff-a", "agent", "manager-a"])
def test_few_statements(
    app: Flask, client: FlaskClient, world: World, ticket_id: int, name: str
) -> None:
    act(world, "staff-a", ticket_id, lambda a: services.plan_visit(a, soon(), MORNING))
    opened(world)
    sign_in(client, world.user(name))
    client.get(f"/tickets/{ticket_id}")
    with counted(app) as statements:
        client.get(f"/tickets/{ticket_id}")
    assert len(statements) <= 8, "\n".join(statements)


def test_an_ended_ticket_has_its_page(client: FlaskClient, world: World, ticket_id: int) -> None:
    act(world, "staff-a", ticket_id, lambda a: services.resolve(a, ResolutionCode.ANSWERED))
    page = as_(client, world, "staff-a").get(f"/tickets/{ticket_id}")
    assert f"/tickets/{ticket_id}/reopen" in page.links
    assert f"/tickets/{ticket_id}/plan" not in page.links


def test_the_page_s_templates_hold_no_script() -> None:
    for path in Path("templates/tickets").glob("*.html"):
        assert "<script" not in path.read_text(encoding="utf-8")
