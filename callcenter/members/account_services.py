"""What can be done to one account: the person's own details, closing it, ending sessions."""

import secrets

from flask_babel import gettext as _
from sqlalchemy import select

from callcenter.core import audit
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.core.phone import parse_phone
from callcenter.members.accounts import User


def get_account(user_id: int) -> User:
    """Return an account that the scope shows. Raises NotFound."""
    user = db.session.scalar(select(User).where(User.id == user_id))
    if user is None:
        raise NotFound
    return user


def save_own_details(
    actor: Actor,
    *,
    first_name: str,
    last_name: str,
    phone: str,
    locale: str,
    version: int,
) -> User:
    """Change the actor's own name, telephone and language.

    ``version`` is the one that was shown. Raises UserError for a number that can't be read,
    or when the account was changed meanwhile (by an administrator, or in another tab).
    """
    user = get_account(actor.user_id)
    if user.version != version:
        raise UserError(
            _("Votre compte a été modifié pendant que vous écriviez. Relisez, puis enregistrez.")
        )
    try:
        number = parse_phone(phone).e164 if phone else ""
    except UserError as error:
        raise UserError(error.message, field="phone") from error
    wanted = {
        "first_name": first_name,
        "last_name": last_name,
        "phone": number,
        "locale": locale,
    }
    changes = {
        name: [getattr(user, name), value]
        for name, value in wanted.items()
        if getattr(user, name) != value
    }
    if not changes:
        return user
    for name, value in wanted.items():
        setattr(user, name, value)
    user.version += 1
    _record(user, "account.details_changed", actor_id=actor.user_id, actor_label=actor.name,
            changes=changes)  # fmt: skip
    db.session.flush()
    return user


def end_sessions(user: User, *, actor_id: int | None = None, actor_label: str = "") -> None:
    """Close every session of ``user``, wherever it is open."""
    user.fs_uniquifier = secrets.token_hex(16)
    _record(user, "account.sessions_ended", actor_id=actor_id, actor_label=actor_label)
    db.session.flush()


def close_account(user: User, *, actor_id: int | None = None, actor_label: str = "") -> None:
    """Disable an account: nobody signs in with it, and open sessions end at their next request."""
    if not user.active:
        return
    user.active = False
    user.version += 1
    user.fs_uniquifier = secrets.token_hex(16)
    _record(user, "account.disabled", actor_id=actor_id, actor_label=actor_label)
    db.session.flush()


def reopen_account(user: User, *, actor_id: int | None = None, actor_label: str = "") -> None:
    """Enable a disabled account again, with its former password and second factor."""
    if user.active:
        return
    user.active = True
    user.version += 1
    _record(user, "account.enabled", actor_id=actor_id, actor_label=actor_label)
    db.session.flush()


def remove_second_factor(user: User, *, actor_id: int | None = None, actor_label: str = "") -> None:
    """Take the second factor and its recovery codes off an account, and end its sessions.

    For somebody who lost the telephone; whoever asks must be known by another way first.
    """
    user.tf_primary_method = None
    user.tf_totp_secret = None
    user.tf_phone_number = None
    user.mf_recovery_codes = None
    user.fs_uniquifier = secrets.token_hex(16)
    user.version += 1
    _record(user, "account.second_factor_removed", actor_id=actor_id, actor_label=actor_label)
    db.session.flush()


def _record(
    user: User,
    action: str,
    *,
    actor_id: int | None,
    actor_label: str,
    changes: dict[str, list[object]] | None = None,
) -> None:
    audit.record(
        user.member_id,
        action,
        "user_account",
        user.id,
        actor_id=actor_id,
        actor_label=actor_label,
        changes=changes,
    )
