"""Scoped reads for the screens that set up organisations: the wall hides everybody else's."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, select
from sqlalchemy.orm import InstrumentedAttribute

from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.members.accounts import TeamMembership, User
from callcenter.members.models import (
    Agency,
    Calendar,
    ClosingDay,
    Organisation,
    PhoneLine,
    Team,
)
from callcenter.members.states import OrganisationKind

_HOUSES = (OrganisationKind.PLATFORM, OrganisationKind.LANDLORD)


@dataclass(frozen=True, slots=True)
class House:
    """A landlord or the platform, and how much of it is set up."""

    organisation: Organisation
    agencies: int
    lines: int
    people: int


@dataclass(frozen=True, slots=True)
class TeamLine:
    """A team as lists show it."""

    team: Team
    organisation: str
    agency: str
    people: int


def get_house(member_id: int) -> Organisation:
    """Return a landlord or the platform, if the actor may see it; NotFound otherwise."""
    house = db.session.scalar(
        select(Organisation).where(Organisation.id == member_id, Organisation.kind.in_(_HOUSES))
    )
    if house is None:
        raise NotFound
    return house


def _count_of(column: "InstrumentedAttribute[int]") -> object:
    return (
        select(func.count())
        .where(column == Organisation.id)
        .correlate(Organisation)
        .scalar_subquery()
    )


def list_houses() -> list[House]:
    """Return the platform, then the landlords by name, each with its counts."""
    rows = db.session.execute(
        select(
            Organisation,
            _count_of(Agency.member_id),  # type: ignore[call-overload]
            _count_of(PhoneLine.member_id),
            _count_of(User.member_id),
        )
        .where(Organisation.kind.in_(_HOUSES))
        .order_by(Organisation.kind == OrganisationKind.LANDLORD, Organisation.name)
    )
    return [House(*row) for row in rows]


def list_houses_seen() -> Sequence[Organisation]:
    """Return the platform and the landlords that the actor sees, without their counts."""
    return db.session.scalars(
        select(Organisation)
        .where(Organisation.kind.in_(_HOUSES))
        .order_by(Organisation.kind == OrganisationKind.LANDLORD, Organisation.name)
    ).all()


def list_agencies(member_id: int) -> Sequence[Agency]:
    """Return a member's agencies, those in service first."""
    return db.session.scalars(
        select(Agency)
        .where(Agency.member_id == member_id)
        .order_by(Agency.active.desc(), Agency.name)
    ).all()


def get_agency(agency_id: int) -> Agency:
    """Return an agency within the actor's wall; NotFound for any other."""
    agency = db.session.scalar(select(Agency).where(Agency.id == agency_id))
    if agency is None:
        raise NotFound
    return agency


def list_teams(member_id: int) -> list[TeamLine]:
    """Return a member's teams and its partners', the member's own first."""
    people = (
        select(func.count())
        .select_from(TeamMembership)
        .where(TeamMembership.team_id == Team.id)
        .correlate(Team)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Team, Organisation.short_name, Agency.name, people)
        .join(
            Organisation,
            and_(Organisation.member_id == Team.member_id, Organisation.id == Team.organisation_id),
        )
        .outerjoin(Agency, and_(Agency.member_id == Team.member_id, Agency.id == Team.agency_id))
        .where(Team.member_id == member_id)
        .order_by(
            Team.active.desc(), Team.organisation_id != member_id, Organisation.name, Team.name
        )
    )
    return [TeamLine(team, place, agency or "", count) for team, place, agency, count in rows]


def list_team_options(organisation_id: int) -> Sequence[Team]:
    """Return the teams in service of one organisation, by name."""
    return db.session.scalars(
        select(Team).where(Team.organisation_id == organisation_id, Team.active).order_by(Team.name)
    ).all()


def list_people(organisation_id: int) -> Sequence[User]:
    """Return the open accounts of one organisation, by name."""
    return db.session.scalars(
        select(User)
        .where(User.organisation_id == organisation_id, User.active)
        .order_by(User.last_name, User.first_name)
    ).all()


def list_team_people_ids(team_id: int) -> list[int]:
    """Return the accounts that are in a team."""
    return list(
        db.session.scalars(select(TeamMembership.user_id).where(TeamMembership.team_id == team_id))
    )


def list_member_lines(member_id: int) -> Sequence[PhoneLine]:
    """Return a member's lines, those in service first."""
    return db.session.scalars(
        select(PhoneLine)
        .where(PhoneLine.member_id == member_id)
        .order_by(PhoneLine.active.desc(), PhoneLine.id)
    ).all()


def list_calendars(member_id: int) -> Sequence[Calendar]:
    """Return a member's calendars, the main one first."""
    return db.session.scalars(
        select(Calendar)
        .where(Calendar.member_id == member_id)
        .order_by(Calendar.main.desc(), Calendar.name)
    ).all()


def get_calendar(calendar_id: int) -> Calendar:
    """Return a calendar within the actor's wall; NotFound for any other."""
    calendar = db.session.scalar(select(Calendar).where(Calendar.id == calendar_id))
    if calendar is None:
        raise NotFound
    return calendar


def list_closing_days(calendar_ids: Iterable[int]) -> Sequence[ClosingDay]:
    """Return the closing days of these calendars, the earliest first."""
    return db.session.scalars(
        select(ClosingDay)
        .where(ClosingDay.calendar_id.in_(list(calendar_ids)))
        .order_by(ClosingDay.day)
    ).all()


def get_closing_day(closing_day_id: int) -> ClosingDay:
    """Return a closing day within the actor's wall; NotFound for any other."""
    day = db.session.scalar(select(ClosingDay).where(ClosingDay.id == closing_day_id))
    if day is None:
        raise NotFound
    return day


def list_partners(member_id: int) -> Sequence[Organisation]:
    """Return the syndics, contractors and others that a member works with."""
    return db.session.scalars(
        select(Organisation)
        .where(Organisation.member_id == member_id, Organisation.id != member_id)
        .order_by(Organisation.active.desc(), Organisation.kind, Organisation.name)
    ).all()


def get_partner(organisation_id: int) -> Organisation:
    """Return a partner within the actor's wall; NotFound for a landlord or another's partner."""
    partner = db.session.scalar(
        select(Organisation).where(
            Organisation.id == organisation_id, Organisation.kind.not_in(_HOUSES)
        )
    )
    if partner is None:
        raise NotFound
    return partner


def get_organisation(organisation_id: int) -> Organisation:
    """Return any organisation within the actor's wall; NotFound for any other."""
    found = db.session.scalar(select(Organisation).where(Organisation.id == organisation_id))
    if found is None:
        raise NotFound
    return found


def list_organisations() -> Sequence[Organisation]:
    """Return every organisation within the actor's wall, houses before their partners."""
    return db.session.scalars(
        select(Organisation)
        .where(Organisation.active)
        .order_by(
            Organisation.kind != OrganisationKind.PLATFORM,
            Organisation.member_id,
            Organisation.id != Organisation.member_id,
            Organisation.name,
        )
    ).all()
