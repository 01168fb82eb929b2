"""Who is signed in: from the session cookie to a frozen Actor with its members."""

from collections.abc import Iterable
from typing import Any

from flask import Flask, flash, g, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import ScalarSelect, func, or_, select

from callcenter.core import clock
from callcenter.core.db import db, session_scope
from callcenter.core.isolation import Actor, Scope
from callcenter.core.permissions import PERMISSIONS, PLATFORM_ROLES, Role
from callcenter.members.accounts import Mandate, User
from callcenter.members.models import Organisation
from callcenter.members.security_forms import second_factor_required
from callcenter.members.security_notes import AGENT_KEY, agent_mark
from callcenter.members.states import OrganisationKind
from callcenter.settings import Settings
from callcenter.ui.htmx import go_to

# What the cookie holds about a person; the rest (CSRF token, messages) is the browser's.
_OF_THE_PERSON = ("_user_id", "_fresh", "_id", "fs_paa", "fs_gexp", AGENT_KEY)

# All that an administrator without the required second factor may open.
_OPEN_WITHOUT_SECOND_FACTOR = frozenset(
    {
        "language.switch",
        "security.logout",
        "security.two_factor_setup",
        "security.two_factor_setup_validate",
        "security.verify",
    }
)


def load_actor() -> Actor | None:
    """Return who the session cookie says is signed in; ``None`` for nobody or a closed account.

    One statement, in a Session of its own under the sign-in scope, so that nothing it loads
    is seen under the actor's scope.
    """
    g.pop("_login_user", None)  # Flask-Login's memory of an earlier request in this context
    g.second_factor_missing = False
    uniquifier = session.get("_user_id")
    if not uniquifier:
        return None
    if session.get(AGENT_KEY, agent_mark()) != agent_mark():
        _forget()
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
                (User.tf_primary_method.is_not(None) & User.tf_totp_secret.is_not(None)).label(
                    "second_factor"
                ),
                _mandates().label("mandates"),
            ).where(User.fs_uniquifier == uniquifier, User.active)
        ).one_or_none()
    if row is None:
        _forget()
        return None
    role = Role(row.role)
    g.second_factor_missing = second_factor_required(role) and not row.second_factor
    return Actor(
        user_id=row.id,
        name=f"{row.first_name} {row.last_name}".strip(),
        role=role,
        home_id=row.member_id,
        organisation_id=row.organisation_id,
        member_ids=_members_served(row.member_id, role, row.mandates or ()),
        permissions=PERMISSIONS[role],
        locale=row.locale,
    )


def _mandates() -> ScalarSelect[Any]:
    """The members whose mandate the account holds today."""
    today = clock.today()
    return (
        select(func.array_agg(Mandate.member_id))
        .where(
            Mandate.user_id == User.id,
            Mandate.starts_on <= today,
            or_(Mandate.ends_on.is_(None), Mandate.ends_on >= today),
        )
        .scalar_subquery()
    )


def _members_served(home_id: int, role: Role, mandates: Iterable[int]) -> frozenset[int]:
    """Return whose data a person may see: the own member's, or the mandates' of a platform role."""
    if role not in PLATFORM_ROLES:
        return frozenset({home_id})
    if role is Role.ADMINISTRATOR:
        with session_scope(Scope(everything=True)):
            found = db.session.scalars(
                select(Organisation.id).where(Organisation.kind == OrganisationKind.LANDLORD)
            )
            return frozenset(found)
    return frozenset(mandates)


def _forget() -> None:
    """Close the session in the cookie: its account is closed, or its password was changed."""
    for name in _OF_THE_PERSON:
        session.pop(name, None)


def find_account(email: str) -> User | None:
    """Return the account that signs in with this address, if the scope shows it."""
    return db.session.scalar(
        select(User).where(func.lower(User.email) == email.strip().lower()).limit(1)
    )


def _lead_to_second_factor() -> ResponseReturnValue | None:
    """Let an administrator without the required second factor do nothing but set it up."""
    if not g.get("second_factor_missing") or g.get("actor") is None:
        return None
    endpoint = request.endpoint or ""
    if endpoint in _OPEN_WITHOUT_SECOND_FACTOR or endpoint.endswith("static"):
        return None
    flash(_("Votre compte d'administrateur demande une double authentification."), "info")
    return go_to(url_for("security.two_factor_setup"))


def init_app(app: Flask) -> None:
    """Start sign-in on the application: call it after the guard of ``ui.access``."""
    from callcenter.members import security, security_views, throttle

    settings: Settings = app.config["SETTINGS"]
    limiter = throttle.make_limiter(app, settings.redis_url)
    security.init_app(app, settings, limiter)
    app.register_blueprint(security_views.make_blueprint(limiter))
    app.before_request(_lead_to_second_factor)
    app.jinja_env.globals["second_factor_required"] = second_factor_required
