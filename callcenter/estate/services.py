"""Verbs of the estate: what agents mend by hand, each with its trace. Flush at most.

What an agent writes is marked as the agent's: an import keeps it beside what the file says.
"""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from callcenter.core import audit
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.core.phone import PhoneKind, parse_phone
from callcenter.estate.history_services import record_edits
from callcenter.estate.models import Contact, ContactPhone
from callcenter.estate.search_text import refresh_search
from callcenter.estate.states import NumberFlag

AGENT = "agent"
MAX_PHONES = 12


@dataclass(frozen=True, slots=True)
class PersonDetails:
    """What an agent writes of a person."""

    last_name: str
    first_name: str = ""
    civility: str = ""
    email: str = ""
    language: str = "fr"


def lock_contact(contact_id: int) -> Contact:
    """Return a person, locked until the transaction ends; NotFound when it is nobody's."""
    contact = db.session.scalar(select(Contact).where(Contact.id == contact_id).with_for_update())
    if contact is None:
        raise NotFound
    return contact


def trace(
    contact: Contact, action: str, actor: Actor, changes: dict[str, Any], what: str = "contact"
) -> None:
    """Leave the trace of a change of a person in the journal."""
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
    contact = lock_contact(contact_id)
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
    trace(contact, "contact.edited", actor, changes)
    record_edits(contact.member_id, actor, changes, contact_id=contact.id)
    refresh_search(contact.member_id, [contact.id])
    return contact


def add_phone(contact_id: int, number: str, note: str, actor: Actor) -> ContactPhone:
    """Give a person one more number, preferred from now on; one that is known is only preferred.

    Raises UserError (field ``number``) when the number can't be understood.
    """
    contact = lock_contact(contact_id)
    phone = put_phone(contact, number, note, actor)
    changes: dict[str, Any] = {"phone": [None, phone.number]}
    trace(contact, "contact.phone_added", actor, changes)
    record_edits(contact.member_id, actor, changes, contact_id=contact.id)
    return phone


def correct_phone(phone_id: int, number: str, note: str, actor: Actor) -> ContactPhone:
    """Replace a wrong number by the right one.

    A number that the member's file gave is kept and marked as wrong, so that the next file does
    not bring it back as good; one that an agent gave is simply replaced.
    """
    phone = _phone(phone_id)
    contact = lock_contact(phone.contact_id)
    before = phone.number
    right = put_phone(contact, number, note, actor)
    if right.id != phone.id:
        _retire(phone)
    changes: dict[str, Any] = {"phone": [before, right.number]}
    trace(contact, "contact.phone_corrected", actor, changes)
    record_edits(contact.member_id, actor, changes, contact_id=contact.id)
    return right


def remove_phone(phone_id: int, actor: Actor) -> int:
    """Stop using a number (see ``correct_phone``) and return whose it was."""
    phone = _phone(phone_id)
    contact = lock_contact(phone.contact_id)
    changes: dict[str, Any] = {"phone": [phone.number, None]}
    trace(contact, "contact.phone_removed", actor, changes)
    record_edits(contact.member_id, actor, changes, contact_id=contact.id)
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


def put_phone(contact: Contact, text: str, note: str, actor: Actor) -> ContactPhone:
    """Give a person a number, preferred from now on; UserError when it can't be understood."""
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
            member_id=contact.member_id,
            contact_id=contact.id,
            number=read.e164,
            kind=read.kind,
            created_from=actor.name,
        )
        db.session.add(phone)
    phone.source = AGENT
    phone.flag = NumberFlag.LANDLINE if read.kind is PhoneKind.LANDLINE else NumberFlag.NONE
    phone.note = note or phone.note or ""
    phone.preferred = True
    contact.version += 1
    db.session.flush()
    return phone
