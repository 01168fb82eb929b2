"""What time alone does to calls: one that nobody speaks of any more is over.

For machinery: the scope of every member. Batches with SKIP LOCKED, harmless when done twice.
"""

from sqlalchemy import or_, select

from callcenter.calls import presence
from callcenter.calls.live_rules import (
    SILENT_RINGING,
    SILENT_TALKING,
    SILENT_WAITING,
    SILENT_WRAP_UP,
    Report,
    is_stale,
)
from callcenter.calls.live_services import ExchangeReport, record_report
from callcenter.calls.models import Call
from callcenter.calls.states import CallProvider, CallState, Direction
from callcenter.core import clock
from callcenter.core.db import db

_LIMITS = {
    CallState.RINGING: SILENT_RINGING,
    CallState.WAITING: SILENT_WAITING,
    CallState.ANSWERED: SILENT_TALKING,
    CallState.WRAP_UP: SILENT_WRAP_UP,
}


def end_silent_calls(limit: int = 200) -> list[Call]:
    """End the calls whose exchange has fallen silent, and return them.

    A call that was never answered is then somebody to call back, like any other.
    """
    now = clock.now()
    silent = [
        (Call.state == state) & (Call.reported_at < now - span) for state, span in _LIMITS.items()
    ]
    found = db.session.scalars(
        select(Call)
        .where(Call.state.in_(list(_LIMITS)), Call.reported_at.is_not(None), or_(*silent))
        .order_by(Call.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    return [call for call in found if _end(call)]


def _end(call: Call) -> bool:
    now = clock.now()
    heard = call.reported_at or call.started_at
    if not is_stale(CallState(call.state), heard, now):
        return False
    if call.state == CallState.WRAP_UP or call.provider_id is None:
        call.ended_at = call.ended_at or heard
        call.wrapped_up_at = call.wrapped_up_at or now
        call.state = CallState.ENDED
        call.version += 1
        if call.agent_id is not None:
            presence.end_wrap_up(call.agent_id, call.id)
        db.session.flush()
        return True
    record_report(
        ExchangeReport(
            provider=CallProvider(call.provider),
            provider_id=call.provider_id,
            report=Report.ENDED,
            member_id=call.member_id,
            line_id=call.line_id,
            service=call.service,
            direction=Direction(call.direction),
            cause="silent",
            at=heard,
        )
    )
    return True
