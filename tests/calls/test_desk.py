"""The agent's desk as a person uses it: find, choose, read, save; nothing typed is lost."""

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from callcenter.calls.models import Call
from callcenter.messaging.models import Message
from callcenter.tickets.models import Ticket
from tests.page_checks import PageChecker
from tests.statements import counted
from tests.world import World, as_member, as_system, sign_in


@pytest.fixture
def desk(client: FlaskClient, world: World) -> PageChecker:
    sign_in(client, world.user("agent"))
    return PageChecker(client)


def chosen(world: World, **changes: Any) -> dict[str, Any]:
    """The form with a known caller, a home and a category."""
    values = {
        "contact_id": world.a.maite,
        "dwelling_id": world.a.home,
        "caller_kind": "contact",
        "caller_number": "06 39 98 12 01",
        "sms_number": "06 39 98 12 01",
        "category": "T-PLB",
        "location": "private",
        "description": "Le robinet de la cuisine goutte",
        "note": "",
        "direction": "in",
        "disposition": "",
        "form_token": "a" * 32,
    }
    return {k: v for k, v in (values | changes).items() if v is not None}


def test_the_agent_chooses_among_the_lines_of_the_mandates(desk: PageChecker, world: World) -> None:
    page = desk.get("/desk")
    assert "Aquitanis · Relation client" in page.text
    assert "Mésolia · Syndic" in page.text
    sign_in(desk.client, world.user("agent-a"))
    assert "Mésolia" not in desk.get("/desk").text


def test_the_desk_greets_in_the_member_s_name(desk: PageChecker, world: World) -> None:
    page = desk.get(f"/desk/{world.a.line}")
    assert "Aquitanis bonjour, Camille à votre écoute" in page.text


def test_an_unknown_line_and_another_s_line_are_not_found(desk: PageChecker, world: World) -> None:
    assert desk.client.get("/desk/999999").status_code == 404
    sign_in(desk.client, world.user("agent-a"))
    assert desk.client.get(f"/desk/{world.b.line}").status_code == 404


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("0639981201", "Maïté Etcheverry"),
        ("+33 6 39 98 12 01", "Jean Etcheverry"),
        ("etcheverry", "Maïté Etcheverry"),
        ("AQ0001602", "AQ0001602"),
        ("gounod", "Gounod"),
    ],
)
def test_the_caller_is_found_by_number_name_home_and_residence(
    desk: PageChecker, world: World, typed: str, found: str
) -> None:
    page = desk.fragment(f"/desk/{world.a.line}/search", query_string={"q": typed})
    assert found in page.text


def test_an_unknown_number_can_be_taken_as_it_is(desk: PageChecker, world: World) -> None:
    page = desk.fragment(f"/desk/{world.a.line}/search", query_string={"q": "06 39 98 77 77"})
    assert "continuer avec ce numéro" in page.text


def test_choosing_a_caller_shows_home_people_contracts_and_number(
    desk: PageChecker, world: World
) -> None:
    answer = desk.client.post(
        f"/desk/{world.a.line}/caller",
        data=chosen(world, category="", sms_number=None),
        headers={"HX-Request": "true"},
    )
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "12 rue Gounod" in text
    assert "M. Jean Etcheverry" in text
    assert "Ascensoristes du Sud-Ouest" in text
    assert 'value="06 39 98 12 01"' in text


def test_a_landline_is_never_proposed_for_sms(desk: PageChecker, world: World) -> None:
    answer = desk.client.post(
        f"/desk/{world.a.line}/caller",
        data=chosen(world, contact_id=world.a.odette, dwelling_id=world.a.flat, caller_number=""),
        headers={"HX-Request": "true"},
    )
    assert re.search(r'name="sms_number"[^>]*value=""', answer.get_data(as_text=True))


def test_the_preview_says_where_why_when_and_what_is_sent(desk: PageChecker, world: World) -> None:
    answer = desk.client.post(
        f"/desk/{world.a.line}/preview",
        data=chosen(world, category="T-ASC", location=""),
        headers={"HX-Request": "true"},
    )
    text = answer.get_data(as_text=True)
    assert "Ascensoristes du Sud-Ouest" in text
    assert "Pourquoi" in text
    assert "jusqu&#39;au 31/12/2027" in text
    assert "segment" in text
    assert "AQ-00000" in text
    with as_system() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Ticket)) == 0


