"""The exchange of the demonstration: what it tells of the calls of the last days.

So that the wall has waiting, answers and handling to count. Its chance is its own: the play
stays the same with it or without.
"""

from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Final

from callcenter.calls.call_acts import ask_callback
from callcenter.calls.live_rules import Report
from callcenter.calls.live_services import Answerer, ExchangeReport, record_report
from callcenter.calls.states import CallPath, CallProvider
from callcenter.core import clock
from callcenter.core.isolation import Actor
from callcenter.members.models import PhoneLine

# Older calls are known as the agents wrote them down, as before an exchange was plugged in.
DAYS: Final = timedelta(days=8)


class Exchange:
    """Tells of calls, in the order in which they happen."""

    def __init__(self) -> None:
        self._rng = Random(9)  # noqa: S311 - a play, no secret in it
        self._told = 0

    def lost(self, line: PhoneLine, number: str, start: datetime, *, asks: bool) -> None:
        """Tell of a call that nobody answers: hung up, or left to be called back (``asks``)."""
        self._told += 1
        news = partial(
            ExchangeReport,
            provider=CallProvider.CTI,
            provider_id=f"demo-lost-{self._told:05}",
            member_id=line.member_id,
            line_id=line.id,
            service=line.service,
            number=number,
            dialled=line.number,
            queue=line.name,
            path=CallPath.QUEUE,
        )
        waited = self._rng.uniform(40, 150)
        for report, later in ((Report.NEW, 0.0), (Report.QUEUED, 3.0), (Report.ENDED, waited)):
            at = start + timedelta(seconds=later)
            with clock.frozen_at(at):
                told = record_report(news(report=report, at=at))
                if asks and told is not None and report is Report.QUEUED:
                    ask_callback(told.call)

    def answered(
        self, line: PhoneLine, number: str, agent: Actor, answer: datetime, logged: datetime
    ) -> int:
        """Tell of a call that an agent answered and is about to write down; return its number."""
        self._told += 1
        rng = self._rng
        waited = rng.uniform(4, 27) if rng.random() < 0.82 else rng.uniform(31, 190)  # noqa: PLR2004
        spoken = (logged - answer) * rng.uniform(0.7, 0.9)
        news = partial(
            ExchangeReport,
            provider=CallProvider.CTI,
            provider_id=f"demo-answered-{self._told:05}",
            member_id=line.member_id,
            line_id=line.id,
            service=line.service,
            number=number,
            dialled=line.number,
            queue=line.name,
            path=CallPath.QUEUE,
        )
        who = Answerer(agent.user_id, agent.name, agent.home_id)
        start = answer - timedelta(seconds=waited)
        call_id = 0
        for report, at, by in (
            (Report.NEW, start, None),
            (Report.QUEUED, start + timedelta(seconds=3), None),
            (Report.ANSWERED, answer, who),
            (Report.ENDED, answer + spoken, who),
        ):
            with clock.frozen_at(at):
                told = record_report(news(report=report, at=at, agent=by))
            if told is not None:
                call_id = told.call.id
        return call_id
