"""The gateway against the sandbox, over real HTTP, with the official client: every outcome."""

import logging
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callcenter.messaging.gateway import (
    Accepted,
    Ambiguous,
    BadCredentials,
    Gateway,
    NotSent,
    Rejected,
)
from tests.sandbox_process import SandboxProcess

PHONE = "+33639981234"
CALLBACK = "http://127.0.0.1:9/webhooks/twilio/status"


def send(gateway: Gateway, to: str = PHONE, body: str = "Bonjour", **more: Any) -> Accepted:
    return gateway.send(to, body, 42, CALLBACK, 3600, **more)


def test_a_message_is_accepted_under_the_providers_id(sandbox: SandboxProcess) -> None:
    answer = send(sandbox.gateway(), body="Votre demande AQ-24817 est reçue.")
    assert answer.provider_id.startswith("SM")
    assert answer.status == "accepted"
    (message,) = sandbox.messages(PHONE)
    assert message["sid"] == answer.provider_id
    assert message["body"] == "Votre demande AQ-24817 est reçue."
    assert message["sender"] == "38100"
    assert message["status_callback"] == f"{CALLBACK}?message=42"


def test_the_sender_is_the_members_name_or_the_service(sandbox: SandboxProcess) -> None:
    send(sandbox.gateway(), sender="Aquitanis")
    send(sandbox.gateway(messaging_service_sid="MG" + "0" * 32))
    assert [one["sender"] for one in sandbox.messages()] == ["Aquitanis", "38100"]


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("0639981234", 21211),
        ("+15005550001", 21211),
        ("+33536491234", 21614),
        ("+15005550009", 21614),
        ("+15005550004", 21610),
    ],
)
def test_a_number_that_cannot_be_written_to_is_rejected(
    sandbox: SandboxProcess, to: str, code: int
) -> None:
    with pytest.raises(Rejected) as caught:
        send(sandbox.gateway(), to=to)
    assert caught.value.code == code
    assert caught.value.message
    assert sandbox.messages() == []


def test_too_long_a_text_and_a_wrong_sender_are_rejected(sandbox: SandboxProcess) -> None:
    with pytest.raises(Rejected) as caught:
        send(sandbox.gateway(), body="a" * 1601)
    assert caught.value.code == 21617
    with pytest.raises(Rejected) as caught:
        send(sandbox.gateway(), sender="Un nom bien trop long")
    assert caught.value.code == 21212


@pytest.mark.parametrize("code", [21211, 21614, 21610])
def test_a_chosen_code_is_rejected(sandbox: SandboxProcess, code: int) -> None:
    sandbox.configure(outcome="error", code=code)
    with pytest.raises(Rejected) as caught:
        send(sandbox.gateway())
    assert caught.value.code == code


@pytest.mark.parametrize("code", [30003, 30007, 30008])
def test_a_delivery_failure_is_accepted_first(sandbox: SandboxProcess, code: int) -> None:
    sandbox.configure(outcome="error", code=code)
    send(sandbox.gateway())
    (message,) = sandbox.wait_for(lambda found: found[0]["status"] == "undelivered")
    assert message["error_code"] == code


def test_too_many_requests_is_safe_to_try_again(sandbox: SandboxProcess) -> None:
    sandbox.configure(outcome="rate_limited", retry_after=7)
    with pytest.raises(NotSent) as caught:
        send(sandbox.gateway())
    assert (caught.value.code, caught.value.retry_after) == (20429, timedelta(seconds=7))
    assert sandbox.messages() == []


def test_the_wait_of_an_earlier_answer_is_forgotten(sandbox: SandboxProcess) -> None:
    sandbox.configure(outcome="rate_limited", retry_after=7, scope="next")
    sandbox.configure(outcome="rate_limited", scope="next")
    gateway = sandbox.gateway()
    for wait in (timedelta(seconds=7), None):
        with pytest.raises(NotSent) as caught:
            send(gateway)
        assert caught.value.retry_after == wait


def test_the_daily_cap_has_its_own_code(sandbox: SandboxProcess) -> None:
    sandbox.configure(outcome="error", code=63038)
    with pytest.raises(NotSent) as caught:
        send(sandbox.gateway())
    assert caught.value.code == 63038


@pytest.mark.parametrize("accepted", [False, True])
def test_a_server_error_proves_nothing(sandbox: SandboxProcess, *, accepted: bool) -> None:
    sandbox.configure(outcome="server_error", accepted=accepted)
    with pytest.raises(Ambiguous):
        send(sandbox.gateway())
    assert len(sandbox.messages()) == accepted


def test_an_answer_that_comes_too_late_proves_nothing(sandbox: SandboxProcess) -> None:
    sandbox.configure(outcome="timeout", hold_ms=5000)
    start = time.monotonic()
    with pytest.raises(Ambiguous, match="ReadTimeout"):
        send(sandbox.gateway(read_timeout=0.3))
    assert time.monotonic() - start < 2
    assert len(sandbox.messages()) == 1


