"""Who may be behind a number: known, maybe, unknown; the line's member first, then the others."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from callcenter.calls.caller_index import Certainty, SeenIn, index_caller
from callcenter.calls.models import Call
from callcenter.core import clock
from callcenter.core.db import db, transaction
from callcenter.core.isolation import Actor
from callcenter.core.permissions import PERMISSIONS, Role
from callcenter.estate.models import ContactPhone
from callcenter.messaging.models import InboundMessage
from callcenter.tickets.models import Ticket
from tests.calls.test_desk import chosen
from tests.page_checks import PageChecker
from tests.statements import counted
from tests.world import World, as_member, as_system, sign_in

SEEN = "+33639984747"


@pytest.fixture
def camille(world: World) -> Actor:
    return Actor(
        user_id=world.users["agent"],
        name="Camille Roux",
        role=Role.AGENT,
        home_id=world.platform,
        organisation_id=world.platform,
        member_ids=frozenset({world.a.id, world.b.id}),
        permissions=PERMISSIONS[Role.AGENT],
    )


def _call(world: World, member: str = "a", days: int = 3, **more: object) -> None:
    one = getattr(world, member)
    at = clock.now() - timedelta(days=days)
    values = {
        "member_id": one.id,
        "service": "tenants",
        "caller_number": SEEN,
        "contact_id": one.jean,
        "dwelling_id": one.home,
        "started_at": at,
        "reported_at": at,
    } | more
    with as_system() as session, transaction():
        session.add(Call(**values))


def test_known_by_its_own_member_first_then_by_the_others(world: World, camille: Actor) -> None:
    # The tenant of A who dialled B's line is found; somebody of B under the number comes first.
    with as_member(world.a.id, world.b.id):
        lone = index_caller("06 39 98 12 01", camille, world.b.id)
    assert lone.certainty is Certainty.KNOWN
    assert {p.member_id for p in lone.known} == {world.a.id}
    with as_member(world.b.id) as session, transaction():
        session.add(
            ContactPhone(
                member_id=world.b.id,
                contact_id=world.b.odette,
                number="+33639981201",
                kind="mobile",
            )
        )
    with as_member(world.a.id, world.b.id):
        both = index_caller("06 39 98 12 01", camille, world.b.id)
    assert both.known[0].member_id == world.b.id
    assert both.known[-1].member_id == world.a.id


def test_a_number_seen_in_a_call_or_a_text_is_a_maybe(world: World, camille: Actor) -> None:
    _call(world)
    _call(world, days=9)
    with as_system() as session, transaction():
        session.add(
            InboundMessage(
                member_id=world.a.id,
                provider_id="SM1",
                from_number=SEEN,
                to_number="+33600000000",
                body="Bonjour",
                received_at=clock.now() - timedelta(days=1),
                contact_id=world.a.odette,
            )
        )
    with as_member(world.a.id, world.b.id):
        found = index_caller("06 39 98 47 47", camille, world.a.id)
    assert found.certainty is Certainty.MAYBE
    assert [(s.where, s.name.split()[-2]) for s in found.maybe] == [
        (SeenIn.TEXT, "Odette"),
        (SeenIn.CALL, "Jean"),
    ]
    assert found.maybe[1].place is not None


def test_what_was_seen_long_ago_says_nothing(world: World, camille: Actor) -> None:
    _call(world, days=900)
    with as_member(world.a.id, world.b.id):
        assert index_caller(SEEN, camille, world.a.id).certainty is Certainty.UNKNOWN


def test_the_line_s_member_comes_first_among_maybes(world: World, camille: Actor) -> None:
    _call(world, "a", days=1)
    _call(world, "b", days=5)
    with as_member(world.a.id, world.b.id):
        found = index_caller(SEEN, camille, world.b.id)
    assert [s.member_id for s in found.maybe] == [world.b.id, world.a.id]


def test_a_number_that_is_said_wrong_makes_nobody_known(world: World, camille: Actor) -> None:
    with as_member(world.a.id) as session, transaction():
        session.execute(
            sa.update(ContactPhone)
            .where(ContactPhone.contact_id == world.a.odette)
            .values(flag="invalid")
        )
    with as_member(world.a.id):
        number = db.session.scalar(
            sa.select(ContactPhone.number).where(ContactPhone.contact_id == world.a.odette)
        )
        found = index_caller(str(number), camille, world.a.id)
    assert world.a.odette not in {p.contact_id for p in found.known}


def test_few_statements(app: Flask, world: World, camille: Actor) -> None:
    _call(world)
    with as_member(world.a.id, world.b.id):
        with counted(app) as known:
            index_caller("06 39 98 12 01", camille, world.a.id)
        with counted(app) as maybe:
            index_caller(SEEN, camille, world.a.id)
    assert len([s for s in known if "set_config" not in s]) <= 2
    assert len([s for s in maybe if "set_config" not in s]) <= 6


def test_the_desk_shows_a_maybe_and_keeps_the_number_on_the_card(
    client: FlaskClient, world: World
) -> None:
    _call(world)
    sign_in(client, world.user("agent"))
    pages = PageChecker(client)
    found = pages.fragment(f"/desk/{world.a.line}/search?q=06+39+98+47+47")
    assert "peut-être" in found.text
    assert "Jean Etcheverry" in found.text
    assert "appel du" in found.text
    assert "Numéro inconnu" in found.text
    address = f"/desk/{world.a.line}?contact_id={world.a.jean}&dwelling_id={world.a.home}"
    page = pages.get(f"{address}&caller_number=06+39+98+47+47")
    assert "Garder ce numéro sur sa fiche" in page.text
    sent = chosen(
        world,
        contact_id=world.a.jean,
        caller_number="06 39 98 47 47",
        category="",
        disposition="answered",
        outcome="call",
        keep_number="y",
        form_token=None,
        csrf_token=page.csrf_token,
    )
    client.post(f"/desk/{world.a.line}/save", data=sent)
    with as_member(world.a.id):
        kept = db.session.scalar(
            sa.select(ContactPhone.source).where(
                ContactPhone.contact_id == world.a.jean, ContactPhone.number == SEEN
            )
        )
    assert kept == "agent"


def test_the_desk_s_box_finds_a_ticket_by_its_reference(client: FlaskClient, world: World) -> None:
    sign_in(client, world.user("agent"))
    pages = PageChecker(client)
    page = pages.get(f"/desk/{world.a.line}")
    client.post(
        f"/desk/{world.a.line}/save",
        data=chosen(world, outcome="ticket", csrf_token=page.csrf_token),
    )
    with as_member(world.a.id):
        reference = db.session.scalar(sa.select(Ticket.reference))
    found = pages.fragment(f"/desk/{world.a.line}/search?q={reference}")
    assert "Demandes" in found.text
    assert str(reference) in found.text
    assert f'"dwelling_id": {world.a.home}' in found.html.replace("&#34;", '"')
    people = pages.fragment(f"/desk/{world.a.line}/search?q=etcheverry")
    assert "Personnes" in people.text
