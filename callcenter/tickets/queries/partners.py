"""What an organisation without accounts sees of the one ticket it was offered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, select

from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.estate.models import Building, Dwelling, Residence
from callcenter.members.models import Organisation
from callcenter.messaging.models import EmailMessage
from callcenter.routing.models import Category
from callcenter.tickets.models import Assignment, PartnerLink, Photo, Ticket, Visit
from callcenter.tickets.queries.page_statements import with_place
from callcenter.tickets.queries.photos import list_photos


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """One ticket for one organisation: the place, the facts, the visits; no other ticket."""

    ticket: Ticket
    assignment: Assignment
    member: Organisation
    residence_name: str
    residence_city: str
    building_name: str
    dwelling: Dwelling | None
    questions: list[Any]
    visits: Sequence[Visit]
    photos: Sequence[Photo]


@dataclass(frozen=True, slots=True)
class Dispatch:
    """What was sent to an organisation without accounts about a ticket, for its staff."""

    links: Sequence[tuple[PartnerLink, str]]
    emails: Sequence[EmailMessage]


def get_work_order(member_id: int, ticket_id: int, assignment_id: int) -> WorkOrder:
    """Return a work order; the scope is that one member's. NotFound otherwise."""
    row = db.session.execute(
        with_place(
            select(
                Ticket,
                Assignment,
                Organisation,
                Residence.name,
                Residence.city,
                Building.name,
                Dwelling,
                Category.questions,
            )
        )
        .join(
            Assignment,
            and_(Assignment.member_id == Ticket.member_id, Assignment.ticket_id == Ticket.id),
        )
        .where(
            Ticket.member_id == member_id,
            Ticket.id == ticket_id,
            Assignment.id == assignment_id,
        )
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound
    ticket: Ticket = row[0]
    visits = db.session.scalars(
        select(Visit)
        .where(Visit.member_id == member_id, Visit.ticket_id == ticket_id)
        .order_by(Visit.id.desc())
        .limit(20)
    ).all()
    return WorkOrder(
        ticket=ticket,
        assignment=row[1],
        member=row[2],
        residence_name=row[3] or "",
        residence_city=row[4] or "",
        building_name=row[5] or "",
        dwelling=row[6],
        questions=row[7] or [],
        visits=visits,
        photos=list_photos(ticket),
    )


def get_dispatch(ticket: Ticket) -> Dispatch:
    """Return the links and e-mails of a ticket, newest first."""
    links = db.session.execute(
        select(PartnerLink, Assignment.organisation_name)
        .join(
            Assignment,
            and_(
                Assignment.member_id == PartnerLink.member_id,
                Assignment.id == PartnerLink.assignment_id,
            ),
        )
        .where(PartnerLink.member_id == ticket.member_id, PartnerLink.ticket_id == ticket.id)
        .order_by(PartnerLink.id.desc())
        .limit(10)
    ).all()
    emails = db.session.scalars(
        select(EmailMessage)
        .where(EmailMessage.member_id == ticket.member_id, EmailMessage.ticket_id == ticket.id)
        .order_by(EmailMessage.id.desc())
        .limit(10)
    ).all()
    return Dispatch([(row[0], row[1]) for row in links], emails)


def get_link(ticket: Ticket, partner_link_id: int) -> PartnerLink:
    """Return one link of a ticket; NotFound for any other."""
    link = db.session.scalar(
        select(PartnerLink).where(
            PartnerLink.member_id == ticket.member_id,
            PartnerLink.ticket_id == ticket.id,
            PartnerLink.id == partner_link_id,
        )
    )
    if link is None:
        raise NotFound
    return link
