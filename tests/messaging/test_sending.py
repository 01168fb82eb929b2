"""One message to a real provider's look-alike: what each answer leaves in the outbox."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.estate.models import ContactPhone
from callcenter.messaging import decisions, upkeep
from callcenter.messaging.claiming import claim_messages
from callcenter.messaging.gateway import Accepted, Gateway
from callcenter.messaging.models import DeliveryReceipt, Message, MessageStep, OptOut, SendingPause
from callcenter.messaging.sending import release_unsent, store_answers
from callcenter.messaging.services import record_opt_out
from callcenter.webhooks.twilio_sms import store_status
from tests.outbox import MOBILE, ago, change, every_message, message, queue_one
from tests.sandbox_process import SandboxProcess
from tests.statements import counted
from tests.world import World, as_system
from workers.dispatcher import tasks_for
from workers.messages import send_all
from workers.periodic import ask_about_untold, reconcile

# A Tuesday: nothing waits for the end of quiet hours.
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=clock.PARIS)


@pytest.fixture
def gateway(sandbox: SandboxProcess) -> Gateway:
    return sandbox.gateway(read_timeout=0.4)


def told(message_id: int | None, provider_id: str, status: str, code: int | None = None) -> None:
    store_status(message_id, provider_id, status, code, {})


def steps(message_id: int) -> list[str]:
    with as_system() as session:
        return list(
            session.scalars(
                select(MessageStep.state)
                .where(MessageStep.message_id == message_id)
                .order_by(MessageStep.id)
            )
        )


def test_accepted(app: Flask, world: World, sandbox: SandboxProcess, gateway: Gateway) -> None:
    number = queue_one(world.a.id)
    send_all(app, gateway, [number])
    kept = message(number)
    (sent,) = sandbox.messages(MOBILE)
    assert (kept.state, kept.provider_id, kept.attempts) == ("accepted", sent["sid"], 1)
    assert sent["sender"] == "AQ"
    assert sent["body"] == kept.body
    assert sent["status_callback"] == f"http://localhost/webhooks/twilio/status?message={number}"
    send_all(app, gateway, [number])
    assert len(sandbox.messages(MOBILE)) == 1
    assert steps(number) == ["queued", "sending", "accepted"]


def phones(count: int) -> list[str]:
    return [f"+33639985{index:03d}" for index in range(count)]


def test_a_group_takes_no_more_statements_than_one(
    app: Flask, world: World, sandbox: SandboxProcess, gateway: Gateway
) -> None:
    with clock.frozen_at(NOON):
        group = [
            queue_one((world.a.id, world.b.id)[i % 2], to_number=number, urgent=False)
            for i, number in enumerate(phones(16))
        ]
        with counted(app) as alone, app.app_context():
            send_all(app, gateway, group[:1])
        with counted(app) as together, app.app_context():
            send_all(app, gateway, group)
    assert {message(number).state for number in group} == {"accepted"}
    assert len(alone) == 7 + 4, alone
    # Answers that come later than others are stored after them.
    stores = sum("set_config" in one for one in together) - 1
    assert len(together) == 7 + 4 * stores, together
    assert stores <= 4


def test_one_person_s_messages_keep_their_order(
    app: Flask, world: World, sandbox: SandboxProcess, gateway: Gateway
) -> None:
    """Side by side to several people, one after the other to each."""
    sandbox.configure(delay_ms=50)
    group = [
        queue_one(world.a.id, to_number=number)
        for _round in range(3)
        for number in phones(2)
    ]  # fmt: skip
    send_all(app, gateway, group)
    for number in phones(2):
        taken = [one["sid"] for one in sandbox.messages(number)]
        asked = [message(one).provider_id for one in group if message(one).to_number == number]
        assert taken == asked


def test_the_limit_of_the_day_holds_within_a_group(
    app: Flask, world: World, sandbox: SandboxProcess, gateway: Gateway
) -> None:
    with clock.frozen_at(NOON):
        group = [queue_one(world.a.id, urgent=False) for _one in range(6)]
        send_all(app, gateway, group)
    assert [message(one).state for one in group] == ["accepted"] * 4 + ["skipped"] * 2


def test_groups_that_share_people_do_not_wait_for_each_other_for_ever(
    app: Flask, world: World, sandbox: SandboxProcess, gateway: Gateway
) -> None:
    with clock.frozen_at(NOON):
        one, other = (
            [queue_one(world.a.id, to_number=number, urgent=False) for number in phones(8)]
            for _group in range(2)
        )

        def work(group: list[int]) -> None:
            with clock.frozen_at(NOON), app.app_context():
                send_all(app, gateway, group)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(work, (one, list(reversed(other)))))
    assert {message(number).state for number in one + other} == {"accepted"}


def test_a_bad_row_takes_no_other_with_it(
    app: Flask, world: World, sandbox: SandboxProcess, gateway: Gateway
) -> None:
    group = [queue_one(world.a.id, to_number=number) for number in phones(4)]
    change(group[1], trigger="of another program")
    send_all(app, gateway, group)
    assert [message(one).state for one in group] == ["accepted", "queued", "accepted", "accepted"]


def test_an_answer_that_can_t_be_stored_takes_no_other_with_it(app: Flask, world: World) -> None:
    """The provider gives one id to two messages: the second waits for a person."""

    class Forgetful(Gateway):
        def __init__(self) -> None: ...

        def send(self, _to: str, _body: str, message_id: int, *_rest: Any) -> Accepted:
            return Accepted(f"SM{min(message_id, group[2])}", "accepted")

    group = [queue_one(world.a.id, to_number=number) for number in phones(4)]
    send_all(app, Forgetful(), group)
    states = [message(one).state for one in group]
    assert states[:2] == ["accepted", "accepted"]
    assert sorted(states[2:]) == ["accepted", "sending"]
    for number in group:
        change(number, claimed_at=ago(minutes=4))
    with as_system(), transaction():
        assert upkeep.mark_lost() == 1


@pytest.mark.parametrize(
    ("code", "state", "flag"),
    [(21211, "failed", "invalid"), (21614, "failed", "landline"), (21610, "failed", "")],
)
def test_refused(
    app: Flask, world: World, sandbox: SandboxProcess, gateway: Gateway, code: int, state: str,
    flag: str,
) -> None:  # fmt: skip
    sandbox.configure(outcome="error", code=code)
    number = queue_one(world.a.id, to_number="+33639981201")
    send_all(app, gateway, [number])
    kept = message(number)
    assert (kept.state, kept.error_code) == (state, code)
    assert kept.reason
    with as_system() as session:
        flags = session.scalars(
            select(ContactPhone.flag).where(
                ContactPhone.member_id == world.a.id, ContactPhone.number == "+33639981201"
            )
        ).all()
        assert set(flags) == {flag}
        opted_out = session.scalar(select(func.count()).select_from(OptOut))
        assert opted_out == (1 if code == 21610 else 0)


@pytest.mark.parametrize(("code", "cause"), [(63038, "account_pause"), (20003, "credentials")])
def test_an_account_in_trouble_stops_everything_and_fails_nothing(
    app: Flask, world: World, sandbox: SandboxProcess, gateway: Gateway, code: int, cause: str
) -> None:
    sandbox.configure(outcome="error", code=code)
    first, second = queue_one(world.a.id), queue_one(world.b.id)
    send_all(app, gateway, [first])
    assert message(first).state == "queued"
    with as_system() as session, transaction():
        pause = session.scalars(select(SendingPause)).one()
        assert (pause.cause, pause.error_code, pause.member_id) == (cause, code, world.platform)
        assert upkeep.take_due(10) == []
    sandbox.reset()
    send_all(app, gateway, [second])
    assert sandbox.messages() == []
    with as_system(), transaction():
        decisions.resume_sending(pause.id, _actor(world))
    with as_system(), transaction():
        assert [due.id for due in upkeep.take_due(10)] == [first, second]
    for number in (first, second):
        send_all(app, gateway, [number])
        assert message(number).state == "accepted"


def _actor(world: World) -> Any:
    from callcenter.core.isolation import Actor
    from callcenter.core.permissions import PERMISSIONS, Role

    return Actor(
        user_id=world.users["supervisor"],
        name="Nadia Perrin",
        role=Role.SUPERVISOR,
        home_id=world.platform,
        organisation_id=world.platform,
        member_ids=frozenset({world.a.id, world.b.id}),
        permissions=PERMISSIONS[Role.SUPERVISOR],
    )


@pytest.mark.parametrize(
    ("hour", "minute", "waits"), [(9, 0, timedelta(hours=1)), (23, 40, timedelta(minutes=20))]
)
def test_a_cap_of_the_day_ends_by_itself(
    app: Flask, world: World, sandbox: SandboxProcess, gateway: Gateway, hour: int, minute: int,
    waits: timedelta,
) -> None:  # fmt: skip
    """Tried again each hour and at midnight UTC; nothing else than that try tells the provider."""
    began = datetime(2026, 11, 24, hour, minute, tzinfo=UTC)
    sandbox.configure(outcome="error", code=63038)
    with clock.frozen_at(began):
        first, second = queue_one(world.a.id), queue_one(world.b.id)
        assert handed_out() == [first, second]
        send_all(app, gateway, [first, second])
    with clock.frozen_at(began + waits - timedelta(seconds=1)):
        assert handed_out() == []
    with clock.frozen_at(began + waits):
        assert handed_out() == [first, second]
        send_all(app, gateway, [first])
    before, after = holds()
    assert (before.ended_at, before.ended_by, after.ended_at) == (began + waits, "", None)
    sandbox.reset()
    assert after.until
    with clock.frozen_at(after.until):
        send_all(app, gateway, [first, second])
    assert {message(one).state for one in (first, second)} == {"accepted"}


def test_wrong_credentials_wait_for_a_person(
    app: Flask, world: World, sandbox: SandboxProcess, gateway: Gateway
) -> None:
    sandbox.configure(outcome="error", code=20003)
    send_all(app, gateway, [queue_one(world.a.id)])
    with clock.frozen_at(clock.now() + timedelta(days=2)):
        queue_one(world.a.id)
        assert handed_out() == []


def test_too_many_requests_backs_off(
    app: Flask, world: World, sandbox: SandboxProcess, gateway: Gateway
) -> None:
    sandbox.configure(outcome="rate_limited", retry_after=60)
    number = queue_one(world.a.id)
    send_all(app, gateway, [number])
    kept = message(number)
    assert kept.state == "queued"
    assert kept.not_before - kept.state_at >= timedelta(seconds=59)
    assert kept.attempt_id is None
    send_all(app, gateway, [number])
    assert message(number).attempts == 1


def holds() -> list[SendingPause]:
    with as_system() as session:
        return list(session.scalars(select(SendingPause).order_by(SendingPause.id)))


def handed_out() -> list[int]:
    with as_system(), transaction():
        return [due.id for due in upkeep.take_due(10)]


def test_while_the_provider_is_away_one_message_tries_it(
    app: Flask, world: World, sandbox: SandboxProcess, gateway: Gateway
) -> None:
    """Nothing loses its place; the first answer opens the way for all."""
    closed = SandboxProcess()
    closed.url = "http://127.0.0.1:9"
    first, second = queue_one(world.a.id), queue_one(world.b.id)
    before = message(first).not_before
    send_all(app, closed.gateway(), [first])
    kept = message(first)
    assert (kept.state, kept.attempts, kept.not_before) == ("queued", 1, before)
    assert "ne répond pas" in kept.reason
    (hold,) = holds()
    assert (hold.cause, hold.member_id, hold.ended_at) == ("unreachable", world.platform, None)
    assert hold.until
    assert handed_out() == []
    later = hold.until + timedelta(seconds=1)
    with clock.frozen_at(later):
        assert handed_out() == [first]
        assert handed_out() == []  # one on trial, whatever waits
        send_all(app, closed.gateway(), [first])
    (hold,) = holds()
    assert hold.until
    assert hold.until > later
    with clock.frozen_at(hold.until + timedelta(seconds=1)):
        assert handed_out() == [first]
        send_all(app, gateway, [first])
        assert message(first).state == "accepted"
        assert handed_out() == [second]
    assert holds()[0].ended_at


def test_what_was_handed_out_before_the_provider_went_away_does_not_try_it(
    app: Flask, world: World, sandbox: SandboxProcess, gateway: Gateway
) -> None:
    """Sixteen jobs that wait in Redis are not sixteen doubts."""
    first, *others = (queue_one(world.a.id, to_number=number) for number in phones(5))
    assert handed_out() == [first, *others]
    closed = SandboxProcess()
    closed.url = "http://127.0.0.1:9"
    send_all(app, closed.gateway(), [first])
    (hold,) = holds()
    send_all(app, gateway, others)
    assert sandbox.messages() == []
    assert {(message(one).attempts, message(one).enqueued_at) for one in others} == {(0, None)}
    assert hold.until
    with clock.frozen_at(hold.until + timedelta(seconds=1)):
        assert handed_out() == [first]
        send_all(app, gateway, [first])
        assert handed_out() == others


def test_lost_answers_in_a_row_hold_the_rest_back(
    app: Flask, world: World, sandbox: SandboxProcess, gateway: Gateway
) -> None:
    """Each try may leave a message in doubt: a provider that answers badly gets few."""
    sandbox.configure(outcome="server_error", accepted=False)
    for number in [queue_one(world.a.id) for _ in range(3)]:
        assert holds() == []
        send_all(app, gateway, [number])
    assert [hold.cause for hold in holds()] == ["unreachable"]
    queue_one(world.a.id)
    assert handed_out() == []


def test_answers_between_the_lost_ones_hold_nothing_back(
    app: Flask, world: World, sandbox: SandboxProcess, gateway: Gateway
) -> None:
    for outcome in ("server_error", "ok", "server_error", "ok", "server_error"):
        sandbox.configure(outcome=outcome, accepted=False if outcome != "ok" else None)
        send_all(app, gateway, [queue_one(world.a.id)])
    assert holds() == []


def test_a_cap_that_is_told_late_pauses_and_loses_nothing(app: Flask, world: World) -> None:
    number = queue_one(world.a.id)
    told(number, "SM7", "failed", 63038)
    first, again = every_message()
    assert (first.state, again.state, again.retry_of_id) == ("failed", "queued", number)
    assert [pause.cause for pause in holds()] == ["account_pause"]
    assert handed_out() == []


def test_what_was_never_told_is_asked_for(
    app: Flask, world: World, sandbox: SandboxProcess, gateway: Gateway
) -> None:
    sandbox.configure(callbacks="never")
    number = queue_one(world.a.id)
    send_all(app, gateway, [number])
    sandbox.wait_for(lambda found: found[0]["status"] == "delivered")
    assert ask_about_untold(gateway) == 0  # too soon: a callback may come
    change(number, sent_at=ago(minutes=16))
    assert ask_about_untold(gateway) == 1
    assert message(number).state == "delivered"
    forgotten = queue_one(world.a.id)
    change(forgotten, state="sent", provider_id="SMgone", sent_at=ago(minutes=16))
    assert ask_about_untold(gateway) == 0
    assert message(forgotten).asked_at


@pytest.mark.parametrize("outcome", ["timeout", "no_sid", "server_error", "dropped"])
def test_a_lost_answer_is_never_sent_again(
    app: Flask, world: World, sandbox: SandboxProcess, gateway: Gateway, outcome: str
) -> None:
    taken = outcome != "dropped"
    sandbox.configure(outcome=outcome, accepted=taken, callbacks="never", hold_ms=1500)
    number = queue_one(world.a.id)
    send_all(app, gateway, [number])
    assert message(number).state == "uncertain"
    send_all(app, gateway, [number])
    assert len(sandbox.messages(MOBILE)) == int(taken)
    sandbox.configure(outcome="ok")
    assert reconcile(gateway) == int(taken)
    kept = message(number)
    if taken:
        assert kept.state in {"accepted", "sent", "delivered"}
        assert kept.provider_id == sandbox.messages(MOBILE)[0]["sid"]
    else:
        assert kept.state == "uncertain"


def test_reconciling_never_gives_one_copy_to_two_rows(
    app: Flask, world: World, sandbox: SandboxProcess, gateway: Gateway
) -> None:
    first, second = queue_one(world.a.id), queue_one(world.a.id)
    sandbox.configure(scope="next", outcome="no_sid", callbacks="never")
    send_all(app, gateway, [first])
    sandbox.configure(scope="next", outcome="dropped", accepted=False)
    send_all(app, gateway, [second])
    assert reconcile(gateway) == 1
    states = sorted(message(number).state for number in (first, second))
    assert states[1] == "uncertain"
    assert reconcile(gateway) == 0


def test_a_person_decides_what_stays_uncertain(
    app: Flask, world: World, sandbox: SandboxProcess, gateway: Gateway
) -> None:
    sandbox.configure(outcome="dropped", accepted=False)
    again, given_up = queue_one(world.a.id), queue_one(world.a.id)
    for number in (again, given_up):
        send_all(app, gateway, [number])
    sandbox.reset()
    with as_system(), transaction():
        decisions.resend_message(again, _actor(world))
        decisions.abandon_message(given_up, _actor(world))
    for number in (again, given_up):
        send_all(app, gateway, [number])
    assert len(sandbox.messages(MOBILE)) == 1
    assert message(again).state == "accepted"
    assert (message(given_up).state, message(given_up).reason) == (
        "failed",
        "Abandonné par Nadia Perrin.",
    )


def test_receipts_in_any_order_any_number_of_times(app: Flask, world: World) -> None:
    number = queue_one(world.a.id)
    with as_system(), transaction():
        (claim,) = claim_messages([number]).claims
    for status in ("delivered", "sent", "queued", "delivered", "sent", "nonsense"):
        told(number, "SM1", status)
    assert message(number).state == "delivered"
    with as_system(), transaction():
        store_answers([(claim, "SM1")])
    kept = message(number)
    assert (kept.state, kept.provider_id) == ("delivered", "SM1")
    assert kept.delivered_at
    with as_system() as session:
        assert session.scalar(select(func.count()).select_from(DeliveryReceipt)) == 4


def test_a_receipt_finds_its_message_by_the_provider_s_id_too(app: Flask, world: World) -> None:
    number = queue_one(world.a.id)
    told(number, "SM2", "sent")
    told(None, "SM2", "delivered")
    told(10**12, "SM3", "delivered")
    assert message(number).state == "delivered"


def test_undelivered_for_now_makes_a_new_row(app: Flask, world: World) -> None:
    number = queue_one(world.a.id, urgent=False)
    told(number, "SM4", "undelivered", 30003)
    told(number, "SM4", "undelivered", 30003)
    told(number, "SM4", "failed", 30003)
    first, again = every_message()
    assert (first.state, first.error_code) == ("undelivered", 30003)
    assert (again.retry_of_id, again.try_number, again.state) == (first.id, 2, "queued")
    assert again.not_before >= first.state_at + timedelta(minutes=30)
    assert again.expires_at == first.expires_at
    assert again.body == first.body
    told(again.id, "SM5", "undelivered", 30008)
    assert len(every_message()) == 2
    told(10**12, "SM9", "undelivered", 30003)
    assert len(every_message()) == 2


def test_filtered_is_never_tried_again(app: Flask, world: World) -> None:
    number = queue_one(world.a.id)
    told(number, "SM6", "undelivered", 30007)
    assert [one.state for one in every_message()] == ["undelivered"]


def test_what_changed_since_it_was_queued_is_looked_at_again(app: Flask, world: World) -> None:
    late, closed, early = (queue_one(world.a.id) for _ in range(3))
    change(late, expires_at=ago(seconds=1))
    change(early, not_before=ago(seconds=-60))
    with as_system(), transaction():
        assert not claim_messages([late]).claims
        assert not claim_messages([early]).claims
        record_opt_out(world.a.id, MOBILE, source="link")
    with as_system(), transaction():
        assert not claim_messages([closed]).claims
    assert [message(n).state for n in (late, closed, early)] == ["expired", "skipped", "queued"]


def test_a_claim_that_asked_nothing_is_put_back(app: Flask, world: World) -> None:
    number = queue_one(world.a.id)
    with as_system(), transaction():
        (claim,) = claim_messages([number]).claims
    with as_system(), transaction():
        release_unsent([claim])
    kept = message(number)
    assert (kept.state, kept.attempts, kept.attempt_id) == ("queued", 0, None)


def test_the_sweep(app: Flask, world: World) -> None:
    forgotten, stuck, late, fresh = (queue_one(world.a.id) for _ in range(4))
    change(forgotten, enqueued_at=ago(minutes=2))
    change(fresh, enqueued_at=ago(seconds=5))
    change(stuck, state="sending", claimed_at=ago(minutes=10))
    change(late, expires_at=ago(seconds=1))
    with as_system(), transaction():
        assert [due.id for due in upkeep.take_due(10)] == [forgotten]
        assert upkeep.mark_lost() == 1
        assert upkeep.expire_overdue() == 1
    assert [message(n).state for n in (forgotten, stuck, late, fresh)] == [
        "queued",
        "uncertain",
        "expired",
        "queued",
    ]


def test_urgent_first_then_in_order(app: Flask, world: World) -> None:
    plain = [queue_one(world.a.id, urgent=False) for _ in range(20)]
    for number in plain:
        change(number, not_before=ago(minutes=1))
    urgent = queue_one(world.b.id)
    with as_system(), transaction():
        due = upkeep.take_due(100)
    assert [one.id for one in due] == [urgent, *plain]
    tasks = tasks_for(due)
    assert [(task.job.name, len(task.args[0])) for task in tasks] == [
        ("SEND_URGENT_MESSAGES", 1),
        ("SEND_MESSAGES", 16),
        ("SEND_MESSAGES", 4),
    ]


def test_no_row_has_the_provider_asked_twice(app: Flask, world: World) -> None:
    number = queue_one(world.a.id)
    with as_system(), transaction():
        assert claim_messages([number]).claims
    with as_system(), transaction():
        assert not claim_messages([number]).claims
    with as_system() as session:
        assert session.scalars(select(Message.attempts)).all() == [1]
