"""Accounts, what they belong to, and the mandates that let agents serve members."""

from datetime import date, datetime
from typing import Any

from flask_security.core import RoleMixin, UserMixin
from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.core.db import Base, Dated, Owned, behind_wall, one_of
from callcenter.core.permissions import Role


class User(Owned, Dated, UserMixin, Base):
    """A person who signs in. Lives behind the wall of the member, or of the platform."""

    __tablename__ = "user_account"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("email"),
        UniqueConstraint("fs_uniquifier"),
        one_of("role", Role),
        behind_wall("organisation_id", to="organisation"),
    )

    organisation_id: Mapped[int]
    role: Mapped[str]
    email: Mapped[str]
    first_name: Mapped[str]
    last_name: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    locale: Mapped[str] = mapped_column(default="fr")
    password: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str]
    tf_primary_method: Mapped[str | None]
    tf_totp_secret: Mapped[str | None]
    tf_phone_number: Mapped[str | None]
    mf_recovery_codes: Mapped[list[Any] | None] = mapped_column(JSONB)
    # Empty until the first sign-in, whatever the mixin says.
    last_login_at: Mapped[datetime | None]  # type: ignore[assignment]
    current_login_at: Mapped[datetime | None]  # type: ignore[assignment]
    last_login_ip: Mapped[str | None]
    current_login_ip: Mapped[str | None]
    login_count: Mapped[int | None]  # type: ignore[assignment]
    version: Mapped[int] = mapped_column(default=1)

    mandates: Mapped[list["Mandate"]] = relationship(
        primaryjoin="User.id == Mandate.user_id",
        foreign_keys="Mandate.user_id",
        lazy="raise",
        viewonly=True,
    )

    @property
    def full_name(self) -> str:
        """Return first and last name as people read them."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def roles(self) -> list[RoleMixin]:  # type: ignore[override]
        """Return no role: ours is a column, and permissions follow from it alone."""
        return []

    @property
    def has_second_factor(self) -> bool:
        """Say whether signing in asks for a code."""
        return bool(self.tf_primary_method and self.tf_totp_secret)


class Mandate(Owned, Base):
    """The right of a platform account to serve one member, from a day to a day."""

    __tablename__ = "mandate"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("user_id", "member_id"),
    )

    # Crosses the wall on purpose: a platform account serves a member.
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


class TeamMembership(Owned, Base):
    """A person's place in a team of the same organisation."""

    __tablename__ = "team_membership"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("team_id", "user_id"),
        behind_wall("team_id", to="team", ondelete="CASCADE"),
        behind_wall("user_id", to="user_account", ondelete="CASCADE"),
    )

    team_id: Mapped[int]
    user_id: Mapped[int]


class Draft(Owned, Base):
    """What somebody was typing: kept until it is saved or thrown away, never longer than a week.

    Behind the wall of the person's own home, and read by that person alone.
    """

    __tablename__ = "draft"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("user_id", "key"),
        behind_wall("user_id", to="user_account", ondelete="CASCADE"),
    )

    user_id: Mapped[int]
    key: Mapped[str]
    fields: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime]


class SavedView(Owned, Base):
    """A filter of the ticket list that somebody keeps under a name."""

    __tablename__ = "saved_view"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("user_id", "name"),
        behind_wall("user_id", to="user_account", ondelete="CASCADE"),
    )

    user_id: Mapped[int]
    name: Mapped[str]
    query: Mapped[dict[str, Any]]
