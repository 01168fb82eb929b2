"""Tickets by the reference that people call them by."""

from collections.abc import Sequence

from sqlalchemy import select

from callcenter.core.db import db
from callcenter.core.isolation import Actor
from callcenter.tickets.models import Ticket
from callcenter.tickets.queries.visibility import visible_to

_MOST = 20


def list_by_references(actor: Actor, references: Sequence[str]) -> Sequence[Ticket]:
    """Return the tickets of these references that the actor sees; one statement."""
    return db.session.scalars(
        select(Ticket)
        .where(Ticket.reference.in_(references), visible_to(actor))
        .order_by(Ticket.id.desc())
        .limit(_MOST)
    ).all()
