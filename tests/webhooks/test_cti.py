"""What an exchange may send us: right, wrong, twice, in any order, or without a key."""

import itertools
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from callcenter.calls.exchanges import issue_key, revoke_key
from callcenter.calls.models import AgentPresence, Call, PbxToken
from callcenter.calls.states import CallState
from callcenter.core.db import session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.webhooks import cti
from callcenter.webhooks.cti import parse
from tests.world import World, as_system

LINE_A, LINE_B = "+33536490100", "+33536490110"
CALLER = "06 39 98 12 01"


@pytest.fixture
def key(app: Flask, world: World) -> str:
    with session_scope(Scope(everything=True)), transaction():
        return issue_key(world.platform, "PBX")


def tell(client: FlaskClient, key: str, event: str, call: str = "c1", **more: Any) -> Any:
    fields = {"event": event, "callId": call, "direction": "in", "from": CALLER, "to": LINE_A}
    answer = client.post(f"/webhooks/cti/{key}", data=fields | more)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()


def calls() -> list[Call]:
    with as_system() as session:
        return list(session.scalars(select(Call).order_by(Call.id)))


def test_a_call_from_ring_to_hang_up(client: FlaskClient, key: str, world: World) -> None:
    assert tell(client, key, "newCall", queue="accueil")["call"]
    tell(client, key, "answer", user="agent@plateforme.exemple.fr", answeringNumber="201")
    with as_system() as session:
        assert session.scalars(select(AgentPresence.state)).one() == "on_call"
    tell(client, key, "hangup", cause="normal")
    (call,) = calls()
    assert (call.member_id, call.line_id) == (world.a.id, world.a.line)
    assert call.state == CallState.WRAP_UP
    assert call.agent_label == "Camille Roux"
    assert (call.queue_name, call.cause, call.answering_number) == ("accueil", "normal", "201")


@pytest.mark.parametrize(
    "order", list(itertools.permutations(["newCall", "answer", "hangup", "hangup"]))[::5]
)
def test_any_order_gives_the_same_call(
    client: FlaskClient, key: str, world: World, order: tuple[str, ...]
) -> None:
    for event in order:
        tell(client, key, event, user="agent" if event == "answer" else "")
    (call,) = calls()
    assert call.state == CallState.WRAP_UP
    assert call.agent_id == world.users["agent"]


def test_json_says_the_same(client: FlaskClient, key: str) -> None:
    fields = {"Event": "NEWCALL", "call_id": 17, "from": CALLER, "to": LINE_A, "extra": [1]}
    answer = client.post("/webhooks/cti", json=fields, headers={"Authorization": f"Bearer {key}"})
    assert answer.get_json()["call"]
    assert calls()[0].caller_number == "+33639981201"


def test_an_outgoing_call_has_its_line_in_from(client: FlaskClient, key: str) -> None:
    tell(client, key, "newCall", direction="out", **{"from": LINE_B, "to": CALLER})
    (call,) = calls()
    assert (call.direction, call.caller_number) == ("out", "+33639981201")


@pytest.mark.parametrize(
    "fields",
    [
        {"event": "newCall", "callId": "x", "from": CALLER, "to": "+33536499999"},
        {"event": "newCall", "callId": "x"},
        {"event": "dance", "callId": "x", "to": LINE_A},
        {"event": "newCall", "to": LINE_A},
        {},
    ],
)
def test_what_is_not_ours_is_answered_and_left_out(
    client: FlaskClient, key: str, fields: dict[str, str]
) -> None:
    answer = client.post(f"/webhooks/cti/{key}", data=fields)
    assert answer.status_code == 200
    assert answer.get_json()["ignored"]
    assert calls() == []


def test_a_wrong_or_revoked_key_is_refused(client: FlaskClient, key: str) -> None:
    fields = {"event": "newCall", "callId": "x", "from": CALLER, "to": LINE_A}
    assert client.post("/webhooks/cti/nonsense", data=fields).status_code == 403
    assert client.post("/webhooks/cti", data=fields).status_code == 403
    with session_scope(Scope(everything=True)), transaction() as session:
        revoke_key(session.scalars(select(PbxToken.id)).one())
    assert client.post(f"/webhooks/cti/{key}", data=fields).status_code == 403
    assert calls() == []


def test_a_member_s_exchange_speaks_of_its_own_lines_alone(
    client: FlaskClient, world: World
) -> None:
    with session_scope(Scope(everything=True)), transaction():
        own = issue_key(world.a.id, "PBX A")
    assert tell(client, own, "newCall", "one")["call"]
    assert tell(client, own, "newCall", "two", to=LINE_B)["ignored"] == "unknown line"
    assert [call.member_id for call in calls()] == [world.a.id]


def test_two_exchanges_may_number_their_calls_alike(
    client: FlaskClient, key: str, world: World
) -> None:
    with session_scope(Scope(everything=True)), transaction():
        other = issue_key(world.platform, "PBX 2")
    tell(client, key, "newCall", "1")
    tell(client, other, "newCall", "1")
    assert len(calls()) == 2


def test_the_key_is_kept_as_a_digest(app: Flask, key: str) -> None:
    with as_system() as session:
        row = session.scalars(select(PbxToken)).one()
        assert key not in str(vars(row))


def test_a_ring_that_wanders_is_answered_by_who_answers(
    client: FlaskClient, key: str, world: World
) -> None:
    tell(client, key, "newCall", user="agent")
    tell(client, key, "newCall", user="agent-a")
    assert calls()[0].agent_id == world.users["agent-a"]
    tell(client, key, "answer", user="agent")
    tell(client, key, "newCall", user="agent-a")
    assert calls()[0].agent_id == world.users["agent"]


def test_without_the_database_the_exchange_comes_back_later(
    client: FlaskClient, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_secret: str) -> None:
        raise OperationalError("select", {}, Exception("away"))

    monkeypatch.setattr(cti, "find_exchange", away)
    answer = client.post(f"/webhooks/cti/{key}", data={"event": "newCall", "callId": "x"})
    assert answer.status_code == 503


@given(st.dictionaries(st.text(max_size=12), st.one_of(st.text(max_size=200), st.integers())))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_reading_never_raises(fields: dict[str, Any]) -> None:
    parse(fields | {"event": "newCall", "callId": "1", "timestamp": fields.get("at", "x")})
    parse(fields)


AWKWARD = st.text(max_size=300)


@given(caller=AWKWARD, user=AWKWARD, queue=AWKWARD, call_id=AWKWARD, cause=AWKWARD)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_nothing_that_an_exchange_sends_is_a_fault(
    client: FlaskClient, key: str, caller: str, user: str, queue: str, call_id: str, cause: str
) -> None:
    fields = {
        "event": "hangup", "callId": call_id, "from": caller, "to": LINE_A, "user": user,
        "queue": queue, "cause": cause, "answeringNumber": caller, "timestamp": cause,
    }  # fmt: skip
    answer = client.post("/webhooks/cti", json=fields, headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 200
