"""Drafts: what somebody was typing, kept until it is saved, thrown away, or a week old.

A draft is read by the person who wrote it and by nobody else.
"""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from flask_babel import gettext as _
from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from werkzeug.datastructures import MultiDict

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.members.accounts import Draft

KEY_MAX = 80
FIELDS_MAX = 200
CHARACTERS_MAX = 64_000
DRAFTS_MAX = 50
KEPT = timedelta(days=7)

_KEY = re.compile(rf"[a-z0-9][a-z0-9:._-]{{0,{KEY_MAX - 1}}}")
_NOT_KEPT = frozenset({"csrf_token", "form_token", "version"})
_SECRET_WORDS = ("password", "secret", "token")
# The database keeps no NUL, and no half of a pair of surrogates.
_UNKEEPABLE = re.compile(r"[\x00\ud800-\udfff]")


def save_draft(actor: Actor, key: str, fields: Iterable[tuple[str, str]]) -> None:
    """Keep what ``actor`` is typing in the form ``key``; what was kept before is replaced.

    A name may come several times. Tokens and secrets are left out. Raises NotFound for a key
    that no form of ours has, UserError when it is too much to keep.
    """
    check_key(key)
    kept: dict[str, list[str]] = {}
    size = 0
    for count, (name, value) in enumerate(fields):
        size += len(name) + len(value)
        if count >= FIELDS_MAX or size > CHARACTERS_MAX:
            raise UserError(_("Ce brouillon est trop long pour être gardé."))
        if name not in _NOT_KEPT and not any(word in name.lower() for word in _SECRET_WORDS):
            kept.setdefault(_UNKEEPABLE.sub("", name), []).append(_UNKEEPABLE.sub("", value))
    now = clock.now()
    row = insert(Draft).values(
        member_id=actor.home_id, user_id=actor.user_id, key=key, fields=kept, saved_at=now
    )
    db.session.execute(
        row.on_conflict_do_update(
            index_elements=[Draft.user_id, Draft.key], set_={"fields": kept, "saved_at": now}
        )
    )
    _keep_the_latest(actor)


def load_draft(actor: Actor, key: str) -> MultiDict[str, str] | None:
    """Return what ``actor`` was typing in the form ``key``, or ``None``.

    It fits WTForms as ``formdata``, and ``draft.get("name")`` as text.
    """
    found = db.session.execute(_KEPT_UNDER, _key_of(actor, key)).one_or_none()
    if found is None or found.saved_at < clock.now() - KEPT:
        return None
    return MultiDict(found.fields)


def drop_draft(actor: Actor, key: str) -> None:
    """Throw a draft away, if there is one: its form was saved, or the person gave up."""
    db.session.execute(_DROP, _key_of(actor, key))


def _key_of(actor: Actor, key: str) -> dict[str, object]:
    return {"member_id": actor.home_id, "user_id": actor.user_id, "key": key}


_THIS: Final = (
    Draft.member_id == bindparam("member_id"),
    Draft.user_id == bindparam("user_id"),
    Draft.key == bindparam("key"),
)
_KEPT_UNDER: Final = select(Draft.fields, Draft.saved_at).where(*_THIS)
_DROP: Final = delete(Draft).where(*_THIS).execution_options(synchronize_session=False)


def purge_drafts() -> int:
    """Delete drafts older than a week and return how many (periodic work, every scope)."""
    gone = db.session.execute(
        delete(Draft).where(Draft.saved_at < clock.now() - KEPT).returning(Draft.id)
    )
    return len(gone.all())


def check_key(key: str) -> None:
    """Raise NotFound for a key that no form of ours has."""
    if not _KEY.fullmatch(key):
        raise NotFound


def _keep_the_latest(actor: Actor) -> None:
    """Forget the oldest drafts of somebody who opens forms without end."""
    mine = (Draft.member_id == actor.home_id, Draft.user_id == actor.user_id)
    if (db.session.scalar(select(func.count()).where(*mine)) or 0) > DRAFTS_MAX:
        latest = select(Draft.id).where(*mine).order_by(Draft.saved_at.desc()).limit(DRAFTS_MAX)
        db.session.execute(delete(Draft).where(*mine, Draft.id.not_in(latest)))
