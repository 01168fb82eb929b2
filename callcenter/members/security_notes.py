"""The audit trail of sign-in: noted while Flask-Security works, written once it has committed.

Its pages run under the sign-in scope, which may not write a member's audit rows; the rows are
therefore a commit of their own, under the account's home. A failed sign-in is written after
the answer has left, so that its time does not tell whether the account exists.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, current_app, g, request, session
from flask_login import user_logged_out
from flask_security.signals import (
    password_changed,
    password_reset,
    tf_disabled,
    tf_profile_changed,
    user_authenticated,
    user_failed_authn,
)

from callcenter.core import audit
from callcenter.core.db import session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.members.accounts import User

AGENT_KEY = "agent"


@dataclass(frozen=True, slots=True)
class _Note:
    """What happened to an account, in values that outlive the Session that loaded it."""

    member_id: int
    user_id: int
    name: str
    action: str
    changes: dict[str, Any] = field(default_factory=dict)


def note(
    user: User, action: str, changes: dict[str, Any] | None = None, *, after_answer: bool = False
) -> None:
    """Note something that happened to ``user``, for the audit trail."""
    kept = "account_notes_late" if after_answer else "account_notes"
    made = _Note(user.member_id, user.id, user.full_name, action, changes or {})
    if kept not in g:
        setattr(g, kept, [])
    g.get(kept).append(made)


def agent_mark() -> str:
    """Return a mark of the browser: a session taken to another kind of browser is closed."""
    words = request.user_agent.string or ""
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def _on_signed_in(_: Flask, user: User, authn_via: list[str] | None = None, **__: Any) -> None:
    session.permanent = True
    session[AGENT_KEY] = agent_mark()
    if authn_via != ["change"]:
        note(user, "account.signed_in", {"address": ["", request.remote_addr or ""]})


def _on_failed(_: Flask, user: User, auth_type: str, **__: Any) -> None:
    changes = {"factor": ["", auth_type], "address": ["", request.remote_addr or ""]}
    note(user, "account.sign_in_failed", changes, after_answer=True)


def _on_signed_out(_: Flask, user: User | None = None, **__: Any) -> None:
    session.pop(AGENT_KEY, None)
    if isinstance(account := _real(user), User):
        note(account, "account.signed_out")


def _on_password_changed(_: Flask, user: User, **__: Any) -> None:
    note(user, "account.password_changed")


def _on_password_reset(_: Flask, user: User, **__: Any) -> None:
    note(user, "account.password_reset")


def _on_second_factor_set(_: Flask, user: User, **__: Any) -> None:
    note(_real(user), "account.second_factor_set")


def _on_second_factor_removed(_: Flask, user: User, **__: Any) -> None:
    note(_real(user), "account.second_factor_removed")


def _real(user: Any) -> Any:
    """Return the account behind Flask-Login's proxy."""
    return user._get_current_object() if hasattr(user, "_get_current_object") else user  # noqa: SLF001


def listen(app: Flask) -> None:
    """Note what Flask-Security and Flask-Login signal on ``app``."""
    for signal, handler in (
        (user_authenticated, _on_signed_in),
        (user_failed_authn, _on_failed),
        (user_logged_out, _on_signed_out),
        (password_changed, _on_password_changed),
        (password_reset, _on_password_reset),
        (tf_profile_changed, _on_second_factor_set),
        (tf_disabled, _on_second_factor_removed),
    ):
        signal.connect(handler, app)


def write_notes(response: Response) -> Response:
    """Write what was noted in this request (an ``after_request`` of the sign-in pages)."""
    _write(g.pop("account_notes", []))
    late: list[_Note] = g.pop("account_notes_late", [])
    if late:
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001

        def write_late() -> None:
            with app.app_context():
                _write(late)

        response.call_on_close(write_late)
    return response


def _write(made: list[_Note]) -> None:
    for one in made:
        scope = Scope(member_ids=frozenset({one.member_id}), user_id=one.user_id)
        with session_scope(scope), transaction():
            audit.record(
                one.member_id,
                one.action,
                "user_account",
                one.user_id,
                actor_id=one.user_id,
                actor_label=one.name,
                changes=one.changes,
            )
