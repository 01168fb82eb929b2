"""The table of what tenants thought of how their request was dealt with."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.core.db import Base, Owned, behind_wall


class Satisfaction(Owned, Base):
    """A tenant's mark (1 to 5) for one request, with a word if there was one.

    One per request: who gives another mark corrects the first. ``organisation_id`` is who did
    the work, for the figures. ``channel`` is ``sms`` or ``link``.
    """

    __tablename__ = "satisfaction"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "ticket_id"),
        CheckConstraint("score BETWEEN 1 AND 5", name="score"),
        behind_wall("ticket_id", to="ticket", ondelete="CASCADE"),
        behind_wall("organisation_id", to="organisation"),
        Index("ix_satisfaction_newest", "member_id", text("at DESC")),
    )

    ticket_id: Mapped[int]
    organisation_id: Mapped[int | None]
    organisation_name: Mapped[str] = mapped_column(default="")
    score: Mapped[int]
    word: Mapped[str] = mapped_column(default="")
    channel: Mapped[str]
    at: Mapped[datetime]
