"""Saved views: filters of the list that somebody keeps under a name."""

from flask_babel import gettext as _
from sqlalchemy import func, select

from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.members.accounts import SavedView
from callcenter.tickets.queries.filters import TicketFilters

VIEWS_MAX = 30


def save_view(actor: Actor, name: str, filters: TicketFilters) -> SavedView:
    """Keep the filters under a name; the same name replaces what it stood for."""
    found = db.session.scalar(
        select(SavedView).where(SavedView.user_id == actor.user_id, SavedView.name == name)
    )
    if found is None:
        count = db.session.scalar(select(func.count()).where(SavedView.user_id == actor.user_id))
        if (count or 0) >= VIEWS_MAX:
            raise UserError(
                _("Vous gardez déjà %(count)s vues : supprimez-en une d'abord.", count=VIEWS_MAX)
            )
        found = SavedView(member_id=actor.home_id, user_id=actor.user_id, name=name)
        db.session.add(found)
    found.query = dict(filters.query())
    db.session.flush()
    return found


def delete_view(actor: Actor, view_id: int) -> None:
    """Forget a view of the actor's own; NotFound for anybody else's."""
    found = db.session.scalar(
        select(SavedView).where(SavedView.id == view_id, SavedView.user_id == actor.user_id)
    )
    if found is None:
        raise NotFound
    db.session.delete(found)
    db.session.flush()
