"""Photographs of a ticket, found by who may see the ticket."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import undefer

from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.tickets.models import Photo, Ticket


def list_photos(ticket: Ticket) -> Sequence[Photo]:
    """Return a ticket's photographs, oldest first, without their pixels."""
    return db.session.scalars(
        select(Photo)
        .where(Photo.member_id == ticket.member_id, Photo.ticket_id == ticket.id)
        .order_by(Photo.id)
    ).all()


def get_photo(member_id: int, ticket_id: int, photo_id: int) -> Photo:
    """Return one photograph of a ticket with its pixels; NotFound for any other."""
    photo = db.session.scalar(
        select(Photo)
        .where(Photo.member_id == member_id, Photo.ticket_id == ticket_id, Photo.id == photo_id)
        .options(undefer(Photo.content))
    )
    if photo is None:
        raise NotFound
    return photo
