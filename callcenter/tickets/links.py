"""The private link of a ticket: made, found again, opened, revoked.

The token is drawn from the program's secret and a nonce kept in the row, so that the same
address can be put in the next SMS; the row itself holds only a digest. Reading the database
alone therefore opens no page, and knowing the secret alone opens none either.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.site import Site
from callcenter.tickets.models import TenantLink, Ticket
from callcenter.tickets.rules import LINK_WEEKS_AFTER_END

# 15 bytes are 120 bits and 20 characters: short enough for an SMS, beyond guessing.
_TOKEN_BYTES = 15
TOKEN_LENGTH = 20
_PURPOSE = b"tenant-link:"


def token_of(nonce: str, secret: str) -> str:
    """Return the token of a link: the same each time for one nonce and secret."""
    mac = hmac.new(secret.encode(), _PURPOSE + nonce.encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(mac[:_TOKEN_BYTES]).decode()


def digest_of(token: str) -> str:
    """Return what is stored of a token, and looked up."""
    return hashlib.sha256(token.encode()).hexdigest()


def link_url(link: TenantLink, origin: str, secret: str) -> str:
    """Return the whole private address of a link."""
    return f"{origin}/s/{token_of(link.nonce, secret)}"


def make_link(ticket: Ticket, secret: str) -> TenantLink:
    """Add a private link to a ticket (not flushed: its address needs no number)."""
    nonce = secrets.token_hex(16)
    link = TenantLink(
        member_id=ticket.member_id,
        ticket_id=ticket.id,
        nonce=nonce,
        digest=digest_of(token_of(nonce, secret)),
    )
    db.session.add(link)
    return link


def live_link(ticket: Ticket, secret: str) -> TenantLink:
    """Return the ticket's present link; a new one when it was revoked or has expired."""
    found = db.session.scalar(
        select(TenantLink)
        .where(
            TenantLink.member_id == ticket.member_id,
            TenantLink.ticket_id == ticket.id,
            TenantLink.revoked_at.is_(None),
            or_(TenantLink.expires_at.is_(None), TenantLink.expires_at > clock.now()),
        )
        .order_by(TenantLink.id.desc())
        .limit(1)
    )
    return found or make_link(ticket, secret)


def ticket_url(ticket: Ticket, site: Site) -> str:
    """Return the private address to put in a message about the ticket."""
    return link_url(live_link(ticket, site.secret), site.origin, site.secret)


def expire_links(ticket: Ticket, ended_at: datetime) -> None:
    """Have the ticket's links expire some weeks after its end."""
    for link in _links(ticket):
        link.expires_at = ended_at + timedelta(weeks=LINK_WEEKS_AFTER_END)


def keep_links(ticket: Ticket) -> None:
    """Take the expiry away: the ticket is open again."""
    for link in _links(ticket):
        link.expires_at = None


def revoke_links(ticket: Ticket) -> list[TenantLink]:
    """Close every link of the ticket at once; return those that were open."""
    links = _links(ticket)
    for link in links:
        link.revoked_at = clock.now()
    return links


def find_link(token: str) -> TenantLink | None:
    """Return the link of a token, if it may be opened now. Needs the scope of every member.

    The look-up is by digest in a unique index, so that its time says nothing of the token.
    """
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    link = db.session.scalar(select(TenantLink).where(TenantLink.digest == digest_of(token)))
    if link is None or link.revoked_at is not None:
        return None
    if link.expires_at is not None and link.expires_at <= clock.now():
        return None
    return link


def note_opened(member_id: int, link_id: int) -> None:
    """Note that the page was opened; bulk on purpose, since nothing else of the row is read."""
    db.session.execute(
        update(TenantLink)
        .where(TenantLink.member_id == member_id, TenantLink.id == link_id)
        .values(last_opened_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def _links(ticket: Ticket) -> list[TenantLink]:
    return list(
        db.session.scalars(
            select(TenantLink).where(
                TenantLink.member_id == ticket.member_id,
                TenantLink.ticket_id == ticket.id,
                TenantLink.revoked_at.is_(None),
            )
        )
    )
