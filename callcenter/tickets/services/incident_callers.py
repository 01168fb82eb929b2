"""A caller who reports what is known already: linked to the incident, and told its news."""

from dataclasses import dataclass

from sqlalchemy import or_, select

from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.core.isolation import Actor
from callcenter.messaging.states import Trigger
from callcenter.tickets.incident_models import (
    Incident,
    IncidentSubscriber,
    IncidentTicket,
)
from callcenter.tickets.incident_states import SubscriberSource
from callcenter.tickets.models import Ticket
from callcenter.tickets.services.acts import Act
from callcenter.tickets.services.chases import note_chase
from callcenter.tickets.services.incident_acts import (
    IncidentAct,
    begin_incident,
    leads,
    require_open,
)
from callcenter.tickets.services.incident_news import Listener, latest_news, subscribe, tell
from callcenter.tickets.states import OPEN_STATES


@dataclass(frozen=True, slots=True)
class Joined:
    """What joining did. ``chased``: the person's own request, on which a chase was noted.

    ``again``: the person had called about it before. No ``subscriber`` for an anonymous call.
    """

    incident: Incident
    subscriber: IncidentSubscriber | None = None
    chased: Ticket | None = None
    again: bool = False


def join_incident(
    actor: Actor,
    incident_id: int,
    member_id: int,
    caller: Listener,
    *,
    note: str = "",
    form_token: str = "",
) -> Joined:
    """Link a caller to an open incident of that member: no new ticket, the news by SMS.

    Who has a request in the incident already is chasing it: that is noted there. The caller
    hears what is known now, once. The call itself is the caller's own (see ``calls``).
    """
    work = begin_incident(IncidentAct(actor, incident_id), leads)
    incident = work.incident
    if incident.member_id != member_id:
        raise NotFound
    require_open(incident)
    if caller.contact_id is None and not caller.number:
        return Joined(incident)
    own = _own_ticket(incident, caller)
    subscriber = subscribe(
        incident,
        Listener(
            contact_id=caller.contact_id,
            contact_name=caller.contact_name,
            number=caller.number,
            language=caller.language,
            ticket_id=own,
        ),
        SubscriberSource.CALL,
        called=True,
    )
    chased = note_chase(Act(actor, own, form_token=form_token), note) if own else None
    tell(incident, latest_news(incident), Trigger.INCIDENT_NEWS, [subscriber])
    return Joined(incident, subscriber, chased, chased is not None or subscriber.calls > 1)


def _own_ticket(incident: Incident, caller: Listener) -> int | None:
    """Return the caller's oldest open request in the incident."""
    same = []
    if caller.contact_id is not None:
        same.append(Ticket.contact_id == caller.contact_id)
    if caller.number:
        same.append(Ticket.contact_number == caller.number)
    return db.session.scalar(
        select(Ticket.id)
        .join(
            IncidentTicket,
            (IncidentTicket.member_id == Ticket.member_id)
            & (IncidentTicket.ticket_id == Ticket.id),
        )
        .where(
            IncidentTicket.member_id == incident.member_id,
            IncidentTicket.incident_id == incident.id,
            Ticket.state.in_(OPEN_STATES),
            or_(*same),
        )
        .order_by(Ticket.id)
        .limit(1)
    )
