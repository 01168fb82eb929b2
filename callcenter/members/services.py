"""Verbs of the members room: founding members, opening accounts, giving mandates."""

import secrets
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import func, select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.isolation import see_newborn_member
from callcenter.core.permissions import PLATFORM_ROLES, Role
from callcenter.members.accounts import Mandate, TeamMembership, User
from callcenter.members.models import Agency, Calendar, Organisation, PhoneLine, Team
from callcenter.members.states import OrganisationKind, Service, TeamKind

OFFICE_HOURS: dict[str, list[list[str]]] = {
    day: [["08:30", "12:30"], ["13:30", "17:30"]] for day in ("mon", "tue", "wed", "thu", "fri")
}


def found_organisation(kind: OrganisationKind, name: str, **fields: Any) -> Organisation:
    """Create a landlord or the platform: an organisation that is its own wall.

    The present transaction sees the newborn's rows from here on.
    """
    number = db.session.scalar(
        select(func.nextval(func.pg_get_serial_sequence("organisation", "id")))
    )
    if number is None:  # pragma: no cover - a sequence always answers
        raise RuntimeError("no number for a new organisation")
    see_newborn_member(db.session(), number)
    organisation = Organisation(
        id=number,
        member_id=number,
        kind=kind,
        name=name,
        short_name=fields.pop("short_name", name),
        **fields,
    )
    db.session.add(organisation)
    db.session.flush()
    db.session.add(Calendar(member_id=number, name="Bureaux", main=True, weekly_hours=OFFICE_HOURS))
    db.session.flush()
    return organisation


def add_partner(member_id: int, kind: OrganisationKind, name: str, **fields: Any) -> Organisation:
    """Add a syndic, a contractor or another organisation that a member works with."""
    partner = Organisation(
        member_id=member_id,
        kind=kind,
        name=name,
        short_name=fields.pop("short_name", name),
        **fields,
    )
    db.session.add(partner)
    db.session.flush()
    return partner


def add_agency(member_id: int, name: str, phone: str = "") -> Agency:
    """Add an agency of a member."""
    agency = Agency(member_id=member_id, name=name, phone=phone)
    db.session.add(agency)
    db.session.flush()
    return agency


def add_team(
    organisation: Organisation, kind: TeamKind, name: str, agency_id: int | None = None
) -> Team:
    """Add a team of an organisation."""
    team = Team(
        member_id=organisation.member_id,
        organisation_id=organisation.id,
        agency_id=agency_id,
        kind=kind,
        name=name,
    )
    db.session.add(team)
    db.session.flush()
    return team


def add_line(
    member_id: int, number: str, service: Service, name: str, greeting: str, script: str = ""
) -> PhoneLine:
    """Add a phone line: a dialled number in E.164 that says member and service."""
    line = PhoneLine(
        member_id=member_id,
        number=number,
        service=service,
        name=name,
        greeting=greeting,
        script=script,
    )
    db.session.add(line)
    db.session.flush()
    return line


def open_account(
    organisation: Organisation,
    role: Role,
    email: str,
    first_name: str,
    last_name: str = "",
    *,
    password_hash: str | None = None,
    teams: Iterable[Team] = (),
) -> User:
    """Open an account for a person of ``organisation``; without a hash it can't sign in yet."""
    user = User(
        member_id=organisation.member_id,
        organisation_id=organisation.id,
        role=role,
        email=email.strip().lower(),
        first_name=first_name,
        last_name=last_name,
        password=password_hash,
        fs_uniquifier=secrets.token_hex(16),
    )
    db.session.add(user)
    db.session.flush()
    for team in teams:
        db.session.add(TeamMembership(member_id=user.member_id, team_id=team.id, user_id=user.id))
    db.session.flush()
    return user


def give_mandate(
    user: User, member_id: int, starts_on: date | None = None, ends_on: date | None = None
) -> Mandate:
    """Let a platform account serve a member. Raises ValueError for a member's own account."""
    if Role(user.role) not in PLATFORM_ROLES:
        raise ValueError("only platform accounts have mandates")
    mandate = Mandate(
        member_id=member_id,
        user_id=user.id,
        starts_on=starts_on or clock.today(),
        ends_on=ends_on,
    )
    db.session.add(mandate)
    db.session.flush()
    return mandate
