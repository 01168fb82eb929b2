"""The journal: who did what to which data, newest first, within the actor's wall."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select, tuple_

from callcenter.core.audit import AuditEntry
from callcenter.core.clock import PARIS
from callcenter.core.db import db
from callcenter.ui.pagination import Page, Window, page_of


@dataclass(frozen=True, slots=True)
class JournalFilter:
    """What the journal is narrowed to; empty means all."""

    person: str = ""
    object_type: str = ""
    object_id: str = ""
    day: date | None = None
    member_id: int | None = None


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return the first instant of a day in Paris, and of the next: 23 to 25 hours apart."""
    first, after = (
        datetime.combine(each, time(), tzinfo=PARIS).astimezone(UTC)
        for each in (day, day + timedelta(days=1))
    )
    return first, after


def list_entries(wanted: JournalFilter, window: Window) -> Page[AuditEntry]:
    """Return a page of the journal, newest first."""
    query = select(AuditEntry)
    if wanted.person:
        pattern = "%" + re.sub(r"([\\%_])", r"\\\1", wanted.person) + "%"
        query = query.where(AuditEntry.actor_label.ilike(pattern))
    if wanted.object_type:
        query = query.where(AuditEntry.object_type == wanted.object_type)
    if wanted.object_id:
        query = query.where(AuditEntry.object_id == wanted.object_id)
    if wanted.member_id is not None:
        query = query.where(AuditEntry.member_id == wanted.member_id)
    if wanted.day is not None:
        first, after = day_bounds(wanted.day)
        query = query.where(AuditEntry.at >= first, AuditEntry.at < after)
    columns = (AuditEntry.at, AuditEntry.id)
    if window.key is not None:
        here = tuple_(*columns)
        query = query.where(here > window.key if window.backwards else here < window.key)
    order = columns if window.backwards else [column.desc() for column in columns]
    rows = db.session.scalars(query.order_by(*order).limit(window.limit)).all()
    return page_of(rows, window, lambda entry: (entry.at, entry.id))
