"""When sending is stopped, and for whom: the platform's pause stops everybody."""

from datetime import datetime

from sqlalchemy import ColumnElement, or_, select

from callcenter.core.db import db
from callcenter.members.models import Organisation
from callcenter.members.states import OrganisationKind
from callcenter.messaging.models import SendingPause


def live_pause(at: datetime) -> ColumnElement[bool]:
    """Return the condition that a `SendingPause` holds messages back at an instant."""
    return SendingPause.ended_at.is_(None) & (
        or_(SendingPause.until.is_(None), SendingPause.until > at)
    )


def is_paused(member_id: int, at: datetime) -> bool:
    """Tell whether sending is stopped, for this member or for all (the platform's pause)."""
    found = db.session.scalar(
        select(SendingPause.id)
        .where(
            live_pause(at),
            or_(
                SendingPause.member_id == member_id,
                SendingPause.member_id == select(platform_id()).scalar_subquery(),
            ),
        )
        .limit(1)
    )
    return found is not None


def platform_id() -> ColumnElement[int]:
    """Return the platform's own wall, as a scalar sub-query."""
    return (
        select(Organisation.id)
        .where(Organisation.kind == OrganisationKind.PLATFORM)
        .order_by(Organisation.id)
        .limit(1)
        .scalar_subquery()
    )
