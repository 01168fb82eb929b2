"""Figures of the day, counted from the calls themselves. Each word is defined once, here.

Reported calls only count (an exchange saw them): what an agent logged by hand has no waiting.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Float, and_, cast, func, literal_column, or_, select

from callcenter.calls.models import Call
from callcenter.calls.states import CallPath, CallProvider, CallState, Direction
from callcenter.core import clock
from callcenter.core.db import db
from callcenter.members.models import Organisation, PhoneLine

SHORT_SECONDS: Final = 5
QUARTER: Final = timedelta(minutes=15)

# What the wall says of each figure, in the order in which it shows them.
DEFINITIONS: Final[tuple[tuple[LazyString, LazyString], ...]] = (
    (
        _l("Reçus"),
        _l("appels entrants du jour signalés par la téléphonie, hors heures de fermeture"),
    ),
    (_l("Décrochés"), _l("appels reçus auxquels quelqu'un a répondu")),
    (
        _l("Abandonnés"),
        _l(
            "appels raccrochés sans réponse après 5 secondes ou plus, sans demande de rappel ni message vocal"
        ),
    ),
    (
        _l("Niveau de service"),
        _l("part des décrochés et abandonnés qui ont été décrochés en 30 (60) secondes"),
    ),
    (_l("DMT"), _l("durée moyenne de traitement : conversation et après-appel, appels terminés")),
)


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of some calls. ``handling`` is the mean of talk and wrap-up, in seconds."""

    received: int = 0
    answered: int = 0
    abandoned: int = 0
    within_30: int = 0
    within_60: int = 0
    handling: int | None = None

    def service(self, within: int) -> int | None:
        """Return the level of service in percent; ``None`` while there is nothing to measure."""
        offered = self.answered + self.abandoned
        if not offered:
            return None
        return round(100 * (self.within_30 if within == 30 else self.within_60) / offered)  # noqa: PLR2004


@dataclass(frozen=True, slots=True)
class LineFigures:
    """The day of one line."""

    member_id: int
    member: str
    line: str
    figures: Figures


def _columns() -> tuple[ColumnElement[Any], ...]:
    """The counts, over whatever calls a query chooses."""
    waited = func.extract(
        "epoch", Call.answered_at - func.coalesce(Call.queued_at, Call.started_at)
    )
    lost = func.extract("epoch", Call.ended_at - Call.started_at)
    handled = func.extract(
        "epoch", func.coalesce(Call.wrapped_up_at, Call.ended_at) - Call.answered_at
    )
    answered = Call.answered_at.is_not(None)
    abandoned = and_(
        Call.state == CallState.ABANDONED,
        Call.path.not_in([CallPath.CALLBACK, CallPath.VOICEMAIL]),
        lost >= SHORT_SECONDS,
    )
    by_agent = and_(answered, Call.ended_at.is_not(None), Call.agent_id.is_not(None))
    return (
        func.count().label("received"),
        func.count().filter(answered).label("answered"),
        func.count().filter(abandoned).label("abandoned"),
        func.count().filter(answered, waited <= 30).label("within_30"),  # noqa: PLR2004
        func.count().filter(answered, waited <= 60).label("within_60"),  # noqa: PLR2004
        cast(func.avg(func.greatest(handled, 0)).filter(by_agent), Float).label("handling"),
    )


def _counted(member_ids: Collection[int], start: datetime, end: datetime) -> list[Any]:
    return [
        Call.member_id.in_(member_ids),
        Call.started_at >= start,
        Call.started_at < end,
        Call.direction == Direction.IN,
        Call.provider != CallProvider.DESK,
        or_(Call.path != CallPath.CLOSED, Call.answered_at.is_not(None)),
    ]


def day_bounds(at: datetime) -> tuple[datetime, datetime]:
    """Return the start and end of the Paris day of an instant."""
    day = clock.in_paris(at).date()
    start = datetime.combine(day, time(), clock.PARIS)
    return start, datetime.combine(day + timedelta(days=1), time(), clock.PARIS)


def _figures(row: Any) -> Figures:
    handling = None if row.handling is None else round(row.handling)
    return Figures(
        row.received, row.answered, row.abandoned, row.within_30, row.within_60, handling
    )


def count_day(member_ids: Collection[int], at: datetime) -> Figures:
    """Return the figures of a day, all lines together. One statement."""
    row = db.session.execute(select(*_columns()).where(*_counted(member_ids, *day_bounds(at))))
    return _figures(row.one())


def count_lines(member_ids: Collection[int], at: datetime) -> Sequence[LineFigures]:
    """Return the figures of a day by line, by member. One statement."""
    rows = db.session.execute(
        select(Call.member_id, Organisation.short_name, PhoneLine.name, *_columns())
        .join(Organisation, Organisation.id == Call.member_id)
        .outerjoin(
            PhoneLine,
            and_(PhoneLine.member_id == Call.member_id, PhoneLine.id == Call.line_id),
        )
        .where(*_counted(member_ids, *day_bounds(at)))
        .group_by(Call.member_id, Organisation.short_name, PhoneLine.id, PhoneLine.name)
        .order_by(Organisation.short_name, PhoneLine.id)
    )
    return [
        LineFigures(row.member_id, row.short_name, row.name or "", _figures(row)) for row in rows
    ]


def count_quarters(member_ids: Collection[int], at: datetime) -> Sequence[tuple[datetime, Figures]]:
    """Return the figures of a day by quarter of an hour in which the calls began. One statement."""
    start, end = day_bounds(at)
    quarter = func.date_bin(literal_column("interval '15 minutes'"), Call.started_at, start).label(
        "quarter"
    )
    rows = db.session.execute(
        select(quarter, *_columns())
        .where(*_counted(member_ids, start, end))
        .group_by(quarter)
        .order_by(quarter)
    )
    return [(row.quarter, _figures(row)) for row in rows]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who waits now: how many, and since when the one who waits longest."""

    count: int
    oldest: datetime | None


def count_waiting(member_ids: Collection[int]) -> Waiting:
    """Return how many calls ring or wait. One statement."""
    recent = clock.now() - timedelta(hours=2)
    row = db.session.execute(
        select(func.count().label("waiting"), func.min(Call.started_at).label("oldest")).where(
            Call.member_id.in_(member_ids),
            Call.state.in_([CallState.RINGING, CallState.WAITING]),
            Call.direction == Direction.IN,
            Call.started_at > recent,
        )
    ).one()
    return Waiting(row.waiting, row.oldest)
