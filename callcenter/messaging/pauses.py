"""When sending is stopped, and for whom: the platform's pause stops everybody.

Two kinds. A *pause* (bad credentials, daily cap) lasts until a person resumes. A *hold* is ours:
the provider is away, nothing is handed out but one message from time to time, on trial; the
first answer ends it. What waits keeps its place, so that all of it leaves in order afterwards.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from callcenter.core.db import db
from callcenter.members.models import Organisation
from callcenter.members.states import OrganisationKind
from callcenter.messaging.models import SendingPause
from callcenter.messaging.rules import ErrorFamily, hold_wait

# Longer than an exchange with the provider can last, time-outs included.
TRIAL_LASTS = timedelta(seconds=30)


def live_pause(at: datetime) -> ColumnElement[bool]:
    """Return the condition that a `SendingPause` holds messages back at an instant."""
    return and_(
        SendingPause.ended_at.is_(None),
        SendingPause.cause != ErrorFamily.UNREACHABLE,
        or_(SendingPause.until.is_(None), SendingPause.until > at),
    )


def live_hold() -> ColumnElement[bool]:
    """Return the condition that a `SendingPause` is the hold in force."""
    return and_(SendingPause.ended_at.is_(None), SendingPause.cause == ErrorFamily.UNREACHABLE)


@dataclass(frozen=True, slots=True)
class Stops:
    """What stops sending at an instant: for everybody, for some members, or a hold."""

    everybody: bool = False
    members: frozenset[int] = frozenset()
    held_since: datetime | None = None

    def forbid(self, member_id: int, handed_out_at: datetime | None) -> bool:
        """Say whether a message may not leave.

        While the provider is away only what was handed out to try it does: what had been
        handed out before would only add to what is in doubt.
        """
        if self.everybody or member_id in self.members:
            return True
        return self.held_since is not None and not (
            handed_out_at and handed_out_at > self.held_since
        )


def stops_at(at: datetime) -> Stops:
    """Return what stops sending. Needs the scope of every member."""
    live = db.session.execute(
        select(
            SendingPause.member_id,
            SendingPause.cause,
            SendingPause.since,
            (SendingPause.member_id == platform_id()).label("platform"),
        ).where(or_(live_pause(at), live_hold()))
    ).all()
    held = [one.since for one in live if one.cause == ErrorFamily.UNREACHABLE]
    paused = [one for one in live if one.cause != ErrorFamily.UNREACHABLE]
    return Stops(
        everybody=any(one.platform for one in paused),
        members=frozenset(one.member_id for one in paused),
        held_since=max(held, default=None),
    )


def platform_id() -> ColumnElement[int]:
    """Return the platform's own wall, as a scalar sub-query."""
    return (
        select(Organisation.id)
        .where(Organisation.kind == OrganisationKind.PLATFORM)
        .order_by(Organisation.id)
        .limit(1)
        .scalar_subquery()
    )


def hold(at: datetime, *, costs_a_doubt: bool) -> None:
    """Let the provider alone for a while: it was not there, or answers badly.

    Needs the scope of every member. The wait grows with the absence, see `hold_wait`.
    """
    wall = db.session.scalar(select(platform_id()))
    if wall is None:
        return
    db.session.execute(
        insert(SendingPause)
        .values(member_id=wall, cause=ErrorFamily.UNREACHABLE, since=at, until=at, ended_by="")
        .on_conflict_do_nothing()
    )
    standing = db.session.scalar(
        select(SendingPause)
        .where(live_hold())
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if standing is not None:
        standing.until = at + hold_wait(at - standing.since, costs_a_doubt=costs_a_doubt)


def end_hold(at: datetime) -> None:
    """The provider answers again. Needs the scope of every member; harmless when repeated."""
    db.session.execute(
        update(SendingPause)
        .where(live_hold())
        .values(ended_at=at)
        .execution_options(synchronize_session=False)
    )


def hold_for_hand_out() -> SendingPause | None:
    """Return the hold in force, locked: one dispatcher at a time tries the provider."""
    return db.session.scalar(
        select(SendingPause)
        .where(live_hold())
        .with_for_update()
        .execution_options(populate_existing=True)
    )
