"""Verbs on rotas: what they cover, who is on the list, who stands when, swaps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import IntegrityError

from callcenter.core import audit, clock
from callcenter.core.db import db
from callcenter.core.editing import Taken, create_once, revise
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.core.phone import parse_phone
from callcenter.members.calendar_rules import Interval
from callcenter.oncall.models import OnCallPerson, OnCallRota, OnCallShift
from callcenter.oncall.queries import get_person, list_accounts, list_people, list_shifts
from callcenter.oncall.rules import FARTHEST, Block, fill_in, pattern, weekly_pattern
from callcenter.oncall.states import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """Somebody for a rota's list: an account, or a name and a number."""

    user_id: int | None = None
    name: str = ""
    firm: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPattern:
    """A pattern as the form gives it; ``week`` (Monday first) is for a model week."""

    first: date
    last: date
    hand_over: time
    turn: Turn | None = None
    start_with: int | None = None
    week: Sequence[int | None] = ()


def _taken() -> Taken:
    return {
        "uq_on_call_rota_member_id_name": (
            "name",
            _("Ce nom est déjà pris : choisissez-en un autre."),
        )
    }


def add_rota(member_id: int, values: Mapping[str, Any], *, token: UUID, actor: Actor) -> OnCallRota:
    """Add a rota to a member."""

    def make() -> OnCallRota:
        rota = OnCallRota(member_id=member_id, **values)
        db.session.add(rota)
        return rota

    return create_once(
        make,
        OnCallRota,
        token=token,
        actor=actor,
        action="on_call_rota.added",
        object_type="on_call_rota",
        shown=("name", "acknowledge_minutes"),
        taken=_taken(),
    )


def save_rota(
    rota: OnCallRota, values: Mapping[str, Any], *, seen_version: int, actor: Actor
) -> None:
    """Change what a rota covers and how it works."""
    revise(
        rota,
        values,
        seen_version=seen_version,
        actor=actor,
        action="on_call_rota.changed",
        object_type="on_call_rota",
        taken=_taken(),
    )


def add_person(rota: OnCallRota, new: NewPerson, actor: Actor) -> OnCallPerson:
    """Put somebody at the end of a rota's list.

    An account brings its name, and its number unless another is given. Raises UserError for
    a number that can't be rung, or for somebody already there.
    """
    name, number = new.name.strip(), new.number.strip()
    if new.user_id is not None:
        user = list_accounts(rota.member_id).get(new.user_id)
        if user is None:
            raise UserError(_("Ce compte n'existe plus : choisissez-en un autre."), "user_id")
        name, number = user.full_name, number or user.phone
        if not number:
            raise UserError(
                _("Ce compte n'a pas de numéro : indiquez le mobile d'astreinte."), "number"
            )
    if not name:
        raise UserError(_("Choisissez un compte, ou indiquez un nom."), "name")
    known = list_people([rota.id])
    if any(one.user_id == new.user_id and one.name == name for one in known):
        raise UserError(_("%(name)s est déjà dans la liste.", name=name), "name")
    person = OnCallPerson(
        member_id=rota.member_id,
        on_call_rota_id=rota.id,
        position=max((one.position for one in known), default=0) + 1,
        user_id=new.user_id,
        name=name,
        firm=new.firm.strip(),
        number=_e164(number),
    )
    db.session.add(person)
    db.session.flush()
    _note(rota, actor, "on_call_person.added", {"person": [None, person.label]})
    return person


def save_person(person: OnCallPerson, rota: OnCallRota, number: str, actor: Actor) -> None:
    """Change the number by which somebody is reached at night."""
    wanted = _e164(number)
    if wanted == person.number:
        return
    _note(rota, actor, "on_call_person.changed", {"number": [person.number, wanted]})
    person.number = wanted


def move_person(person: OnCallPerson, rota: OnCallRota, step: int, actor: Actor) -> None:
    """Move somebody up (-1) or down (1) the list."""
    people = list(list_people([rota.id]))
    here = next(place for place, one in enumerate(people) if one.id == person.id)
    there = here + step
    if not 0 <= there < len(people):
        return
    people[here], people[there] = people[there], people[here]
    for place, one in enumerate(people, start=1):
        one.position = place
    _note(rota, actor, "on_call_person.moved", {"person": [here + 1, there + 1]})


