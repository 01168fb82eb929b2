"""Scoped reads of the members room."""

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import bindparam, select

from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.members.calendar_rules import Calendar
from callcenter.members.hours_rules import WeeklyHours
from callcenter.members.models import Calendar as CalendarRow
from callcenter.members.models import ClosingDay, Organisation, PhoneLine, Team
from callcenter.members.states import OrganisationKind

_LANDLORD: Final = select(Organisation).where(
    Organisation.id == bindparam("member_id"), Organisation.kind == OrganisationKind.LANDLORD
)


def get_member(member_id: int) -> Organisation:
    """Return a landlord that the actor serves; NotFound for any other."""
    member = db.session.scalar(_LANDLORD, {"member_id": member_id})
    if member is None:
        raise NotFound
    return member


def list_members() -> Sequence[Organisation]:
    """Return the landlords that the actor serves, by name."""
    return db.session.scalars(
        select(Organisation)
        .where(Organisation.kind == OrganisationKind.LANDLORD)
        .order_by(Organisation.name)
    ).all()


def list_lines(member_ids: Iterable[int]) -> Sequence[PhoneLine]:
    """Return the lines in service of these members, the tenants' line first."""
    return db.session.scalars(
        select(PhoneLine)
        .where(PhoneLine.member_id.in_(list(member_ids)), PhoneLine.active)
        .order_by(PhoneLine.member_id, PhoneLine.id)
    ).all()


def get_line(line_id: int) -> PhoneLine:
    """Return a line of a member that the actor serves; NotFound for any other."""
    line = db.session.scalar(select(PhoneLine).where(PhoneLine.id == line_id))
    if line is None:
        raise NotFound
    return line


def get_team(team_id: int) -> Team:
    """Return a team within the actor's wall; NotFound for any other."""
    team = db.session.scalar(select(Team).where(Team.id == team_id))
    if team is None:
        raise NotFound
    return team


def calendar_of(row: CalendarRow, closing_days: Iterable[ClosingDay]) -> Calendar:
    """Return the pure calendar that rules count with."""
    return Calendar(
        hours=WeeklyHours.from_json(row.weekly_hours),
        public_holidays=row.public_holidays,
        closing_days=frozenset(day.day for day in closing_days if day.calendar_id == row.id),
        name=row.name,
    )


def get_calendar_or_main(member_id: int, calendar_id: int) -> Calendar:
    """Return one of the member's calendars, or the main one when it is gone."""
    row = db.session.scalar(
        select(CalendarRow).where(CalendarRow.member_id == member_id, CalendarRow.id == calendar_id)
    )
    if row is None:
        return get_main_calendar(member_id)
    days = db.session.scalars(select(ClosingDay).where(ClosingDay.calendar_id == row.id)).all()
    return calendar_of(row, days)


def get_main_calendar(member_id: int) -> Calendar:
    """Return the member's own office hours: due dates and quiet days are counted on it."""
    row = db.session.scalars(
        select(CalendarRow).where(CalendarRow.member_id == member_id, CalendarRow.main)
    ).one()
    days = db.session.scalars(select(ClosingDay).where(ClosingDay.calendar_id == row.id)).all()
    return calendar_of(row, days)
