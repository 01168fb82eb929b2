"""The signed link of an organisation without accounts to the one ticket it was offered.

As the tenant's link (see ``links``): drawn from the program's secret and a nonce, so that a
reminder carries the same address; the row keeps a digest alone. It opens one assignment, for a
while, and can be closed at once.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import select, update

from callcenter.core import audit, clock
from callcenter.core.db import db
from callcenter.core.site import Site
from callcenter.tickets.links import TOKEN_LENGTH, digest_of
from callcenter.tickets.models import Assignment, PartnerLink

# Long enough for a part on order; a work that lasts longer gets another link.
LIFE: Final = timedelta(days=60)

_TOKEN_BYTES: Final = 15
_PURPOSE: Final = b"partner-link:"


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """What a good token opens: one organisation's assignment of one ticket."""

    link_id: int
    member_id: int
    ticket_id: int
    assignment_id: int
    organisation_id: int
    organisation_name: str
    first_opening: bool


def token_of(nonce: str, secret: str) -> str:
    """Return the token of a link: the same each time for one nonce and secret."""
    mac = hmac.new(secret.encode(), _PURPOSE + nonce.encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(mac[:_TOKEN_BYTES]).decode()


def live_partner_link(assignment: Assignment, secret: str) -> PartnerLink:
    """Return the assignment's present link, or a new one."""
    found = db.session.scalar(
        select(PartnerLink)
        .where(
            PartnerLink.member_id == assignment.member_id,
            PartnerLink.assignment_id == assignment.id,
            PartnerLink.revoked_at.is_(None),
            PartnerLink.expires_at > clock.now() + timedelta(days=1),
        )
        .order_by(PartnerLink.id.desc())
        .limit(1)
    )
    return found or make_partner_link(assignment, secret)


def make_partner_link(assignment: Assignment, secret: str) -> PartnerLink:
    """Add a private link to an assignment (not flushed: its address needs no number)."""
    nonce = secrets.token_hex(16)
    link = PartnerLink(
        member_id=assignment.member_id,
        ticket_id=assignment.ticket_id,
        assignment_id=assignment.id,
        nonce=nonce,
        digest=digest_of(token_of(nonce, secret)),
        expires_at=clock.now() + LIFE,
    )
    db.session.add(link)
    return link


def partner_url(link: PartnerLink, site: Site) -> str:
    """Return the whole private address of a link."""
    return f"{site.origin}/p/{token_of(link.nonce, site.secret)}"


def find_partner_link(token: str) -> OpenedLink | None:
    """Return what a token opens now, or None. Needs the scope of every member."""
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    row = db.session.execute(
        select(PartnerLink, Assignment)
        .join(
            Assignment,
            (Assignment.member_id == PartnerLink.member_id)
            & (Assignment.id == PartnerLink.assignment_id),
        )
        .where(
            PartnerLink.digest == digest_of(token),
            PartnerLink.revoked_at.is_(None),
            PartnerLink.expires_at > clock.now(),
        )
    ).one_or_none()
    if row is None:
        return None
    link, assignment = row
    return OpenedLink(
        link_id=link.id,
        member_id=link.member_id,
        ticket_id=link.ticket_id,
        assignment_id=assignment.id,
        organisation_id=assignment.organisation_id,
        organisation_name=assignment.organisation_name,
        first_opening=link.last_opened_at is None,
    )


def note_partner_opened(link: OpenedLink) -> None:
    """Note that the page was opened; the first time goes to the audit trail as well."""
    db.session.execute(
        update(PartnerLink)
        .where(PartnerLink.member_id == link.member_id, PartnerLink.id == link.link_id)
        .values(last_opened_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    if link.first_opening:
        audit.record(
            link.member_id,
            "partner_link.opened",
            "ticket",
            link.ticket_id,
            actor_label=link.organisation_name,
        )


def revoke_partner_links(member_id: int, assignment_id: int) -> int:
    """Close every open link of an assignment at once; return how many there were."""
    found = db.session.scalars(
        select(PartnerLink).where(
            PartnerLink.member_id == member_id,
            PartnerLink.assignment_id == assignment_id,
            PartnerLink.revoked_at.is_(None),
        )
    ).all()
    for link in found:
        link.revoked_at = clock.now()
    return len(found)
