"""Resolved tickets that nobody has said anything about: the platform closes them in the end."""

from datetime import timedelta

from sqlalchemy import select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.tickets.models import Ticket
from callcenter.tickets.states import TicketState

# The tenant was asked "is it fixed?" and can still reopen by the private link after that.
SILENCE = timedelta(days=10)


def list_silent(limit: int) -> list[tuple[int, int]]:
    """Return (member, ticket) of those resolved longest ago. For machinery: every member's."""
    rows = db.session.execute(
        select(Ticket.member_id, Ticket.id)
        .where(Ticket.state == TicketState.RESOLVED, Ticket.resolved_at < clock.now() - SILENCE)
        .order_by(Ticket.resolved_at)
        .limit(limit)
    ).all()
    return [(row.member_id, row.id) for row in rows]
