"""Verbs of flags on places: written, extended, lifted, erased when their time is over.

The journal keeps who did it and when, and the kind; what the flag says is never repeated in it.
"""

from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import and_, delete, func, or_, select

from callcenter.core import audit, clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.estate.flag_queries import MOST_FLAGS
from callcenter.estate.flag_rules import (
    GROUNDS,
    LONGEST,
    MEASURES,
    latest_end,
    purged_before,
    readable_kinds,
    writable_kinds,
)
from callcenter.estate.history_models import PlaceFlag
from callcenter.estate.models import Residence
from callcenter.estate.states import FlagKind

PURGED_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class NewFlag:
    """What somebody writes, of a residence or of one home.

    ``measure`` and ``ground`` for vulnerability, ``note`` for the rest.
    """

    kind: FlagKind
    starts_on: date
    ends_on: date
    form_token: str
    measure: str = ""
    ground: str = ""
    note: str = ""


def add_flag(residence_id: int, dwelling_id: int | None, told: NewFlag, actor: Actor) -> PlaceFlag:
    """Flag a home, or a whole residence, from a day to a day; the same form finds the first flag.

    Raises UserError (with its field) for what is missing, for a span that is too long or over.
    """
    member_id = db.session.scalar(select(Residence.member_id).where(Residence.id == residence_id))
    if member_id is None or told.kind not in writable_kinds(
        actor.permissions, whole_residence=dwelling_id is None
    ):
        raise NotFound
    known = db.session.scalar(
        select(PlaceFlag).where(
            PlaceFlag.member_id == member_id, PlaceFlag.form_token == told.form_token
        )
    )
    if known is not None:
        return known
    _check(told)
    many = select(func.count()).where(
        PlaceFlag.member_id == member_id,
        PlaceFlag.residence_id == residence_id,
        PlaceFlag.dwelling_id == dwelling_id,
        PlaceFlag.ends_on >= clock.today(),
    )
    if db.session.scalars(many).one() >= MOST_FLAGS:
        raise UserError(_("Ce lieu a déjà beaucoup de signalements : levez-en d'abord."))
    vulnerable = told.kind is FlagKind.VULNERABILITY
    flag = PlaceFlag(
        member_id=member_id,
        residence_id=residence_id,
        dwelling_id=dwelling_id,
        kind=told.kind,
        measure=told.measure if vulnerable else "",
        ground=told.ground if vulnerable else "",
        note="" if vulnerable else told.note,
        starts_on=told.starts_on,
        ends_on=told.ends_on,
        actor_id=actor.user_id,
        actor_label=actor.name,
        form_token=told.form_token,
    )
    db.session.add(flag)
    db.session.flush()
    _trace(flag, "added", actor, {"ends_on": [None, told.ends_on.isoformat()]})
    return flag


def _check(told: NewFlag) -> None:
    if told.kind is FlagKind.VULNERABILITY:
        if told.measure not in MEASURES:
            raise UserError(_("Dites ce qu'il faut faire."), field="measure")
        if told.ground not in GROUNDS:
            raise UserError(_("Dites à quel titre c'est noté."), field="ground")
    elif not told.note:
        raise UserError(_("Dites de quoi il s'agit, et pourquoi il faut le savoir."), field="note")
    if told.ends_on < told.starts_on:
        raise UserError(_("Le dernier jour est avant le premier."), field="ends_on")
    _check_end(told.kind, told.ends_on)


def _check_end(kind: FlagKind, ends_on: date) -> None:
    today = clock.today()
    if ends_on < today:
        raise UserError(_("Ce jour est passé."), field="ends_on")
    if ends_on > latest_end(kind, today):
        raise UserError(
            _(
                "Un tel signalement dure %(days)s jours au plus : il pourra être prolongé.",
                days=LONGEST[kind],
            ),
            field="ends_on",
        )


def _flag(flag_id: int, actor: Actor) -> PlaceFlag:
    flag = db.session.scalar(
        select(PlaceFlag).where(
            PlaceFlag.id == flag_id, PlaceFlag.kind.in_(readable_kinds(actor.permissions))
        )
    )
    if flag is None:
        raise NotFound
    return flag


def extend_flag(flag_id: int, ends_on: date, actor: Actor) -> PlaceFlag:
    """Give a flag another last day, looked at again today. Raises UserError as ``add_flag``."""
    flag = _flag(flag_id, actor)
    if ends_on == flag.ends_on:
        return flag
    if ends_on < flag.starts_on:
        raise UserError(_("Le dernier jour est avant le premier."), field="ends_on")
    _check_end(FlagKind(flag.kind), ends_on)
    _trace(flag, "extended", actor, {"ends_on": [flag.ends_on.isoformat(), ends_on.isoformat()]})
    flag.ends_on = ends_on
    flag.version += 1
    db.session.flush()
    return flag


def withdraw_flag(flag_id: int, actor: Actor) -> None:
    """Lift a flag: erased at once, only the journal knows that it was."""
    flag = _flag(flag_id, actor)
    _trace(flag, "withdrawn", actor, {})
    db.session.delete(flag)
    db.session.flush()


def purge_flags() -> int:
    """Erase the flags whose time is over (see ``flag_rules.KEPT_AFTER``); return how many."""
    today = clock.today()
    over = or_(
        *(
            and_(PlaceFlag.kind == kind, PlaceFlag.ends_on < purged_before(kind, today))
            for kind in FlagKind
        )
    )
    some = select(PlaceFlag.id).where(PlaceFlag.ends_on < today, over).limit(PURGED_AT_ONCE)
    gone = db.session.execute(
        delete(PlaceFlag)
        .where(PlaceFlag.id.in_(some))
        .returning(PlaceFlag.member_id, PlaceFlag.id, PlaceFlag.kind)
    ).all()
    for row in gone:
        audit.record(
            row.member_id, "flag.purged", "place_flag", row.id, changes={"kind": [row.kind, None]}
        )
    return len(gone)


def _trace(flag: PlaceFlag, verb: str, actor: Actor, changes: dict[str, list[str | None]]) -> None:
    audit.record(
        flag.member_id,
        f"flag.{verb}",
        "place_flag",
        flag.id,
        actor_id=actor.user_id,
        actor_label=actor.name,
        changes={"kind": [None, flag.kind], **changes},
    )
