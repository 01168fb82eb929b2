"""Verbs on what a member is made of: identity, agencies, teams, partners, lines, calendars."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, TypeAlias
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, select

from callcenter.core.db import db
from callcenter.core.editing import Taken, create_once, lock_version, note, revise
from callcenter.core.errors import UserError
from callcenter.core.isolation import Actor
from callcenter.core.phone import parse_phone
from callcenter.members.accounts import TeamMembership, User
from callcenter.members.hours_rules import WeeklyHours
from callcenter.members.models import (
    Agency,
    Calendar,
    ClosingDay,
    Organisation,
    PhoneLine,
    Team,
)
from callcenter.members.states import OrganisationKind

Values: TypeAlias = Mapping[str, Any]
Switchable: TypeAlias = Agency | Team | PhoneLine | Organisation


def _taken_names() -> Taken:
    name = _("Ce nom est déjà pris : choisissez-en un autre.")
    return {
        "uq_organisation_member_id_name": ("name", name),
        "uq_organisation_prefix": (
            "reference_prefix",
            _("Un autre membre a déjà ce préfixe."),
        ),
        "uq_agency_member_id_name": ("name", name),
        "uq_team_organisation_id_name": ("name", name),
        "uq_calendar_member_id_name": ("name", name),
        "uq_phone_line_number": ("number", _("Ce numéro est déjà celui d'une ligne.")),
        "uq_closing_day_calendar_id_day": ("day", _("Ce jour est déjà dans la liste.")),
    }


def e164(text: str, field: str = "phone") -> str:
    """Return a typed number in E.164, "" for none. Raises UserError beside ``field``."""
    if not text:
        return ""
    try:
        return parse_phone(text).e164
    except UserError as error:
        raise UserError(error.message, field=field) from error


def _with_number(values: Values) -> dict[str, Any]:
    return {**values, "phone": e164(values.get("phone") or "")}


def save_identity(house: Organisation, values: Values, *, seen_version: int, actor: Actor) -> None:
    """Change a member's name, colour, contact details and SMS sender.

    The prefix of references stays once a first ticket carries it.
    """
    wanted = _with_number(values)
    prefix = wanted.get("reference_prefix", house.reference_prefix)
    if prefix != house.reference_prefix and house.next_reference > 1:
        raise UserError(
            _("Des demandes portent déjà ce préfixe : il ne peut plus changer."),
            field="reference_prefix",
        )
    revise(
        house,
        wanted,
        seen_version=seen_version,
        actor=actor,
        action="organisation.changed",
        object_type="organisation",
        taken=_taken_names(),
    )


def add_agency(member_id: int, values: Values, *, token: UUID, actor: Actor) -> Agency:
    """Add an agency to a member."""
    wanted = _with_number(values)
    return create_once(
        lambda: _added(Agency(member_id=member_id, **wanted)),
        Agency,
        token=token,
        actor=actor,
        action="agency.added",
        object_type="agency",
        shown=("name", "phone", "email"),
        taken=_taken_names(),
    )


def save_agency(agency: Agency, values: Values, *, seen_version: int, actor: Actor) -> None:
    """Change an agency."""
    revise(
        agency,
        _with_number(values),
        seen_version=seen_version,
        actor=actor,
        action="agency.changed",
        object_type="agency",
        taken=_taken_names(),
    )


def add_partner(member_id: int, values: Values, *, token: UUID, actor: Actor) -> Organisation:
    """Add a syndic, a contractor or another organisation that a member works with."""
    wanted = _with_number(values)
    return create_once(
        lambda: _added(Organisation(member_id=member_id, **wanted)),
        Organisation,
        token=token,
        actor=actor,
        action="partner.added",
        object_type="organisation",
        shown=("kind", "name", "phone", "email"),
        taken=_taken_names(),
    )


def save_partner(partner: Organisation, values: Values, *, seen_version: int, actor: Actor) -> None:
    """Change a partner's details."""
    revise(
        partner,
        _with_number(values),
        seen_version=seen_version,
        actor=actor,
        action="partner.changed",
        object_type="organisation",
        taken=_taken_names(),
    )


def add_line(member_id: int, values: Values, *, token: UUID, actor: Actor) -> PhoneLine:
    """Add a line: a dialled number that says member and service."""
    wanted = {**values, "number": e164(values["number"], "number")}
    _check_calendar(member_id, wanted.get("calendar_id"))
    return create_once(
        lambda: _added(PhoneLine(member_id=member_id, **wanted)),
        PhoneLine,
        token=token,
        actor=actor,
        action="line.added",
        object_type="phone_line",
        shown=("number", "service", "name"),
        taken=_taken_names(),
    )


def save_line(line: PhoneLine, values: Values, *, seen_version: int, actor: Actor) -> None:
    """Change a line."""
    _check_calendar(line.member_id, values.get("calendar_id"))
    revise(
        line,
        {**values, "number": e164(values["number"], "number")},
        seen_version=seen_version,
        actor=actor,
        action="line.changed",
        object_type="phone_line",
        taken=_taken_names(),
    )


def _check_calendar(member_id: int, calendar_id: int | None) -> None:
    if calendar_id is None:
        return
    own = db.session.scalar(
        select(Calendar.id).where(Calendar.id == calendar_id, Calendar.member_id == member_id)
    )
    if own is None:
        raise UserError(_("Choisissez un calendrier de ce membre."), field="calendar_id")