def test_a_p0_shows_its_safety_script_before_anything_else(desk: PageChecker, world: World) -> None:
    answer = desk.client.post(f"/desk/{world.a.line}/request", data=chosen(world, category="T-GAZ"))
    text = answer.get_data(as_text=True)
    assert "0 800 47 33 33" in text
    assert "Précisions" not in text
    refused = desk.client.post(
        f"/desk/{world.a.line}/save", data=chosen(world, category="T-GAZ", outcome="ticket")
    )
    assert refused.status_code == 422
    saved = desk.client.post(
        f"/desk/{world.a.line}/save",
        data=chosen(world, category="T-GAZ", outcome="ticket", safety_read="T-GAZ"),
    )
    assert saved.status_code == 303


def test_saving_a_ticket_leads_to_the_next_call(desk: PageChecker, world: World) -> None:
    page = desk.post(f"/desk/{world.a.line}/save", chosen(world, outcome="ticket"))
    assert "AQ-1 enregistrée" in page.text
    with as_member(world.a.id) as session:
        ticket = session.scalars(sa.select(Ticket)).one()
        message = session.scalars(sa.select(Message)).one()
    assert ticket.dwelling_id == world.a.home
    assert ticket.contact_id == world.a.maite
    assert message.to_number == "+33639981201"
    assert "AQ-1" in message.body


def test_a_double_click_on_save_writes_once(desk: PageChecker, world: World) -> None:
    for _ in range(2):
        desk.post(f"/desk/{world.a.line}/save", chosen(world, outcome="ticket"))
    with as_system() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Ticket)) == 1
        assert session.scalar(sa.select(sa.func.count()).select_from(Call)) == 1


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"outcome": "ticket", "category": ""}, "Choisissez un motif"),
        ({"outcome": "ticket", "category": "T-FUI", "location": ""}, "privative ou commune"),
        ({"outcome": "ticket", "caller_number": "06 39"}, "numéro"),
        ({"outcome": "ticket", "sms_number": "appelez-moi"}, "pas lisible"),
        ({"outcome": "call"}, "comment l'appel se termine"),
        ({"outcome": "ticket", "description": "x" * 10_000}, "4000"),
        ({"outcome": "ticket", "category": "Z-ZZZ"}, "Choisissez un motif"),
        ({"outcome": "ticket", "form_token": "forged"}, "Rechargez"),
    ],
)
def test_what_is_refused_keeps_what_was_typed(
    desk: PageChecker, world: World, changes: dict[str, str], complaint: str
) -> None:
    typed = chosen(
        world, **({"description": "Goutte à goutte 💧 \u0645\u0631\u062d\u0628\u0627"} | changes)
    )
    page = desk.post(f"/desk/{world.a.line}/save", typed, status=422)
    assert complaint in page.text
    assert typed["description"][:12] in page.response.get_data(as_text=True)
    with as_system() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Ticket)) == 0
        assert session.scalar(sa.select(sa.func.count()).select_from(Call)) == 0


def test_markup_and_sql_are_only_text(desk: PageChecker, world: World) -> None:
    nasty = "<script>alert(1)</script>'; DROP TABLE ticket; --"
    desk.post(
        f"/desk/{world.a.line}/save", chosen(world, description=nasty, note=nasty, outcome="ticket")
    )
    with as_member(world.a.id) as session:
        assert session.scalars(sa.select(Ticket.description)).one() == nasty
    page = desk.get("/calls")
    assert nasty[:20] in page.text


def test_an_anonymous_call_is_a_normal_call(desk: PageChecker, world: World) -> None:
    values = chosen(
        world,
        caller_kind="anonymous",
        contact_id="",
        dwelling_id="",
        caller_number="",
        sms_number="",
        category="",
        disposition="answered",
        outcome="call",
    )
    assert "Appel enregistré" in desk.post(f"/desk/{world.a.line}/save", values).text


