"""Calls while things break: no call lost, none shown for ever, drafts intact."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from callcenter.calls import presence
from callcenter.calls.exchanges import issue_key
from callcenter.calls.live_rules import Report, durations
from callcenter.calls.live_services import Answerer, facts_of
from callcenter.calls.models import Call, CallTask
from callcenter.calls.states import CallState, PresenceState
from callcenter.core import clock, live
from callcenter.core.db import session_scope, transaction
from callcenter.core.isolation import Scope, actor_scope
from callcenter.settings import Settings
from tests.calls.live_scenes import actor, events_in, load_call, report
from tests.platform_process import PlatformProcess
from tests.world import World, as_system, sign_in
from workers.calls import end_silent_calls

pytestmark = pytest.mark.faults


class _Away:
    """A Redis that is not there."""

    def __getattr__(self, name: str) -> Any:
        def gone(*_args: Any, **_more: Any) -> None:
            raise redis.ConnectionError("away")

        return gone


@pytest.fixture
def without_redis(app: Flask) -> live.Hub:
    hub: live.Hub = app.extensions["live"]
    hub._client = _Away()  # type: ignore[assignment]
    hub._url = "redis://127.0.0.1:9/0"
    return hub


def test_calls_go_on_without_redis(
    app: Flask, client: FlaskClient, world: World, without_redis: live.Hub
) -> None:
    """The webhook answers, the call is written, the screens of this process see it at once."""
    with session_scope(Scope(everything=True)), transaction():
        key = issue_key(world.platform, "PBX")
    with without_redis.listening(actor(world)) as (stream, missed):
        assert missed is None  # nobody can tell what was missed: look at the database
        start = time.monotonic()
        told = {"event": "newCall", "callId": "1", "from": "0639981201", "to": "+33536490100"}
        answer = client.post(f"/webhooks/cti/{key}", data=told)
        assert answer.get_json()["call"]
        # Nobody waited for Redis; the rest is this machine's other work.
        assert time.monotonic() - start < 10
        sent = stream.next(10)
        assert sent is not None
        assert sent.event.data["state"] == "ringing"
    without_redis.stop()


def test_screens_look_again_while_redis_is_away(
    app: Flask, client: FlaskClient, world: World, without_redis: live.Hub
) -> None:
    """Another process writes a call; without Redis the screen finds it in the database."""
    app.config["LIVE_STREAM_SECONDS"] = live.RESYNC_SECONDS + 2
    sign_in(client, world.user("agent"))
    response = client.get("/desk/events")
    parts = response.iter_encoded()
    text = next(parts).decode() + next(parts).decode()  # the first snapshot
    quiet, app.extensions["live"] = app.extensions["live"], live.Hub("")
    call_id = report(world, world.a, Report.NEW)
    app.extensions["live"] = quiet
    text += b"".join(parts).decode()
    snapshots = [data for _id, kind, data in events_in(text) if kind == "snapshot"]
    assert len(snapshots) >= 2
    assert snapshots[0]["calls"] == []
    assert [call["id"] for call in snapshots[-1]["calls"]] == [call_id]
    without_redis.stop()


def test_a_call_that_nobody_speaks_of_any_more_is_over(app: Flask, world: World) -> None:
    """The exchange died: the call leaves the screens, and the person is called back."""
    call_id = report(world, world.a, Report.NEW)
    talking = report(world, world.a, Report.ANSWERED, "two", number="0639981299")
    assert end_silent_calls(app) == 0
    with clock.frozen_at(clock.now() + timedelta(minutes=16)):
        assert end_silent_calls(app) == 1
        assert end_silent_calls(app) == 0
    call = load_call(call_id)
    assert call.state == CallState.ABANDONED
    assert call.ended_at is not None
    assert load_call(talking).state == CallState.ANSWERED
    with as_system() as session:
        assert session.scalars(select(CallTask.number)).all() == ["+33639981201"]
    with clock.frozen_at(clock.now() + timedelta(hours=5)):
        assert end_silent_calls(app) == 1
    assert load_call(talking).state == CallState.ENDED


def test_an_agent_s_browser_that_closes_in_the_middle_of_a_call(
    app: Flask, client: FlaskClient, world: World
) -> None:
    """The telephone goes on; the call waits on the desk until it is written up."""
    who = actor(world)
    camille = Answerer(who.user_id, who.name, who.home_id)
    call_id = report(world, world.a, Report.ANSWERED, agent=camille)
    later = clock.now() + timedelta(minutes=20)
    with clock.frozen_at(later):
        with session_scope(actor_scope(who)):
            assert presence.get_presence(who).state is PresenceState.ON_CALL
        report(world, world.a, Report.ENDED)
        with session_scope(actor_scope(who)):
            # Nobody sits there: no new call goes to an empty chair.
            assert presence.get_presence(who).state is PresenceState.AWAY
    sign_in(client, world.user("agent"))
    shown = client.get("/desk/events/poll").get_json()["snapshot"]["calls"]
    assert [(call["id"], call["state"]) for call in shown] == [(call_id, "wrap_up")]


def test_thirty_calls_about_the_same_boiler_in_one_minute(
    app: Flask, client: FlaskClient, world: World
) -> None:
    """Every call is there, each once, whatever is repeated; the answered ones leave the list."""
    with session_scope(Scope(everything=True)), transaction():
        key = issue_key(world.platform, "PBX")
    sign_in(client, world.user("agent"))
    for number in range(30):
        told = {
            "event": "newCall", "callId": f"c{number}", "from": f"06 39 98 20 {number:02d}",
            "to": "+33536490100",
        }  # fmt: skip
        for _twice in range(2):
            client.post(f"/webhooks/cti/{key}", data=told)
    shown = client.get("/desk/events/poll").get_json()["snapshot"]["calls"]
    assert len({call["number"] for call in shown}) == len(shown) == 30
    for number in range(30):
        client.post(
            f"/webhooks/cti/{key}",
            data={
                "event": "answer",
                "callId": f"c{number}",
                "to": "+33536490100",
                "user": "agent-a",
            },
        )
    assert client.get("/desk/events/poll").get_json()["snapshot"]["calls"] == []


@pytest.fixture
def exchange(client: FlaskClient, world: World) -> Callable[..., int]:
    """Tell the platform what an exchange reports of one call; return the call's number."""
    with session_scope(Scope(everything=True)), transaction():
        key = issue_key(world.platform, "PBX")

    def tell(event: str, **more: str) -> int:
        told = {"event": event, "callId": "1", "from": "0639981201", "to": "+33536490100"}
        answer = client.post(f"/webhooks/cti/{key}", data=told | more)
        assert answer.status_code == 200
        return int(answer.get_json()["call"])

    return tell


