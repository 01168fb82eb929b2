"""Whatever happens to messages, in whatever order, on the real database.

The machine writes messages, lets several workers work at once, loses answers and workers, tells
statuses of any copy at any time, and takes a person's decisions. Always: never backwards, never
two provider messages for one row without a person's decision, what has ended stays as it ended.
In the end: every row is final, or waits for a person who is told of it.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, select, update

from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.core.errors import UserError
from callcenter.messaging import decisions, upkeep
from callcenter.messaging.claiming import claim_messages
from callcenter.messaging.gateway import (
    Ambiguous,
    BadCredentials,
    NotSent,
    Rejected,
    Unreachable,
)
from callcenter.messaging.models import Message, MessageStep, OptOut, SendingPause
from callcenter.messaging.receipts import record_receipt
from callcenter.messaging.sending import Claim, release_unsent, store_answers
from callcenter.messaging.states import FINAL_STATES, RANK, MessageState
from callcenter.webhooks.twilio_sms import store_status
from tests.outbox import queue_one
from tests.tickets.scenes import TUESDAY, actor_of
from tests.world import World, as_system
from workers.messages import CLAIM_LASTS

# The provider has it: an answer that came, one that was lost, a worker that died.
TAKEN = ("accepted", "lost", "crashed")
# The provider does not.
UNTAKEN: dict[str, Callable[[], Exception]] = {
    "lost before": lambda: Ambiguous("dropped"),
    "server error": lambda: Ambiguous("HTTP 503"),
    "bad number": lambda: Rejected("no", 21211),
    "opted out": lambda: Rejected("no", 21610),
    "filtered": lambda: Rejected("no", 30007),
    "too many": lambda: NotSent("busy", 20429, timedelta(seconds=3)),
    "queue full": lambda: NotSent("full", 21611),
    "cap": lambda: NotSent("cap", 63038),
    "unreachable": lambda: Unreachable("ConnectTimeout"),
    "credentials": lambda: BadCredentials("who?"),
}
STATUSES = ("accepted", "queued", "sending", "sent", "delivered", "undelivered", "failed",
            "canceled", "read", "a-new-word")  # fmt: skip
CODES = (None, 30003, 30005, 30007, 30008, 30001, 63038, 99999)
SENT_BACK = {
    (MessageState.SENDING, MessageState.QUEUED),  # the provider certainly never had it
    (MessageState.UNCERTAIN, MessageState.QUEUED),  # a person decided
}
ATTENDED = {*FINAL_STATES, MessageState.UNCERTAIN}
MOST_ROWS = 4


class Outbox(RuleBasedStateMachine):
    """Rows, the workers that hold them, and a provider that counts its copies."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        with as_system() as session, transaction():
            for model in (SendingPause, OptOut):
                session.execute(delete(model))
            # Of the example before too: what it left in doubt would hold this one back.
            session.execute(
                update(Message).values(state=MessageState.CANCELLED, claimed_at=None, sent_at=None)
            )
        with as_system() as session:
            self.after = session.scalar(select(Message.id).order_by(Message.id.desc())) or 0
        self.now: datetime = TUESDAY
        self.actor = actor_of(self.world, "supervisor")
        self.held: list[Claim] = []
        self.answered: list[tuple[Claim, str]] = []
        self.copies: dict[int, list[str]] = {}
        self.decisions: Counter[int] = Counter()
        self.ended: dict[int, tuple[str, int]] = {}
        self.written = 0

    # what people and workers do

    @initialize(hour=st.integers(0, 23))
    def begin_with_one(self, hour: int) -> None:
        """A machine without a message proves nothing. The hour is the example's, not the day's."""
        self.now = TUESDAY.replace(hour=hour)
        self.write(urgent=True, life=600)

    @precondition(lambda self: self.written < MOST_ROWS)
    @rule(urgent=st.booleans(), life=st.sampled_from([2, 30, 600]))
    def write(self, *, urgent: bool, life: int) -> None:
        self.written += 1
        with self._then():
            number = queue_one(
                self.world.a.id, urgent=urgent, to_number=f"+3363998{self.written:02d}01"
            )
        with as_system() as session, transaction():
            row = session.get_one(Message, number)
            row.not_before = self.now
            row.expires_at = self.now + timedelta(minutes=life)

    @rule(workers=st.sampled_from([2, 1, 3]))
    def hand_out(self, workers: int) -> None:
        """Jobs are done once, or by several workers that got the same one."""
        with self._then(), as_system(), transaction():
            due = [one.id for one in upkeep.take_due(10)]
        for number in due:
            got = []
            for _worker in range(workers):
                with self._then(), as_system(), transaction():
                    got += claim_messages([number]).claims
            assert len(got) <= 1
            self.held += got

    @precondition(lambda self: self.held)
    @rule(which=st.integers(0, 99), how=st.sampled_from(TAKEN))
    def provider_takes(self, which: int, how: str) -> None:
        claim = self._claim(which)
        if claim is None:
            return
        sids = self.copies.setdefault(claim.message_id, [])
        sids.append(f"SM{claim.message_id}-{len(sids)}")
        if how == "accepted":
            self._accepted(claim, sids[-1])
        elif how == "lost":
            self._failed(claim, Ambiguous("ReadTimeout"))

    @precondition(lambda self: self.held)
    @rule(which=st.integers(0, 99), how=st.sampled_from(["crashed", *UNTAKEN]))
    def provider_takes_it_not(self, which: int, how: str) -> None:
        claim = self._claim(which)
        if claim is not None and how != "crashed":
            self._failed(claim, UNTAKEN[how]())

    @precondition(lambda self: self.answered)
    @rule(which=st.integers(0, 99))
    def the_same_answer_again(self, which: int) -> None:
        """A worker that writes down what another wrote down before."""
        claim, sid = self.answered[which % len(self.answered)]
        self._accepted(claim, sid)
        self._failed(claim, Ambiguous("late"))
        self._failed(claim, NotSent("late", 20429))

    # what the provider tells

    @precondition(lambda self: self.copies)
    @rule(
        which=st.integers(0, 99),
        status=st.sampled_from(STATUSES),
        code=st.sampled_from(CODES),
        times=st.integers(1, 2),
        ours=st.booleans(),
    )
    def callback(
        self, which: int, status: str, code: int | None, times: int, *, ours: bool
    ) -> None:
        every = [(number, sid) for number, sids in self.copies.items() for sid in sids]
        number, sid = every[which % len(every)]
        bad = status in {"undelivered", "failed"}
        for _time in range(times):
            with self._then():
                store_status(number if ours else None, sid, status, code if bad else None, {})

    @rule()
    def callback_of_somebody_else(self) -> None:
        with self._then(), as_system(), transaction():
            assert not record_receipt(10**12, "SMelse", "delivered")

    # what time and people do

    @rule(minutes=st.sampled_from([0.1, 1, 4, 40, 24 * 60]))
    def wait(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def sweep(self) -> None:
        with self._then(), as_system(), transaction():
            upkeep.mark_lost()
            upkeep.expire_overdue()

    @rule()
    def reconcile(self) -> None:
        with self._then(), as_system():
            doubts = upkeep.list_doubts()
        for doubt in doubts:
            for sid in self.copies.get(doubt.id, []):
                with self._then(), as_system(), transaction():
                    upkeep.adopt(doubt.id, sid, "sent", None)

    @rule(what=st.sampled_from(["resend", "give up"]))
    def decide(self, what: str) -> None:
        with self._then(), as_system():
            doubts = upkeep.list_doubts()
        for doubt in doubts:
            with self._then(), as_system(), transaction():
                if what == "resend":
                    decisions.resend_message(doubt.id, self.actor)
                    self.decisions[doubt.id] += 1
                else:
                    decisions.abandon_message(doubt.id, self.actor)

    @rule(which=st.integers(0, 99))
    def cancel(self, which: int) -> None:
        rows = self._rows()
        if rows:
            try:
                with self._then(), as_system(), transaction():
                    decisions.cancel_message(rows[which % len(rows)].id, self.actor)
            except UserError:
                pass  # it had left

    @rule()
    def resume(self) -> None:
        with as_system() as session:
            pauses = session.scalars(select(SendingPause.id)).all()
        for pause in pauses:
            with self._then(), as_system(), transaction():
                decisions.resume_sending(pause, self.actor)

    # what must hold

    @invariant()
    def no_second_copy_without_a_decision(self) -> None:
        for number, sids in self.copies.items():
            assert len(sids) <= 1 + self.decisions[number], (number, sids)

    @invariant()
    def never_backwards(self) -> None:
        for row in self._rows():
            history = self._history(row.id)
            assert history[-1] == row.state
            for before, after in pairwise(history):
                assert RANK[after] > RANK[before] or (before, after) in SENT_BACK, history
            if row.state_now in FINAL_STATES:
                ended = self.ended.setdefault(row.id, (row.state, len(history)))
                assert ended == (row.state, len(history)), history

    @invariant()
    def another_try_is_of_what_failed(self) -> None:
        rows = {row.id: row for row in self._rows()}
        for row in rows.values():
            if row.retry_of_id:
                assert rows[row.retry_of_id].state_now in FINAL_STATES
                assert row.expires_at == rows[row.retry_of_id].expires_at

    def teardown(self) -> None:
        """Everybody does their work and the provider tells the rest: nothing is left hanging."""
        self.held.clear()
        for _round in range(6):
            self.resume()
            self.wait(20)
            self.hand_out(1)
            while self.held:
                self.provider_takes(0, "accepted")
            for number, sids in list(self.copies.items()):
                for sid in sids:
                    with self._then():
                        store_status(number, sid, "delivered", None, {})
            self.sweep()
        self.wait(10 * 24 * 60)
        self.sweep()
        self.no_second_copy_without_a_decision()
        self.never_backwards()
        for row in self._rows():
            assert row.state_now in ATTENDED, self._history(row.id)

    def _then(self) -> AbstractContextManager[None]:
        self.now += timedelta(milliseconds=10)
        return clock.frozen_at(self.now)

    def _claim(self, which: int) -> Claim | None:
        """A worker goes on with a claim, as `workers.messages.send_all` does: if it is fresh."""
        claim = self.held.pop(which % len(self.held))
        if self.now - claim.claimed_at <= CLAIM_LASTS:
            return claim
        with self._then(), as_system(), transaction():
            release_unsent([claim])
        return None

    def _accepted(self, claim: Claim, sid: str) -> None:
        self.answered.append((claim, sid))
        with self._then(), as_system(), transaction():
            store_answers([(claim, sid)])

    def _failed(self, claim: Claim, error: Any) -> None:
        with self._then(), as_system(), transaction():
            store_answers([(claim, error)])

    def _rows(self) -> list[Message]:
        with as_system() as session:
            return list(
                session.scalars(select(Message).where(Message.id > self.after).order_by(Message.id))
            )

    def _history(self, number: int) -> list[MessageState]:
        with as_system() as session:
            found = session.scalars(
                select(MessageStep.state)
                .where(MessageStep.message_id == number)
                .order_by(MessageStep.id)
            )
            return [MessageState(state) for state in found]


def test_any_order_of_events(app: Flask, world: World) -> None:
    class OfThisWorld(Outbox):
        pass

    OfThisWorld.world = world
    with ExitStack():
        run_state_machine_as_test(
            OfThisWorld,
            settings=settings(
                max_examples=40,
                stateful_step_count=30,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
