"""Recordings and messages: off by default, announced, kept behind the wall, deleted in time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import undefer

from callcenter.calls import figures, recording_steps, recordings
from callcenter.calls.call_acts import take_call
from callcenter.calls.models import Call, CallRecording, CallTask, VoicePlan
from callcenter.calls.plan_services import NewPlan, save_plan
from callcenter.calls.recording_steps import Step
from callcenter.calls.states import RecordingMark, RecordingState
from callcenter.core import clock
from callcenter.core.audit import AuditEntry
from callcenter.core.db import session_scope, transaction
from callcenter.core.isolation import Scope, actor_scope
from callcenter.members.models import PhoneLine
from tests.calls.live_scenes import actor
from tests.webhooks.voice_caller import Caller, Provider, said, verb
from tests.world import World, as_system, sign_in

LINE_A = "+33536490100"
OPEN = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)  # a Tuesday morning
NIGHT = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)
EVERYTHING = Scope(everything=True)


@pytest.fixture
def provider(app: Flask, client: FlaskClient, world: World) -> Provider:
    return Provider(app, client)


@pytest.fixture(autouse=True)
def morning() -> Iterator[None]:
    with clock.frozen_at(OPEN):
        yield


def plan(world: World, **fields: Any) -> None:
    with as_system() as session, transaction():
        session.add(VoicePlan(member_id=world.a.id, line_id=world.a.line, **fields))


def rows() -> list[CallRecording]:
    with as_system() as session:
        return list(
            session.scalars(
                sa.select(CallRecording)
                .order_by(CallRecording.id)
                .options(undefer(CallRecording.content))
            )
        )


def tasks() -> list[CallTask]:
    with as_system() as session:
        return list(session.scalars(sa.select(CallTask)))


def answered(provider: Provider, world: World) -> tuple[Caller, int]:
    """A caller whom Camille answers."""
    caller = Caller(provider, LINE_A)
    queue = verb(caller.ring(), "Enqueue")
    caller.at(queue.get("waitUrl"), QueuePosition="1", QueueTime="0")
    who = actor(world)
    with session_scope(actor_scope(who)), transaction():
        call_id = take_call(who)[0].id
    leg = {"CallSid": "CAleg", "To": "+33536490301"}
    heard = provider.hear(f"agent?call_id={call_id}&agent_id={who.user_id}", **leg)
    caller.at(verb(heard, "Queue").get("url"), DequeingCallSid="CAleg", QueueTime="1")
    return caller, call_id


def step(recording_id: int) -> Any:
    with session_scope(EVERYTHING), transaction():
        return recording_steps.next_step(recording_id)


def stored(provider: Provider, world: World) -> CallRecording:
    """A conversation whose sound we have."""
    plan(world, recording=True, recording_days=10)
    caller, _call_id = answered(provider, world)
    (row,) = rows()
    assert step(row.id).step is Step.START
    caller.over()
    form = {"CallSid": "CA1", "RecordingSid": "RE1", "RecordingStatus": "completed"}
    provider.post(f"recorded?recording={row.id}", **form, RecordingDuration="42")
    assert step(row.id).step is Step.FETCH
    with session_scope(EVERYTHING), transaction():
        recording_steps.store_content(row.id, b"RIFFsound", "audio/wav")
    return rows()[0]


def test_nothing_is_recorded_unless_the_member_says_so(provider: Provider, world: World) -> None:
    plan(world)
    assert "enregistré" not in said(Caller(provider, LINE_A, "CA0").ring())
    answered(provider, world)
    assert rows() == []


def test_the_caller_is_told_and_only_then_recorded(provider: Provider, world: World) -> None:
    plan(world, recording=True, recording_days=10)
    heard = said(Caller(provider, LINE_A, "CA0").ring())
    assert "peut être enregistré" in heard
    assert "10 jours" in heard
    answered(provider, world)
    (row,) = rows()
    assert (row.kind, row.state) == ("conversation", "wanted")
    assert row.delete_after - row.made_at == timedelta(days=10)


def test_who_called_before_it_was_switched_on_is_not_recorded(
    provider: Provider, world: World
) -> None:
    caller = Caller(provider, LINE_A)
    queue = verb(caller.ring(), "Enqueue")
    caller.at(queue.get("waitUrl"), QueueTime="0")
    plan(world, recording=True)
    who = actor(world)
    with session_scope(actor_scope(who)), transaction():
        call_id = take_call(who)[0].id
    provider.hear(f"agent?call_id={call_id}&agent_id={who.user_id}", CallSid="CAleg", To="+335")
    caller.at("dequeued", DequeingCallSid="CAleg")
    assert rows() == []


def test_the_provider_is_asked_to_record_once(provider: Provider, world: World) -> None:
    """A job that runs twice, or dies after asking, does not record twice."""
    plan(world, recording=True)
    answered(provider, world)
    (row,) = rows()
    assert step(row.id).step is Step.START
    assert step(row.id) is None
    assert rows()[0].state == RecordingState.STARTED


def test_a_lost_job_comes_back(provider: Provider, world: World) -> None:
    plan(world, recording=True)
    answered(provider, world)
    (row,) = rows()
    now = clock.frozen_at(row.made_at)
    with now, session_scope(EVERYTHING), transaction():
        assert recording_steps.take_due(10) == [row.id]
        assert recording_steps.take_due(10) == []
    later = clock.frozen_at(row.made_at + timedelta(minutes=2))
    with later, session_scope(EVERYTHING), transaction():
        assert recording_steps.take_due(10) == [row.id]


def test_the_sound_is_kept_and_the_provider_s_copy_goes(provider: Provider, world: World) -> None:
    row = stored(provider, world)
    assert (row.state, row.content, row.seconds) == ("stored", b"RIFFsound", 42)
    assert step(row.id).step is Step.DELETE
    with session_scope(EVERYTHING), transaction():
        recording_steps.provider_forgot(row.id)
    assert step(row.id) is None
    assert rows()[0].provider_deleted_at is not None


def test_it_is_played_by_permission_and_the_journal_says_so(
    provider: Provider, world: World, client: FlaskClient
) -> None:
    row = stored(provider, world)
    path = f"/calls/recordings/{row.id}/sound"
    for nobody in ("agent", "manager-b", "staff-a"):
        sign_in(client, world.user(nobody))
        assert client.get(path).status_code == 404, nobody
    sign_in(client, world.user("supervisor"))
    answer = client.get(path)
    assert (answer.data, answer.mimetype) == (b"RIFFsound", "audio/wav")
    rest = client.get(path, headers={"Range": "bytes=4-"})
    assert (rest.status_code, rest.data) == (206, b"sound")
    with as_system() as session:
        played = session.scalars(
            sa.select(AuditEntry).where(AuditEntry.action == "call_recording.played")
        ).all()
    assert [(one.actor_label, one.object_id) for one in played] == [("Nadia Perrin", str(row.id))]


def test_it_is_deleted_on_time_here_and_there(provider: Provider, world: World) -> None:
    row = stored(provider, world)
    with clock.frozen_at(row.delete_after + timedelta(minutes=1)):
        with session_scope(EVERYTHING), transaction():
            assert recordings.delete_old(10) == 1
        (row,) = rows()
        assert (row.state, row.content) == ("deleted", None)
        assert step(row.id).step is Step.DELETE  # the provider's, if it was not gone yet
        with session_scope(EVERYTHING), transaction():
            assert recordings.delete_old(10) == 0


def test_a_shorter_retention_counts_for_what_is_kept_already(
    provider: Provider, world: World
) -> None:
    stored(provider, world)
    who = actor(world)
    with session_scope(actor_scope(who)) as session, transaction():
        line = session.get_one(PhoneLine, world.a.line)
        save_plan(line, NewPlan(recording=True, recording_days=3, version=1), who)
    assert rows()[0].delete_after - rows()[0].made_at == timedelta(days=3)


@pytest.mark.parametrize("days", [0, 181])
def test_six_months_at_most(world: World, days: int) -> None:
    from callcenter.core.errors import UserError

    who = actor(world)
    with session_scope(actor_scope(who)) as session, pytest.raises(UserError, match="180"):
        save_plan(session.get_one(PhoneLine, world.a.line), NewPlan(recording_days=days), who)


def test_a_caller_who_does_not_want_it_is_not_kept(provider: Provider, world: World) -> None:
    plan(world, recording=True)
    caller, call_id = answered(provider, world)
    (row,) = rows()
    step(row.id)
    with session_scope(EVERYTHING) as session, transaction():
        recording_steps.started(row.id, "RE1")
        recordings.mark_recording(session.get_one(Call, call_id), RecordingMark.STOPPED)
    form = {"CallSid": "CA1", "RecordingSid": "RE1", "RecordingStatus": "completed"}
    provider.post(f"recorded?recording={row.id}", **form, RecordingDuration="3")
    (row,) = rows()
    assert (row.state, row.content) == ("deleted", None)
    assert step(row.id).step is Step.DELETE
    assert caller.over().status_code == 204


def test_a_message_is_offered_where_the_member_wants_it(provider: Provider, world: World) -> None:
    with clock.frozen_at(NIGHT):
        assert "laisser un message" not in said(Caller(provider, LINE_A, "CA0").ring())
        heard = Caller(provider, LINE_A, "CA0").at(f"night?line=%2B{LINE_A[1:]}", Digits="3")
        assert heard.find("Record") is None


def leave_message(provider: Provider, sid: str = "CA1", seconds: str = "12") -> Caller:
    caller = Caller(provider, LINE_A, sid)
    asked = verb(caller.ring(), "Gather")
    heard = caller.at(asked.get("action"), Digits="3")
    assert "conservé 20 jours" in said(heard)
    record = verb(heard, "Record")
    told = {"RecordingSid": f"RE{sid}", "RecordingDuration": seconds}
    assert "enregistré" in said(caller.at(record.get("action"), **told))
    again = caller.provider.post(
        record.get("recordingStatusCallback"),
        **(caller.form | told | {"RecordingStatus": "completed"}),
    )
    assert again.status_code == 204
    return caller


def test_a_message_becomes_somebody_to_call_back(provider: Provider, world: World) -> None:
    plan(world, voicemail=True, recording_days=20)
    with clock.frozen_at(NIGHT):
        caller = leave_message(provider)
        caller.over()
    (row,) = rows()  # told twice, kept once
    assert (row.kind, row.state, row.seconds) == ("voicemail", "ready", 12)
    (task,) = tasks()
    assert (task.kind, task.number, task.calls) == ("voicemail", "+33639981201", 1)
    with as_system() as session:
        (call,) = session.scalars(sa.select(Call)).all()
        assert call.path == "voicemail"
        assert figures.count_day([world.a.id], call.started_at).abandoned == 0


def test_somebody_who_hung_up_at_the_signal_left_no_message(
    provider: Provider, world: World
) -> None:
    plan(world, voicemail=True, recording_days=20)
    with clock.frozen_at(NIGHT):
        leave_message(provider, seconds="1")
    assert tasks() == []
    (row,) = rows()
    assert row.state == RecordingState.DELETED
    assert step(row.id).step is Step.DELETE


def test_agents_hear_messages_from_the_tasks(
    provider: Provider, world: World, client: FlaskClient
) -> None:
    plan(world, voicemail=True, recording_days=20)
    with clock.frozen_at(NIGHT):
        leave_message(provider)
    (row,) = rows()
    with session_scope(EVERYTHING), transaction():
        recording_steps.store_content(row.id, b"RIFFwords", "audio/wav")
    sign_in(client, world.user("agent"))
    page = client.get("/calls/tasks").get_data(as_text=True)
    path = f"/calls/recordings/{row.id}/sound"
    assert f'src="{path}"' in page
    assert client.get(path).data == b"RIFFwords"
    sign_in(client, world.user("agent-a"))  # serves A too
    assert client.get(path).status_code == 200
    sign_in(client, world.user("staff-b"))
    assert client.get(path).status_code == 404
