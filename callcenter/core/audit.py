"""The audit trail: who saw and changed what. Rows are written, never changed.

The application's role may insert and read here, not update or delete (see migrations).
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.core import clock
from callcenter.core.db import Base, Owned, db


class AuditEntry(Owned, Base):
    """One thing somebody did to, or looked up in, a member's data."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_member_at", "member_id", "at"),
        # The journal, newest first, whoever's: nobody's entries are far apart.
        Index(
            "ix_audit_entry_newest",
            text("at DESC"),
            text("id DESC"),
            postgresql_include=["member_id"],
        ),
        Index("ix_audit_entry_object", "member_id", "object_type", "object_id"),
        Index(
            "uq_audit_entry_form_token",
            "form_token",
            unique=True,
            postgresql_where=text("form_token IS NOT NULL"),
        ),
    )

    at: Mapped[datetime] = mapped_column(default=clock.now)
    actor_id: Mapped[int | None]
    actor_label: Mapped[str]
    action: Mapped[str]
    object_type: Mapped[str]
    object_id: Mapped[str] = mapped_column(default="")
    changes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # The form that made the object: a second click finds what the first one made.
    form_token: Mapped[UUID | None]


def record(
    member_id: int,
    action: str,
    object_type: str,
    object_id: object = "",
    *,
    actor_id: int | None = None,
    actor_label: str = "",
    changes: dict[str, Any] | None = None,
    form_token: UUID | None = None,
) -> None:
    """Add an audit row to the present transaction.

    ``action`` is ``noun.verb`` (``ticket.opened``); ``changes`` maps a field to
    ``[before, after]`` and holds no secret; ``form_token`` is the form's that made the object.
    """
    db.session.add(
        AuditEntry(
            member_id=member_id,
            actor_id=actor_id,
            actor_label=actor_label,
            action=action,
            object_type=object_type,
            object_id=str(object_id),
            changes=changes or {},
            form_token=form_token,
        )
    )
