from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.core.errors import UserError
from callcenter.messaging import email_sending
from callcenter.messaging.email_rules import is_address, retry_at, subject_line
from callcenter.messaging.email_services import queue_email, send_email_again
from callcenter.messaging.email_states import EmailKind, EmailState
from callcenter.messaging.mail_gateway import MailServer
from callcenter.messaging.models import EmailMessage
from tests.sandbox_process import SandboxProcess
from tests.world import World, as_member, as_system
from workers import emails

LINK = "http://localhost/p/abcdefghijklmnopqrst"
BODY = f"Bonjour,\n\nUne fuite à réparer « vite » : {LINK}\n.\nFin — merci."


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess() as running:
        yield running


@pytest.fixture
def server(sandbox: SandboxProcess) -> MailServer:
    sandbox.reset()
    return MailServer("127.0.0.1", sandbox.smtp_port, "ne-pas-repondre@plateforme.exemple.fr")


def queued(world: World, to: str = "travaux@ascenseurs.exemple.fr", body: str = BODY) -> int:
    with as_member(world.a.id), transaction():
        return queue_email(
            member_id=world.a.id,
            kind=EmailKind.WORK_ORDER,
            to_address=to,
            to_name="Ascensoristes du Sud-Ouest",
            subject="AQ-1 · Fuite\nBcc: x@y.fr",
            body=body,
        ).id


def email(email_id: int) -> EmailMessage:
    with as_system() as session:
        return session.get_one(EmailMessage, email_id)


def test_an_email_is_sent_once_and_whole(
    app: Flask, world: World, sandbox: SandboxProcess, server: MailServer
) -> None:
    email_id = queued(world)
    emails.send_one(server, email_id)
    emails.send_one(server, email_id)
    (mail,) = sandbox.mails()
    assert mail["to"] == ["travaux@ascenseurs.exemple.fr"]
    assert mail["subject"] == "AQ-1 · Fuite Bcc: x@y.fr"
    assert mail["body"].strip() == BODY
    assert mail["sender"].startswith("Aquitanis <")
    assert email(email_id).state == EmailState.SENT
    assert "Bcc" not in mail["headers"]


def test_a_temporary_refusal_is_tried_again_later(
    app: Flask, world: World, sandbox: SandboxProcess, server: MailServer
) -> None:
    email_id = queued(world)
    sandbox.refuse_mails("temporary")
    emails.send_one(server, email_id)
    row = email(email_id)
    assert (row.state, row.attempts) == (EmailState.QUEUED, 1)
    assert row.not_before > clock.now()
    assert "451" in row.reason
    with clock.frozen_at(row.not_before):
        emails.send_one(server, email_id)
    assert email(email_id).state == EmailState.SENT
    assert len(sandbox.mails()) == 1


def test_a_final_refusal_fails(
    app: Flask, world: World, sandbox: SandboxProcess, server: MailServer
) -> None:
    email_id = queued(world)
    sandbox.refuse_mails("permanent")
    emails.send_one(server, email_id)
    assert email(email_id).state == EmailState.FAILED
    assert "550" in email(email_id).reason


def test_a_lost_answer_is_never_sent_again_blindly(
    app: Flask, world: World, sandbox: SandboxProcess, server: MailServer
) -> None:
    email_id = queued(world)
    sandbox.refuse_mails("dropped")
    emails.send_one(server, email_id)
    assert email(email_id).state == EmailState.UNCERTAIN
    emails.send_one(server, email_id)
    assert len(sandbox.mails()) == 1
    with as_member(world.a.id), transaction():
        send_email_again(email_id)
    emails.send_one(server, email_id)
    assert email(email_id).state == EmailState.SENT
    first, second = sandbox.mails()
    assert first["headers"]["Message-ID"] == second["headers"]["Message-ID"]
    with as_member(world.a.id), transaction(), pytest.raises(UserError):
        send_email_again(email_id)


def test_a_server_that_is_away_costs_a_try(app: Flask, world: World) -> None:
    email_id = queued(world)
    emails.send_one(MailServer("127.0.0.1", 9, "a@b.exemple.fr", timeout=1), email_id)
    assert email(email_id).state == EmailState.QUEUED


@pytest.mark.parametrize("address", ["", "nobody", "a@b", "a b@c.fr", "x@y.fr\nBcc: z@y.fr"])
def test_an_address_that_is_none_is_skipped_with_its_reason(
    app: Flask, world: World, address: str
) -> None:
    row = email(queued(world, to=address))
    assert row.state == EmailState.SKIPPED
    assert row.reason


def test_due_emails_are_handed_out_once_and_again_when_forgotten(app: Flask, world: World) -> None:
    email_id = queued(world)
    with as_system(), transaction():
        assert email_sending.take_due_emails(10) == [email_id]
    with as_system(), transaction():
        assert email_sending.take_due_emails(10) == []
    later = clock.now() + timedelta(minutes=2)
    with clock.frozen_at(later), as_system(), transaction():
        assert email_sending.take_due_emails(10) == [email_id]


def test_what_a_dead_worker_left_is_uncertain_and_what_is_stale_expires(
    app: Flask, world: World
) -> None:
    claimed, waiting = queued(world), queued(world)
    with as_system(), transaction():
        assert email_sending.claim_email(claimed)
    with clock.frozen_at(clock.now() + timedelta(days=3)):
        emails.look_after_emails(app)
    assert email(claimed).state == EmailState.UNCERTAIN
    assert email(waiting).state == EmailState.EXPIRED


def test_a_worker_that_was_slow_still_tells_what_it_learnt(app: Flask, world: World) -> None:
    email_id = queued(world)
    with as_system(), transaction():
        claim = email_sending.claim_email(email_id)
    assert claim is not None
    with clock.frozen_at(clock.now() + timedelta(minutes=10)), as_system(), transaction():
        email_sending.mark_lost_emails()
    with as_system(), transaction():
        email_sending.store_sent(claim)
    assert email(email_id).state == EmailState.SENT


def test_an_email_that_was_undone_never_was(app: Flask, world: World) -> None:
    with as_member(world.a.id) as session:
        queue_email(
            member_id=world.a.id,
            kind=EmailKind.WORK_ORDER,
            to_address="a@b.fr",
            subject="x",
            body="y",
        )
        session.rollback()
    with as_system() as session:
        assert session.scalar(select(EmailMessage.id)) is None


def test_the_page_of_emails_shows_them_with_links(
    app: Flask, world: World, sandbox: SandboxProcess, server: MailServer
) -> None:
    import requests

    emails.send_one(server, queued(world))
    with requests.Session() as http:
        http.trust_env = False
        page = http.get(f"{sandbox.url}/mails", timeout=10).text
    assert f'<a href="{LINK}"' in page
    assert "Téléphones" in page


def test_rules() -> None:
    now = clock.now()
    waits = [retry_at(n, now) for n in range(1, 9)]
    assert waits[0] == now + timedelta(minutes=1)
    assert waits[6:] == [None, None]
    assert is_address("jean.dupont+travaux@exemple.fr")
    assert not is_address("x" * 250 + "@exemple.fr")
    assert len(subject_line("mot " * 200)) <= 200
