"""Verbs of the estate: what agents mend by hand, each with its trace. Flush at most.

What an agent writes is marked as the agent's: an import keeps it beside what the file says.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_, select, update

from callcenter.core import audit, clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.core.phone import PhoneKind, parse_phone
from callcenter.estate.models import Contact, ContactPhone, Dwelling, Occupancy
from callcenter.estate.search_text import refresh_search
from callcenter.estate.states import NumberFlag, OccupancyRole

AGENT = "agent"
MAX_PHONES = 12
MAX_RESIDENTS = 40


@dataclass(frozen=True, slots=True)
class PersonDetails:
    """What an agent writes of a person."""

    last_name: str
    first_name: str = ""
    civility: str = ""
    email: str = ""
    language: str = "fr"


def _contact(contact_id: int) -> Contact:
    contact = db.session.scalar(select(Contact).where(Contact.id == contact_id).with_for_update())
    if contact is None:
        raise NotFound
    return contact


def _trace(
    contact: Contact, action: str, actor: Actor, changes: dict[str, Any], what: str = "contact"
) -> None:
    audit.record(
        contact.member_id,
        action,
        what,
        contact.id,
        actor_id=actor.user_id,
        actor_label=actor.name,
        changes=changes,
    )


def edit_contact(contact_id: int, seen_version: int, told: PersonDetails, actor: Actor) -> Contact:
    """Write a person's names, e-mail and language as an agent tells them.

    Raises UserError when somebody changed the person since the page was shown.
    """
    contact = _contact(contact_id)
    before = PersonDetails(
        contact.last_name, contact.first_name, contact.civility, contact.email, contact.language
    )
    if before == told:
        return contact
    if contact.version != seen_version:
        raise UserError(
            _(
                "Cette fiche a été modifiée pendant que vous écriviez : relisez-la, "
                "puis enregistrez de nouveau."
            )
        )
    changes = {}
    for name in PersonDetails.__dataclass_fields__:
        old, new = getattr(before, name), getattr(told, name)
        if old != new:
            changes[name] = [old, new]
            setattr(contact, name, new)
    contact.source = AGENT
    contact.version += 1
    _trace(contact, "contact.edited", actor, changes)
    refresh_search(contact.member_id, [contact.id])
    return contact


def add_phone(contact_id: int, number: str, note: str, actor: Actor) -> ContactPhone:
    """Give a person one more number, preferred from now on; one that is known is only preferred.

    Raises UserError (field ``number``) when the number can't be understood.
    """
    contact = _contact(contact_id)
    phone = _put_phone(contact, number, note)
    _trace(contact, "contact.phone_added", actor, {"phone": [None, phone.number]})
    return phone


def correct_phone(phone_id: int, number: str, note: str, actor: Actor) -> ContactPhone:
    """Replace a wrong number by the right one.

    A number that the member's file gave is kept and marked as wrong, so that the next file does
    not bring it back as good; one that an agent gave is simply replaced.
    """
    phone = _phone(phone_id)
    contact = _contact(phone.contact_id)
    before = phone.number
    right = _put_phone(contact, number, note)
    if right.id != phone.id:
        _retire(phone)
    _trace(contact, "contact.phone_corrected", actor, {"phone": [before, right.number]})
    return right


def remove_phone(phone_id: int, actor: Actor) -> int:
    """Stop using a number (see ``correct_phone``) and return whose it was."""
    phone = _phone(phone_id)
    contact = _contact(phone.contact_id)
    _trace(contact, "contact.phone_removed", actor, {"phone": [phone.number, None]})
    _retire(phone)
    return contact.id


def _phone(phone_id: int) -> ContactPhone:
    phone = db.session.scalar(select(ContactPhone).where(ContactPhone.id == phone_id))
    if phone is None:
        raise NotFound
    return phone


def _retire(phone: ContactPhone) -> None:
    if phone.source == AGENT:
        db.session.delete(phone)
    else:
        phone.flag = NumberFlag.INVALID
        phone.preferred = False
    db.session.flush()


def _put_phone(contact: Contact, text: str, note: str) -> ContactPhone:
    try:
        read = parse_phone(text)
    except UserError as error:
        raise UserError(error.message, field="number") from error
    known = db.session.scalars(
        select(ContactPhone).where(
            ContactPhone.member_id == contact.member_id, ContactPhone.contact_id == contact.id
        )
    ).all()
    phone = next((p for p in known if p.number == read.e164), None)
    if phone is None and len(known) >= MAX_PHONES:
        raise UserError(_("Cette personne a déjà beaucoup de numéros."), field="number")
    for other in known:
        other.preferred = False
    if phone is None:
        phone = ContactPhone(
            member_id=contact.member_id, contact_id=contact.id, number=read.e164, kind=read.kind
        )
        db.session.add(phone)
    phone.source = AGENT
    phone.flag = NumberFlag.LANDLINE if read.kind is PhoneKind.LANDLINE else NumberFlag.NONE
    phone.note = note or phone.note or ""
    phone.preferred = True
    contact.version += 1
    db.session.flush()
    return phone


def add_occupant(
    dwelling_id: int,
    told: PersonDetails,
    role: OccupancyRole,
    starts_on: date | None,
    number: str,
    actor: Actor,
) -> Contact:
    """Say that somebody lives in a home (or answers for it); a number is welcome, not required.

    The same name in the same home again finds the first: a double click adds nobody twice.
    """
    dwelling = db.session.scalar(
        select(Dwelling).where(Dwelling.id == dwelling_id).with_for_update()
    )
    if dwelling is None:
        raise NotFound
    today = clock.today()
    present = db.session.scalars(
        select(Contact)
        .join(Occupancy, Occupancy.contact_id == Contact.id)
        .where(
            Occupancy.member_id == dwelling.member_id,
            Occupancy.dwelling_id == dwelling.id,
            or_(Occupancy.ends_on.is_(None), Occupancy.ends_on >= today),
        )
    ).all()
    for person in present:
        if (person.last_name, person.first_name) == (told.last_name, told.first_name):
            return person
    if len(present) >= MAX_RESIDENTS:
        raise UserError(_("Ce logement a déjà beaucoup d'occupants."))
    contact = Contact(
        member_id=dwelling.member_id,
        last_name=told.last_name,
        first_name=told.first_name,
        civility=told.civility,
        email=told.email,
        language=told.language,
        source=AGENT,
        version=1,
    )
    db.session.add(contact)
    db.session.flush()
    if number:
        _put_phone(contact, number, "")
    db.session.add(
        Occupancy(
            member_id=dwelling.member_id,
            contact_id=contact.id,
            dwelling_id=dwelling.id,
            role=role,
            starts_on=starts_on or today,
            source=AGENT,
        )
    )
    _trace(
        contact,
        "occupancy.added",
        actor,
        {"dwelling": [None, dwelling.number], "role": [None, str(role)]},
    )
    refresh_search(contact.member_id, [contact.id])
    return contact


def contact_of_occupancy(occupancy_id: int) -> int:
    """Return whose occupancy it is; NotFound when the actor may not see it."""
    found = db.session.scalar(select(Occupancy.contact_id).where(Occupancy.id == occupancy_id))
    if found is None:
        raise NotFound
    return found


def end_occupancy(occupancy_id: int, last_day: date, actor: Actor) -> Occupancy:
    """Say that somebody no longer lives in a home since the day after ``last_day``.

    Nothing is deleted. Raises UserError for a day that has not come or before the entry.
    """
    occupancy = db.session.scalar(
        select(Occupancy).where(Occupancy.id == occupancy_id).with_for_update()
    )
    if occupancy is None:
        raise NotFound
    if last_day > clock.today():
        raise UserError(_("Ce jour n'est pas encore venu."), field="last_day")
    if occupancy.starts_on and last_day < occupancy.starts_on:
        raise UserError(_("Ce jour est avant l'entrée dans le logement."), field="last_day")
    if occupancy.ends_on == last_day:
        return occupancy
    before = occupancy.ends_on
    db.session.execute(
        update(Occupancy).where(Occupancy.id == occupancy.id).values(ends_on=last_day, source=AGENT)
    )
    contact = _contact(occupancy.contact_id)
    number = db.session.scalar(select(Dwelling.number).where(Dwelling.id == occupancy.dwelling_id))
    _trace(
        contact,
        "occupancy.ended",
        actor,
        {
            "dwelling": [number, number],
            "ends_on": [before.isoformat() if before else None, last_day.isoformat()],
        },
    )
    refresh_search(contact.member_id, [contact.id])
    return occupancy
