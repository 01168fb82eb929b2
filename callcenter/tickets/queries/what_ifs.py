"""Reads for trying a draft on past tickets: the tickets, the trials, what a person may see."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.core.isolation import Actor
from callcenter.estate.models import Dwelling
from callcenter.routing.models import WhatIf
from callcenter.routing.states import WhatIfState
from callcenter.tickets.models import Ticket
from callcenter.tickets.queries.visibility import visible_to


@dataclass(frozen=True, slots=True)
class PastTicket:
    """What a decision needs to know of a ticket of the past."""

    id: int
    service: str
    category_id: int
    location: str
    opened_at: datetime
    answers: dict[str, Any]
    caller_role: str
    residence_id: int | None
    building_id: int | None
    number: str | None
    ownership: str | None
    syndic_id: int | None


def list_past(member_id: int, before_id: int | None, limit: int) -> Sequence[PastTicket]:
    """Return a member's tickets, the newest first, before a number. One statement."""
    query = (
        select(
            Ticket.id,
            Ticket.service,
            Ticket.category_id,
            Ticket.location,
            Ticket.opened_at,
            Ticket.answers,
            func.coalesce(Ticket.routing["caller_role"].astext, ""),
            Ticket.residence_id,
            Ticket.building_id,
            Dwelling.number,
            Dwelling.ownership,
            Dwelling.syndic_id,
        )
        .outerjoin(
            Dwelling,
            and_(Dwelling.member_id == Ticket.member_id, Dwelling.id == Ticket.dwelling_id),
        )
        .where(Ticket.member_id == member_id)
        .order_by(Ticket.id.desc())
        .limit(limit)
    )
    if before_id is not None:
        query = query.where(Ticket.id < before_id)
    return [PastTicket(*row) for row in db.session.execute(query)]


def count_past(member_id: int, most: int) -> int:
    """Return how many tickets a member has, counting no further than ``most``."""
    some = select(Ticket.id).where(Ticket.member_id == member_id).limit(most).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0


def get_what_if(what_if_id: int) -> WhatIf:
    """Return a trial within the actor's wall; NotFound for any other."""
    found = db.session.scalar(select(WhatIf).where(WhatIf.id == what_if_id))
    if found is None:
        raise NotFound
    return found


def find_last(member_id: int) -> WhatIf | None:
    """Return a member's last trial."""
    return db.session.scalar(
        select(WhatIf).where(WhatIf.member_id == member_id).order_by(WhatIf.id.desc()).limit(1)
    )


def list_stalled(after: timedelta) -> list[int]:
    """Return the trials that wait or run and of which nothing was heard for so long."""
    return list(
        db.session.scalars(
            select(WhatIf.id).where(
                WhatIf.state.in_([WhatIfState.QUEUED, WhatIfState.RUNNING]),
                WhatIf.told_at < clock.now() - after,
            )
        )
    )


@dataclass(frozen=True, slots=True)
class SeenTicket:
    """A ticket of the list as the actor may see it."""

    reference: str
    title: str
    place: str


def list_seen(actor: Actor, ticket_ids: Collection[int]) -> dict[int, SeenTicket]:
    """Return those of these tickets that the actor sees, by number. One statement at most."""
    if not ticket_ids:
        return {}
    rows = db.session.execute(
        select(Ticket.id, Ticket.reference, Ticket.title, Ticket.place).where(
            Ticket.id.in_(ticket_ids), visible_to(actor)
        )
    )
    return {row.id: SeenTicket(row.reference, row.title, row.place) for row in rows}
