"""What the sandbox tells the program: statuses and answers, signed, in any order."""

from pathlib import Path

import pytest
import requests

from tests.sandbox_process import AUTH_TOKEN, SandboxProcess
from tests.webhook_listener import WebhookListener

PHONE = "+33639981234"
STEPS = ["queued", "sent", "delivered"]


def send(sandbox: SandboxProcess, listener: WebhookListener, body: str = "Bonjour") -> str:
    url = f"{listener.origin}/webhooks/twilio/status"
    return sandbox.gateway().send(PHONE, body, 42, url, 3600).provider_id


def wait_for_calls(sandbox: SandboxProcess, number: int) -> None:
    sandbox.wait_for(lambda found: len(found[-1]["callbacks"]) >= number)


def test_statuses_come_in_order_and_signed(
    sandbox: SandboxProcess, listener: WebhookListener
) -> None:
    sid = send(sandbox, listener)
    wait_for_calls(sandbox, 3)
    assert listener.statuses() == STEPS
    for call in listener.received:
        assert call.url.endswith("/webhooks/twilio/status?message=42")
        assert call.is_signed_with(AUTH_TOKEN)
        assert not call.is_signed_with("another token")
        assert (call.form["MessageSid"], call.form["To"]) == (sid, PHONE)


@pytest.mark.parametrize(
    ("callbacks", "expected"),
    [
        ("repeated", ["queued", "queued", "sent", "sent", "delivered", "delivered"]),
        ("reordered", ["delivered", "sent", "queued"]),
    ],
)
def test_statuses_can_repeat_or_come_out_of_order(
    sandbox: SandboxProcess, listener: WebhookListener, callbacks: str, expected: list[str]
) -> None:
    sandbox.configure(callbacks=callbacks)
    send(sandbox, listener)
    wait_for_calls(sandbox, len(expected))
    assert listener.statuses() == expected
    assert sandbox.messages()[0]["status"] == "delivered"


def test_statuses_can_stay_away(sandbox: SandboxProcess, listener: WebhookListener) -> None:
    sandbox.configure(callbacks="never")
    send(sandbox, listener)
    sandbox.wait_for(lambda found: found[0]["status"] == "delivered")
    assert listener.received == []


def test_a_failure_is_told_with_its_code(
    sandbox: SandboxProcess, listener: WebhookListener
) -> None:
    sandbox.configure(outcome="error", code=30003, scope="number", number=PHONE)
    send(sandbox, listener)
    wait_for_calls(sandbox, 3)
    assert listener.statuses() == ["queued", "sent", "undelivered"]
    assert [call.form.get("ErrorCode") for call in listener.received] == [None, None, "30003"]


def test_a_message_can_stay_on_its_way(sandbox: SandboxProcess, listener: WebhookListener) -> None:
    sandbox.configure(final="sent")
    send(sandbox, listener)
    wait_for_calls(sandbox, 2)
    assert listener.statuses() == ["queued", "sent"]


def test_a_status_refused_by_an_error_is_told_again(
    sandbox: SandboxProcess, listener: WebhookListener
) -> None:
    listener.answers = [503]
    send(sandbox, listener)
    wait_for_calls(sandbox, 4)
    assert sorted(listener.statuses()) == sorted(["queued", *STEPS])


def test_only_the_next_messages_are_concerned(
    sandbox: SandboxProcess, listener: WebhookListener
) -> None:
    sandbox.configure(outcome="error", code=30008, scope="next", count=2)
    for number in range(3):
        send(sandbox, listener, f"n{number}")
    found = sandbox.wait_for(
        lambda found: all(one["status"] in {"delivered", "undelivered"} for one in found)
    )
    assert [one["status"] for one in found] == ["undelivered", "undelivered", "delivered"]


def test_an_answer_reaches_the_program_signed(
    sandbox: SandboxProcess, listener: WebhookListener
) -> None:
    sandbox.settings(webhook_origin=listener.origin)
    said = sandbox.inbound(PHONE, "Ça marche, merci 🙂", media=1)
    assert said["http"] == 204
    (call,) = listener.received
    assert call.url == f"{listener.origin}/webhooks/twilio/sms"
    assert call.is_signed_with(AUTH_TOKEN)
    assert call.form["From"] == PHONE
    assert call.form["To"] == "38100"
    assert call.form["Body"] == "Ça marche, merci 🙂"
    assert call.form["MessageSid"] == said["sid"]
    assert call.form["NumMedia"] == "1"


def test_an_answer_can_be_replayed(sandbox: SandboxProcess, listener: WebhookListener) -> None:
    sandbox.settings(webhook_origin=listener.origin)
    first = sandbox.inbound(PHONE, "oui")
    sandbox.inbound(PHONE, "oui", sid=first["sid"])
    assert [call.form["MessageSid"] for call in listener.received] == [first["sid"]] * 2
    assert len(sandbox.messages()) == 1


def test_stop_and_start_are_understood_by_the_provider(
    sandbox: SandboxProcess, listener: WebhookListener
) -> None:
    sandbox.settings(webhook_origin=listener.origin)
    sandbox.inbound(PHONE, "Arrêt")
    assert listener.received[-1].form["OptOutType"] == "STOP"
    with pytest.raises(Exception, match="unsubscribed"):
        send(sandbox, listener)
    sandbox.inbound(PHONE, "start")
    assert listener.received[-1].form["OptOutType"] == "START"
    assert send(sandbox, listener)


def test_nobody_can_answer_a_name(sandbox: SandboxProcess) -> None:
    with pytest.raises(AssertionError, match="on ne peut pas lui répondre"):
        sandbox.inbound(PHONE, "oui", to="Aquitanis")


def test_a_restart_keeps_the_phones_and_finishes_what_was_on_its_way(
    tmp_path: Path, listener: WebhookListener
) -> None:
    sandbox = SandboxProcess(data=tmp_path / "sandbox.sqlite", callback_ms=60_000)
    with sandbox:
        sid = send(sandbox, listener, "avant l'arrêt")
        requests.post(f"{sandbox.url}/phones", {"number": "06 39 98 00 01"}, timeout=5)
    with sandbox:
        assert sandbox.messages(PHONE)[0]["sid"] == sid
        page = requests.get(sandbox.url, timeout=5).text
        assert "06 39 98 00 01" in page
        wait_for_calls(sandbox, 3)
    assert listener.statuses() == STEPS
    with sandbox:
        assert sandbox.messages(PHONE)[0]["status"] == "delivered"


def test_a_taken_port_gives_one_clear_line(
    sandbox: SandboxProcess, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(RuntimeError):
        SandboxProcess().start(sandbox.port)
    assert capfd.readouterr().err == f"sandbox: port {sandbox.port}: Address already in use\n"


@pytest.mark.parametrize(
    "fields",
    [
        {"outcome": "whatever"},
        {"outcome": "error"},
        {"delay_ms": -1},
        {"delay_ms": "soon"},
        {"surprise": 1},
        {"scope": "number"},
        {"scope": "next", "count": 0},
        {"final": "read"},
    ],
)
def test_a_senseless_behaviour_is_refused(
    sandbox: SandboxProcess, fields: dict[str, object]
) -> None:
    answer = requests.post(f"{sandbox.url}/sandbox/api/behaviour", json=fields, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"]
