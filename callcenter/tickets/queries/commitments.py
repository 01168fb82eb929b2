"""Promises kept and broken: one member's tickets of one month, by priority and stage."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.routing.models import Category
from callcenter.routing.states import CategoryLocation, Priority, Stage
from callcenter.tickets.models import Assignment, Ticket
from callcenter.tickets.states import (
    NO_ANSWER,
    OPEN_STATES,
    AssignmentState,
    TicketState,
)

# Resolution and answer are one promise, the ticket's own; the page has one column for both.
STAGES = (Stage.ACCEPTANCE, Stage.NEWS, Stage.FIRST_VISIT, Stage.RESOLUTION, Stage.ANSWER)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many promises were kept and broken, and how many still run."""

    kept: int = 0
    broken: int = 0
    running: int = 0

    @property
    def judged(self) -> int:
        """How many have been decided one way or the other."""
        return self.kept + self.broken

    @property
    def share(self) -> int | None:
        """Per cent of those decided that were kept, rounded down: 99.9 % is not all."""
        return self.kept * 100 // self.judged if self.judged else None

    def __add__(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally(
            self.kept + other.kept, self.broken + other.broken, self.running + other.running
        )


Commitments = dict[Priority, dict[Stage, Tally]]


def count_commitments(member_ids: Sequence[int], since: datetime, until: datetime) -> Commitments:
    """Judge the promises of the tickets opened in ``[since, until)``; two statements.

    A cancelled request promised nothing. A pause is no fault: what waits for a named cause
    still runs. An organisation that answers "no" in time has kept its promise to answer.
    """
    found: Commitments = {priority: {stage: Tally() for stage in STAGES} for priority in Priority}
    for row in _tickets(member_ids, since, until):
        stages = found[Priority(row.priority)]
        main = Stage.ANSWER if row.location == CategoryLocation.NONE else Stage.RESOLUTION
        stages[Stage.NEWS] += Tally(*row[2:5])
        stages[Stage.FIRST_VISIT] += Tally(*row[5:8])
        stages[main] += Tally(*row[8:11])
    for row in _acceptances(member_ids, since, until):
        found[Priority(row.priority)][Stage.ACCEPTANCE] += Tally(*row[1:4])
    return found


def _tickets(member_ids: Sequence[int], since: datetime, until: datetime) -> Sequence[Any]:
    live = Ticket.state.in_(OPEN_STATES)
    running = Ticket.state.in_([TicketState.OPEN, TicketState.PLANNED])
    return db.session.execute(
        select(
            Ticket.priority,
            Category.location,
            *_judged(Ticket.news_due_at, Ticket.first_news_at, live, live),
            *_judged(Ticket.visit_due_at, Ticket.visited_at, live, running),
            *_judged(Ticket.due_at, Ticket.resolved_at, live, running),
        )
        .join(
            Category,
            and_(Category.member_id == Ticket.member_id, Category.id == Ticket.category_id),
        )
        .where(*_opened(member_ids, since, until))
        .group_by(Ticket.priority, Category.location)
    ).all()


def _acceptances(member_ids: Sequence[int], since: datetime, until: datetime) -> Sequence[Any]:
    answered = func.coalesce(Assignment.accepted_at, Assignment.state_at)
    said = or_(
        Assignment.accepted_at.is_not(None),
        Assignment.state.in_([AssignmentState.REFUSED, AssignmentState.DONE]),
    )
    silent = or_(
        Assignment.reason == NO_ANSWER,
        and_(Assignment.state == AssignmentState.OFFERED, Assignment.accept_by < clock.now()),
    )
    waits = and_(Assignment.state == AssignmentState.OFFERED, Assignment.accept_by >= clock.now())
    return db.session.execute(
        select(
            Ticket.priority,
            func.count().filter(said, ~silent, answered <= Assignment.accept_by),
            func.count().filter(or_(silent, and_(said, answered > Assignment.accept_by))),
            func.count().filter(waits, Ticket.state.in_(OPEN_STATES)),
        )
        .join(
            Ticket,
            and_(Ticket.member_id == Assignment.member_id, Ticket.id == Assignment.ticket_id),
        )
        .where(
            *_opened(member_ids, since, until),
            Assignment.accept_by.is_not(None),
        )
        .group_by(Ticket.priority)
    ).all()


def _opened(
    member_ids: Sequence[int], since: datetime, until: datetime
) -> list[ColumnElement[bool]]:
    return [
        Ticket.member_id.in_(member_ids),
        Ticket.opened_at >= since,
        Ticket.opened_at < until,
        Ticket.state != TicketState.CANCELLED,
    ]


def _judged(due: Any, met: Any, live: Any, running: Any) -> list[Any]:
    """Return three counts for one promise: kept, broken, still running."""
    late = and_(met.is_(None), running, due < clock.now())
    return [
        func.count().filter(due.is_not(None), met <= due),
        func.count().filter(due.is_not(None), or_(met > due, late)),
        func.count().filter(due.is_not(None), met.is_(None), live, ~late),
    ]
