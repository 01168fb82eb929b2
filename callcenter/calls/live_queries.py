"""Reading live calls: for a desk that connects, for one call's card, for the stack of an agent."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, or_, select

from callcenter.calls.live_cards import LineWords, card_of, presence_of
from callcenter.calls.models import Call, VoicePlan
from callcenter.calls.presence import get_presence
from callcenter.calls.states import CallState
from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.isolation import Actor
from callcenter.members.models import Organisation, PhoneLine

MOST_LIVE = 300
# A call that is not written up yet stays on its agent's desk for a working day.
STACK_HOURS = 12

_UNANSWERED = (CallState.RINGING, CallState.WAITING)
_OWN = (CallState.ANSWERED, CallState.WRAP_UP)


def _with_line() -> Select[*tuple[Any, ...]]:
    return (
        select(Call, Organisation.short_name, PhoneLine.name)
        .join(Organisation, Organisation.id == Call.member_id)
        .outerjoin(
            PhoneLine,
            and_(PhoneLine.member_id == Call.member_id, PhoneLine.id == Call.line_id),
        )
    )


def line_words(call: Call) -> LineWords:
    """Return what the line and member of a call are called. One statement."""
    row = db.session.execute(
        select(Organisation.short_name, PhoneLine.name)
        .join(PhoneLine, PhoneLine.member_id == Organisation.id, isouter=True)
        .where(
            Organisation.id == call.member_id,
            or_(PhoneLine.id == call.line_id, PhoneLine.id.is_(None)),
        )
        .limit(1)
    ).one_or_none()
    return LineWords(row.short_name, row.name or "") if row else LineWords()


def list_live(actor: Actor) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the unanswered calls of the actor's members and the actor's own. One statement."""
    recent = clock.now() - timedelta(hours=STACK_HOURS)
    return db.session.execute(
        _with_line()
        .where(
            Call.member_id.in_(actor.member_ids),
            Call.started_at > recent,
            or_(
                Call.state.in_(_UNANSWERED),
                and_(Call.state.in_(_OWN), Call.agent_id == actor.user_id),
            ),
        )
        .order_by(Call.started_at, Call.id)
        .limit(MOST_LIVE)
    ).all()


def snapshot(actor: Actor) -> dict[str, Any]:
    """Return all that a desk shows of live calls, from the database. Two statements."""
    now = clock.now()
    return {
        "at": now.isoformat(timespec="milliseconds"),
        "me": presence_of(get_presence(actor)),
        "calls": [card_of(row[0], LineWords(row[1], row[2] or "")) for row in list_live(actor)],
    }


def recording_days(line_id: int | None) -> int:
    """Return how many days the recordings of a line are kept."""
    found = db.session.scalar(select(VoicePlan.recording_days).where(VoicePlan.line_id == line_id))
    return 30 if found is None else found


def wrap_up_seconds(line_id: int | None) -> int:
    """Return how long agents of a line have to write a call up."""
    found = db.session.scalar(select(VoicePlan.wrap_up_seconds).where(VoicePlan.line_id == line_id))
    return 60 if found is None else found
