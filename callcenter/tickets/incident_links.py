"""The private addresses that the news of an incident leads to.

The person's own request; a page of the incident for somebody who called and has none.
"""

import secrets
from collections.abc import Sequence

from sqlalchemy import or_, select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.site import Site
from callcenter.tickets.incident_models import IncidentSubscriber
from callcenter.tickets.links import TOKEN_LENGTH, digest_of, link_url, make_link, token_of
from callcenter.tickets.models import TenantLink, Ticket


def new_nonce(secret: str) -> tuple[str, str]:
    """Return (nonce, digest) of a new private page."""
    nonce = secrets.token_hex(16)
    return nonce, digest_of(token_of(nonce, secret))


def subscriber_urls(subscribers: Sequence[IncidentSubscriber], site: Site) -> list[str]:
    """Return the address for each subscriber, in order; a closed link of a ticket is made anew."""
    tickets = {one.ticket_id for one in subscribers if one.ticket_id is not None}
    links = _ticket_links(tickets)
    missing = tickets - links.keys()
    if missing:
        for ticket in db.session.scalars(select(Ticket).where(Ticket.id.in_(missing))):
            links[ticket.id] = make_link(ticket, site.secret)
    return [
        link_url(links[one.ticket_id], site.origin, site.secret)
        if one.ticket_id in links
        else f"{site.origin}/i/{token_of(one.nonce, site.secret)}"
        for one in subscribers
    ]


def find_subscriber(token: str) -> IncidentSubscriber | None:
    """Return whose page a token opens. Needs the scope of every member; looked up by digest."""
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    return db.session.scalar(
        select(IncidentSubscriber).where(IncidentSubscriber.digest == digest_of(token))
    )


def _ticket_links(ticket_ids: set[int]) -> dict[int | None, TenantLink]:
    if not ticket_ids:
        return {}
    rows = db.session.scalars(
        select(TenantLink)
        .where(
            TenantLink.ticket_id.in_(ticket_ids),
            TenantLink.revoked_at.is_(None),
            or_(TenantLink.expires_at.is_(None), TenantLink.expires_at > clock.now()),
        )
        .order_by(TenantLink.id)
    )
    return {link.ticket_id: link for link in rows}
