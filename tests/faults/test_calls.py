"""Calls while things break: no call lost, none shown for ever, drafts intact."""

import time
from datetime import timedelta
from typing import Any

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from callcenter.calls import presence
from callcenter.calls.exchanges import issue_key
from callcenter.calls.live_rules import Report
from callcenter.calls.live_services import Answerer
from callcenter.calls.models import CallTask
from callcenter.calls.states import CallState, PresenceState
from callcenter.core import clock, live
from callcenter.core.db import session_scope, transaction
from callcenter.core.isolation import Scope, actor_scope
from tests.calls.live_scenes import actor, events_in, load_call, report
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
        assert time.monotonic() - start < 1.5
        sent = stream.next(1)
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
