"""The stage: a clock that walks through six weeks, and what is to happen when.

What would happen after the present instant doesn't: that alone leaves tickets in every state.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import count
from random import Random
from typing import Final, TypeVar

from callcenter.core import clock
from callcenter.demo.deliveries import Trouble, settle_emails, settle_messages
from callcenter.demo.estate import Estate
from callcenter.demo.founding import Company, Founded
from callcenter.members.calendar_rules import (
    Calendar,
    add_working_time,
    is_open,
    is_working_day,
    next_open,
)
from callcenter.members.hours_rules import WeeklyHours
from callcenter.members.services import OFFICE_HOURS
from callcenter.tickets import services
from callcenter.tickets.queries.watch import list_to_reassure

DAYS: Final = 42
# Messages younger than this are left in the queue, for the workers to send at the start.
FRESH: Final = timedelta(minutes=60)
# So long an operator has been losing many of one member's messages: the alert is alive.
TROUBLE: Final = timedelta(hours=72)

_OFFICE: Final = Calendar(WeeklyHours.from_json(OFFICE_HOURS))
_T = TypeVar("_T")


@dataclass(slots=True)
class Stage:
    """Who plays, where, and what is still to come."""

    company: Company
    estates: dict[int, Estate]
    rng: Random
    now: datetime
    strangers: Iterator[str]
    calls: int = 0
    tickets: int = 0
    # What the passing of time asks for after each act: people on call are asked, and answer.
    afterwards: list[Callable[[datetime], None]] = field(default_factory=list)
    _to_come: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _order: "count[int]" = field(default_factory=count)

    @property
    def begins(self) -> datetime:
        """The midnight, in Paris, at which the play begins."""
        first = clock.in_paris(self.now).date() - timedelta(days=DAYS)
        return datetime.combine(first, time(), clock.PARIS)

    def at(self, instant: datetime, act: Callable[[], None]) -> None:
        """Have something happen then; never if that is still to come."""
        if instant <= self.now:
            heapq.heappush(self._to_come, (instant, next(self._order), act))

    def play(self, progress: Callable[[float], None]) -> None:
        """Let everything happen in order, each at its own instant; ``progress`` goes to 1."""
        begins, night = self.begins, self.begins + timedelta(days=1)
        trouble = Trouble(self.member("AQ").id, self.now - TROUBLE)
        while self._to_come:
            instant, _order, act = heapq.heappop(self._to_come)
            if instant >= night:
                night = datetime.combine(
                    clock.in_paris(instant).date() + timedelta(days=1), time(), clock.PARIS
                )
                progress((instant - begins) / (self.now - begins))
            # What was due has left by then, as the workers would have sent it.
            settle_messages(min(instant, self.now - FRESH), self.rng, trouble)
            with clock.frozen_at(instant):
                act()
            for follow in self.afterwards:
                follow(instant)
        settle_messages(self.now - FRESH, self.rng, trouble)
        settle_emails(self.now - FRESH)

    def reassure(self) -> None:
        """What the clockwork does all day: tenants without news are told they are not forgotten."""
        members = [one.id for one in self.company.members]
        for member_id, ticket_id in list_to_reassure(members, 500):
            services.reassure(member_id, ticket_id)

    def soon(self, instant: datetime, low: float, high: float) -> datetime:
        """Return an instant that many minutes later, office hours or not."""
        return instant + timedelta(minutes=self.rng.uniform(low, high))

    def at_work(self, instant: datetime, low: float, high: float) -> datetime:
        """Return an instant that many office hours later, on a second of no importance."""
        hours = timedelta(hours=self.rng.uniform(low, high))
        return add_working_time(_OFFICE, instant, hours) - timedelta(
            seconds=self.rng.randrange(1, 50)
        )

    def office_open(self, instant: datetime) -> bool:
        """Say whether offices are open then."""
        return is_open(_OFFICE, instant)

    def next_office(self, instant: datetime) -> datetime:
        """Return the instant itself, or the next opening of the offices."""
        return next_open(_OFFICE, instant)

    def working_day(self, instant: datetime) -> bool:
        """Say whether offices open on that day."""
        return is_working_day(_OFFICE, clock.in_paris(instant).date())

    def pick(self, things: tuple[_T, ...] | list[_T]) -> _T:
        """Return one of them."""
        return self.rng.choice(things)

    def chance(self, share: float) -> bool:
        """Say yes that often."""
        return self.rng.random() < share

    def provider_id(self) -> str:
        """Return an id such as the SMS provider gives."""
        return f"SM{self.rng.getrandbits(128):032x}"

    def member(self, prefix: str) -> Founded:
        """Return a member by its prefix."""
        return next(one for one in self.company.members if one.cast.prefix == prefix)