def add_team(organisation: Organisation, values: Values, *, token: UUID, actor: Actor) -> Team:
    """Add a team to a member or to one of its partners."""
    _check_agency(organisation.member_id, values.get("agency_id"))
    wanted = _with_number(values)
    return create_once(
        lambda: _added(
            Team(member_id=organisation.member_id, organisation_id=organisation.id, **wanted)
        ),
        Team,
        token=token,
        actor=actor,
        action="team.added",
        object_type="team",
        shown=("kind", "name", "phone", "email"),
        taken=_taken_names(),
    )


def save_team(
    team: Team, values: Values, people: Iterable[int], *, seen_version: int, actor: Actor
) -> None:
    """Change a team and who is in it; ``people`` are accounts of the team's organisation."""
    _check_agency(team.member_id, values.get("agency_id"))
    lock_version(team, seen_version, "team")
    changed = _set_people(team, frozenset(people))
    if changed:
        note(team, actor, "team.people_changed", "team", {"people": changed})
    wanted = _with_number(values)
    revise(
        team,
        wanted,
        seen_version=seen_version,
        actor=actor,
        action="team.changed",
        object_type="team",
        taken=_taken_names(),
    )
    if changed and team.version == seen_version:
        team.version += 1
        db.session.flush()


def _set_people(team: Team, wanted: frozenset[int]) -> list[str] | None:
    """Set the team's people; return their names before and after, None when nothing changed."""
    accounts = {
        user.id: user.full_name
        for user in db.session.scalars(
            select(User).where(User.organisation_id == team.organisation_id)
        )
    }
    present = {
        membership.user_id: membership
        for membership in db.session.scalars(
            select(TeamMembership).where(TeamMembership.team_id == team.id)
        )
    }
    wanted &= accounts.keys()
    if wanted == present.keys():
        return None
    for user_id in wanted - present.keys():
        db.session.add(TeamMembership(member_id=team.member_id, team_id=team.id, user_id=user_id))
    for user_id in present.keys() - wanted:
        db.session.delete(present[user_id])
    db.session.flush()
    return [
        ", ".join(sorted(accounts.get(number, "?") for number in numbers))
        for numbers in (present.keys(), wanted)
    ]


def _check_agency(member_id: int, agency_id: int | None) -> None:
    if agency_id is None:
        return
    own = db.session.scalar(
        select(Agency.id).where(Agency.id == agency_id, Agency.member_id == member_id)
    )
    if own is None:
        raise UserError(_("Choisissez une agence de ce membre."), field="agency_id")


def switch(row: Switchable, *, active: bool, actor: Actor) -> None:
    """Put an agency, team, line or partner in service, or out of it. Asked twice, done once."""
    if isinstance(row, Organisation) and row.kind in {
        OrganisationKind.PLATFORM,
        OrganisationKind.LANDLORD,
    }:
        raise UserError(_("Un membre ne se désactive pas ici."))
    db.session.refresh(row, with_for_update=True)
    if row.active is active:
        return
    row.active = active
    row.version += 1
    table = row.__tablename__
    noun = {"phone_line": "line", "organisation": "partner"}.get(table, table)
    verb = "switched_on" if active else "switched_off"
    note(row, actor, f"{noun}.{verb}", table, {"active": [not active, active]})
    db.session.flush()


def add_calendar(member_id: int, values: Values, *, token: UUID, actor: Actor) -> Calendar:
    """Add a calendar. Raises UserError (field ``hours``) for hours that can't be."""
    wanted = _with_hours(values)
    return create_once(
        lambda: _added(Calendar(member_id=member_id, **wanted)),
        Calendar,
        token=token,
        actor=actor,
        action="calendar.added",
        object_type="calendar",
        shown=("name", "weekly_hours", "public_holidays"),
        taken=_taken_names(),
    )


def save_calendar(calendar: Calendar, values: Values, *, seen_version: int, actor: Actor) -> None:
    """Change a calendar's name and hours."""
    revise(
        calendar,
        _with_hours(values),
        seen_version=seen_version,
        actor=actor,
        action="calendar.changed",
        object_type="calendar",
        taken=_taken_names(),
    )


def _with_hours(values: Values) -> dict[str, Any]:
    checked = WeeklyHours.from_json(values["weekly_hours"])
    return {**values, "weekly_hours": checked.to_json()}


def add_closing_day(
    calendar: Calendar, day: date, label: str, *, token: UUID, actor: Actor
) -> ClosingDay:
    """Close a calendar on a day on which its week says open."""
    return create_once(
        lambda: _added(
            ClosingDay(member_id=calendar.member_id, calendar_id=calendar.id, day=day, label=label)
        ),
        ClosingDay,
        token=token,
        actor=actor,
        action="closing_day.added",
        object_type="closing_day",
        shown=("day", "label"),
        taken=_taken_names(),
    )


def remove_closing_day(closing: ClosingDay, *, actor: Actor) -> None:
    """Open again on a day that was closed."""
    changes = {"day": [closing.day.isoformat(), None], "label": [closing.label, None]}
    note(closing, actor, "closing_day.removed", "closing_day", changes)
    db.session.execute(delete(ClosingDay).where(ClosingDay.id == closing.id))


def _added(row: Any) -> Any:
    db.session.add(row)
    return row
