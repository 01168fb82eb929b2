"""The provider is away for two hours: everything goes out after, and as it should.

Our own dispatcher, queues, database and sender; the real sandbox, stopped and started again.
Only the clock is ours: two hours pass in seconds, since nothing here reads any other.
"""

import itertools
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import select

from callcenter.core import clock, queues
from callcenter.core.queues import QueueName
from callcenter.messaging.models import SendingPause
from callcenter.messaging.queries import list_live_pauses
from callcenter.settings import Settings
from tests.outbox import change, every_message, queue_one
from tests.sandbox_process import SandboxProcess
from tests.world import World, as_system
from workers.dispatcher import Dispatcher
from workers.messages import send_all
from workers.periodic import expire_messages, mark_lost_messages

pytestmark = pytest.mark.faults

# A Tuesday at ten in Paris: no quiet hours until the evening.
BEGIN = datetime(2026, 11, 24, 10, 0, tzinfo=clock.PARIS)
BACK = BEGIN + timedelta(hours=2)
RATE, PER_SENDER = 10, 6


class Outage:
    """Time, the dispatcher, and one worker that does whatever Redis holds."""

    def __init__(self, app: Flask, world: World, sandbox: SandboxProcess) -> None:
        self.app, self.world, self.sandbox = app, world, sandbox
        settings: Settings = app.config["SETTINGS"]
        self.redis_url = settings.redis_url
        self.now = BEGIN
        self.gateway = sandbox.gateway()
        self.dispatcher = Dispatcher(self.redis_url, RATE, PER_SENDER, now=self._seconds)
        # When each message was given to the provider, in our time.
        self.departures: dict[str, datetime] = {}
        self.tries = 0

    def write(self, index: int, **changes: Any) -> str:
        """One message, of each member in turn, to a phone of its own."""
        phone = f"+33639985{index:03d}"
        member = (self.world.a, self.world.b)[index % 2].id
        with clock.frozen_at(self.now):
            number = queue_one(member, to_number=phone, urgent=changes.pop("urgent", False))
        if changes:
            change(number, **changes)
        return phone

    def step(self, span: timedelta) -> None:
        """Let time pass, then do all that can be done."""
        self.now += span
        with clock.frozen_at(self.now):
            mark_lost_messages(self.app)
            expire_messages(self.app)
            while self.dispatcher.step():
                for number in self._jobs():
                    self.tries += 1
                    send_all(self.app, self.gateway, [number])
        if self.sandbox.url and self.now > BACK:
            for one in self.sandbox.messages():
                self.departures.setdefault(one["phone"], self.now)

    def _seconds(self) -> float:
        return self.now.timestamp()

    def _jobs(self) -> Iterator[int]:
        for name in (QueueName.MESSAGES_URGENT, QueueName.MESSAGES):
            queue = queues.queue(name, self.redis_url)
            jobs = queue.jobs
            queue.empty()  # type: ignore[no-untyped-call]
            for job in jobs:
                yield from job.args[0]


@pytest.fixture
def outage(app: Flask, world: World) -> Iterator[Outage]:
    with SandboxProcess(callback_ms=5) as sandbox:
        with Redis.from_url(app.config["SETTINGS"].redis_url) as client:
            client.flushdb()
        yield Outage(app, world, sandbox)


