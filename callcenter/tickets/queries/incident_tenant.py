"""What a person without a request reads of an incident: the one truth, and whom to call."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, select

from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.members.models import Organisation, PhoneLine
from callcenter.members.states import Service
from callcenter.tickets.incident_models import Incident, IncidentEvent, IncidentSubscriber
from callcenter.tickets.incident_states import IncidentEventKind

# No ticket of a neighbour, no organisation's move: what was said to everybody, and the end.
_SAID: Final = (
    IncidentEventKind.OPENED,
    IncidentEventKind.NEWS,
    IncidentEventKind.RESOLVED,
    IncidentEventKind.REOPENED,
)
SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class SubscriberView:
    """An incident as somebody who hears of it sees it."""

    incident: Incident
    subscriber: IncidentSubscriber
    member: Organisation
    phone: str
    news: Sequence[IncidentEvent]


def get_subscriber_view(member_id: int, subscriber_id: int) -> SubscriberView:
    """Return the page of a subscriber; the scope is that one member's. NotFound otherwise."""
    row = db.session.execute(
        select(IncidentSubscriber, Incident, Organisation, PhoneLine.number)
        .join(
            Incident,
            and_(
                Incident.member_id == IncidentSubscriber.member_id,
                Incident.id == IncidentSubscriber.incident_id,
            ),
        )
        .join(Organisation, Organisation.id == Incident.member_id)
        .outerjoin(
            PhoneLine,
            and_(
                PhoneLine.member_id == Incident.member_id,
                PhoneLine.service == Service.TENANTS,
                PhoneLine.active,
            ),
        )
        .where(IncidentSubscriber.member_id == member_id, IncidentSubscriber.id == subscriber_id)
        .order_by(PhoneLine.id)
        .limit(1)
    ).one_or_none()
    if row is None:
        raise NotFound
    incident: Incident = row[1]
    news = db.session.scalars(
        select(IncidentEvent)
        .where(
            IncidentEvent.member_id == member_id,
            IncidentEvent.incident_id == incident.id,
            IncidentEvent.kind.in_(_SAID),
        )
        .order_by(IncidentEvent.id.desc())
        .limit(SHOWN)
    ).all()
    return SubscriberView(incident, row[0], row[2], row[3] or row[2].phone, news)
