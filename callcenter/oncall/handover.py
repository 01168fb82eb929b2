"""The morning takes the night over: once, by somebody, with a word."""

from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from callcenter.core import audit, clock
from callcenter.core.db import db
from callcenter.core.errors import UserError
from callcenter.core.isolation import Actor
from callcenter.oncall.models import OnCallHandover

NOTE_MAX = 500


def take_over(member_id: int, night: date, note: str, actor: Actor) -> OnCallHandover:
    """Write down who has read a member's night and takes it over; the first who says so has it.

    Raises UserError for a word that is too long to be kept whole.
    """
    text = note.strip()
    if len(text) > NOTE_MAX:
        raise UserError(
            _("Ce texte est trop long : %(limit)s caractères au plus.", limit=NOTE_MAX), "note"
        )
    made = db.session.execute(
        insert(OnCallHandover)
        .values(
            member_id=member_id,
            night=night,
            taken_at=clock.now(),
            taken_by_id=actor.user_id,
            taken_by_label=actor.name,
            note=text,
        )
        .on_conflict_do_nothing()
        .returning(OnCallHandover.id)
    ).one_or_none()
    row = db.session.scalars(
        select(OnCallHandover).where(
            OnCallHandover.member_id == member_id, OnCallHandover.night == night
        )
    ).one()
    if made is not None:
        audit.record(
            member_id,
            "on_call_handover.taken_over",
            "on_call_handover",
            row.id,
            actor_id=actor.user_id,
            actor_label=actor.name,
            changes={"day": [None, night.isoformat()]},
        )
    return row
