"""Tables of what is said of the estate over time: flags on places, and each field's history."""

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.core import clock
from callcenter.core.db import Base, Dated, Owned, behind_wall, one_of
from callcenter.estate.states import ChangeSource, FlagKind


class PlaceFlag(Owned, Dated, Base):
    """Something that whoever deals with a place must know, from a day to a day, and why.

    ``dwelling_id`` is empty for what concerns the whole residence (works).

    Of a vulnerable person, only what to do is kept (``measure``, a code) and on what ground
    (``ground``, a code): never an illness, never free text.
    """

    __tablename__ = "place_flag"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "form_token"),
        one_of("kind", FlagKind),
        behind_wall("residence_id", to="residence", ondelete="CASCADE"),
        behind_wall("dwelling_id", to="dwelling", ondelete="CASCADE"),
        Index("ix_place_flag_place", "member_id", "residence_id", "ends_on"),
        Index("ix_place_flag_ends", "ends_on"),
    )

    residence_id: Mapped[int]
    dwelling_id: Mapped[int | None]
    kind: Mapped[str]
    measure: Mapped[str] = mapped_column(default="")
    ground: Mapped[str] = mapped_column(default="")
    # Works and procedures only.
    note: Mapped[str] = mapped_column(default="")
    starts_on: Mapped[date]
    # The last day: every flag has one, so that none outlives its reason.
    ends_on: Mapped[date]
    actor_id: Mapped[int | None]
    actor_label: Mapped[str] = mapped_column(default="")
    form_token: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)


class EstateChange(Owned, Base):
    """One field of a person or a home that changed: before, after, by whom or which file.

    An agent's change waits (``settled_at`` is empty) until the member has it in its own system:
    somebody says so, or a file of the member's says the same.
    """

    __tablename__ = "estate_change"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        one_of("source", ChangeSource),
        behind_wall("contact_id", to="contact", ondelete="CASCADE"),
        behind_wall("dwelling_id", to="dwelling", ondelete="CASCADE"),
        Index("ix_estate_change_contact", "member_id", "contact_id", text("id DESC")),
        Index("ix_estate_change_dwelling", "member_id", "dwelling_id", text("id DESC")),
        Index(
            "ix_estate_change_waiting",
            "member_id",
            "id",
            postgresql_where=text("source = 'agent' AND settled_at IS NULL"),
        ),
    )

    at: Mapped[datetime] = mapped_column(default=clock.now)
    source: Mapped[str]
    actor_id: Mapped[int | None]
    # Who, or which file.
    actor_label: Mapped[str] = mapped_column(default="")
    contact_id: Mapped[int | None]
    dwelling_id: Mapped[int | None]
    field: Mapped[str]
    before: Mapped[str] = mapped_column(default="")
    after: Mapped[str] = mapped_column(default="")
    # False: what a file says and an agent knew better; kept beside, not taken.
    applied: Mapped[bool] = mapped_column(default=True)
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str] = mapped_column(default="")
