"""Who is signed in: from the session cookie to a frozen Actor with its members."""

from flask import Flask, session
from sqlalchemy import or_, select

from callcenter.core import clock
from callcenter.core.db import db, session_scope
from callcenter.core.isolation import Actor, Scope
from callcenter.core.permissions import PERMISSIONS, PLATFORM_ROLES, Role
from callcenter.members.accounts import Mandate, User
from callcenter.members.models import Organisation
from callcenter.members.states import OrganisationKind


def load_actor() -> Actor | None:
    """Return who the session cookie says is signed in; ``None`` for nobody or a closed account.

    One statement, in a Session of its own under the sign-in scope, so that nothing it loads
    is seen under the actor's scope.
    """
    uniquifier = session.get("_user_id")
    if not uniquifier:
        return None
    with session_scope(Scope(signing_in=True)):
        row = db.session.execute(
            select(
                User.id,
                User.first_name,
                User.last_name,
                User.role,
                User.member_id,
                User.organisation_id,
                User.locale,
            ).where(User.fs_uniquifier == uniquifier, User.active)
        ).one_or_none()
    if row is None:
        return None
    role = Role(row.role)
    return Actor(
        user_id=row.id,
        name=f"{row.first_name} {row.last_name}".strip(),
        role=role,
        home_id=row.member_id,
        organisation_id=row.organisation_id,
        member_ids=_members_served(row.id, row.member_id, role),
        permissions=PERMISSIONS[role],
        locale=row.locale,
    )


def _members_served(user_id: int, home_id: int, role: Role) -> frozenset[int]:
    """Return whose data a person may see: the own member's, or the mandates' of a platform role."""
    if role not in PLATFORM_ROLES:
        return frozenset({home_id})
    if role is Role.ADMINISTRATOR:
        with session_scope(Scope(everything=True)):
            found = db.session.scalars(
                select(Organisation.id).where(Organisation.kind == OrganisationKind.LANDLORD)
            )
            return frozenset(found)
    today = clock.today()
    with session_scope(Scope(user_id=user_id)):
        found = db.session.scalars(
            select(Mandate.member_id).where(
                Mandate.user_id == user_id,
                Mandate.starts_on <= today,
                or_(Mandate.ends_on.is_(None), Mandate.ends_on >= today),
            )
        )
        return frozenset(found)


def init_app(app: Flask) -> None:
    """Start sign-in on the application."""
