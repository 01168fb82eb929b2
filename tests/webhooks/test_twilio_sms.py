"""The provider's callbacks: signed or refused, stored once, brought to their ticket."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from callcenter.core.db import db, transaction
from callcenter.members.models import Organisation
from callcenter.messaging.models import InboundMessage, OptOut
from callcenter.messaging.services import record_opt_out
from callcenter.messaging.states import Trigger
from callcenter.tickets.models import TicketEvent
from callcenter.tickets.satisfaction_models import Satisfaction
from callcenter.tickets.services import close, resolve
from callcenter.tickets.states import ResolutionCode
from callcenter.webhooks import twilio_sms
from tests.outbox import MOBILE, change, message, queue_one
from tests.tickets.scenes import (
    act,
    assignments_of,
    kinds_of,
    messages_of,
    opened,
    ticket_of,
    token_for,
)
from tests.world import World, as_member, as_system

STATUS = "/webhooks/twilio/status"
SMS = "/webhooks/twilio/sms"


def post(
    app: Flask, client: FlaskClient, path: str, form: dict[str, str], **more: Any
) -> TestResponse:
    """POST as the provider does, signed with our token."""
    settings = app.config["SETTINGS"]
    validator = RequestValidator(settings.sms_auth_token)
    signature = validator.compute_signature(settings.public_origin + path, form)
    headers = {"X-Twilio-Signature": more.pop("signature", signature)}
    return client.post(path, data=form, headers=headers, **more)


def answer(app: Flask, client: FlaskClient, body: str, **form: str) -> TestResponse:
    given = {"MessageSid": "SMin1", "From": MOBILE, "To": "38100", "Body": body, "NumMedia": "0"}
    return post(app, client, SMS, given | form)


def status_form(**form: str) -> dict[str, str]:
    return {"MessageSid": "SM1", "MessageStatus": "delivered", "To": MOBILE, "Blank": ""} | form


def sent_to(world: World, member_id: int, ticket_id: int | None, trigger: Trigger) -> int:
    number = queue_one(member_id, ticket_id=ticket_id, trigger=trigger, to_number=MOBILE)
    change(number, state="delivered")
    return number


@pytest.fixture
def ticket(world: World) -> int:
    """A ticket of A, opened by the agent; its own messages are set aside."""
    number = opened(world)
    for sent in messages_of(number):
        change(sent.id, state="skipped")
    return number


def inbound() -> list[InboundMessage]:
    with as_system() as session:
        return list(
            session.scalars(
                select(InboundMessage)
                .where(InboundMessage.provider_id.like("SMin%"))
                .order_by(InboundMessage.id)
            )
        )


def test_a_status_moves_its_message(app: Flask, client: FlaskClient, world: World) -> None:
    number = queue_one(world.a.id)
    path = f"{STATUS}?message={number}"
    for _repeat in range(3):
        assert post(app, client, path, status_form()).status_code == 204
    assert message(number).state == "delivered"


@pytest.mark.parametrize("signature", ["", "forged", "é"])
def test_a_forged_status_is_refused(
    app: Flask, client: FlaskClient, world: World, signature: str
) -> None:
    number = queue_one(world.a.id)
    path = f"{STATUS}?message={number}"
    answered = post(
        app, client, path, status_form(), signature=signature.encode().decode("latin-1")
    )
    assert answered.status_code == 403
    assert client.post(path, data=status_form()).status_code == 403
    assert client.post(path, json={"a": 1}).status_code == 403
    assert message(number).state == "queued"


def test_the_signature_covers_the_address_and_the_form(
    app: Flask, client: FlaskClient, world: World
) -> None:
    first, second = queue_one(world.a.id), queue_one(world.a.id)
    settings = app.config["SETTINGS"]
    validator = RequestValidator(settings.sms_auth_token)
    signature = validator.compute_signature(
        f"{settings.public_origin}{STATUS}?message={first}", status_form()
    )
    answered = post(app, client, f"{STATUS}?message={second}", status_form(), signature=signature)
    assert answered.status_code == 403
    changed = status_form(MessageStatus="failed")
    answered = post(app, client, f"{STATUS}?message={first}", changed, signature=signature)
    assert answered.status_code == 403


def test_an_encoded_query_is_signed_as_it_was_sent(
    app: Flask, client: FlaskClient, world: World
) -> None:
    number = queue_one(world.a.id)
    path = f"{STATUS}?note=a%2Fb%20c&message={number}"
    assert post(app, client, path, status_form()).status_code == 204


@pytest.mark.parametrize("reference", ["999999", "x", "", "9" * 40, "-1"])
def test_a_status_of_no_message_of_ours_is_answered(
    app: Flask, client: FlaskClient, world: World, reference: str
) -> None:
    path = f"{STATUS}?message={reference}"
    assert post(app, client, path, status_form()).status_code == 204
    assert post(app, client, STATUS, {"MessageSid": "SM1"}).status_code == 204


def test_without_the_database_the_provider_is_asked_to_come_back(
    app: Flask, client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: object) -> None:
        raise OperationalError("select", {}, Exception("the server closed the connection"))

    monkeypatch.setattr(twilio_sms, "record_receipt", away)
    monkeypatch.setattr(twilio_sms, "store_inbound", away)
    assert post(app, client, STATUS, status_form()).status_code == 503
    assert answer(app, client, "oui").status_code == 503


def test_an_answer_is_stored_once(app: Flask, client: FlaskClient, world: World) -> None:
    sent_to(world, world.a.id, None, Trigger.RECEIVED)
    for _repeat in range(2):
        answered = answer(app, client, "Bonjour, le 3e étage aussi")
        assert answered.status_code == 200
        assert answered.mimetype == "text/xml"
    (kept,) = inbound()
    assert (kept.member_id, kept.meaning, kept.sorted_at) == (world.a.id, "other", None)


def test_an_unknown_number_is_for_the_desk(app: Flask, client: FlaskClient, world: World) -> None:
    answer(app, client, "Bonjour", From="+33639989999")
    answer(app, client, "…", From="Anonymous", MessageSid="SMin2")
    assert [one.member_id for one in inbound()] == [world.platform] * 2
    with as_member(world.a.id, world.b.id):
        assert db.session.scalars(select(InboundMessage)).all() == []


def test_a_number_that_one_member_knows_is_that_member_s(
    app: Flask, client: FlaskClient, world: World
) -> None:
    answer(app, client, "Bonjour", From="+33639981211")
    (kept,) = inbound()
    # Two people share it: whose it is stays open.
    assert (kept.member_id, kept.contact_id) == (world.b.id, None)


def test_a_sender_of_its_own_says_whose_answer_it_is(
    app: Flask, client: FlaskClient, world: World
) -> None:
    with as_system() as session, transaction():
        session.get_one(Organisation, world.b.id).sms_sender = "38222"
    sent_to(world, world.a.id, None, Trigger.RECEIVED)
    answer(app, client, "Bonjour", To="38222")
    (kept,) = inbound()
    assert kept.member_id == world.b.id


@pytest.mark.parametrize("word", ["STOP", "arrêt", " Stop. "])
def test_stop_stops_the_member_s_messages_and_start_resumes(
    app: Flask, client: FlaskClient, world: World, word: str
) -> None:
    sent_to(world, world.a.id, None, Trigger.RECEIVED)
    with as_system(), transaction():
        record_opt_out(world.b.id, MOBILE, source="link")
    answer(app, client, word, OptOutType="STOP")
    with as_member(world.a.id) as session:
        assert session.scalars(select(OptOut.number)).all() == [MOBILE]
    assert inbound()[0].sorted_at
    assert message(queue_one(world.a.id)).state == "skipped"
    answer(app, client, "START", MessageSid="SMin2", OptOutType="START")
    with as_system() as session:
        assert session.scalars(select(OptOut.member_id)).all() == [world.b.id]


def test_words_go_on_the_ticket_s_timeline(
    app: Flask, client: FlaskClient, world: World, ticket: int
) -> None:
    sent_to(world, world.a.id, ticket, Trigger.RECEIVED)
    answer(app, client, "Le code de la porte est 12B4 ❤")
    (kept,) = inbound()
    assert kept.ticket_id == ticket
    assert kept.sorted_at
    with as_system() as session:
        event = session.scalars(
            select(TicketEvent).where(
                TicketEvent.ticket_id == ticket, TicketEvent.kind == "tenant_word"
            )
        ).one()
    assert event.body == "Le code de la porte est 12B4 ❤"
    assert event.facts["channel"] == "sms"


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ("OUI", "closed"),
        ("Oui merci !", "closed"),
        ("non", "open"),
        ("oui mais ça goutte", "resolved"),
    ],
)
def test_is_it_fixed(
    app: Flask, client: FlaskClient, world: World, ticket: int, body: str, state: str
) -> None:
    act(world, "supervisor", ticket, lambda a: resolve(a, ResolutionCode.REPAIRED))
    asked = messages_of(ticket)[-1]
    assert asked.trigger == Trigger.RESOLVED
    change(asked.id, state="delivered")
    for _repeat in range(2):
        answer(app, client, body)
    assert ticket_of(ticket).state == state
    (kept,) = inbound()
    assert kept.sorted_at


def test_yes_to_something_else_changes_no_state(
    app: Flask, client: FlaskClient, world: World, ticket: int
) -> None:
    sent_to(world, world.a.id, ticket, Trigger.PLANNED)
    answer(app, client, "oui")
    assert ticket_of(ticket).state == "open"


def test_a_picture_alone_is_told(
    app: Flask, client: FlaskClient, world: World, ticket: int
) -> None:
    sent_to(world, world.a.id, ticket, Trigger.RECEIVED)
    answer(app, client, "", NumMedia="1")
    with as_system() as session:
        bodies = session.scalars(
            select(TicketEvent.body).where(TicketEvent.kind == "tenant_word")
        ).all()
    assert any("photo" in body for body in bodies)


def test_a_picture_is_refused_politely_with_the_way_to_add_it(
    app: Flask, client: FlaskClient, world: World, ticket: int
) -> None:
    sent_to(world, world.a.id, ticket, Trigger.RECEIVED)
    for _repeat in range(2):
        answer(app, client, "Voici la fuite", NumMedia="1")
    replies = [one for one in messages_of(ticket) if one.trigger == Trigger.PHOTO_REFUSED]
    assert len(replies) == 1
    assert replies[0].state == "queued"
    assert f"/s/{token_for(ticket)}" in replies[0].body


def test_one_open_request_needs_no_message_to_be_found(
    app: Flask, client: FlaskClient, world: World, ticket: int
) -> None:
    answer(app, client, "Quelqu'un est passé ?")
    assert inbound()[0].ticket_id == ticket
    assert ticket_of(ticket).tenant_wrote_at is not None


def test_between_two_open_requests_nobody_guesses(
    app: Flask, client: FlaskClient, world: World, ticket: int
) -> None:
    second = opened(world)
    for sent in messages_of(second):
        change(sent.id, state="skipped")
    answer(app, client, "Quelqu'un est passé ?")
    (kept,) = inbound()
    assert (kept.member_id, kept.ticket_id, kept.sorted_at) == (world.a.id, None, None)
    sent_to(world, world.a.id, second, Trigger.PLANNED)
    answer(app, client, "Et demain ?", MessageSid="SMin2")
    assert inbound()[1].ticket_id == second


def test_not_fixed_tells_the_organisation(
    app: Flask, client: FlaskClient, world: World, ticket: int
) -> None:
    act(world, "staff-a", ticket, lambda a: resolve(a, ResolutionCode.REPAIRED))
    change(messages_of(ticket)[-1].id, state="delivered")
    answer(app, client, "non")
    now = ticket_of(ticket)
    assert (now.state, now.needs_triage) == ("open", False)
    assert now.tenant_wrote_at is not None
    assert [one.state for one in assignments_of(ticket)] == ["accepted"]


def test_a_mark_by_sms_is_kept_once_and_can_be_corrected(
    app: Flask, client: FlaskClient, world: World, ticket: int
) -> None:
    act(world, "staff-a", ticket, lambda a: resolve(a, ResolutionCode.REPAIRED))
    act(world, "staff-a", ticket, close)
    # Not asked for a mark yet: a figure is a word like another.
    for sent in messages_of(ticket):
        change(sent.id, state="delivered" if sent.trigger == Trigger.CLOSED else "skipped")
    answer(app, client, "5", MessageSid="SMin0")
    with as_system() as session:
        assert session.scalars(select(Satisfaction)).all() == []
    sent_to(world, world.a.id, ticket, Trigger.SATISFACTION)
    for _repeat in range(2):
        answer(app, client, "4/5, rapide et poli")
    answer(app, client, "2", MessageSid="SMin2")
    with as_system() as session:
        (mark,) = session.scalars(select(Satisfaction)).all()
    assert (mark.score, mark.word, mark.channel) == (2, "", "sms")
    assert mark.organisation_name == "Aquitanis"
    assert ticket_of(ticket).tenant_wrote_at is not None


def test_the_wrong_person_is_written_to_no_more(
    app: Flask, client: FlaskClient, world: World, ticket: int
) -> None:
    sent_to(world, world.a.id, ticket, Trigger.RECEIVED)
    token = token_for(ticket)
    answer(app, client, "Ce n'est plus moi")
    assert client.get(f"/s/{token}").status_code == 404
    assert message(queue_one(world.a.id)).state == "skipped"
    (kept,) = inbound()
    assert (kept.meaning, kept.ticket_id, kept.sorted_at) == ("wrong_person", ticket, None)
    assert "tenant_corrected" in kinds_of(ticket)


def test_a_new_number_waits_for_a_person(
    app: Flask, client: FlaskClient, world: World, ticket: int
) -> None:
    sent_to(world, world.a.id, ticket, Trigger.RECEIVED)
    answer(app, client, "J'ai changé de numéro : 06 39 98 77 01")
    (kept,) = inbound()
    assert (kept.meaning, kept.sorted_at) == ("new_number", None)
    assert ticket_of(ticket).contact_number == MOBILE
    with as_system() as session:
        facts = session.scalars(
            select(TicketEvent.facts).where(TicketEvent.kind == "tenant_corrected")
        ).one()
    assert facts["number"] == "+33639987701"


def test_a_firm_s_answer_is_no_tenant_s_word(
    app: Flask, client: FlaskClient, world: World, ticket: int
) -> None:
    number = "+33639987799"
    sent = queue_one(world.a.id, ticket_id=ticket, trigger=Trigger.PARTNER_OFFER, to_number=number)
    change(sent, state="delivered")
    answer(app, client, "On passe demain", From=number)
    (kept,) = inbound()
    assert (kept.member_id, kept.ticket_id) == (world.a.id, None)


def test_one_bad_answer_leaves_it_for_the_desk(
    app: Flask, client: FlaskClient, world: World, ticket: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    sent_to(world, world.a.id, ticket, Trigger.RECEIVED)

    def broken(_number: int) -> bool:
        raise RuntimeError("broken")

    monkeypatch.setattr(twilio_sms, "apply_answer", broken)
    assert answer(app, client, "Bonjour").status_code == 200
    (kept,) = inbound()
    assert kept.sorted_at is None


def test_nothing_of_the_callback_s_text_is_kept(
    app: Flask, client: FlaskClient, world: World
) -> None:
    from callcenter.messaging.models import DeliveryReceipt

    number = queue_one(world.a.id)
    post(app, client, f"{STATUS}?message={number}", status_form(Body="secret", New="x"))
    with as_system() as session:
        raw = session.scalars(select(DeliveryReceipt.raw)).one()
        assert session.scalar(select(func.count()).select_from(DeliveryReceipt)) == 1
    assert set(raw) == {"MessageStatus"}
