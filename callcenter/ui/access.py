"""Access: closed by default. A page opens by naming its permission, or by being on the list.

The wall between members is in the database; this is the other half: what a role may do.
A page that the actor may not use answers "not found", like a page that isn't there.
"""

from collections.abc import Callable
from typing import TypeVar

from flask import Flask, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from callcenter.core import stamps
from callcenter.core.db import db
from callcenter.core.isolation import NOBODY, Actor, actor_scope, enter_scope
from callcenter.core.permissions import Permission

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

_MARK = "_permission"
_PUBLIC = "public"

# Pages that libraries or the shell bring, by endpoint; ours name their permission themselves.
_PUBLIC_ENDPOINTS = frozenset({"static", "bootstrap.static", "language.switch"})


def requires(permission: Permission) -> Callable[[View], View]:
    """Mark a view as open to those whose role brings ``permission``."""

    def mark(view: View) -> View:
        setattr(view, _MARK, permission)
        return view

    return mark


def public(view: View) -> View:
    """Mark a view as open to anybody: the tenant's link, webhooks, the health check."""
    setattr(view, _MARK, _PUBLIC)
    return view


def permission_of(app: Flask, endpoint: str) -> Permission | str | None:
    """Return an endpoint's permission, ``"public"``, or ``None`` if it names none."""
    if endpoint in _PUBLIC_ENDPOINTS:
        return _PUBLIC
    mark: Permission | str | None = getattr(app.view_functions[endpoint], _MARK, None)
    return mark


def current_actor() -> Actor:
    """Return who is signed in; 401 when nobody is."""
    actor: Actor | None = g.get("actor")
    if actor is None:
        abort(401)
    return actor


def _ask_to_sign_in() -> ResponseReturnValue:
    if request.headers.get("HX-Request") or request.method != "GET":
        abort(401)
    here = request.full_path.rstrip("?")
    return redirect(url_for(current_app.config["SIGN_IN_ENDPOINT"], next=here))


def init_app(app: Flask, load_actor: Callable[..., Actor | None]) -> None:
    """Guard every request of ``app``.

    ``load_actor(begin=...)`` says who is signed in, or ``None``; told to begin, it opens the
    page's transaction under that person's scope.
    """
    app.config.setdefault("SIGN_IN_ENDPOINT", "security.login")

    @app.before_request
    def guard() -> ResponseReturnValue | None:
        # Threads are reused: whatever the last request left is not ours.
        db.session.remove()
        enter_scope(NOBODY)
        stamps.forget()
        g.actor = None
        endpoint = request.endpoint
        if endpoint is None or endpoint.endswith("static"):
            return None
        needed = permission_of(app, endpoint)
        if needed is None:
            raise LookupError(f"the view {endpoint} names no permission")
        # A page for anybody chooses its own scope: no transaction is begun for the person.
        g.actor = actor = load_actor(begin=needed != _PUBLIC)
        if actor is not None:
            enter_scope(actor_scope(actor))
        if needed == _PUBLIC:
            return None
        if actor is None:
            return _ask_to_sign_in()
        if needed not in actor.permissions:
            abort(404)
        return None

    @app.teardown_request
    def leave(_: BaseException | None) -> None:
        enter_scope(NOBODY)
        stamps.forget()
