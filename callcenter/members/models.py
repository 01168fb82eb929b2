"""Tables of organisations and of the lines, places and hours they work with."""

from datetime import date
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.core.db import Base, Dated, Owned, behind_wall, one_of
from callcenter.members.states import OrganisationKind, Service, TeamKind


class Organisation(Owned, Dated, Base):
    """A landlord, the platform itself, or an organisation a member works with.

    A landlord and the platform are their own wall (``member_id = id``). A syndic or a
    contractor is a row of the member that works with it: the same firm known to two members
    is two rows, because what each knows of it is its own.
    """

    __tablename__ = "organisation"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "name"),
        one_of("kind", OrganisationKind),
        CheckConstraint("(kind IN ('platform', 'landlord')) = (member_id = id)", name="own_wall"),
        Index(
            "uq_organisation_prefix",
            "reference_prefix",
            unique=True,
            postgresql_where=text("kind = 'landlord'"),
        ),
    )

    kind: Mapped[str]
    name: Mapped[str]
    short_name: Mapped[str]
    reference_prefix: Mapped[str] = mapped_column(default="")
    accent_colour: Mapped[str] = mapped_column(default="#1f4e79")
    phone: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    opening_hours: Mapped[str] = mapped_column(default="")
    sms_sender: Mapped[str] = mapped_column(default="")
    sms_two_way: Mapped[bool] = mapped_column(default=False)
    next_reference: Mapped[int] = mapped_column(default=1)
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # A partner that can be reached at night and at weekends without a contract that says so.
    answers_at_night: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class Calendar(Owned, Base):
    """Working hours of a member, a service or a contractor.

    The ``main`` one is the member's own office hours: due dates are counted on it.
    ``weekly_hours`` maps ``mon`` … ``sun`` to ``[["08:30", "12:30"], …]`` in Paris time.
    """

    __tablename__ = "calendar"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "name"),
        Index("uq_calendar_main", "member_id", unique=True, postgresql_where=text("main")),
    )

    name: Mapped[str]
    main: Mapped[bool] = mapped_column(default=False)
    weekly_hours: Mapped[dict[str, Any]] = mapped_column(default=dict)
    public_holidays: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class ClosingDay(Owned, Base):
    """A day on which a calendar is closed although the week says open."""

    __tablename__ = "closing_day"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("calendar_id", "day"),
        behind_wall("calendar_id", to="calendar", ondelete="CASCADE"),
    )

    calendar_id: Mapped[int]
    day: Mapped[date]
    label: Mapped[str] = mapped_column(default="")


class Agency(Owned, Base):
    """An agency, antenne or secteur: the part of a member that is near the tenants."""

    __tablename__ = "agency"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "name"),
    )

    name: Mapped[str]
    phone: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class Team(Owned, Base):
    """People of one organisation who take the same kind of ticket."""

    __tablename__ = "team"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("organisation_id", "name"),
        one_of("kind", TeamKind),
        behind_wall("organisation_id", to="organisation"),
        behind_wall("agency_id", to="agency"),
    )

    organisation_id: Mapped[int]
    agency_id: Mapped[int | None]
    kind: Mapped[str]
    name: Mapped[str]
    phone: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class PhoneLine(Owned, Base):
    """A dialled number: it says which member and which service the caller wants."""

    __tablename__ = "phone_line"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("number"),
        one_of("service", Service),
        behind_wall("calendar_id", to="calendar"),
    )

    number: Mapped[str]
    service: Mapped[str]
    name: Mapped[str]
    greeting: Mapped[str] = mapped_column(default="")
    script: Mapped[str] = mapped_column(default="")
    calendar_id: Mapped[int | None]
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
