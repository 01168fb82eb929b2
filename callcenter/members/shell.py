"""What the shell of pages asks of this room: the colours of the members that the actor serves."""

from collections.abc import Iterator

from flask import Flask
from sqlalchemy import select

from callcenter.core.db import db
from callcenter.members.models import Organisation
from callcenter.members.states import OrganisationKind
from callcenter.ui.theme import Accent, register_accents


def init_app(app: Flask) -> None:
    """Give each work page its members' colours (one statement a page)."""
    register_accents(app, _served)


def _served() -> Iterator[Accent]:
    rows = db.session.execute(
        select(Organisation.id, Organisation.short_name, Organisation.accent_colour)
        .where(Organisation.kind == OrganisationKind.LANDLORD)
        .order_by(Organisation.name)
    )
    return (Accent(*row) for row in rows)
