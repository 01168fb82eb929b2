"""The night's log, the morning's hand-over, and what the wall and the desk show of the night."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from callcenter.calls.models import Call
from callcenter.calls.states import CallerKind, CallPath, CallState, Direction
from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.oncall.models import OnCallHandover
from tests.oncall.scenes import (
    NAMES,
    NIGHT,
    attempts_of,
    clockwork,
    fill_weeks,
    link_of,
    make_rota,
    night_ticket,
    paris,
)
from tests.page_checks import PageChecker
from tests.statements import counted
from tests.tickets.scenes import ticket_of
from tests.world import World, as_system, sign_in

MINUTE = timedelta(minutes=1)
MORNING = paris("2026-12-02 08:45")


@pytest.fixture
def night(app: Flask, client: FlaskClient, world: World) -> dict[str, int]:
    """One emergency taken, one that nobody took, one request that waits, one call."""
    fill_weeks(world, make_rota(world))
    taken = night_ticket(world, "T-FUI")
    clockwork(NIGHT)
    link = link_of(attempts_of(taken)[0])
    with clock.frozen_at(NIGHT + 2 * MINUTE):
        client.post(f"{link}/take")
        client.post(f"{link}/note", data={"note": "Vanne fermée au sous-sol."})
        client.post(f"{link}/done", data={"how": "secured", "note": "Plombier à prévoir."})
    alone = night_ticket(world, "T-ELE", NIGHT + 5 * MINUTE)
    for turn in range(4):
        clockwork(NIGHT + (5 + 10 * turn) * MINUTE)
    waits = night_ticket(world, "T-PLB", NIGHT + 60 * MINUTE)
    with as_system() as session, transaction():
        session.add(
            Call(
                member_id=world.a.id,
                line_id=world.a.line,
                service="tenants",
                direction=Direction.IN,
                state=CallState.ENDED,
                caller_number="+33639981299",
                caller_kind=CallerKind.CONTACT,
                caller_name="",
                agent_label="",
                started_at=NIGHT - 3 * MINUTE,
                path=CallPath.ON_CALL,
            )
        )
    return {"taken": taken, "alone": alone, "waits": waits}


def test_the_log_tells_the_night_and_what_is_left(
    night: dict[str, int], client: FlaskClient, world: World
) -> None:
    sign_in(client, world.user("staff-a"))
    with clock.frozen_at(MORNING):
        page = PageChecker(client).get("/night")
    for ticket_id in night.values():
        assert ticket_of(ticket_id).reference in page.text
    assert "mardi 1 décembre" in page.text
    assert f"{NAMES[0]} prend l'intervention" in page.text
    assert "Vanne fermée au sous-sol." in page.text
    assert "06 39 98 12 99" in page.text
    assert "1 appel d'astreinte sans réponse" in page.text
    opened = page.by_id("open")
    assert opened is not None
    text = " ".join(opened.itertext())
    assert ticket_of(night["alone"]).reference in text
    assert ticket_of(night["waits"]).reference in text


def test_the_morning_takes_the_night_over_once(
    night: dict[str, int], client: FlaskClient, world: World
) -> None:
    sign_in(client, world.user("staff-a"))
    pages = PageChecker(client)
    with clock.frozen_at(MORNING):
        page = pages.get("/night")
        after = pages.submit(page, f"/night/{world.a.id}/take-over", note="Plombier appelé.")
        assert "Repris par Staff Aquitanis" in after.text
        assert "Plombier appelé." in after.text
        sign_in(client, world.user("colleague-a"))
        pages.post(f"/night/{world.a.id}/take-over", {"night": "2026-12-01", "note": "Moi aussi"})
    with as_system() as session:
        row = session.scalars(select(OnCallHandover)).one()
    assert (row.taken_by_label, row.note) == ("Staff Aquitanis", "Plombier appelé.")


def test_a_restricted_emergency_stays_with_whom_it_concerns(
    app: Flask, client: FlaskClient, world: World
) -> None:
    fill_weeks(world, make_rota(world))
    ticket_id = night_ticket(world, "V-DAN", description="Menaces du voisin du 4e.")
    clockwork(NIGHT)
    with clock.frozen_at(NIGHT + MINUTE):
        for who, seen in (("staff-a", False), ("manager-a", True)):
            sign_in(client, world.user(who))
            text = PageChecker(client).get("/night").text
            assert (ticket_of(ticket_id).reference in text) is seen
            assert "Menaces" not in text
            board = PageChecker(client).get("/on-call").text
            assert "Violence" not in board


def test_the_wall_shows_duty_and_what_nobody_took(
    night: dict[str, int], app: Flask, client: FlaskClient, world: World
) -> None:
    sign_in(client, world.user("supervisor"))
    with clock.frozen_at(NIGHT + 60 * MINUTE), counted(app) as seen:
        page = PageChecker(client).get("/supervision")
    assert NAMES[0] in page.text
    assert "sans réponse : au superviseur" in page.text
    assert len([one for one in seen if "on_call" in one]) <= 3


def test_the_desk_says_who_is_on_duty_and_whether_they_took_it(
    night: dict[str, int], client: FlaskClient, world: World
) -> None:
    sign_in(client, world.user("agent"))
    with clock.frozen_at(NIGHT + 60 * MINUTE):
        part = PageChecker(client).fragment(f"/on-call/now/{world.a.id}")
    assert NAMES[0] in part.text
    assert "06 39 98 05 01" in part.text
    assert "sans réponse : au superviseur" in part.text


def test_an_agent_reads_the_night_of_the_members_served(
    night: dict[str, int], client: FlaskClient, world: World
) -> None:
    sign_in(client, world.user("agent-a"))
    with clock.frozen_at(MORNING):
        PageChecker(client).get(f"/night?member={world.a.id}")
        assert client.get(f"/night?member={world.b.id}").status_code == 404
        assert client.get(f"/on-call?member={world.b.id}").status_code == 404
    sign_in(client, world.user("contractor-a"))
    assert client.get("/night").status_code == 404
