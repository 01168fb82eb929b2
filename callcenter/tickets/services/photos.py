"""Photographs of a ticket, from the tenant's page or a partner's."""

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from callcenter.core.db import db
from callcenter.core.errors import UserError
from callcenter.core.pictures import Picture
from callcenter.tickets.authors import tenant_author
from callcenter.tickets.models import Photo, Ticket
from callcenter.tickets.services.tenant import tenant_adds_word

PHOTOS_MAX = 20


def add_photo(
    ticket: Ticket,
    picture: Picture,
    author_label: str,
    *,
    organisation_id: int | None = None,
    form_token: str = "",
) -> Photo | None:
    """Keep a photograph with the ticket; None when this very form already brought it.

    Raises UserError when the ticket has as many as it can hold.
    """
    rows = db.session.execute(
        select(
            func.count(),
            func.count().filter(Photo.form_token == form_token),
        ).where(Photo.member_id == ticket.member_id, Photo.ticket_id == ticket.id)
    ).one()
    if form_token and rows[1]:
        return None
    if rows[0] >= PHOTOS_MAX:
        raise UserError(_("Cette demande a déjà %(count)s photos.", count=PHOTOS_MAX))
    photo = Photo(
        member_id=ticket.member_id,
        ticket_id=ticket.id,
        organisation_id=organisation_id,
        author_label=author_label,
        width=picture.width,
        height=picture.height,
        content=picture.content,
        form_token=form_token or None,
    )
    db.session.add(photo)
    db.session.flush()
    return photo


def tenant_adds_photos(
    member_id: int,
    ticket_id: int,
    pictures: Sequence[Picture],
    body: str,
    *,
    form_token: str = "",
) -> Ticket:
    """Add photographs, and the words that came with them, from the tenant's page."""
    count = len(pictures)
    words = body.strip() or str(
        ngettext("(%(num)s photo ajoutée)", "(%(num)s photos ajoutées)", count)
    )
    ticket = tenant_adds_word(member_id, ticket_id, words, form_token=form_token)
    for place, picture in enumerate(pictures):
        # Each is kept once, however often the form is sent.
        token = f"{form_token}.{place}" if form_token and place else form_token
        add_photo(ticket, picture, tenant_author().label, form_token=token)
    return ticket
