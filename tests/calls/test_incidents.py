"""Callers of one incident: thirty calls about the same boiler are one thing in the agents' eyes."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from callcenter.calls.models import Call, CallTicket
from callcenter.calls.services import NewCall, log_call
from callcenter.calls.states import CallerKind, Disposition
from callcenter.core import clock
from callcenter.core.db import db
from callcenter.members.models import PhoneLine
from callcenter.messaging.models import Message
from callcenter.messaging.states import Trigger
from callcenter.tickets.incident_models import Incident, IncidentSubscriber, IncidentTicket
from callcenter.tickets.models import Ticket
from callcenter.tickets.services.incident_news import Listener
from callcenter.tickets.services.incidents import NewIncident, open_incident
from tests.calls.test_desk import chosen
from tests.page_checks import PageChecker
from tests.statements import counted
from tests.tickets.incident_scenes import category_id, lift_incident, number, reported
from tests.tickets.scenes import acting, actor_of
from tests.world import World, as_member, as_system, sign_in


def count(model: Any) -> int:
    with as_system() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def boiler(world: World) -> int:
    agent, heating = actor_of(world, "agent"), category_id(world, "T-CHC")
    with acting(agent):
        return open_incident(
            NewIncident(
                actor=agent,
                member_id=world.a.id,
                category_id=heating,
                residence_id=world.a.gounod,
                building_id=world.a.block,
                word="Chaudière à l'arrêt, un technicien est en route",
                expected_text="vers 14 h",
            )
        ).id


def joined(world: World, incident_id: int, index: int, **changes: Any) -> Any:
    agent = actor_of(world, "agent")
    with acting(agent):
        values: dict[str, Any] = {
            "line": db.session.get_one(PhoneLine, world.a.line),
            "actor": agent,
            "form_token": f"{index:032x}",
            "started_at": clock.now() - timedelta(minutes=1),
            "caller_kind": CallerKind.THIRD_PARTY,
            "caller_number": number(index),
            "incident_id": incident_id,
            "listener": Listener(number=number(index)),
        }
        return log_call(NewCall(**(values | changes)))


def test_thirty_calls_about_one_boiler_are_one_incident(
    app: Flask, client: FlaskClient, world: World
) -> None:
    incident_id = boiler(world)
    for index in range(30):
        logged = joined(world, incident_id, index)
        assert logged.call.disposition == Disposition.INCIDENT_JOINED
    assert (count(Incident), count(Ticket), count(Call)) == (1, 0, 30)
    assert count(IncidentSubscriber) == 30
    with as_member(world.a.id) as session:
        sent = session.scalars(
            sa.select(Message.to_number).where(Message.trigger == Trigger.INCIDENT_NEWS)
        ).all()
    assert len(sent) == len(set(sent)) == 30
    sign_in(client, world.user("agent"))
    page = PageChecker(client).get(
        f"/desk/{world.a.line}?dwelling_id={world.a.home}&contact_id={world.a.maite}"
    )
    assert page.text.count("Rattacher l'appelant") == 1
    assert "30 signalements" in page.text
    assert "un technicien est en route" in page.text
    assert "vers 14 h" in page.text


def test_the_neighbours_tickets_are_one_line_at_the_desk(client: FlaskClient, world: World) -> None:
    lift_incident(world, 5)
    sign_in(client, world.user("agent"))
    desk = PageChecker(client)
    page = desk.get(f"/desk/{world.a.line}?dwelling_id={world.a.home}")
    assert "5 signalements" in page.text
    assert "AQ-" not in "".join(page.by_id("around-tickets").itertext())


def test_a_double_click_joins_once(app: Flask, world: World) -> None:
    incident_id = boiler(world)
    for _click in range(2):
        logged = joined(world, incident_id, 1)
        assert logged.incident is not None
    assert (count(Call), count(IncidentSubscriber), count(Message)) == (1, 1, 1)


def test_who_called_before_chases(app: Flask, world: World) -> None:
    incident_id = boiler(world)
    joined(world, incident_id, 1)
    again = joined(world, incident_id, 2, listener=Listener(number=number(1)))
    assert again.called_before
    assert (count(Call), count(IncidentSubscriber), count(Message)) == (2, 1, 1)
    lift = lift_incident(world, 1)
    logged = joined(world, lift, 3, listener=Listener(number=number(0)))
    assert logged.ticket is not None
    with as_member(world.a.id) as session:
        assert session.scalars(sa.select(Ticket.chases)).one() == 1
        assert session.scalars(sa.select(CallTicket.link)).one() == "chase"


def test_a_caller_of_another_line_joins_behind_the_right_wall(app: Flask, world: World) -> None:
    incident_id = boiler(world)
    agent = actor_of(world, "agent")
    with acting(agent):
        line_of_b = db.session.get_one(PhoneLine, world.b.line)
        logged = log_call(
            NewCall(
                line=line_of_b,
                actor=agent,
                form_token="c" * 32,
                started_at=clock.now(),
                caller_number="06 39 98 12 01",
                caller_name="Mme Maïté Etcheverry",
                contact_id=world.a.maite,
                dwelling_id=world.a.home,
                note="Plus de chauffage",
                incident_id=incident_id,
                listener=Listener(contact_id=world.a.maite, number="+33639981201"),
            )
        )
    assert logged.handed_to == "Aquitanis"
    with as_member(world.b.id) as session:
        trace = session.scalars(sa.select(Call)).one()
        assert (trace.incident_id, trace.contact_id, trace.caller_name, trace.note) == (
            None, None, "", "",
        )  # fmt: skip
    with as_member(world.a.id) as session:
        assert session.scalars(sa.select(Call.incident_id)).one() == incident_id


def test_f4_joins_the_caller_on_screen(client: FlaskClient, world: World) -> None:
    incident_id = boiler(world)
    sign_in(client, world.user("agent"))
    desk = PageChecker(client)
    page = desk.get(f"/desk/{world.a.line}?dwelling_id={world.a.home}&contact_id={world.a.maite}")
    button = next(b for b in page.all("button") if b.get("value") == f"join-{incident_id}")
    assert button.get("data-key") == "F4"
    assert len([b for b in page.all("button") if b.get("data-key") == "F4"]) == 1
    page = desk.post(
        f"/desk/{world.a.line}/save",
        chosen(world, category="", location="", outcome=f"join-{incident_id}"),
    )
    assert "recevra les nouvelles par SMS" in page.text
    assert (count(Call), count(Ticket)) == (1, 0)
    assert "Rattaché à un incident" in desk.get("/calls").text


def test_the_column_follows_the_category(client: FlaskClient, world: World) -> None:
    incident_id = boiler(world)
    sign_in(client, world.user("agent"))
    url = f"/desk/{world.a.line}/around"

    def keys(category: str) -> list[str]:
        answer = client.post(
            url, data=chosen(world, category=category, location="common")
        ).get_data(as_text=True)
        return re.findall(r'value="([^"]+)" data-key="F4"', answer)

    assert keys("T-CHC") == [f"join-{incident_id}"]
    assert keys("T-ASC") == []
    reported(world, 1)
    assert keys("T-ASC")[0].startswith("chase-")


def test_three_alike_are_opened_and_joined_in_one_click(client: FlaskClient, world: World) -> None:
    for index in range(3):
        reported(world, index)
    sign_in(client, world.user("agent"))
    desk = PageChecker(client)
    values = chosen(world, category="T-ASC", location="common")
    assert "desk/" in client.post(f"/desk/{world.a.line}/request", data=values).get_data(
        as_text=True
    )
    shown = client.post(f"/desk/{world.a.line}/around", data=values).get_data(as_text=True)
    assert "Ouvrir l'incident et rattacher" in shown
    for _click in range(2):
        page = desk.post(f"/desk/{world.a.line}/save", values | {"outcome": "incident"})
    assert "recevra les nouvelles" in page.text
    assert (count(Incident), count(Ticket), count(Call), count(IncidentSubscriber)) == (1, 3, 1, 4)


def test_what_is_wrong_is_said_and_nothing_is_written(client: FlaskClient, world: World) -> None:
    incident_id = boiler(world)
    sign_in(client, world.user("agent"))
    desk = PageChecker(client)
    for changes, complaint in (
        ({"sms_number": "appelez-moi"}, "pas lisible"),
        ({"category": "T-GAZ", "location": "common"}, "consignes de sécurité"),
    ):
        page = desk.post(
            f"/desk/{world.a.line}/save",
            chosen(world, outcome=f"join-{incident_id}", **changes),
            status=422,
        )
        assert complaint in page.text
    assert client.post(
        f"/desk/{world.a.line}/save", data=chosen(world, outcome="join-999999")
    ).status_code in {404, 422}
    assert (count(Call), count(IncidentSubscriber)) == (0, 0)


def test_the_desk_still_costs_few_statements(app: Flask, client: FlaskClient, world: World) -> None:
    boiler(world)
    for index in range(3):
        reported(world, index)
    sign_in(client, world.user("agent"))
    values = chosen(world, category="T-ASC", location="common")
    for method, path in (("POST", "caller"), ("POST", "request"), ("POST", "around")):
        url = f"/desk/{world.a.line}/{path}"
        client.open(url, method=method, data=values)
        with counted(app) as statements:
            assert client.open(url, method=method, data=values).status_code == 200
        real = [s for s in statements if not s.startswith("SELECT set_config")]
        assert len(real) <= 10, f"{url}: {len(real)}\n" + "\n".join(real)


def test_thirty_saves_in_the_same_second_are_one_incident(
    app: Flask, client: FlaskClient, world: World
) -> None:
    """Some agents open the incident, the others a ticket, all at once: one incident has it all."""
    sign_in(client, world.user("agent"))
    with client.session_transaction() as cookie:
        signed_in = dict(cookie)

    def save(index: int) -> int:
        browser = app.test_client()
        with browser.session_transaction() as cookie:
            cookie.update(signed_in)
        form = chosen(
            world,
            category="T-CHC",
            location="common",
            caller_kind="third_party",
            contact_id=None,
            caller_name=f"Voisin {index}",
            caller_number=number(index),
            sms_number=number(index),
            form_token=f"{index:032x}",
            outcome="incident" if index % 3 == 0 else "ticket",
        )
        return browser.post(f"/desk/{world.a.line}/save", data=form).status_code

    with ThreadPoolExecutor(15) as pool:
        statuses = list(pool.map(save, range(30)))
    assert set(statuses) == {303}
    assert (count(Incident), count(Call), count(Ticket)) == (1, 30, 20)
    assert count(IncidentTicket) == 20
    with as_member(world.a.id) as session:
        (incident,) = session.scalars(sa.select(Incident)).all()
        joined_calls = session.scalars(
            sa.select(Call.id).where(Call.incident_id == incident.id)
        ).all()
    assert len(joined_calls) == 10
    around = client.post(f"/desk/{world.a.line}/around", data=chosen(world, category="T-CHC"))
    assert "30 signalements" in around.get_data(as_text=True)
