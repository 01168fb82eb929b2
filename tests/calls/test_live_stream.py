"""The stream of live events: who sees what, snapshot, what was missed, no connection held."""

import queue
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from callcenter.calls.live_rules import Report
from callcenter.core import live
from callcenter.core.db import db
from callcenter.core.permissions import Role
from tests.calls.live_scenes import actor, events_in, report
from tests.world import World, sign_in


@pytest.fixture(autouse=True)
def quiet(app: Flask) -> Iterator[None]:
    """No listener outlives its test."""
    yield
    app.extensions["live"].stop()


@pytest.fixture
def desk(app: Flask, client: FlaskClient, world: World) -> FlaskClient:
    app.config["LIVE_STREAM_SECONDS"] = 0.4
    sign_in(client, world.user("agent-a"))
    return client


def listen(client: FlaskClient, **headers: str) -> list[tuple[str, str, Any]]:
    answer = client.get("/desk/events", headers=headers)
    assert answer.status_code == 200
    assert answer.mimetype == "text/event-stream"
    return list(events_in(answer.get_data(as_text=True)))


def linked(app: Flask) -> live.Hub:
    hub: live.Hub = app.extensions["live"]
    hub.position()
    limit = time.monotonic() + 5
    while not hub.linked:
        assert time.monotonic() < limit
        time.sleep(0.01)
    return hub


def test_a_desk_that_connects_sees_what_goes_on(
    app: Flask, desk: FlaskClient, world: World
) -> None:
    waiting = report(world, world.a, Report.QUEUED)
    over = report(world, world.a, Report.ENDED, "two")
    other = report(world, world.b, Report.QUEUED, "three")
    (_id, kind, data), *_rest = listen(desk)
    assert kind == "snapshot"
    shown = {call["id"] for call in data["calls"]}
    assert waiting in shown
    assert not {over, other} & shown
    (card,) = data["calls"]
    assert card["member"] == "Aquitanis"
    assert "Etcheverry" in card["caller"]


def test_news_come_to_the_agents_of_that_member_alone(
    app: Flask, desk: FlaskClient, world: World
) -> None:
    linked(app)
    heard: list[Any] = []

    def tell() -> None:
        time.sleep(0.1)
        with app.app_context():
            report(world, world.a, Report.NEW)
            report(world, world.b, Report.NEW, "two")

    thread = threading.Thread(target=tell)
    thread.start()
    heard = listen(desk)
    thread.join()
    calls = [data for _id, kind, data in heard if kind == "call"]
    assert [call["member_id"] for call in calls] == [world.a.id]


def test_what_was_missed_is_told_and_nothing_else(
    app: Flask, desk: FlaskClient, world: World
) -> None:
    hub = linked(app)
    seen = listen(desk)[-1][0] or hub.position()
    report(world, world.a, Report.NEW)
    heard = listen(desk, **{"Last-Event-ID": seen})
    assert [kind for _id, kind, _data in heard] == ["call"]
    again = listen(desk, **{"Last-Event-ID": heard[-1][0]})
    assert again == []


@pytest.mark.parametrize("last_id", ["", "nonsense", "00000000-3", "x" * 500])
def test_an_unknown_last_event_gives_a_snapshot(
    app: Flask, desk: FlaskClient, world: World, last_id: str
) -> None:
    linked(app)
    assert listen(desk, **{"Last-Event-ID": last_id})[0][1] == "snapshot"


def test_an_open_stream_holds_no_connection(app: Flask, desk: FlaskClient, world: World) -> None:
    linked(app)
    db.session.remove()
    app.config["LIVE_STREAM_SECONDS"] = 5
    before = db.engine.pool.checkedout()  # type: ignore[attr-defined]
    answer = desk.get("/desk/events")
    parts = answer.iter_encoded()
    while b"snapshot" not in next(parts):
        pass
    assert db.engine.pool.checkedout() == before  # type: ignore[attr-defined]
    answer.close()


def test_a_screen_that_can_not_keep_up_looks_again(app: Flask, world: World) -> None:
    hub = linked(app)
    with hub.listening(actor(world)) as (stream, _missed):
        for number in range(1000):
            hub.deliver(live.LiveEvent("call", world.a.id, {"id": number}))
        assert stream.next(0) is live.RESYNC


def test_polling_gives_the_same(app: Flask, desk: FlaskClient, world: World) -> None:
    linked(app)
    first = desk.get("/desk/events/poll").get_json()
    assert first["snapshot"]["calls"] == []
    assert desk.get(f"/desk/events/poll?since={first['id']}").status_code == 204
    report(world, world.a, Report.NEW)
    second = desk.get(f"/desk/events/poll?since={first['id']}").get_json()
    assert len(second["snapshot"]["calls"]) == 1


def _told(stream: live.Stream) -> dict[str, Any]:
    """The next event; what only asks for a new snapshot (the line to Redis came back) is passed."""
    sent = stream.next(10)
    while sent is None:
        sent = stream.next(10)
    return dict(sent.event.data)


def test_presence_is_told_to_the_person_and_to_supervisors(
    app: Flask, desk: FlaskClient, world: World
) -> None:
    hub = linked(app)
    with (
        hub.listening(actor(world, "agent-a")) as (mine, _),
        hub.listening(actor(world)) as (colleague, _),
        hub.listening(actor(world, "supervisor", Role.SUPERVISOR)) as (boss, _),
    ):
        answer = desk.post("/desk/presence", data={"state": "break", "reason": "lunch"})
        assert answer.status_code == 200
        assert _told(mine)["state"] == "break"
        assert _told(boss)["reason"] == "lunch"
        with pytest.raises(queue.Empty):
            colleague.next(0)
    refused = desk.post("/desk/presence", data={"state": "break"})
    assert refused.status_code == 422
    assert "motif" in refused.get_json()["error"]


def test_a_member_s_staff_have_no_stream(client: FlaskClient, world: World) -> None:
    sign_in(client, world.user("manager-a"))
    assert client.get("/desk/events").status_code == 404


def test_platforms_on_one_redis_server_do_not_hear_each_other() -> None:
    """Each has a database of its own, but Redis tells a channel's events to all of them."""
    address = "redis://:word@127.0.0.1:6379"
    channels = {live.channel_of(f"{address}{database}") for database in ("", "/0", "/1", "/2")}
    assert len(channels) == 3