def remove_person(person: OnCallPerson, rota: OnCallRota, actor: Actor) -> None:
    """Take somebody off the list. Refused while shifts to come are theirs."""
    coming = db.session.scalar(
        select(func.count()).where(
            OnCallShift.member_id == rota.member_id,
            OnCallShift.on_call_person_id == person.id,
            OnCallShift.ends_at > clock.now(),
        )
    )
    if coming:
        raise UserError(
            _(
                "%(name)s a encore des astreintes à venir : remplacez-les d'abord.",
                name=person.name,
            )
        )
    person.active = False
    _note(rota, actor, "on_call_person.removed", {"person": [person.label, None]})


def add_shift(
    rota: OnCallRota, person_id: int, starts_at: datetime, ends_at: datetime, actor: Actor
) -> OnCallShift:
    """Put somebody on duty. Raises UserError when the time runs backwards or is taken."""
    person = _of_list(rota, person_id)
    _check(starts_at, ends_at)
    shift = OnCallShift(
        member_id=rota.member_id,
        on_call_rota_id=rota.id,
        on_call_person_id=person.id,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    try:
        with db.session.begin_nested():
            db.session.add(shift)
            db.session.flush()
    except IntegrityError as error:
        raise UserError(
            _("Quelqu'un est déjà d'astreinte sur une partie de ces heures : remplacez-le."),
            "starts_at",
        ) from error
    _note(rota, actor, "on_call_shift.added", {"shift": [None, _said(shift, person.name)]})
    return shift


def generate(rota: OnCallRota, wanted: NewPattern, actor: Actor) -> int:
    """Fill what is still empty between two days with a pattern; return how many shifts.

    What stands already, a swap for instance, is left alone.
    """
    if wanted.last < wanted.first:
        raise UserError(_("La fin est avant le début."), "last")
    if wanted.last - wanted.first > FARTHEST:
        raise UserError(_("Un an au plus à la fois."), "last")
    _lock(rota)
    people = [one.id for one in list_people([rota.id])]
    if not people:
        raise UserError(_("La liste est vide : ajoutez d'abord des personnes."))
    if wanted.turn is not None:
        place = people.index(wanted.start_with) if wanted.start_with in people else 0
        blocks = list(
            pattern(wanted.turn, people, wanted.first, wanted.last, wanted.hand_over, place)
        )
    else:
        if not any(wanted.week):
            raise UserError(_("Choisissez au moins une personne dans la semaine."))
        blocks = list(weekly_pattern(wanted.week, wanted.first, wanted.last, wanted.hand_over))
    made = _fill(rota, blocks)
    days = [wanted.first.isoformat(), wanted.last.isoformat()]
    _note(rota, actor, "on_call_shift.generated", {"days": days, "shifts": [None, made]})
    return made


def _fill(rota: OnCallRota, blocks: Sequence[Block]) -> int:
    if not blocks:
        return 0
    start, end = blocks[0].starts_at, max(block.ends_at for block in blocks)
    taken = [(row[0].starts_at, row[0].ends_at) for row in list_shifts([rota.id], start, end)]
    pieces = fill_in(blocks, taken)
    db.session.add_all(
        OnCallShift(
            member_id=rota.member_id,
            on_call_rota_id=rota.id,
            on_call_person_id=piece.person_id,
            starts_at=piece.starts_at,
            ends_at=piece.ends_at,
        )
        for piece in pieces
    )
    db.session.flush()
    return len(pieces)


def replace_shift(
    shift: OnCallShift,
    rota: OnCallRota,
    person_id: int,
    actor: Actor,
    part: Interval | None = None,
) -> OnCallShift:
    """Have another person take a shift, or a part of it; return the shift that is now theirs.

    The rest of the shift stays with whoever had it.
    """
    _lock(rota)
    person = _of_list(rota, person_id)
    former = get_person(shift.on_call_person_id)
    if person.id == former.id:
        raise UserError(_("%(name)s est déjà d'astreinte à ce moment.", name=person.name))
    starts, ends = part or (shift.starts_at, shift.ends_at)
    _check(starts, ends)
    if starts < shift.starts_at or ends > shift.ends_at:
        raise UserError(
            _("Le remplacement doit tenir dans l'astreinte de %(name)s.", name=former.name)
        )
    before = _said(shift, former.name)
    rest = [
        (begin, end)
        for begin, end in ((shift.starts_at, starts), (ends, shift.ends_at))
        if begin < end
    ]
    shift.starts_at, shift.ends_at = starts, ends
    shift.on_call_person_id, shift.replaced_name = person.id, former.name
    db.session.flush()
    for begin, end in rest:
        db.session.add(
            OnCallShift(
                member_id=rota.member_id,
                on_call_rota_id=rota.id,
                on_call_person_id=former.id,
                starts_at=begin,
                ends_at=end,
            )
        )
    db.session.flush()
    _note(rota, actor, "on_call_shift.replaced", {"shift": [before, _said(shift, person.name)]})
    return shift


def exchange_shifts(shift: OnCallShift, other: OnCallShift, rota: OnCallRota, actor: Actor) -> None:
    """Have two people take each other's shift."""
    _lock(rota)
    if other.on_call_rota_id != rota.id:
        raise NotFound
    first, second = get_person(shift.on_call_person_id), get_person(other.on_call_person_id)
    if first.id == second.id:
        raise UserError(_("Ces deux astreintes sont à la même personne."))
    before = [_said(shift, first.name), _said(other, second.name)]
    shift.on_call_person_id, other.on_call_person_id = second.id, first.id
    shift.replaced_name, other.replaced_name = first.name, second.name
    db.session.flush()
    after = [_said(shift, second.name), _said(other, first.name)]
    _note(
        rota, actor, "on_call_shift.exchanged", {"shift": [" / ".join(before), " / ".join(after)]}
    )


def remove_shift(shift: OnCallShift, rota: OnCallRota, actor: Actor) -> None:
    """Take a shift away: that leaves a gap unless somebody is put there."""
    person = get_person(shift.on_call_person_id)
    _note(rota, actor, "on_call_shift.removed", {"shift": [_said(shift, person.name), None]})
    db.session.delete(shift)
    db.session.flush()


def clear_shifts(rota: OnCallRota, since: datetime, actor: Actor) -> int:
    """Take away every shift that starts from an instant on; return how many."""
    gone = db.session.execute(
        delete(OnCallShift)
        .where(
            OnCallShift.member_id == rota.member_id,
            OnCallShift.on_call_rota_id == rota.id,
            OnCallShift.starts_at >= since,
        )
        .returning(OnCallShift.id)
        .execution_options(synchronize_session=False)
    ).all()
    _note(rota, actor, "on_call_shift.cleared", {"shifts": [len(gone), 0]})
    return len(gone)


def _lock(rota: OnCallRota) -> None:
    """Two people who change one rota's shifts wait for each other."""
    db.session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('on_call_rota', :id))"),
        {"id": rota.id},
    )


def _of_list(rota: OnCallRota, person_id: int) -> OnCallPerson:
    found = next((one for one in list_people([rota.id]) if one.id == person_id), None)
    if found is None:
        raise UserError(_("Choisissez une personne de la liste."), "person_id")
    return found


def _check(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise UserError(_("La fin est avant le début."), "ends_at")
    if ends_at - starts_at > FARTHEST:
        raise UserError(_("Un an au plus à la fois."), "ends_at")


def _e164(number: str) -> str:
    try:
        return parse_phone(number).e164
    except UserError as error:
        raise UserError(error.message, field="number") from error


def _said(shift: OnCallShift, name: str) -> str:
    starts, ends = clock.in_paris(shift.starts_at), clock.in_paris(shift.ends_at)
    return f"{name}, {starts:%d/%m/%Y %H:%M} - {ends:%d/%m/%Y %H:%M}"


def _note(rota: OnCallRota, actor: Actor, action: str, changes: dict[str, list[Any]]) -> None:
    audit.record(
        rota.member_id,
        action,
        "on_call_rota",
        rota.id,
        actor_id=actor.user_id,
        actor_label=actor.name,
        changes=changes,
    )
