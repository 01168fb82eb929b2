"""Verbs of the estate's history: what an agent changed, and that the member has it too."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import update

from callcenter.core import audit, clock
from callcenter.core.db import db
from callcenter.core.isolation import Actor
from callcenter.estate.history_models import EstateChange
from callcenter.estate.states import ChangeSource


def record_edits(
    member_id: int,
    actor: Actor,
    changes: Mapping[str, Sequence[str | None]],
    *,
    contact_id: int | None = None,
    dwelling_id: int | None = None,
) -> None:
    """Write in the history what an agent changed: field -> before, after; to bring back."""
    for name, (before, after) in changes.items():
        db.session.add(
            EstateChange(
                member_id=member_id,
                source=ChangeSource.AGENT,
                actor_id=actor.user_id,
                actor_label=actor.name,
                contact_id=contact_id,
                dwelling_id=dwelling_id,
                field=name,
                before=before or "",
                after=after or "",
            )
        )
    db.session.flush()


def settle_changes(change_ids: Collection[int], actor: Actor, *, settled: bool = True) -> int:
    """Say that the member's own system has these changes (or has not); return how many did change.

    Ids that are nobody's, of an import or in that state already are left alone.
    """
    statement = (
        update(EstateChange)
        .where(
            EstateChange.id.in_(change_ids),
            EstateChange.member_id.in_(actor.member_ids),
            EstateChange.source == ChangeSource.AGENT,
            EstateChange.settled_at.is_(None) if settled else EstateChange.settled_at.is_not(None),
        )
        .values(
            settled_at=clock.now() if settled else None, settled_by=actor.name if settled else ""
        )
        .returning(EstateChange.member_id)
    )
    touched = db.session.scalars(statement).all()
    for member_id in sorted(set(touched)):
        audit.record(
            member_id,
            "estate_change.settled" if settled else "estate_change.reopened",
            "estate_change",
            actor_id=actor.user_id,
            actor_label=actor.name,
            changes={"count": [None, touched.count(member_id)]},
        )
    return len(touched)