@pytest.mark.parametrize("accepted", [False, True])
def test_a_cut_line_proves_nothing(sandbox: SandboxProcess, *, accepted: bool) -> None:
    sandbox.configure(outcome="dropped", accepted=accepted)
    with pytest.raises(Ambiguous):
        send(sandbox.gateway())
    assert len(sandbox.messages()) == accepted


def test_a_success_without_an_id_proves_nothing(sandbox: SandboxProcess) -> None:
    sandbox.configure(outcome="no_sid")
    with pytest.raises(Ambiguous):
        send(sandbox.gateway())
    assert len(sandbox.messages()) == 1


def test_an_answer_that_is_no_json_proves_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            line, _address = server.accept()
            with line:
                line.recv(65536)
                line.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\n<html")

        thread = threading.Thread(target=answer)
        thread.start()
        gateway = SandboxProcess().gateway(base_url=f"http://127.0.0.1:{server.getsockname()[1]}")
        with pytest.raises(Ambiguous, match="unreadable"):
            send(gateway)
        thread.join(5)
    gateway.close()


def test_a_refused_connection_is_safe_to_try_again(sandbox: SandboxProcess) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(NotSent) as caught:
        send(sandbox.gateway(base_url=f"http://127.0.0.1:{port}"))
    assert caught.value.code is None


def test_a_name_that_does_not_resolve_is_safe_to_try_again(sandbox: SandboxProcess) -> None:
    with pytest.raises(NotSent):
        send(sandbox.gateway(base_url="http://nowhere.invalid"))


def test_a_connection_that_is_never_made_in_time_is_safe_to_try_again(
    sandbox: SandboxProcess,
) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = []
        for _one in range(4):  # fill the queue of connections that nobody takes
            line = socket.socket()
            line.setblocking(False)
            line.connect_ex(full.getsockname())
            waiting.append(line)
        gateway = sandbox.gateway(
            base_url=f"http://127.0.0.1:{full.getsockname()[1]}", connect_timeout=0.3
        )
        with pytest.raises(NotSent, match="ConnectTimeout"):
            send(gateway)
        for line in waiting:
            line.close()


def test_bad_credentials_stop_everything(sandbox: SandboxProcess) -> None:
    with pytest.raises(BadCredentials) as caught:
        send(sandbox.gateway(auth_token="wrong"))
    assert caught.value.code == 20003
    sandbox.configure(outcome="error", code=20003)
    with pytest.raises(BadCredentials):
        send(sandbox.gateway())


def test_finds_again_what_the_provider_has(sandbox: SandboxProcess) -> None:
    since = datetime.now(UTC) - timedelta(minutes=1)
    gateway = sandbox.gateway(read_timeout=0.3)
    sandbox.configure(outcome="timeout", hold_ms=5000, scope="next")
    with pytest.raises(Ambiguous):
        send(gateway, body="le premier")
    send(gateway, body="le second")
    send(gateway, to="+33639980000", body="un autre")
    found = gateway.find_by(PHONE, since)
    assert [one.body for one in found] == ["le second", "le premier"]
    assert all(one.to == PHONE and one.provider_id and one.created_at for one in found)
    assert gateway.find_by(PHONE, datetime.now(UTC) + timedelta(minutes=1)) == []
    assert [one.body for one in gateway.list_recent(since, limit=2)] == ["un autre", "le second"]


def test_lists_page_after_page(sandbox: SandboxProcess) -> None:
    gateway = sandbox.gateway()
    since = datetime.now(UTC) - timedelta(minutes=1)
    for number in range(130):
        send(gateway, body=f"n{number}")
    assert [one.body for one in gateway.find_by(PHONE, since)] == [
        f"n{number}" for number in reversed(range(130))
    ]


def test_listing_fails_in_the_same_words(sandbox: SandboxProcess) -> None:
    with pytest.raises(BadCredentials):
        sandbox.gateway(auth_token="wrong").find_by(PHONE, datetime.now(UTC))
    with pytest.raises(NotSent):
        sandbox.gateway(base_url="http://nowhere.invalid").list_recent(datetime.now(UTC))


def test_no_number_and_no_text_go_to_the_logs(
    sandbox: SandboxProcess, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        send(sandbox.gateway(), body="Un mot privé")
    assert "priv" not in caplog.text
    assert "39981234" not in caplog.text
    assert "0123456789abcdef" not in repr(sandbox.gateway().config)


def test_many_threads_share_one_gateway(sandbox: SandboxProcess) -> None:
    sandbox.configure(delay_ms=100)
    gateway = sandbox.gateway()
    threads = [
        threading.Thread(target=send, args=(gateway, f"+336399800{number:02}"))
        for number in range(30)
    ]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sandbox.messages()) == 30
    assert time.monotonic() - start < 2
