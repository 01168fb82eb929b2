"""The supervisor's wall and the list of people to call back."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from callcenter.calls.figures import count_day, count_lines, count_quarters, count_waiting
from callcenter.calls.live_rules import Report
from callcenter.calls.live_services import Answerer
from callcenter.calls.models import CallTask
from callcenter.calls.presence import choose_presence
from callcenter.calls.states import BreakReason, CallPath, PresenceState
from callcenter.core import clock
from callcenter.core.db import session_scope, transaction
from callcenter.core.isolation import Scope, actor_scope
from callcenter.tickets.satisfaction_models import Satisfaction
from tests.calls.live_scenes import actor, load_call, report
from tests.page_checks import PageChecker
from tests.statements import counted
from tests.tickets.scenes import opened
from tests.world import World, as_system, sign_in

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=clock.PARIS)


def told(world: World, name: str, *steps: tuple[Report, int], **more: object) -> int:
    """A call whose steps come so many seconds after noon."""
    call_id = 0
    for kind, seconds in steps:
        with clock.frozen_at(NOON + timedelta(seconds=seconds)):
            call_id = report(world, world.a, kind, name, **more)
    return call_id


def open_task() -> int:
    with as_system() as session:
        return session.scalars(select(CallTask.id).where(CallTask.state == "open")).one()


NEW, QUEUED, ANSWERED, ENDED = Report.NEW, Report.QUEUED, Report.ANSWERED, Report.ENDED


@pytest.fixture
def a_day(app: Flask, world: World) -> World:
    camille = Answerer(world.users["agent"], "Camille Roux", world.platform)
    told(world, "quick", (NEW, 0), (QUEUED, 2), (ANSWERED, 20), (ENDED, 80), agent=camille)
    told(world, "slow", (NEW, 0), (QUEUED, 2), (ANSWERED, 52), (ENDED, 112), agent=camille)
    told(world, "left", (NEW, 0), (QUEUED, 2), (ENDED, 40))
    told(world, "short", (NEW, 0), (ENDED, 3))
    told(world, "called back", (NEW, 0), (QUEUED, 2), (ENDED, 40), path=CallPath.CALLBACK)
    told(world, "night", (NEW, 0), (ENDED, 40), path=CallPath.CLOSED)
    told(world, "later", (NEW, 1000), (QUEUED, 1001), (ANSWERED, 1010), agent=camille)
    return world


def test_each_figure_is_what_its_definition_says(a_day: World) -> None:
    with session_scope(Scope(member_ids=frozenset({a_day.a.id}))):
        day = count_day([a_day.a.id], NOON)
    assert (day.received, day.answered, day.abandoned) == (6, 3, 1)
    assert (day.service(30), day.service(60)) == (50, 75)
    assert day.handling == 60
    with session_scope(Scope(member_ids=frozenset({a_day.a.id}))):
        (line,) = count_lines([a_day.a.id], NOON)
        quarters = count_quarters([a_day.a.id], NOON)
        tomorrow = count_day([a_day.a.id], NOON + timedelta(days=1))
    assert line.member == "Aquitanis"
    assert [(at.astimezone(clock.PARIS).strftime("%H:%M"), one.received) for at, one in quarters] == [
        ("12:00", 5), ("12:15", 1),
    ]  # fmt: skip
    assert tomorrow.service(30) is None


def test_a_member_s_figures_are_its_own(a_day: World) -> None:
    with session_scope(Scope(member_ids=frozenset({a_day.b.id}))):
        assert count_day([a_day.a.id, a_day.b.id], NOON).received == 0
        assert count_waiting([a_day.a.id, a_day.b.id]).count == 0


def test_the_wall_shows_it_all(app: Flask, client: FlaskClient, a_day: World) -> None:
    report(a_day, a_day.a, QUEUED, "now")
    who = actor(a_day)
    with session_scope(actor_scope(who)), transaction():
        choose_presence(who, PresenceState.BREAK, BreakReason.LUNCH)
    sign_in(client, a_day.user("supervisor"))
    page = PageChecker(client).get("/supervision")
    for words in (
        "en attente",
        "Camille Roux",
        "Déjeuner",
        "Niveau de service",
        "Aquitanis",
        "SMS",
    ):
        assert words in page.text
    assert client.get("/supervision/now").status_code == 200
    changed = client.post(
        f"/supervision/agents/{who.user_id}/presence", data={"state": "available"}
    )
    assert changed.get_json()["state"] == "available"
    sign_in(client, a_day.user("agent"))
    assert client.get("/supervision").status_code == 404


def test_who_is_to_be_called_back(app: Flask, client: FlaskClient, a_day: World) -> None:
    sign_in(client, a_day.user("agent"))
    pages = PageChecker(client)
    page = pages.get("/calls/tasks")
    # Reached since: the later call was answered. Nobody is left to call back.
    assert "Personne à rappeler" in page.text
    report(a_day, a_day.a, ENDED, "missed", number="06 39 98 12 77")
    page = pages.get("/calls/tasks")
    assert "06 39 98 12 77" in page.text
    assert "Appel manqué" in page.text
    closed = client.post(f"/calls/tasks/{open_task()}/close", data={"note": "D'un démarcheur"})
    assert closed.status_code in {204, 303}
    done = pages.get("/calls/tasks?done=1")
    assert "démarcheur" in done.text


def test_calling_back_by_hand_is_logged_and_closes_the_task(
    app: Flask, client: FlaskClient, world: World
) -> None:
    report(world, world.a, ENDED, "missed")
    sign_in(client, world.user("agent"))
    answer = client.post(f"/desk/tasks/{open_task()}/call").get_json()
    assert answer["tel"] == "tel:+33639981201"  # no telephone of ours: the machine dials
    call = load_call(answer["call"]["id"])
    assert (call.direction, call.state, call.agent_label) == ("out", "answered", "Camille Roux")
    desk = PageChecker(client).get(answer["url"])
    saved = client.post(
        f"/desk/{world.a.line}/save",
        data={
            "call_id": str(call.id),
            "form_token": "b" * 32,
            "caller_kind": "contact",
            "direction": "out",
            "caller_number": "06 39 98 12 01",
            "disposition": "answered",
            "outcome": "call",
        },
    )
    assert saved.status_code in {204, 303}, desk.title
    done = load_call(call.id)
    assert (done.state, done.disposition) == ("ended", "answered")
    assert "Personne à rappeler" in PageChecker(client).get("/calls/tasks").text


def test_what_tenants_thought_in_the_last_thirty_days(
    app: Flask, client: FlaskClient, world: World
) -> None:
    with clock.frozen_at(NOON):
        tickets = [opened(world) for _ in range(3)]
    with as_system() as session, transaction():
        for ticket, score, days in zip(tickets, (5, 3, 1), (1, 29, 31), strict=True):
            session.add(
                Satisfaction(
                    member_id=world.a.id, ticket_id=ticket, score=score, organisation_name="",
                    word="", channel="link", at=NOON - timedelta(days=days),
                )
            )  # fmt: skip
    sign_in(client, world.user("supervisor"))
    with clock.frozen_at(NOON), counted(app) as statements:
        page = PageChecker(client).get("/supervision").text
    assert "4,0 sur 5 2 réponses" in page
    assert len([one for one in statements if "FROM satisfaction" in one]) == 1
