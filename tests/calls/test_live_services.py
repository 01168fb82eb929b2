"""Live calls in the database: reports in any order, taking, tasks, presence."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from callcenter.calls import presence
from callcenter.calls.call_acts import ask_callback, get_call, give_back, hold, take_call
from callcenter.calls.live_rules import Report
from callcenter.calls.live_services import Answerer
from callcenter.calls.models import AgentPresence, Call, CallTask
from callcenter.calls.states import (
    BreakReason,
    CallProvider,
    CallState,
    Direction,
    PresenceState,
    TaskKind,
    TaskState,
)
from callcenter.calls.tasks import close_task
from callcenter.core import clock
from callcenter.core.db import db, session_scope, transaction
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Scope, actor_scope
from callcenter.core.permissions import Role
from tests.calls.live_scenes import MAITE, actor, load_call, report
from tests.world import World, as_system


def tasks(member_id: int) -> list[CallTask]:
    with as_system() as session:
        return list(
            session.scalars(
                select(CallTask).where(CallTask.member_id == member_id).order_by(CallTask.id)
            )
        )


def answerer(world: World, name: str = "agent") -> Answerer:
    who = actor(world, name)
    return Answerer(who.user_id, who.name, who.home_id)


def test_the_screen_knows_who_may_be_calling(app: Flask, world: World) -> None:
    call = load_call(report(world, world.a, Report.NEW))
    assert call.state == CallState.RINGING
    assert call.caller_matches == 2  # Maïté and Jean share the number: a list, never a guess
    assert "Etcheverry" in call.caller_hint
    assert " ou " in call.caller_hint
    assert call.contact_id is None


def test_a_neighbour_member_s_tenant_is_not_recognised(app: Flask, world: World) -> None:
    call = load_call(report(world, world.b, Report.NEW))
    assert (call.caller_matches, call.caller_hint) == (0, "")


def test_a_hidden_number_is_a_normal_call(app: Flask, world: World) -> None:
    call = load_call(report(world, world.a, Report.NEW, number="Anonymous"))
    assert (call.caller_number, call.caller_kind) == ("", "anonymous")
    report(world, world.a, Report.ENDED, number="Anonymous")
    assert tasks(world.a.id) == []  # nobody can call back


def test_answer_before_new_call_and_two_hang_ups(app: Flask, world: World) -> None:
    agent = answerer(world)
    call_id = report(world, world.a, Report.ANSWERED, agent=agent)
    assert report(world, world.a, Report.NEW) == call_id
    for _twice in range(2):
        report(world, world.a, Report.ENDED)
    call = load_call(call_id)
    assert call.state == CallState.WRAP_UP
    assert call.agent_id == agent.user_id
    assert call.started_at <= call.answered_at <= call.ended_at  # type: ignore[operator]
    with as_system() as session:
        assert len(session.scalars(select(Call)).all()) == 1
        row = session.scalars(select(AgentPresence)).one()
        assert (row.state, row.call_id) == (PresenceState.WRAP_UP, call_id)


def test_a_hang_up_told_before_its_answer(app: Flask, world: World) -> None:
    call_id = report(world, world.a, Report.ENDED)
    assert load_call(call_id).state == CallState.ABANDONED
    assert [task.state for task in tasks(world.a.id)] == [TaskState.OPEN]
    report(world, world.a, Report.ANSWERED)
    assert load_call(call_id).state == CallState.ENDED
    assert [task.state for task in tasks(world.a.id)] == [TaskState.DONE]  # was reached


def test_a_wrong_clock_is_not_written(app: Flask, world: World) -> None:
    now = clock.now()
    call = load_call(report(world, world.a, Report.NEW, at=now - timedelta(days=400)))
    assert abs(call.started_at - now) < timedelta(minutes=1)
    call = load_call(report(world, world.a, Report.NEW, "two", at=now + timedelta(hours=2)))
    assert abs(call.started_at - now) < timedelta(minutes=1)


def test_missed_calls_of_one_number_are_one_task(app: Flask, world: World) -> None:
    for number in ("one", "two", "three"):
        report(world, world.a, Report.NEW, number)
        if number != "one":
            report(world, world.a, Report.QUEUED, number)
        report(world, world.a, Report.ENDED, number)
        report(world, world.a, Report.ENDED, number)
    found = tasks(world.a.id)
    assert len(found) == 1
    assert (found[0].calls, found[0].kind) == (3, TaskKind.ABANDONED)
    report(world, world.b, Report.ENDED, "four")
    assert len(tasks(world.b.id)) == 1  # the neighbour's task is its own
    report(world, world.a, Report.ANSWERED, "five", agent=answerer(world))
    assert [task.state for task in tasks(world.a.id)] == [TaskState.DONE]
    assert tasks(world.a.id)[0].closed_by_label == "Camille Roux"


def test_a_request_to_be_called_back_stands(app: Flask, world: World) -> None:
    call_id = report(world, world.a, Report.QUEUED)
    with session_scope(actor_scope(actor(world))), transaction():
        ask_callback(get_call(call_id, actor(world)))
    report(world, world.a, Report.ENDED)
    found = tasks(world.a.id)
    assert [(task.kind, task.calls) for task in found] == [(TaskKind.CALLBACK, 1)]
    report(world, world.a, Report.ENDED, "later")
    assert [task.kind for task in tasks(world.a.id)] == [TaskKind.CALLBACK]


def test_a_task_is_closed_by_hand_with_a_reason(app: Flask, world: World) -> None:
    report(world, world.a, Report.ENDED)
    (task,) = tasks(world.a.id)
    who = actor(world)
    with session_scope(actor_scope(who)), transaction():
        with pytest.raises(UserError):
            close_task(task.id, who, " ")
        assert close_task(task.id, who, "Faux numéro").state == TaskState.DONE
    mine = actor(world, "agent-a")
    report(world, world.b, Report.ENDED, "two")
    (other,) = tasks(world.b.id)
    with session_scope(actor_scope(mine)), pytest.raises(NotFound):
        close_task(other.id, mine, "Faux numéro")


def test_two_agents_take_two_calls_the_oldest_first(app: Flask, world: World) -> None:
    first = report(world, world.a, Report.QUEUED, "one")
    second = report(world, world.a, Report.QUEUED, "two")
    one, two = actor(world), actor(world, "agent-a")
    with session_scope(actor_scope(one)), transaction():
        call, agent = take_call(one)
        assert (call.id, agent.state) == (first, PresenceState.ON_CALL)
    with session_scope(actor_scope(two)), transaction():
        assert take_call(two)[0].id == second
        with pytest.raises(UserError):
            take_call(two)
        with pytest.raises(UserError, match="pris"):
            take_call(two, first)


def test_an_agent_takes_no_call_of_a_member_without_mandate(app: Flask, world: World) -> None:
    other = report(world, world.b, Report.QUEUED)
    mine = actor(world, "agent-a")
    with session_scope(actor_scope(mine)), transaction():
        with pytest.raises(UserError):
            take_call(mine)
        with pytest.raises(NotFound):
            take_call(mine, other)


def test_a_call_of_another_exchange_is_not_taken_from_the_desk(app: Flask, world: World) -> None:
    report(world, world.a, Report.QUEUED, provider=CallProvider.CTI)
    who = actor(world)
    with session_scope(actor_scope(who)), transaction(), pytest.raises(UserError):
        take_call(who)


def test_a_telephone_that_does_not_answer_gives_the_call_back(app: Flask, world: World) -> None:
    report(world, world.a, Report.QUEUED)
    who = actor(world)
    with session_scope(actor_scope(who)), transaction():
        call, _agent = take_call(who)
        freed = give_back(call)
        assert freed is not None
        assert freed.state == PresenceState.AVAILABLE
        assert take_call(who)[0].id == call.id


def test_holding_is_counted(app: Flask, world: World) -> None:
    call_id = report(world, world.a, Report.ANSWERED, agent=answerer(world))
    who = actor(world)
    start = clock.now()
    with session_scope(actor_scope(who)), transaction():
        with clock.frozen_at(start):
            hold(get_call(call_id, who), on=True)
            hold(get_call(call_id, who), on=True)
        with clock.frozen_at(start + timedelta(seconds=30)):
            hold(get_call(call_id, who), on=False)
            hold(get_call(call_id, who), on=False)
        assert get_call(call_id, who).held_seconds == 30


def test_wrap_up_can_be_extended_and_ends_by_itself(app: Flask, world: World) -> None:
    call_id = report(world, world.a, Report.ANSWERED, agent=answerer(world))
    report(world, world.a, Report.ENDED, wrap_up_seconds=40)
    who = actor(world)
    call = load_call(call_id)
    assert call.wrap_until is not None
    with session_scope(actor_scope(who)), transaction():
        agent = presence.extend_wrap_up(who)
        assert agent.until == call.wrap_until + timedelta(seconds=60)
    with (
        clock.frozen_at(call.wrap_until + timedelta(seconds=61)),
        session_scope(actor_scope(who)),
    ):
        assert presence.get_presence(who).state is PresenceState.AVAILABLE


def test_a_break_has_a_reason_and_a_supervisor_changes_a_state(app: Flask, world: World) -> None:
    who = actor(world)
    with session_scope(actor_scope(who)), transaction():
        with pytest.raises(UserError):
            presence.choose_presence(who, PresenceState.BREAK, BreakReason.NONE)
        with pytest.raises(UserError):
            presence.choose_presence(who, PresenceState.ON_CALL, BreakReason.NONE)
        presence.choose_presence(who, PresenceState.BREAK, BreakReason.LUNCH)
    boss = actor(world, "supervisor", Role.SUPERVISOR)
    with session_scope(actor_scope(boss)), transaction():
        changed = presence.change_presence_of(
            boss, who.user_id, PresenceState.AVAILABLE, BreakReason.NONE
        )
        assert changed.state is PresenceState.AVAILABLE
        with pytest.raises(NotFound):
            presence.change_presence_of(
                boss, world.users["staff-a"], PresenceState.AVAILABLE, BreakReason.NONE
            )


def test_an_outgoing_call_that_nobody_takes_makes_no_task(app: Flask, world: World) -> None:
    report(world, world.a, Report.NEW, direction=Direction.OUT)
    report(world, world.a, Report.ENDED, direction=Direction.OUT)
    assert tasks(world.a.id) == []


def test_a_call_id_of_another_member_is_nobody_s(app: Flask, world: World) -> None:
    report(world, world.a, Report.NEW)
    with pytest.raises(AssertionError):
        report(world, world.b, Report.NEW)
    with session_scope(Scope(everything=True)):
        assert len(db.session.scalars(select(Call)).all()) == 1


def test_a_number_typed_later_is_kept(app: Flask, world: World) -> None:
    call_id = report(world, world.a, Report.ANSWERED, number="")
    assert load_call(call_id).caller_number == ""
    report(world, world.a, Report.NEW, number=MAITE)
    assert load_call(call_id).caller_matches == 2
