"""Who is signed in: from the session cookie to a frozen Actor with its members."""

from typing import Any

from flask import Flask, flash, g, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Row, func, select, text

from callcenter.core import clock, stamps
from callcenter.core.db import db
from callcenter.core.isolation import Actor, actor_scope, begin_by, begun_as
from callcenter.core.permissions import PERMISSIONS, Role
from callcenter.members.accounts import User
from callcenter.members.security_forms import second_factor_required
from callcenter.members.security_notes import AGENT_KEY, agent_mark
from callcenter.settings import Settings
from callcenter.ui.htmx import go_to
from callcenter.ui.theme import Accent

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


def load_actor(*, begin: bool) -> Actor | None:
    """Return who the session cookie says is signed in; ``None`` for nobody or a closed account.

    One statement. With ``begin`` it opens the page's transaction, under the actor's scope; else
    it stands outside any Session.
    """
    g.pop("_login_user", None)  # Flask-Login's memory of an earlier request in this context
    g.second_factor_missing = False
    uniquifier = session.get("_user_id")
    if not uniquifier:
        return None
    if session.get(AGENT_KEY, agent_mark()) != agent_mark():
        _forget()
        return None
    row = _enter(uniquifier, begin=begin)
    if row is None:
        db.session.remove()
        _forget()
        return None
    role = Role(row.role)
    g.second_factor_missing = second_factor_required(role) and not row.second_factor
    g.members_served = tuple(Accent(*one[:3]) for one in row.served)
    stamps.remember({member_id: version for member_id, _name, _colour, version in row.served})
    actor = Actor(
        user_id=row.id,
        name=f"{row.first_name} {row.last_name}".strip(),
        role=role,
        home_id=row.member_id,
        organisation_id=row.organisation_id,
        member_ids=frozenset(row.member_ids),
        permissions=PERMISSIONS[role],
        locale=row.locale,
    )
    if begin:
        begun_as(db.session(), actor_scope(actor))
    return actor


# The function sets the scope of the person for the transaction that asks (see migration 0043).
_ENTER = text("SELECT * FROM app_enter(:uniquifier, :today)")


def _enter(uniquifier: str, *, begin: bool) -> Row[Any] | None:
    """Return the open account of this session with the members it serves today."""
    values = {"uniquifier": uniquifier, "today": clock.today()}
    if begin:
        return begin_by(db.session(), _ENTER, values)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return connection.execute(_ENTER, values).one_or_none()


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
