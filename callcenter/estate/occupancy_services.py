"""Verbs of who lives where, as agents say it: somebody comes, somebody leaves. Flush at most."""

from datetime import date

from flask_babel import gettext as _
from sqlalchemy import or_, select, update

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.estate.history_services import record_edits
from callcenter.estate.models import Contact, Dwelling, Occupancy
from callcenter.estate.search_text import refresh_search
from callcenter.estate.services import AGENT, PersonDetails, lock_contact, put_phone, trace
from callcenter.estate.states import OccupancyRole

MAX_RESIDENTS = 40


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
        created_from=actor.name,
        version=1,
    )
    db.session.add(contact)
    db.session.flush()
    if number:
        put_phone(contact, number, "", actor)
    db.session.add(
        Occupancy(
            member_id=dwelling.member_id,
            contact_id=contact.id,
            dwelling_id=dwelling.id,
            role=role,
            starts_on=starts_on or today,
            source=AGENT,
            created_from=actor.name,
        )
    )
    trace(
        contact,
        "occupancy.added",
        actor,
        {"dwelling": [None, dwelling.number], "role": [None, str(role)]},
    )
    record_edits(
        contact.member_id,
        actor,
        {"occupant": [None, f"{contact.last_name} {contact.first_name}".strip()]},
        contact_id=contact.id,
        dwelling_id=dwelling.id,
    )
    refresh_search(contact.member_id, [contact.id])
    return contact


def get_occupancy(occupancy_id: int) -> Occupancy:
    """Return who is what where; NotFound when the actor may not see it."""
    found = db.session.scalar(select(Occupancy).where(Occupancy.id == occupancy_id))
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
    contact = lock_contact(occupancy.contact_id)
    number = db.session.scalar(select(Dwelling.number).where(Dwelling.id == occupancy.dwelling_id))
    trace(
        contact,
        "occupancy.ended",
        actor,
        {
            "dwelling": [number, number],
            "ends_on": [before.isoformat() if before else None, last_day.isoformat()],
        },
    )
    record_edits(
        contact.member_id,
        actor,
        {"ends_on": [before.isoformat() if before else None, last_day.isoformat()]},
        contact_id=contact.id,
        dwelling_id=occupancy.dwelling_id,
    )
    refresh_search(contact.member_id, [contact.id])
    return occupancy
