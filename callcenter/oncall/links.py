"""The private link of somebody who is paged: drawn from the program's secret and a nonce.

As the tenant's link: the row keeps a digest alone, so that reading the database opens no page.
It opens one page, for the night and the days after, whoever took it.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import and_, select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.site import Site
from callcenter.oncall.models import OnCallAttempt, OnCallPage

LIFE: Final = timedelta(hours=72)
TOKEN_LENGTH: Final = 20

_TOKEN_BYTES: Final = 15
_PURPOSE: Final = b"on-call-link:"


@dataclass(frozen=True, slots=True)
class OpenedPage:
    """What a good token opens: one person's attempt of one page."""

    attempt_id: int
    page_id: int
    member_id: int
    name: str


def new_nonce() -> str:
    """Draw what a link is made from."""
    return secrets.token_hex(16)


def token_of(nonce: str, secret: str) -> str:
    """Return the token of a link: the same each time for one nonce and secret."""
    mac = hmac.new(secret.encode(), _PURPOSE + nonce.encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(mac[:_TOKEN_BYTES]).decode()


def digest_of(token: str) -> str:
    """Return what is stored of a token, and looked up."""
    return hashlib.sha256(token.encode()).hexdigest()


def link_url(nonce: str, site: Site) -> str:
    """Return the whole private address."""
    return f"{site.origin}/a/{token_of(nonce, site.secret)}"


def find_opened(token: str) -> OpenedPage | None:
    """Return what a token opens now, or None. Needs the scope of every member."""
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    row = db.session.execute(
        select(OnCallAttempt.id, OnCallPage.id, OnCallPage.member_id, OnCallAttempt.name)
        .join(
            OnCallPage,
            and_(
                OnCallPage.member_id == OnCallAttempt.member_id,
                OnCallPage.id == OnCallAttempt.on_call_page_id,
            ),
        )
        .where(
            OnCallAttempt.digest == digest_of(token),
            OnCallAttempt.asked_at > clock.now() - LIFE,
        )
    ).one_or_none()
    return OpenedPage(*row) if row else None
