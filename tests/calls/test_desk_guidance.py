"""What the desk tells the agent to ask, to say and not to promise, before anything is saved."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from callcenter.core.db import transaction
from callcenter.routing.models import Category, RoutingRule
from callcenter.tickets.models import Ticket
from tests.calls.test_desk import chosen
from tests.page_checks import PageChecker
from tests.routing.publishing import publish_draft
from tests.world import World, as_member, as_system, sign_in


@pytest.fixture
def desk(client: FlaskClient, world: World) -> PageChecker:
    """The agent's browser."""
    sign_in(client, world.user("agent"))
    return PageChecker(client)


def asked(desk: PageChecker, world: World, **changes: Any) -> str:
    """What the middle column says of a form."""
    answer = desk.client.post(
        f"/desk/{world.a.line}/request",
        data=chosen(world, **changes),
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 200
    return answer.get_data(as_text=True).replace("&#39;", "'").replace("&#x27;", "'")


def test_the_member_s_script_is_read_with_the_category(desk: PageChecker, world: World) -> None:
    assert "Ne pas conseiller un serrurier" in asked(desk, world, category="T-SER")
    with as_member(world.a.id), transaction() as session:
        row = session.scalars(
            sa.select(Category).where(Category.member_id == world.a.id, Category.code == "T-SER")
        ).one()
        row.script = "Chez nous, on envoie toujours la régie."
    said = asked(desk, world, category="T-SER")
    assert "Chez nous, on envoie toujours la régie." in said
    assert "Consigne Aquitanis" in said


def test_nothing_is_promised_while_a_question_would_tell(desk: PageChecker, world: World) -> None:
    open_question = asked(desk, world, category="T-SER")
    assert "à vérifier" in open_question
    assert "Que se passe-t-il ?" in open_question
    told = asked(desk, world, category="T-SER", **{"q-cause": "lost_keys"})
    assert "<strong>locataire</strong>" in told
    assert "décret 87-712, annexe, II" in told
    assert "rien n'est promis avant le constat" in told


def test_an_answer_that_makes_a_p0_is_read_out_first(desk: PageChecker, world: World) -> None:
    danger = {"category": "T-FUI", "q-electricity": "yes"}
    said = asked(desk, world, **danger)
    assert "Couper le disjoncteur" in said
    assert "Précisions" not in said
    # The answer that was given stays in the form, and so does the place.
    assert 'name="q-electricity" value="yes"' in said
    assert 'name="location" value="private"' in said
    url = f"/desk/{world.a.line}/save"
    refused = desk.client.post(url, data=chosen(world, outcome="ticket", **danger))
    assert refused.status_code == 422
    read = chosen(world, outcome="ticket", safety_read="T-FUI!", **danger)
    assert desk.client.post(url, data=read).status_code == 303
    with as_system() as session:
        ticket = session.scalars(sa.select(Ticket)).one()
    assert ticket.priority == "P0"
    assert ticket.routing["payment"]["payer"] == "to_check"
    assert ticket.routing["rules_version"] == 1


def test_a_script_that_was_read_is_not_another_s(desk: PageChecker, world: World) -> None:
    said = asked(desk, world, category="T-GAZ", safety_read="T-FUI!")
    assert "0 800 47 33 33" in said
    assert "Précisions" not in said


def test_rules_know_what_the_caller_is(desk: PageChecker, world: World) -> None:
    with as_member(world.a.id), transaction() as session:
        session.add(
            RoutingRule(
                member_id=world.a.id,
                name="Tiers : la qualité",
                conditions={"category": "T-PLB", "caller_role": "third_party"},
                destination="member_team",
                team_kind="quality",
            )
        )
    publish_draft(world.a.id)
    known = asked(desk, world)
    assert "Quality Aquitanis" not in known
    third = asked(desk, world, caller_kind="third_party", contact_id=None, caller_name="Voisin")
    assert "Quality Aquitanis" in third
    desk.client.post(
        f"/desk/{world.a.line}/save",
        data=chosen(
            world, outcome="ticket", caller_kind="third_party", contact_id=None, caller_name="X"
        ),
    )
    with as_system() as session:
        ticket = session.scalars(sa.select(Ticket)).one()
    assert ticket.routing["caller_role"] == "third_party"


def test_why_and_why_not_are_read_before_saving_and_on_the_ticket(
    desk: PageChecker, world: World
) -> None:
    before = asked(desk, world, category="T-CHC", location="common")
    assert "Contrat Garonne Thermique écarté : expiré depuis le 31/12/2024." in before
    desk.client.post(
        f"/desk/{world.a.line}/save",
        data=chosen(world, category="T-CHC", location="common", outcome="ticket"),
    )
    with as_system() as session:
        number = session.scalars(sa.select(Ticket.id)).one()
    page = desk.get(f"/tickets/{number}")
    assert "Contrat Garonne Thermique écarté : expiré depuis le 31/12/2024." in page.text
    assert "Règles en version 1" in page.text
    assert "Qui paie" in page.text