def two_hours(outage: Outage) -> dict[str, list[str]]:
    """Messages of all sorts are written while nobody answers; return their phones by sort."""
    phones: dict[str, list[str]] = {"ordinary": [], "urgent": [], "short": []}
    index = itertools.count()
    while outage.now < BACK:
        minute = int((outage.now - BEGIN).total_seconds() // 60)
        phones["ordinary"].append(outage.write(next(index)))
        if minute % 12 == 6:
            phones["urgent"] += [outage.write(next(index), urgent=True) for _ in range(2)]
        if minute % 20 == 10:
            late = outage.now + timedelta(minutes=15)
            phones["short"].append(outage.write(next(index), expires_at=late))
        outage.step(timedelta(minutes=2))
    return phones


def drain(outage: Outage) -> None:
    for _second in range(400):
        outage.step(timedelta(seconds=1))
        if not any(one.state == "queued" for one in every_message()):
            return
    raise AssertionError(Counter(one.state for one in every_message()))


def test_down_for_two_hours(outage: Outage) -> None:
    port = outage.sandbox.port
    outage.sandbox.stop()
    phones = two_hours(outage)
    # One try a minute or so, not one per message and moment.
    assert 0 < outage.tries <= 150
    with as_system(), clock.frozen_at(outage.now):
        assert [pause.cause for pause in list_live_pauses()] == ["unreachable"]
    waiting = {one.to_number for one in every_message() if one.state == "queued"}
    assert waiting == {*phones["ordinary"], *phones["urgent"]} | {
        phone for phone in phones["short"] if phone in waiting
    }
    outage.sandbox.start(port)
    drain(outage)

    taken = Counter(one["phone"] for one in outage.sandbox.messages())
    assert set(taken.values()) == {1}  # no duplicates
    rows = {one.to_number: one for one in every_message()}
    for phone, row in rows.items():  # nothing lost, nothing past its life
        assert (phone in taken) == (row.state != "expired"), (phone, row.state)
    assert {*phones["ordinary"], *phones["urgent"]} <= set(taken)
    assert any(rows[phone].state == "expired" for phone in phones["short"])
    for phone, at in outage.departures.items():
        assert at < rows[phone].expires_at
    _in_order_of_urgency(outage, rows)
    _at_the_allowed_rate(outage, rows)
    with as_system() as session:
        assert session.scalars(select(SendingPause.ended_at)).one() is not None


def test_answers_503_for_two_hours(outage: Outage) -> None:
    """Each try may have been taken: few are made, and what is in doubt waits for a person."""
    outage.sandbox.configure(outcome="server_error", accepted=False)
    two_hours(outage)
    doubts = [one.to_number for one in every_message() if one.state == "uncertain"]
    assert 3 <= len(doubts) <= 45
    outage.sandbox.reset()
    drain(outage)
    taken = Counter(one["phone"] for one in outage.sandbox.messages())
    assert set(taken.values()) == {1}
    assert not set(doubts) & set(taken)
    assert {one.state for one in every_message() if one.to_number not in doubts} <= {
        "accepted",
        "expired",
    }


def test_one_sender_s_backlog_keeps_no_other_waiting(outage: Outage) -> None:
    """Each sender has its own rate; the other member's message does not stand behind it."""
    a, b = outage.world.a.id, outage.world.b.id
    with clock.frozen_at(outage.now):
        for index in range(40):
            queue_one(a, to_number=f"+33639985{index:03d}", urgent=True)
        queue_one(b, to_number="+33639985900", urgent=False)
    outage.now = BACK
    outage.step(timedelta(seconds=1))
    senders = Counter(one["sender"] for one in outage.sandbox.messages())
    assert senders == {"AQ": PER_SENDER, "ME": 1}
    for _second in range(3):
        outage.step(timedelta(seconds=1))
    assert Counter(one["sender"] for one in outage.sandbox.messages())["AQ"] == 4 * PER_SENDER


def _in_order_of_urgency(outage: Outage, rows: dict[str, Any]) -> None:
    for member in (outage.world.a.id, outage.world.b.id):
        order = [
            rows[one["phone"]].urgent
            for one in outage.sandbox.messages()
            if rows[one["phone"]].member_id == member
        ]
        assert order == sorted(order, reverse=True), order


def _at_the_allowed_rate(outage: Outage, rows: dict[str, Any]) -> None:
    """In no span does more leave than its seconds allow, one second's reserve apart."""
    for rate, whose in (
        (RATE, {outage.world.a.id, outage.world.b.id}),
        (PER_SENDER, {outage.world.a.id}),
        (PER_SENDER, {outage.world.b.id}),
    ):
        times = sorted(
            at for phone, at in outage.departures.items() if rows[phone].member_id in whose
        )
        for first, last in itertools.combinations(range(len(times)), 2):
            span = (times[last] - times[first]).total_seconds()
            assert last - first + 1 <= rate * (span + 1) + 1
