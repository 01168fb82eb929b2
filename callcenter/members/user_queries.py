"""Scoped reads of accounts and mandates."""

import re
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_

from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.members.accounts import Mandate, TeamMembership, User
from callcenter.members.models import Organisation, Team
from callcenter.ui.pagination import Page, Window, page_of


@dataclass(frozen=True, slots=True)
class UserFilter:
    """What a list of accounts is narrowed to; empty means all."""

    text: str = ""
    member_id: int | None = None
    role: str = ""
    state: str = ""  # open, closed, unused


@dataclass(frozen=True, slots=True)
class UserLine:
    """An account as lists show it."""

    user: User
    organisation: str
    member_id: int
    teams: str


@dataclass(frozen=True, slots=True)
class MandateLine:
    """A mandate, and the member it is for."""

    mandate: Mandate
    member: str

    def state(self, today: date) -> str:
        """Return ``coming``, ``running`` or ``ended``."""
        if self.mandate.starts_on > today:
            return "coming"
        ended = self.mandate.ends_on is not None and self.mandate.ends_on < today
        return "ended" if ended else "running"


def get_user(user_id: int) -> User:
    """Return an account within the actor's wall; NotFound for any other."""
    user = db.session.scalar(select(User).where(User.id == user_id))
    if user is None:
        raise NotFound
    return user


def list_users(wanted: UserFilter, window: Window) -> Page[UserLine]:
    """Return accounts by name, a page at a time."""
    teams = (
        select(func.string_agg(Team.name, ", "))
        .select_from(TeamMembership)
        .join(
            Team,
            and_(Team.member_id == TeamMembership.member_id, Team.id == TeamMembership.team_id),
        )
        .where(TeamMembership.user_id == User.id)
        .correlate(User)
        .scalar_subquery()
    )
    query = (
        select(User, Organisation.name, teams)
        .join(
            Organisation,
            and_(Organisation.member_id == User.member_id, Organisation.id == User.organisation_id),
        )
        .where(*_conditions(wanted))
    )
    rows = db.session.execute(_windowed(query, window)).all()
    lines = [UserLine(row[0], row[1], row[0].member_id, row[2] or "") for row in rows]
    return page_of(
        lines, window, lambda line: (line.user.last_name, line.user.first_name, line.user.id)
    )


def _conditions(wanted: UserFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for word in wanted.text.split()[:4]:
        pattern = "%" + re.sub(r"([\\%_])", r"\\\1", word) + "%"
        conditions.append(
            or_(
                User.first_name.ilike(pattern),
                User.last_name.ilike(pattern),
                User.email.ilike(pattern),
            )
        )
    if wanted.member_id is not None:
        conditions.append(User.member_id == wanted.member_id)
    if wanted.role:
        conditions.append(User.role == wanted.role)
    if wanted.state == "open":
        conditions.append(User.active.is_(True))
    elif wanted.state == "closed":
        conditions.append(~User.active)
    elif wanted.state == "unused":
        conditions.append(and_(User.active, User.password.is_(None)))
    return conditions


def _windowed(query: Select[User, str, str], window: Window) -> Select[User, str, str]:
    columns = (User.last_name, User.first_name, User.id)
    if window.key is not None:
        here = tuple_(*columns)
        query = query.where(here < window.key if window.backwards else here > window.key)
    order = [column.desc() for column in columns] if window.backwards else list(columns)
    return query.order_by(*order).limit(window.limit)


def list_team_ids(user_id: int) -> list[int]:
    """Return the teams that an account is in."""
    return list(
        db.session.scalars(select(TeamMembership.team_id).where(TeamMembership.user_id == user_id))
    )


def list_mandates(user_id: int) -> list[MandateLine]:
    """Return a platform account's mandates, as far as the actor sees their members."""
    rows = db.session.execute(
        select(Mandate, Organisation.name)
        .join(Organisation, Organisation.id == Mandate.member_id)
        .where(Mandate.user_id == user_id)
        .order_by(Organisation.name)
    )
    return [MandateLine(mandate, name) for mandate, name in rows]


def get_mandate(mandate_id: int) -> Mandate:
    """Return a mandate within the actor's wall; NotFound for any other."""
    mandate = db.session.scalar(select(Mandate).where(Mandate.id == mandate_id))
    if mandate is None:
        raise NotFound
    return mandate
