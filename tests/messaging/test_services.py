"""Messages as other rooms ask for them: the outbox row, its words, and why it would not leave."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from callcenter.core.clock import frozen_at
from callcenter.core.db import db, transaction
from callcenter.estate.models import ContactPhone
from callcenter.messaging.default_texts import DEFAULT_TEXTS, SAMPLES, known_in, required_in
from callcenter.messaging.follow_up_models import FollowUp
from callcenter.messaging.models import Message, MessageStep, MessageTemplate
from callcenter.messaging.services import (
    install_templates,
    preview_message,
    queue_message,
    record_opt_in,
    record_opt_out,
)
from callcenter.messaging.states import MessageState, Trigger
from callcenter.messaging.text import Encoding, check_template, count_segments, render, to_gsm7
from tests.world import World, as_member

MOBILE = "06 39 98 12 01"
NOON = datetime(2026, 11, 12, 11, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 12, 22, 0, tzinfo=UTC)
VALUES = {
    "membre": "Aquitanis",
    "reference": "AQ-24817",
    "objet": "Ascenseur en panne",
    "echeance": "jeudi 12 novembre",
    "lien": "https://suivi.exemple.fr/s/abcdefghijklmnopqrst",
}


def queue(world: World, number: str = MOBILE, **changes: object) -> Message:
    given = {
        "member_id": world.a.id,
        "trigger": Trigger.RECEIVED,
        "to_number": number,
        "contact_id": None,
        "ticket_id": None,
        "values": VALUES,
    } | changes
    return queue_message(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize("language", list(DEFAULT_TEXTS))
@pytest.mark.parametrize("trigger", list(Trigger))
def test_the_default_words_are_cheap(language: str, trigger: Trigger) -> None:
    text = DEFAULT_TEXTS[language][trigger]
    check_template(text, known_in(trigger), required_in(trigger))
    sent = to_gsm7(render(text, {"membre": "Aquitanis", **SAMPLES[language]}))
    size = count_segments(sent)
    assert size.encoding is Encoding.GSM_7
    assert size.segments <= 2
    assert to_gsm7(text) == text


def test_a_message_waits_in_the_outbox(app: Flask, world: World) -> None:
    with as_member(world.a.id), frozen_at(NOON):
        with transaction():
            message = queue(world)
        assert message.state == MessageState.QUEUED
        assert message.to_number == "+33639981201"
        assert message.body.startswith("Aquitanis : bonjour, votre demande AQ-24817")
        assert (message.segments, message.encoding) == (2, "GSM-7")
        assert message.not_before == NOON
        assert message.expires_at == NOON + timedelta(hours=24)
        steps = db.session.scalars(select(MessageStep.state)).all()
        assert steps == ["queued"]


def test_the_night_holds_back_what_is_not_urgent(app: Flask, world: World) -> None:
    with as_member(world.a.id), frozen_at(NIGHT), transaction():
        assert queue(world).not_before == datetime(2026, 11, 13, 7, 0, tzinfo=UTC)
        assert queue(world, urgent=True).not_before == NIGHT


@pytest.mark.parametrize(
    ("number", "word"),
    [
        ("", "Aucun numéro"),
        ("05 36 49 02 01", "ligne fixe"),
        ("12", "valable"),
        ("06 39 98 12 01 ou 06 39 98 12 02", "valable"),
    ],
)
def test_a_number_that_receives_nothing_is_skipped(
    app: Flask, world: World, number: str, word: str
) -> None:
    with as_member(world.a.id), transaction():
        message = queue(world, number)
    assert message.state == MessageState.SKIPPED
    assert word in message.reason


def test_stop_and_start(app: Flask, world: World) -> None:
    with as_member(world.a.id), transaction():
        record_opt_out(world.a.id, MOBILE, source="link")
        record_opt_out(world.a.id, MOBILE, source="sms")
        assert "ne plus recevoir" in queue(world).reason
        record_opt_in(world.a.id, MOBILE)
        assert queue(world).state == MessageState.QUEUED
    with as_member(world.b.id), transaction():
        assert queue(world, member_id=world.b.id).state == MessageState.QUEUED


def test_a_flagged_number_is_skipped(app: Flask, world: World) -> None:
    with as_member(world.a.id), transaction() as session:
        phone = session.scalars(
            select(ContactPhone).where(ContactPhone.contact_id == world.a.maite)
        ).one()
        phone.flag = "unknown"
        session.flush()
        assert "plus attribué" in queue(world, phone.number).reason


def test_a_follow_up_switched_off_sends_nothing(app: Flask, world: World) -> None:
    with as_member(world.a.id), transaction() as session:
        session.add(FollowUp(member_id=world.a.id, trigger=Trigger.RECEIVED, active=False))
        session.flush()
        assert "désactivé" in queue(world).reason
        assert "désactivé" in queue(world, language="en").reason
        assert queue(world, trigger=Trigger.ACCEPTED).state == MessageState.QUEUED


def test_a_delayed_follow_up_waits_unless_it_is_urgent(app: Flask, world: World) -> None:
    with as_member(world.a.id), frozen_at(NOON), transaction() as session:
        session.add(FollowUp(member_id=world.a.id, trigger=Trigger.RECEIVED, delay_minutes=45))
        session.flush()
        assert queue(world).not_before == NOON + timedelta(minutes=45)
        assert queue(world, urgent=True).not_before == NOON


def test_blank_values_are_said_in_words_that_stay_true(app: Flask, world: World) -> None:
    with as_member(world.a.id), transaction():
        message = queue(world, values=VALUES | {"echeance": "", "objet": " "})
        assert "votre demande AQ-24817 (votre demande)" in message.body
        assert "dès que possible" in message.body
        without_link = queue(world, values=VALUES | {"lien": ""})
        assert without_link.state == MessageState.SKIPPED
        assert "{lien}" in without_link.reason


def test_the_preview_says_the_same_and_writes_nothing(app: Flask, world: World) -> None:
    with as_member(world.a.id), frozen_at(NIGHT):
        shown = preview_message(
            member_id=world.a.id, trigger=Trigger.RECEIVED, to_number=MOBILE,
            values=VALUES | {"lien": "", "reference": ""},
        )  # fmt: skip
        assert shown.skip_reason == ""
        assert shown.segments == 2
        assert shown.send_at == datetime(2026, 11, 13, 7, 0, tzinfo=UTC)
        nobody = preview_message(
            member_id=world.a.id, trigger=Trigger.RECEIVED, to_number="", values=VALUES
        )
        assert nobody.skip_reason
        assert nobody.send_at is None
        assert db.session.scalars(select(Message)).all() == []


def test_installing_the_words_twice_keeps_what_was_edited(app: Flask, world: World) -> None:
    with as_member(world.a.id), transaction() as session:
        template = session.scalars(select(MessageTemplate).limit(1)).one()
        template.body = "{membre} : {lien}"
        session.flush()
        install_templates(world.a.id)
        session.refresh(template)
        assert template.body == "{membre} : {lien}"
        assert len(session.scalars(select(MessageTemplate.id)).all()) == 2 * len(Trigger)