def test_a_home_of_another_member_is_handed_over(desk: PageChecker, world: World) -> None:
    page = desk.post(
        f"/desk/{world.a.line}/save",
        chosen(world, contact_id=world.b.maite, dwelling_id=world.b.home, outcome="ticket"),
    )
    assert "remise à Mésolia" in page.text


def test_a_home_outside_the_mandate_is_as_if_it_were_not(desk: PageChecker, world: World) -> None:
    sign_in(desk.client, world.user("agent-a"))
    answer = desk.client.post(
        f"/desk/{world.a.line}/caller",
        data=chosen(world, contact_id=world.b.maite, dwelling_id=world.b.home),
    )
    assert answer.status_code == 200
    assert "ME0001602" not in answer.get_data(as_text=True)


def test_the_draft_comes_back_and_goes_with_the_save(desk: PageChecker, world: World) -> None:
    kept = desk.client.post(f"/drafts/desk-{world.a.line}", data=chosen(world))
    assert kept.status_code == 204
    page = desk.get(f"/desk/{world.a.line}")
    assert "telle que vous l'avez laissée" in page.text
    assert "Le robinet de la cuisine goutte" in page.response.get_data(as_text=True)
    assert "12 rue Gounod" in page.text
    desk.post(f"/desk/{world.a.line}/save", chosen(world, outcome="ticket"))
    assert "12 rue Gounod" not in desk.get(f"/desk/{world.a.line}").text


def test_open_tickets_here_are_shown_and_chased(desk: PageChecker, world: World) -> None:
    desk.post(f"/desk/{world.a.line}/save", chosen(world, outcome="ticket"))
    answer = desk.client.post(f"/desk/{world.a.line}/caller", data=chosen(world))
    text = answer.get_data(as_text=True)
    assert "AQ-1" in text
    button = re.search(r'name="outcome" value="(chase-\d+)"', text)
    assert button is not None
    page = desk.post(
        f"/desk/{world.a.line}/save",
        chosen(world, outcome=button.group(1), form_token="b" * 32),
    )
    assert "Relance notée sur AQ-1" in page.text


def test_the_desk_costs_few_statements(app: Flask, desk: PageChecker, world: World) -> None:
    desk.post(f"/desk/{world.a.line}/save", chosen(world, outcome="ticket"))
    requests: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "/desk", {}),
        ("GET", f"/desk/{world.a.line}", {}),
        ("GET", f"/desk/{world.a.line}/search?q=etcheverry", {}),
        ("POST", f"/desk/{world.a.line}/caller", chosen(world)),
        ("POST", f"/desk/{world.a.line}/preview", chosen(world)),
        ("POST", f"/desk/{world.a.line}/request", chosen(world)),
        ("GET", "/calls", {}),
    ]
    for method, url, data in requests:
        desk.client.open(url, method=method, data=data)  # the routing book is in memory
        with counted(app) as statements:
            assert desk.client.open(url, method=method, data=data).status_code == 200
        real = [s for s in statements if not s.startswith("SELECT set_config")]
        assert len(real) <= 10, f"{method} {url}: {len(real)}\n" + "\n".join(real)


def test_another_ticket_of_the_same_call(desk: PageChecker, world: World) -> None:
    """Saved « puis une autre »: the desk comes back on the same caller, and the call stays one."""
    where = f"/desk/{world.a.line}"
    saved = desk.client.post(f"{where}/save", data=chosen(world, outcome="ticket", then="another"))
    assert "also_call_id=" in saved.headers["Location"]
    page = desk.get(saved.headers["Location"])
    assert "Une autre demande du même appel" in page.text
    assert "Maïté Etcheverry" in page.text
    more = page.values(page.form(holding="also_call_id"))
    again = chosen(
        world,
        outcome="ticket",
        category="T-ELP",
        form_token="b" * 32,
        also_call_id=more["also_call_id"][0],
    )
    assert desk.client.post(f"{where}/save", data=again).status_code == 303
    with as_member(world.a.id) as session:
        assert len(session.scalars(sa.select(Call)).all()) == 1
        assert len(session.scalars(sa.select(Ticket)).all()) == 2
