"""Who lives where an incident is, and can be told before they call."""

from typing import Any

from sqlalchemy import exists, or_

from callcenter.estate.models import Contact, ContactPhone
from callcenter.messaging.residents import list_reachable
from callcenter.tickets.incident_models import Incident, IncidentSubscriber
from callcenter.tickets.incident_rules import WARN_MAX


def list_to_warn(incident: Incident) -> list[dict[str, Any]]:
    """Return the people to tell: contact, name, number, language; each number once.

    Of those who can be reached in the building (or the residence), those who don't hear of the
    incident yet. One statement.
    """
    told = exists().where(
        IncidentSubscriber.member_id == incident.member_id,
        IncidentSubscriber.incident_id == incident.id,
        or_(
            IncidentSubscriber.number == ContactPhone.number,
            IncidentSubscriber.contact_id == Contact.id,
        ),
    )
    found = list_reachable(
        incident.member_id,
        incident.residence_id,
        () if incident.building_id is None else (incident.building_id,),
        ~told,
        limit=WARN_MAX,
    )
    return [
        {
            "contact_id": one.contact_id,
            "contact_name": one.name,
            "number": one.number,
            "language": one.language,
        }
        for one in found
    ]


def count_to_warn(incident: Incident) -> int:
    """Return how many numbers a warning would go to, as the confirmation shows it."""
    return len(list_to_warn(incident))
