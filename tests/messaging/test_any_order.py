"""Whatever happens to messages, in whatever order: never backwards, never two copies that no
person asked for, and every row ends final or attended. On the real database.
"""

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.core.errors import UserError
from callcenter.messaging import decisions, upkeep
from callcenter.messaging.gateway import Ambiguous, BadCredentials, NotSent, Rejected
from callcenter.messaging.models import Message, MessageStep, SendingPause
from callcenter.messaging.receipts import record_receipt
from callcenter.messaging.sending import Claim, claim_message, store_accepted, store_failure
from callcenter.messaging.states import FINAL_STATES, RANK, MessageState
from tests.outbox import queue_one
from tests.tickets.scenes import actor_of
from tests.world import World, as_system

ACTIONS = (
    "claim", "accepted", "lost_after", "lost_before", "refused", "busy", "no_credentials", "crash",
    "queued", "sent", "delivered", "undelivered", "failed", "late_answer",
    "sweep", "reconcile", "later", "resend", "give_up", "resume",
)  # fmt: skip
EVENTS = st.lists(st.sampled_from(ACTIONS), max_size=25)
CODES = {"undelivered": 30003, "failed": 30008}


class Story:
    """One message, a provider that counts its copies, and a clock that only goes on."""

    def __init__(self, world: World) -> None:
        self.actor = actor_of(world, "supervisor")
        with as_system() as session, transaction():
            for model in (SendingPause,):
                session.execute(delete(model))
        self.first = queue_one(world.a.id)
        self.current = self.first
        self.claim: Claim | None = None
        self.copies: dict[int, list[str]] = {}
        self.decisions: Counter[int] = Counter()
        self.now = clock.now()

    def do(self, action: str) -> None:
        with clock.frozen_at(self.now), as_system(), transaction():
            getattr(self, f"on_{action}", self.on_status)(*([action] if action in STATUSES else []))
        self.now += timedelta(seconds=1)

    def on_status(self, status: str) -> None:
        for number, sids in self.copies.items():
            for sid in sids:
                record_receipt(number, sid, status, CODES.get(status))

    def on_claim(self) -> None:
        taken = upkeep.take_due(10)
        for due in taken:
            self.claim = claim_message(due.id) or self.claim

    def _post(self) -> str:
        """The provider takes a copy; the one question that a claim gives the right to."""
        assert self.claim
        sids = self.copies.setdefault(self.claim.message_id, [])
        sids.append(f"SM{self.claim.message_id}-{len(sids)}-{self.first}")
        return sids[-1]

    def on_accepted(self) -> None:
        if self.claim:
            store_accepted(self.claim, self._post())
            self.claim = None

    def on_lost_after(self) -> None:
        if self.claim:
            self._post()
            store_failure(self.claim, Ambiguous("timeout"))
            self.claim = None

    def on_lost_before(self) -> None:
        self._fail(Ambiguous("dropped"))

    def on_refused(self) -> None:
        self._fail(Rejected("no", 21211))

    def on_busy(self) -> None:
        self._fail(NotSent("busy", 20429, timedelta(seconds=3)))

    def on_no_credentials(self) -> None:
        self._fail(BadCredentials("who?"))

    def _fail(self, error: Any) -> None:
        if self.claim:
            store_failure(self.claim, error)
            self.claim = None

    def on_crash(self) -> None:
        """The worker dies with its claim; the provider had it."""
        if self.claim:
            self._post()
            self.claim = None

    def on_late_answer(self) -> None:
        """The answer to the last question comes again: a retried commit."""
        for number, sids in self.copies.items():
            stale = Claim(number, 0, "stale", "", "", "", 1, self.now)
            store_failure(stale, Ambiguous("late"))
            assert sids

    def on_sweep(self) -> None:
        if self.claim is None:
            upkeep.mark_lost()
        upkeep.expire_overdue()

    def on_reconcile(self) -> None:
        for doubt in upkeep.list_doubts():
            for sid in self.copies.get(doubt.id, []):
                upkeep.adopt(doubt.id, sid, "sent", None)

    def on_later(self) -> None:
        self.now += timedelta(minutes=40)

    def on_resend(self) -> None:
        for doubt in upkeep.list_doubts():
            decisions.resend_message(doubt.id, self.actor)
            self.decisions[doubt.id] += 1

    def on_give_up(self) -> None:
        for doubt in upkeep.list_doubts():
            try:
                decisions.abandon_message(doubt.id, self.actor)
            except UserError:  # pragma: no cover - nobody else acts here
                pytest.fail("an uncertain message can be given up")

    def on_resume(self) -> None:
        with as_system() as session:
            pauses = session.scalars(select(SendingPause.id)).all()
        with clock.frozen_at(self.now), as_system(), transaction():
            for pause in pauses:
                decisions.resume_sending(pause, self.actor)

    def settle(self) -> None:
        """Let time pass until nothing more happens."""
        for _round in range(8):
            for action in ("resume", "claim", "accepted", "sweep", "delivered", "later", "later"):
                self.do(action)
        self.now += timedelta(days=2)
        self.do("sweep")

    def rows(self) -> list[Message]:
        with as_system() as session:
            return list(session.scalars(select(Message).where(Message.id >= self.first)))

    def history(self, number: int) -> list[MessageState]:
        with as_system() as session:
            found = session.scalars(
                select(MessageStep.state)
                .where(MessageStep.message_id == number)
                .order_by(MessageStep.id)
            )
            return [MessageState(state) for state in found]


STATUSES = frozenset({"queued", "sent", "delivered", "undelivered", "failed"})


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(events=EVENTS)
def test_any_order(app: Flask, world: World, events: list[str]) -> None:
    story = Story(world)
    for event in events:
        story.do(event)
    _never_two_copies(story)
    story.settle()
    _never_two_copies(story)
    for row in story.rows():
        assert row.state in {*FINAL_STATES, MessageState.UNCERTAIN}, row.state
        _never_backwards(story.history(row.id))


def _never_two_copies(story: Story) -> None:
    for number, sids in story.copies.items():
        assert len(sids) <= 1 + story.decisions[number], (number, sids)


def _never_backwards(history: list[MessageState]) -> None:
    back = {
        (MessageState.SENDING, MessageState.QUEUED),
        (MessageState.UNCERTAIN, MessageState.QUEUED),
    }
    for before, after in pairwise(history):
        assert RANK[after] > RANK[before] or (before, after) in back, history
        assert before not in FINAL_STATES
