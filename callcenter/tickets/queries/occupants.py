"""Who lives where an incident is, and can be told before they call."""

from typing import Any

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.estate.models import Contact, ContactPhone, Dwelling, Occupancy
from callcenter.estate.states import NumberFlag, OccupancyRole, PhoneKind
from callcenter.messaging.models import OptOut
from callcenter.tickets.incident_models import Incident, IncidentSubscriber
from callcenter.tickets.incident_rules import WARN_MAX

_LIVE_THERE = (OccupancyRole.TENANT, OccupancyRole.CO_TENANT, OccupancyRole.OCCUPANT)


def list_to_warn(incident: Incident) -> list[dict[str, Any]]:
    """Return the people to tell: contact, name, number, language; each number once.

    One mobile per person (the preferred one), in use and not opted out, of those who live in
    the building (or the residence) today and don't hear of the incident yet. One statement.
    """
    today = clock.today()
    here = [
        Dwelling.member_id == incident.member_id,
        Dwelling.residence_id == incident.residence_id,
    ]
    if incident.building_id is not None:
        here.append(Dwelling.building_id == incident.building_id)
    one_each = (
        select(
            Contact.id.label("contact_id"),
            Contact.civility,
            Contact.first_name,
            Contact.last_name,
            Contact.language,
            ContactPhone.number,
        )
        .join(
            Occupancy,
            and_(Occupancy.member_id == Dwelling.member_id, Occupancy.dwelling_id == Dwelling.id),
        )
        .join(
            Contact,
            and_(Contact.member_id == Occupancy.member_id, Contact.id == Occupancy.contact_id),
        )
        .join(
            ContactPhone,
            and_(
                ContactPhone.member_id == Contact.member_id, ContactPhone.contact_id == Contact.id
            ),
        )
        .where(
            *here,
            Occupancy.role.in_(_LIVE_THERE),
            or_(Occupancy.starts_on.is_(None), Occupancy.starts_on <= today),
            or_(Occupancy.ends_on.is_(None), Occupancy.ends_on >= today),
            ContactPhone.kind == PhoneKind.MOBILE,
            ContactPhone.flag == NumberFlag.NONE,
            ~exists().where(
                OptOut.member_id == ContactPhone.member_id, OptOut.number == ContactPhone.number
            ),
            ~exists().where(
                IncidentSubscriber.member_id == incident.member_id,
                IncidentSubscriber.incident_id == incident.id,
                or_(
                    IncidentSubscriber.number == ContactPhone.number,
                    IncidentSubscriber.contact_id == Contact.id,
                ),
            ),
        )
        .select_from(Dwelling)
        .ext(distinct_on(Contact.id))
        .order_by(Contact.id, ContactPhone.preferred.desc(), ContactPhone.id)
        .subquery()
    )
    rows = db.session.execute(
        select(one_each)
        .ext(distinct_on(one_each.c.number))
        .order_by(one_each.c.number, one_each.c.contact_id)
        .limit(WARN_MAX)
    )
    return [
        {
            "contact_id": row.contact_id,
            "contact_name": " ".join(
                part for part in (row.civility, row.first_name, row.last_name) if part
            ),
            "number": row.number,
            "language": row.language,
        }
        for row in rows
    ]


def count_to_warn(incident: Incident) -> int:
    """Return how many numbers a warning would go to, as the confirmation shows it."""
    return len(list_to_warn(incident))