def on_screen(client: FlaskClient, world: World, name: str = "agent") -> list[tuple[int, str]]:
    """The calls that an agent's desk shows, each with its state."""
    sign_in(client, world.user(name))
    shown = client.get("/desk/events/poll").get_json()["snapshot"]["calls"]
    return [(call["id"], call["state"]) for call in shown]


@pytest.mark.parametrize(
    "order",
    [
        ("answer", "newCall", "hangup", "hangup"),
        ("answer", "hangup", "newCall", "hangup"),
        ("hangup", "answer", "hangup", "newCall"),
        ("newCall", "newCall", "answer", "answer", "hangup", "hangup", "newCall", "answer"),
    ],
)
def test_an_exchange_reports_in_the_wrong_order_and_twice(
    client: FlaskClient, world: World, exchange: Callable[..., int], order: tuple[str, ...]
) -> None:
    """One call, over, on nobody's list but that of the agent who has to write it up."""
    numbers = {exchange(event, user="agent" if event == "answer" else "") for event in order}
    (call_id,) = numbers
    call = load_call(call_id)
    assert call.state == CallState.WRAP_UP
    assert call.agent_label == "Camille Roux"
    assert call.answered_at is not None
    assert call.ended_at is not None
    assert on_screen(client, world) == [(call_id, "wrap_up")]
    assert on_screen(client, world, "agent-a") == []
    with as_system() as session:
        assert session.scalars(select(Call.id)).all() == [call_id]
        # It was answered: nobody is left to call back.
        assert "open" not in session.scalars(select(CallTask.state)).all()


