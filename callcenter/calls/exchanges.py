"""The telephone exchanges that report to us: their keys, of which only a digest is kept."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import select

from callcenter.calls.models import PbxToken
from callcenter.core import audit, clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.core.isolation import Actor
from callcenter.members.models import Organisation
from callcenter.members.states import OrganisationKind

MOST_SHOWN = 200
_USE_NOTED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Exchange:
    """An exchange that proved who it is. ``member_id`` is ``None`` for the platform's own."""

    id: int
    name: str
    member_id: int | None


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A key as the list shows it: never the key itself."""

    id: int
    owner_id: int
    owner: str
    everybody: bool
    name: str
    active: bool
    created_at: datetime
    last_used_at: datetime | None


def issue_key(owner_id: int, name: str, by: str = "", by_id: int | None = None) -> str:
    """Make an exchange's key and return it: it is shown once and never again.

    ``owner_id`` is the member whose lines it speaks of, or the platform for everybody's.
    """
    secret = secrets.token_urlsafe(32)
    token = PbxToken(member_id=owner_id, name=name, digest=_digest(secret), active=True)
    db.session.add(token)
    db.session.flush()
    audit.record(
        owner_id,
        "exchange.key_issued",
        "pbx_token",
        token.id,
        actor_label=by,
        actor_id=by_id,
        changes={"name": [None, name]},
    )
    return secret


def revoke_key(pbx_token_id: int, by: str = "", by_id: int | None = None) -> None:
    """Refuse this key from now on. Raises NotFound."""
    token = db.session.scalar(select(PbxToken).where(PbxToken.id == pbx_token_id))
    if token is None:
        raise NotFound
    if not token.active:
        return
    token.active = False
    audit.record(
        token.member_id,
        "exchange.key_revoked",
        "pbx_token",
        token.id,
        actor_label=by,
        actor_id=by_id,
        changes={"name": [token.name, None]},
    )
    db.session.flush()


def list_owners(actor: Actor) -> list[tuple[int, str]]:
    """Return whose lines a key may speak of: everybody's (the platform's exchange), or a member's."""
    rows = db.session.execute(
        select(Organisation.id, Organisation.short_name, Organisation.kind)
        .where(
            Organisation.id == Organisation.member_id,
            Organisation.id.in_(actor.member_ids | {actor.home_id}),
            Organisation.active,
        )
        .order_by(Organisation.kind.desc(), Organisation.name)
    )
    return [
        (
            row.id,
            _("Toutes les lignes") if row.kind == OrganisationKind.PLATFORM else row.short_name,
        )
        for row in rows
    ]


def list_keys(actor: Actor) -> list[KeyLine]:
    """Return the keys that the actor looks after, those in use first. One statement."""
    rows = db.session.execute(
        select(PbxToken, Organisation.short_name, Organisation.kind)
        .join(Organisation, Organisation.id == PbxToken.member_id)
        .where(PbxToken.member_id.in_(actor.member_ids | {actor.home_id}))
        .order_by(PbxToken.active.desc(), PbxToken.id.desc())
        .limit(MOST_SHOWN)
    )
    return [
        KeyLine(
            token.id,
            token.member_id,
            name,
            kind == OrganisationKind.PLATFORM,
            token.name,
            token.active,
            token.created_at,
            token.last_used_at,
        )
        for token, name, kind in rows
    ]


def find_exchange(secret: str) -> Exchange | None:
    """Return whose key this is, and note its use now and then. For machinery: every member's."""
    if not secret or len(secret) > 200:  # noqa: PLR2004 - longer than any key of ours
        return None
    row = db.session.execute(
        select(PbxToken, Organisation.kind)
        .join(Organisation, Organisation.id == PbxToken.member_id)
        .where(PbxToken.digest == _digest(secret), PbxToken.active)
    ).one_or_none()
    if row is None:
        return None
    token: PbxToken = row[0]
    now = clock.now()
    if token.last_used_at is None or now - token.last_used_at > _USE_NOTED_EVERY:
        token.last_used_at = now
        db.session.flush()
    everybody = row[1] == OrganisationKind.PLATFORM
    return Exchange(token.id, token.name, None if everybody else token.member_id)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
