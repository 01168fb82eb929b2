"""What a caller hears and what is written, from ring to hang-up."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from callcenter.calls.call_acts import take_call
from callcenter.calls.models import Call, CallTask, VoicePlan
from callcenter.calls.states import CallState, TaskKind
from callcenter.core import clock
from callcenter.core.db import session_scope, transaction
from callcenter.core.isolation import actor_scope
from callcenter.members.models import Organisation, Team
from callcenter.messaging.models import Message
from callcenter.oncall.models import OnCallPage
from callcenter.webhooks import voice_records
from tests.calls.live_scenes import actor
from tests.oncall.scenes import NUMBERS, clockwork, fill_weeks, make_rota
from tests.webhooks.voice_caller import Caller, Provider, said, verb
from tests.world import World, as_system

LINE_A, LINE_B = "+33536490100", "+33536490110"
OPEN = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)  # a Tuesday morning
NIGHT = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)


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


def on_call_team(world: World) -> None:
    with as_system() as session, transaction():
        team = session.scalars(
            sa.select(Team).where(Team.member_id == world.a.id, Team.kind == "on_call")
        ).one()
        team.phone = "+33536490777"


def calls() -> list[Call]:
    with as_system() as session:
        return list(session.scalars(sa.select(Call).order_by(Call.id)))


def tasks() -> list[CallTask]:
    with as_system() as session:
        return list(session.scalars(sa.select(CallTask)))


def test_a_caller_is_greeted_and_waits(provider: Provider, world: World) -> None:
    plan(world, notice="Cet appel n'est pas enregistré.")
    caller = Caller(provider, LINE_A)
    heard = caller.ring()
    assert "Aquitanis, bonjour." in said(heard)
    assert "pas enregistré" in said(heard)
    queue = verb(heard, "Enqueue")
    assert queue.text == f"line-{world.a.line}"
    assert calls()[0].state == CallState.RINGING
    waiting = caller.at(queue.get("waitUrl"), QueuePosition="3", QueueTime="0")
    assert "position 3" in said(waiting)
    assert verb(waiting, "Play").text.endswith(".wav")
    (call,) = calls()
    assert (call.state, call.path) == (CallState.WAITING, "queue")
    assert "Etcheverry" in call.caller_hint


def test_without_the_provider_s_signature_nothing_is_done(
    client: FlaskClient, provider: Provider
) -> None:
    for path in ("incoming", "wait", "status", "agent", "dequeued", "out", "transfer"):
        answer = client.post(f"/webhooks/twilio/voice/{path}", data={"To": LINE_A, "CallSid": "x"})
        assert answer.status_code == 403, path
    assert calls() == []


def test_an_agent_takes_the_call_with_a_whisper(provider: Provider, world: World) -> None:
    caller = Caller(provider, LINE_A)
    caller.at(verb(caller.ring(), "Enqueue").get("waitUrl"), QueuePosition="1", QueueTime="0")
    who = actor(world)
    with session_scope(actor_scope(who)), transaction():
        call_id = take_call(who)[0].id
    leg = {"CallSid": "CAleg", "To": "+33536490301"}
    heard = provider.hear(f"agent?call_id={call_id}&agent_id={who.user_id}", **leg)
    assert "Aquitanis" in said(heard)
    queue = verb(heard, "Queue")
    caller.at(queue.get("url"), DequeingCallSid="CAleg", QueueTime="12")
    (call,) = calls()
    assert (call.state, call.agent_id, call.answering_number) == (
        CallState.ANSWERED, who.user_id, "+33536490301",
    )  # fmt: skip
    assert caller.over().status_code == 204
    assert calls()[0].state == CallState.WRAP_UP
    assert tasks() == []


def test_two_agents_who_get_each_other_s_caller(provider: Provider, world: World) -> None:
    """What happened on the telephone is what is written."""
    one, two = Caller(provider, LINE_A, "CA1"), Caller(provider, LINE_A, "CA2")
    for caller in (one, two):
        caller.at(verb(caller.ring(), "Enqueue").get("waitUrl"), QueueTime="0")
    camille, lucie = actor(world), actor(world, "agent-a")
    taken = {}
    for who in (camille, lucie):
        with session_scope(actor_scope(who)), transaction():
            taken[who.name] = take_call(who)[0].id
        number = f"CAleg{who.user_id}"
        provider.hear(
            f"agent?call_id={taken[who.name]}&agent_id={who.user_id}", CallSid=number, To="+331"
        )
    # Lucie's telephone was quicker: the queue gives her the first caller.
    one.at("dequeued", DequeingCallSid=f"CAleg{lucie.user_id}")
    two.at("dequeued", DequeingCallSid=f"CAleg{camille.user_id}")
    first, second = calls()
    assert (first.provider_id, first.agent_id) == ("CA1", lucie.user_id)
    assert (second.provider_id, second.agent_id) == ("CA2", camille.user_id)


def test_a_telephone_that_does_not_answer_leaves_the_caller_in_the_queue(
    provider: Provider, world: World
) -> None:
    caller = Caller(provider, LINE_A)
    caller.at(verb(caller.ring(), "Enqueue").get("waitUrl"), QueueTime="0")
    who = actor(world)
    with session_scope(actor_scope(who)), transaction():
        call_id = take_call(who)[0].id
    provider.post(
        f"agent-status?call_id={call_id}&agent_id={who.user_id}",
        CallSid="CAleg", CallStatus="no-answer",
    )  # fmt: skip
    (call,) = calls()
    assert (call.state, call.agent_id) == (CallState.WAITING, None)


def test_an_agent_who_picks_up_too_late_is_told(provider: Provider, world: World) -> None:
    caller = Caller(provider, LINE_A)
    caller.ring()
    caller.over()
    call_id = calls()[0].id
    heard = provider.hear(f"agent?call_id={call_id}&agent_id=1", CallSid="CAleg", To="+331")
    assert "terminé" in said(heard)
    verb(heard, "Hangup")


def test_a_caller_who_gives_up_is_called_back(provider: Provider, world: World) -> None:
    caller = Caller(provider, LINE_A)
    caller.at(verb(caller.ring(), "Enqueue").get("waitUrl"), QueueTime="0")
    # What is written is written on threads of their own, which know no frozen clock.
    ended = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=3)
    for _twice in range(2):
        caller.over(Timestamp=format_datetime(ended))
    (call,) = calls()
    assert call.state == CallState.ABANDONED
    assert call.ended_at == ended  # the provider's own instant
    assert [(task.kind, task.calls) for task in tasks()] == [(TaskKind.ABANDONED, 1)]


def test_a_status_for_a_call_never_heard_of_is_kept(provider: Provider, world: World) -> None:
    """The database was away during the whole call: the person is still called back."""
    Caller(provider, LINE_A).over()
    assert calls()[0].state == CallState.ABANDONED
    assert len(tasks()) == 1


def test_a_request_to_be_called_back_from_the_queue(provider: Provider, world: World) -> None:
    caller = Caller(provider, LINE_A)
    waiting = verb(caller.ring(), "Enqueue").get("waitUrl")
    caller.at(waiting, QueueTime="0")
    heard = caller.at(f"{waiting}&turn=1", QueueTime="20")
    left = caller.at(verb(heard, "Gather").get("action"), Digits="2")
    verb(left, "Leave")
    assert "rappellerons" in said(caller.at(f"left?line=%2B{LINE_A[1:]}", QueueResult="leave"))
    caller.over()
    assert [(task.kind, task.calls) for task in tasks()] == [(TaskKind.CALLBACK, 1)]


def test_no_key_in_the_queue_goes_on_waiting(provider: Provider, world: World) -> None:
    caller = Caller(provider, LINE_A)
    caller.ring()
    again = caller.at(f"wait-key?line=%2B{LINE_A[1:]}&turn=2")
    assert "/wait?" in verb(again, "Redirect").text


def test_a_line_that_asks_for_a_choice(provider: Provider, world: World) -> None:
    on_call_team(world)
    plan(
        world,
        choices=[
            {"digit": "1", "words": "Pour une urgence technique", "action": "urgent"},
            {"digit": "2", "words": "Pour votre logement", "action": "queue"},
            {"digit": "3", "words": "Pour être rappelé", "action": "callback"},
        ],
    )
    caller = Caller(provider, LINE_A)
    heard = caller.ring()
    ask = verb(heard, "Gather")
    assert "urgence technique, tapez 1" in said(heard)
    assert verb(caller.at(ask.get("action"), Digits="1"), "Number").text == "+33536490777"
    assert verb(caller.at(ask.get("action"), Digits="2"), "Enqueue").text
    assert "callback" in verb(caller.at(ask.get("action"), Digits="3"), "Redirect").text
    again = caller.at(ask.get("action"), Digits="9")
    assert verb(caller.at(verb(again, "Gather").get("action"), Digits="9"), "Enqueue").text
    assert verb(caller.at(ask.get("action")), "Enqueue").text  # no key: an agent answers


def test_at_night_an_emergency_reaches_the_on_call_service(
    provider: Provider, world: World
) -> None:
    on_call_team(world)
    with clock.frozen_at(NIGHT):
        caller = Caller(provider, LINE_A)
        heard = caller.ring()
        assert "fermés" in said(heard)
        assert "0 800 47 33 33" in said(heard)
        action = verb(heard, "Gather").get("action")
        dial = caller.at(action, Digits="1")
        assert verb(dial, "Number").text == "+33536490777"
        whispered = provider.hear(verb(dial, "Number").get("url"), CallSid="CAx", To="+331")
        assert "Aquitanis" in said(whispered)
        caller.at(verb(dial, "Dial").get("action"), DialCallStatus="completed")
        caller.over()
    (call,) = calls()
    assert (call.state, call.path) == (CallState.ENDED, "on_call")
    assert tasks() == []


def test_an_on_call_service_that_does_not_answer_leaves_a_task(
    provider: Provider, world: World
) -> None:
    on_call_team(world)
    with clock.frozen_at(NIGHT):
        caller = Caller(provider, LINE_A)
        caller.ring()
        caller.at(f"night?line=%2B{LINE_A[1:]}", Digits="1")
        heard = caller.at(f"dialled?line=%2B{LINE_A[1:]}&what=on-call", DialCallStatus="no-answer")
        assert "ne répond" in said(heard)
        caller.over()
    assert [task.kind for task in tasks()] == [TaskKind.MISSED]


def test_closed_hours_leave_no_missed_call_unless_asked(provider: Provider, world: World) -> None:
    with clock.frozen_at(NIGHT):
        caller = Caller(provider, LINE_B)
        heard = caller.ring()
        assert "rappelé" in said(heard)
        action = verb(heard, "Gather").get("action")
        assert "Au revoir" in said(caller.at(action))
        caller.over()
    assert tasks() == []
    with clock.frozen_at(NIGHT):
        other = Caller(provider, LINE_B, "CA2")
        other.at(verb(other.ring(), "Gather").get("action"), Digits="2")
        noted = other.at(f"callback?line=%2B{LINE_B[1:]}&noted=1")
        assert "C'est noté" in said(noted)
    assert [task.kind for task in tasks()] == [TaskKind.CALLBACK]


def test_a_full_queue_overflows(provider: Provider, world: World) -> None:
    plan(world, max_waiting=1, overflow="number", overflow_number="+33536490888")
    first = Caller(provider, LINE_A, "CA1")
    first.at(verb(first.ring(), "Enqueue").get("waitUrl"), QueueTime="0")
    with as_system() as session, transaction():
        session.execute(sa.update(Call).values(started_at=datetime.now(UTC)))
    second = Caller(provider, LINE_A, "CA2")
    assert verb(second.ring(), "Number").text == "+33536490888"


def test_who_has_waited_too_long_is_offered_a_call_back(provider: Provider, world: World) -> None:
    plan(world, max_wait_seconds=60)
    caller = Caller(provider, LINE_A)
    queue = verb(caller.ring(), "Enqueue")
    verb(caller.at(queue.get("waitUrl"), QueueTime="61"), "Leave")
    heard = caller.at(queue.get("action"), QueueResult="leave")
    assert "rappelé" in said(heard)
    noted = caller.at(verb(heard, "Gather").get("action"), Digits="2")
    assert "C'est noté" in said(noted)


def test_a_number_that_is_no_line(provider: Provider, world: World) -> None:
    heard = Caller(provider, "+33536499999").ring()
    verb(heard, "Hangup")
    assert calls() == []


def test_hidden_callers_are_normal_callers(provider: Provider, world: World) -> None:
    caller = Caller(provider, LINE_A, number="+266696687")
    verb(caller.ring(), "Enqueue")
    caller.over()
    assert calls()[0].caller_number == ""
    assert tasks() == []


def test_a_held_caller_hears_music_and_the_agent_s_telephone_stays(
    provider: Provider, world: World
) -> None:
    caller = Caller(provider, LINE_A)
    caller.at(verb(caller.ring(), "Enqueue").get("waitUrl"), QueueTime="0")
    who = actor(world)
    with session_scope(actor_scope(who)), transaction():
        call_id = take_call(who)[0].id
    provider.hear(f"agent?call_id={call_id}&agent_id={who.user_id}", CallSid="L", To="+331")
    caller.at("dequeued", DequeingCallSid="L")
    with as_system() as session, transaction():
        session.get_one(Call, call_id).hold_since = OPEN
    held = caller.at(f"held?call_id={call_id}")
    assert verb(held, "Conference").get("startConferenceOnEnter") == "false"
    verb(provider.hear(f"agent-done?call_id={call_id}", CallSid="L", To="+331"), "Pause")
    back = provider.hear(f"rejoin?call_id={call_id}", CallSid="L", To="+331")
    assert verb(back, "Conference").text == verb(held, "Conference").text
    with as_system() as session, transaction():
        session.get_one(Call, call_id).hold_since = None
    verb(provider.hear(f"agent-done?call_id={call_id}", CallSid="L", To="+331"), "Hangup")


@pytest.mark.faults
def test_a_frozen_database_freezes_no_telephone(
    provider: Provider, world: World, owner_connection: Any
) -> None:
    warm = Caller(provider, LINE_A, "CA0")
    warm.ring()  # the line is known to this process
    owner_connection.execute(sa.text('LOCK TABLE "call" IN ACCESS EXCLUSIVE MODE'))
    start = time.monotonic()
    caller = Caller(provider, LINE_A)
    heard = caller.ring()
    verb(heard, "Enqueue")
    verb(caller.at(verb(heard, "Enqueue").get("waitUrl"), QueueTime="0"), "Play")
    assert time.monotonic() - start < 6
    assert caller.over().status_code == 503  # the end of a call is asked for again
    owner_connection.rollback()
    assert caller.over().status_code == 204
    assert [call.provider_id for call in calls()] == ["CA0", "CA1"]
    assert len(tasks()) == 1


@pytest.mark.faults
def test_a_line_not_yet_known_while_the_database_is_away(
    provider: Provider, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_number: str) -> None:
        raise sa.exc.OperationalError("select", {}, Exception("away"))

    monkeypatch.setattr(voice_records, "load_line", away)
    heard = Caller(provider, LINE_A).ring()
    again = verb(heard, "Redirect").text
    for _turn in range(3):
        last = Caller(provider, LINE_A).at(again)
        if last.find("Redirect") is None:
            break
        again = verb(last, "Redirect").text
    assert "112" in said(last)


def test_the_neighbour_s_line_speaks_in_its_own_name(provider: Provider, world: World) -> None:
    heard = Caller(provider, LINE_B).ring()
    assert "Mésolia" in said(heard)
    assert "Aquitanis" not in said(heard)
    with as_system() as session:
        assert session.scalars(sa.select(Organisation.id)).first()
    assert calls()[0].member_id == world.b.id


def rota_of_two(world: World) -> None:
    rota = make_rota(world, people=2)
    # Webhooks ask the database on threads of their own, where the hour is the real one.
    today = datetime.now(UTC).date()
    fill_weeks(world, rota, today - timedelta(days=3), today + timedelta(days=10))


def test_at_night_the_person_on_duty_is_rung_then_the_next_then_paged(
    provider: Provider, world: World
) -> None:
    rota_of_two(world)
    with clock.frozen_at(NIGHT):
        caller = Caller(provider, LINE_A)
        action = verb(caller.ring(), "Gather").get("action")
        first = caller.at(action, Digits="1")
        rung = [verb(first, "Number").text]
        second = caller.at(verb(first, "Dial").get("action"), DialCallStatus="no-answer")
        rung.append(verb(second, "Number").text)
        assert sorted(rung) == sorted(NUMBERS[:2])
        heard = caller.at(verb(second, "Dial").get("action"), DialCallStatus="busy")
        assert "par message et vous rappelle" in said(heard)
        # The provider may tell it twice.
        caller.at(verb(second, "Dial").get("action"), DialCallStatus="busy")
        caller.over()
    with as_system() as session:
        (page,) = session.scalars(sa.select(OnCallPage)).all()
    assert page.caller_number == calls()[0].caller_number
    assert [task.kind for task in tasks()] == [TaskKind.CALLBACK]
    assert clockwork(datetime.now(UTC)) == 1
    with as_system() as session:
        sms = session.scalars(sa.select(Message)).one()
    assert (sms.to_number, sms.trigger, sms.urgent) == (rung[0], "on_call_page", True)
    assert "Appel urgent sans r" in sms.body


def test_the_next_on_duty_answers_the_caller(provider: Provider, world: World) -> None:
    rota_of_two(world)
    with clock.frozen_at(NIGHT):
        caller = Caller(provider, LINE_A)
        action = verb(caller.ring(), "Gather").get("action")
        first = caller.at(action, Digits="1")
        second = caller.at(verb(first, "Dial").get("action"), DialCallStatus="no-answer")
        caller.at(verb(second, "Dial").get("action"), DialCallStatus="completed")
        caller.over()
    assert tasks() == []
    with as_system() as session:
        assert session.scalars(sa.select(OnCallPage)).all() == []
