"""Verbs on other people's accounts: invite, change, give and end mandates."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import func, select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.editing import Taken, create_once, lock_version, note, revise
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.core.permissions import Role
from callcenter.members.account_rules import has_mandates, roles_to_give
from callcenter.members.accounts import Mandate, TeamMembership, User
from callcenter.members.directory_services import e164
from callcenter.members.models import Organisation, Team
from callcenter.members.states import OrganisationKind


def _taken() -> Taken:
    return {
        "uq_user_account_email": (
            "email",
            _("Cette adresse ne peut pas servir : elle ouvre déjà un compte."),
        )
    }


def invite(
    organisation: Organisation,
    values: Mapping[str, Any],
    teams: Iterable[int],
    *,
    token: UUID,
    actor: Actor,
) -> User:
    """Open an account without a password; its owner chooses one through a link.

    Raises UserError for a role that does not exist there or that the actor may not give.
    """
    _check_role(actor, Role(values["role"]), organisation)
    wanted = {**values, "phone": e164(values.get("phone") or "")}

    def make() -> User:
        user = User(
            member_id=organisation.member_id,
            organisation_id=organisation.id,
            fs_uniquifier=secrets.token_hex(16),
            **wanted,
        )
        db.session.add(user)
        db.session.flush()
        _set_teams(user, frozenset(teams))
        return user

    return create_once(
        make,
        User,
        token=token,
        actor=actor,
        action="account.opened",
        object_type="user_account",
        shown=("email", "first_name", "last_name", "role"),
        taken=_taken(),
    )


def save_user(
    user: User,
    organisation: Organisation,
    values: Mapping[str, Any],
    teams: Iterable[int],
    *,
    seen_version: int,
    actor: Actor,
) -> None:
    """Change an account. Nobody changes the own role; a new role is one that the actor may give."""
    lock_version(user, seen_version, "user_account")
    role = Role(values["role"])
    if role != user.role:
        if user.id == actor.user_id:
            raise UserError(_("Personne ne change son propre rôle."), field="role")
        _check_role(actor, role, organisation)
    before = user.version
    changed = _set_teams(user, frozenset(teams))
    if changed:
        note(user, actor, "account.teams_changed", "user_account", {"teams": changed})
    revise(
        user,
        {**values, "phone": e164(values.get("phone") or "")},
        seen_version=seen_version,
        actor=actor,
        action="account.changed",
        object_type="user_account",
        taken=_taken(),
    )
    if changed and user.version == before:
        user.version += 1
        db.session.flush()


def _check_role(actor: Actor, role: Role, organisation: Organisation) -> None:
    if role not in roles_to_give(actor.role, OrganisationKind(organisation.kind)):
        raise UserError(_("Ce rôle ne peut pas être donné ici."), field="role")


def _set_teams(user: User, wanted: frozenset[int]) -> list[str] | None:
    """Put the account in these teams of its organisation; names before and after if it changed."""
    names = {
        team.id: team.name
        for team in db.session.scalars(
            select(Team).where(Team.organisation_id == user.organisation_id)
        )
    }
    present = {
        membership.team_id: membership
        for membership in db.session.scalars(
            select(TeamMembership).where(TeamMembership.user_id == user.id)
        )
    }
    wanted &= names.keys()
    if wanted == present.keys():
        return None
    for team_id in wanted - present.keys():
        db.session.add(TeamMembership(member_id=user.member_id, team_id=team_id, user_id=user.id))
    for team_id in present.keys() - wanted:
        db.session.delete(present[team_id])
    db.session.flush()
    return [
        ", ".join(sorted(names.get(number, "?") for number in numbers))
        for numbers in (present.keys(), wanted)
    ]


def refuse_own(user: User, actor: Actor) -> None:
    """Raise UserError when the account is the actor's own: locking oneself out helps nobody."""
    if user.id == actor.user_id:
        raise UserError(_("C'est votre propre compte : voyez « Mon compte »."))


def note_link(user: User, actor: Actor) -> None:
    """Write that a link to choose a password was made, and by whom."""
    note(user, actor, "account.link_made", "user_account")


def set_mandate(
    user: User, member: Organisation, starts_on: date, ends_on: date | None, *, actor: Actor
) -> Mandate:
    """Let a platform account serve a member; a second mandate for it moves the first's dates.

    Raises NotFound for an account that sees members otherwise than by mandate.
    """
    if not has_mandates(Role(user.role)) or member.kind != OrganisationKind.LANDLORD:
        raise NotFound
    # One at a time for an account: two clicks make one mandate.
    db.session.execute(select(func.pg_advisory_xact_lock(user.id)))
    mandate = db.session.scalar(
        select(Mandate).where(Mandate.user_id == user.id, Mandate.member_id == member.id)
    )
    wanted = [starts_on.isoformat(), ends_on.isoformat() if ends_on else None]
    if mandate is None:
        mandate = Mandate(
            member_id=member.id, user_id=user.id, starts_on=starts_on, ends_on=ends_on
        )
        db.session.add(mandate)
        db.session.flush()
        before: list[str | None] = [None, None]
    else:
        before = _dates(mandate)
        if before == wanted:
            return mandate
        mandate.starts_on, mandate.ends_on = starts_on, ends_on
        db.session.flush()
    changes = {
        "person": [None, user.full_name],
        "starts_on": [before[0], wanted[0]],
        "ends_on": [before[1], wanted[1]],
    }
    note(mandate, actor, "mandate.given", "mandate", changes)
    return mandate


def end_mandate(mandate: Mandate, user: User, *, actor: Actor) -> None:
    """End a mandate at once: its last day was yesterday. One that had not begun goes away."""
    yesterday = clock.today() - timedelta(days=1)
    if mandate.ends_on is not None and mandate.ends_on <= yesterday:
        return
    changes: dict[str, list[Any]] = {
        "person": [user.full_name, user.full_name],
        "ends_on": [_dates(mandate)[1], yesterday.isoformat()],
    }
    note(mandate, actor, "mandate.ended", "mandate", changes)
    if mandate.starts_on > yesterday:
        db.session.delete(mandate)
    else:
        mandate.ends_on = yesterday
    db.session.flush()


def _dates(mandate: Mandate) -> list[str | None]:
    ends = mandate.ends_on
    return [mandate.starts_on.isoformat(), ends.isoformat() if ends else None]
