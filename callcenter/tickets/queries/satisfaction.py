"""What tenants thought, in figures and in their own words; for reports as well."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import and_, func, select

from callcenter.core.db import db
from callcenter.core.isolation import Actor
from callcenter.tickets.models import Ticket
from callcenter.tickets.queries.visibility import visible_to
from callcenter.tickets.rules import SCORES
from callcenter.tickets.satisfaction_models import Satisfaction
from callcenter.tickets.states import TicketState
from callcenter.ui.pagination import Page, Window, page_of


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of one member, or of one organisation: how many of each, from 1 to 5.

    ``closed`` is how many requests were closed meanwhile; 0 where that means nothing.
    """

    name: str
    by_score: dict[int, int] = field(default_factory=dict)
    closed: int = 0

    @property
    def count(self) -> int:
        """How many tenants gave a mark."""
        return sum(self.by_score.values())

    @property
    def mean(self) -> float | None:
        """The mean mark; None without any."""
        given = self.count
        return sum(score * n for score, n in self.by_score.items()) / given if given else None

    @property
    def share_answered(self) -> int | None:
        """Of a hundred closed requests, how many have a mark; None when none was closed."""
        return min(100, round(100 * self.count / self.closed)) if self.closed else None


@dataclass(frozen=True, slots=True)
class Opinion:
    """One mark with its word, and the request it is about."""

    id: int
    ticket_id: int
    member_id: int
    reference: str
    title: str
    score: int
    word: str
    organisation_name: str
    at: datetime


def marks_of_members(members: dict[int, str], since: datetime) -> list[Marks]:
    """Return the marks of each member since an instant, in the members' order; two statements."""
    scores = scores_of(list(members), since)
    ended = db.session.execute(
        select(Ticket.member_id, func.count())
        .where(
            Ticket.member_id.in_(list(members)),
            Ticket.state == TicketState.CLOSED,
            Ticket.closed_at >= since,
            Ticket.contact_number != "",
            Ticket.restricted.is_(False),
        )
        .group_by(Ticket.member_id)
    )
    closed = {row[0]: row[1] for row in ended}
    return [Marks(name, scores[number], closed.get(number, 0)) for number, name in members.items()]


def scores_of(members: Sequence[int], since: datetime) -> dict[int, dict[int, int]]:
    """Return how many of each mark every member had since an instant. One statement."""
    scores: dict[int, dict[int, int]] = {number: dict.fromkeys(SCORES, 0) for number in members}
    rows = db.session.execute(
        select(Satisfaction.member_id, Satisfaction.score, func.count())
        .where(Satisfaction.member_id.in_(list(members)), Satisfaction.at >= since)
        .group_by(Satisfaction.member_id, Satisfaction.score)
    )
    for member_id, score, count in rows:
        scores[member_id][score] = count
    return scores


def marks_of_organisations(members: Sequence[int], since: datetime) -> list[Marks]:
    """Return the marks by who did the work, the most marked first; twenty at most."""
    rows = db.session.execute(
        select(Satisfaction.organisation_name, Satisfaction.score, func.count())
        .where(
            Satisfaction.member_id.in_(list(members)),
            Satisfaction.at >= since,
            Satisfaction.organisation_name != "",
        )
        .group_by(Satisfaction.organisation_name, Satisfaction.score)
    )
    found: dict[str, Marks] = {}
    for name, score, count in rows:
        marks = found.setdefault(name, Marks(name, dict.fromkeys(SCORES, 0)))
        marks.by_score[score] = count
    return sorted(found.values(), key=lambda one: (-one.count, one.name))[:20]


def list_opinions(
    actor: Actor, members: Sequence[int], score: int | None, window: Window
) -> Page[Opinion]:
    """Return one page of marks, newest first; of tickets that the actor sees."""
    query = (
        select(
            Satisfaction.id,
            Satisfaction.ticket_id,
            Satisfaction.member_id,
            Ticket.reference,
            Ticket.title,
            Satisfaction.score,
            Satisfaction.word,
            Satisfaction.organisation_name,
            Satisfaction.at,
        )
        .join(
            Ticket,
            and_(Ticket.member_id == Satisfaction.member_id, Ticket.id == Satisfaction.ticket_id),
        )
        .where(Satisfaction.member_id.in_(list(members)), visible_to(actor))
    )
    if score is not None:
        query = query.where(Satisfaction.score == score)
    if window.key is not None:
        (last,) = window.key
        query = query.where(Satisfaction.id > last if window.backwards else Satisfaction.id < last)
    order = Satisfaction.id.asc() if window.backwards else Satisfaction.id.desc()
    rows = db.session.execute(query.order_by(order).limit(window.limit)).all()
    return page_of([Opinion(*row) for row in rows], window, lambda one: (one.id,))
