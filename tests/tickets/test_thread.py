"""The SMS of a ticket as a conversation."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from callcenter.core.db import transaction
from callcenter.messaging.claiming import claim_messages
from callcenter.messaging.models import InboundMessage, Message
from callcenter.messaging.receipts import record_receipt
from callcenter.messaging.sending import store_answers
from tests.outbox import MOBILE, ago, queue_one
from tests.page_checks import PageChecker
from tests.statements import counted
from tests.tickets.scenes import opened
from tests.world import World, as_system, sign_in


def test_every_state_has_its_time_and_answers_stand_between(
    app: Flask, client: FlaskClient, world: World
) -> None:
    ticket = opened(world)
    number = queue_one(world.a.id, ticket_id=ticket)
    with as_system(), transaction():
        (claim,) = claim_messages([number]).claims
    with as_system(), transaction():
        store_answers([(claim, "SM1")])
    with as_system(), transaction():
        record_receipt(number, "SM1", "undelivered", 30005)
    with as_system() as session, transaction():
        session.add(
            InboundMessage(
                member_id=world.a.id, provider_id="SMi", from_number=MOBILE, to_number="38100",
                body="Toujours <b>rien</b>", received_at=ago(minutes=1), meaning="other",
                ticket_id=ticket, sorted_at=ago(minutes=1),
            )
        )  # fmt: skip
    sign_in(client, world.user("staff-a"))
    browser = PageChecker(client)
    assert f"/tickets/{ticket}/sms" in browser.get(f"/tickets/{ticket}").links
    page = browser.get(f"/tickets/{ticket}/sms")
    for words in (
        "En attente",
        "Envoi en cours",
        "Chez l'opérateur",
        "Non remis",
        "Ce numéro n'est plus attribué.",
        "Réponse",
        "Toujours <b>rien</b>",
    ):
        assert words in page.text, words
    assert len(page.all("time")) >= 5
    # The private address stands neither here nor on the ticket's page.
    with as_system() as session:
        bodies = session.scalars(select(Message.body).where(Message.ticket_id == ticket)).all()
    links = [body.partition("/s/")[2][:20] for body in bodies if "/s/" in body]
    assert links
    for address in (f"/tickets/{ticket}/sms", f"/tickets/{ticket}"):
        html = client.get(address).get_data(as_text=True)
        assert not any(link in html for link in links), address


def test_the_thread_costs_the_same_however_long(
    app: Flask, client: FlaskClient, world: World
) -> None:
    ticket = opened(world)
    sign_in(client, world.user("staff-a"))
    client.get(f"/tickets/{ticket}/sms")
    with counted(app) as few:
        client.get(f"/tickets/{ticket}/sms")
    for _one in range(12):
        queue_one(world.a.id, ticket_id=ticket)
    with counted(app) as many:
        client.get(f"/tickets/{ticket}/sms")
    assert len(many) == len(few), "\n".join(many)


def test_a_ticket_without_messages_says_so(app: Flask, client: FlaskClient, world: World) -> None:
    ticket = opened(world, contact_id=None, contact_number="")
    sign_in(client, world.user("staff-a"))
    page = PageChecker(client).get(f"/tickets/{ticket}/sms")
    assert "Aucun" in page.text