@pytest.mark.parametrize("hours", [-72, -1, 1, 72])
def test_the_clock_of_the_exchange_is_wrong(
    client: FlaskClient, world: World, exchange: Callable[..., int], hours: int
) -> None:
    """Shown as it rings, gone when it ends, and no time that nobody lived through."""
    began = clock.now()

    def there() -> str:
        return (clock.now() + timedelta(hours=hours)).isoformat()

    call_id = exchange("newCall", timestamp=there())
    assert on_screen(client, world) == [(call_id, "ringing")]
    exchange("answer", user="agent", timestamp=there())
    exchange("hangup", timestamp="hier vers midi")
    call = load_call(call_id)
    assert call.state == CallState.WRAP_UP
    for at in (call.started_at, call.answered_at, call.ended_at):
        assert at is not None
        assert began <= at <= clock.now()
    spent = durations(facts_of(call), clock.now())
    passed = (clock.now() - began).total_seconds() + 1
    assert 0 <= spent.wait <= passed
    assert 0 <= spent.talk <= passed


def test_redis_is_lost_between_two_reports_of_a_call(
    app: Flask, client: FlaskClient, world: World, exchange: Callable[..., int]
) -> None:
    """What began with Redis ends without it, on every screen; drafts are not kept there."""
    call_id = exchange("newCall")
    assert on_screen(client, world, "agent-a") == [(call_id, "ringing")]
    hub: live.Hub = app.extensions["live"]
    hub._client = _Away()  # type: ignore[assignment]
    hub._url = "redis://127.0.0.1:9/0"
    exchange("answer", user="agent")
    assert on_screen(client, world, "agent-a") == []
    assert on_screen(client, world) == [(call_id, "answered")]
    key = f"desk:call-{call_id}"
    kept = client.post(f"/drafts/{key}", data={"note": "Fuite sous l'évier"})
    assert kept.status_code == 204
    exchange("hangup")
    assert on_screen(client, world) == [(call_id, "wrap_up")]
    assert client.get(f"/drafts/{key}").get_json()["fields"]["note"] == ["Fuite sous l'évier"]
    hub.stop()


def test_the_web_server_dies_between_two_reports(
    settings: Settings, app: Flask, client: FlaskClient, world: World
) -> None:
    """Killed, not stopped: the exchange tries again, and the call ends as it should."""
    with session_scope(Scope(everything=True)), transaction():
        key = issue_key(world.platform, "PBX")
    with PlatformProcess(settings) as platform:

        def tell(event: str, call: str) -> bool:
            told = {"event": event, "callId": call, "from": "0639981201", "to": "+33536490100"}
            try:
                answer = requests.post(f"{platform.url}/webhooks/cti/{key}", data=told, timeout=30)
            except requests.ConnectionError:
                return False
            return bool(answer.json().get("call"))

        platform.start_web()
        assert tell("newCall", "1")
        platform.kill("web")
        assert not tell("newCall", "2")
        assert [state for _id, state in on_screen(client, world)] == ["ringing"]
        platform.start_web()
        # The exchange tells again what was not taken, and goes on.
        assert tell("newCall", "2")
        assert tell("hangup", "1")
    shown = on_screen(client, world)
    assert [state for _id, state in shown] == ["ringing"]
    with as_system() as session:
        states = session.scalars(select(Call.state).order_by(Call.id)).all()
        assert states == ["abandoned", "ringing"]
        assert len(session.scalars(select(CallTask.id)).all()) == 1  # to be called back
