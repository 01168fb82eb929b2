"""The tickets of an incident: gathered, sent to its owner, split off."""

from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import delete, select

from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.messaging.states import Trigger
from callcenter.tickets.incident_models import Incident, IncidentSubscriber, IncidentTicket
from callcenter.tickets.incident_states import IncidentEventKind, SubscriberSource
from callcenter.tickets.models import Ticket
from callcenter.tickets.queries.visibility import visible_to
from callcenter.tickets.rules import is_open
from callcenter.tickets.services.acts import Act, assignments_of, live_assignments, write_event
from callcenter.tickets.services.assignments import get_destination, offer_to
from callcenter.tickets.services.follow_ups import language_of
from callcenter.tickets.services.incident_acts import (
    IncidentAct,
    IncidentWork,
    begin_incident,
    leads,
    open_ticket_ids,
    require_open,
)
from callcenter.tickets.services.incident_news import Listener, latest_news, subscribe, tell
from callcenter.tickets.states import EventKind, Visibility


def attach_ticket(act: IncidentAct, ticket_id: int) -> Incident:
    """Add a ticket to an open incident: it goes to the incident's owner, and hears its news."""
    work = begin_incident(act, leads)
    if work.repeated:
        return work.incident
    require_open(work.incident)
    tickets = lock_tickets(act.actor, work.incident, [ticket_id])
    if not tickets:
        raise NotFound
    attach(work, act.actor, tickets[0])
    db.session.flush()
    return work.incident


def split_ticket(act: IncidentAct, ticket_id: int) -> Incident:
    """Take a ticket out of the incident: its cause is another one. It stays where it is sent."""
    work = begin_incident(act, leads)
    if work.repeated:
        return work.incident
    incident = work.incident
    ticket = db.session.scalar(
        select(Ticket)
        .join(
            IncidentTicket,
            (IncidentTicket.member_id == Ticket.member_id)
            & (IncidentTicket.ticket_id == Ticket.id),
        )
        .where(
            Ticket.id == ticket_id,
            IncidentTicket.incident_id == incident.id,
            visible_to(act.actor),
        )
        .with_for_update(of=Ticket)
    )
    if ticket is None:
        raise NotFound
    db.session.execute(
        delete(IncidentTicket).where(
            IncidentTicket.member_id == incident.member_id, IncidentTicket.ticket_id == ticket.id
        )
    )
    _forget_listener(incident, ticket)
    write_event(
        ticket,
        EventKind.INCIDENT_LEFT,
        work.author,
        work.at,
        visibility=Visibility.TENANT,
        facts={"incident_id": incident.id, "title": incident.title},
    )
    work.write(IncidentEventKind.SPLIT, "", {"ticket_id": ticket.id, "reference": ticket.reference})
    return incident


def give_incident(act: IncidentAct, organisation_id: int, team_id: int | None = None) -> Incident:
    """Choose who owns the incident; its open tickets are sent there, with it."""
    work = begin_incident(act, leads)
    if work.repeated:
        return work.incident
    incident = work.incident
    require_open(incident)
    organisation, team = get_destination(incident.member_id, organisation_id, team_id)
    incident.owner_organisation_id = organisation.id
    incident.owner_organisation_name = organisation.name
    incident.owner_team_id = team.id if team else None
    incident.owner_team_name = team.name if team else ""
    work.write(
        IncidentEventKind.OWNER,
        "",
        {"organisation": organisation.name, "team": incident.owner_team_name},
    )
    work.touch()
    db.session.flush()
    for ticket_id in open_ticket_ids(incident):
        _send_to_owner(incident, act.actor, ticket_id)
    return incident


def attach(work: IncidentWork, actor: Actor, ticket: Ticket) -> None:
    """Put a locked ticket in a locked incident; nothing when it is in it already."""
    incident = work.incident
    held = db.session.scalar(
        select(IncidentTicket.incident_id).where(
            IncidentTicket.member_id == ticket.member_id, IncidentTicket.ticket_id == ticket.id
        )
    )
    if held == incident.id:
        return
    if held is not None:
        raise UserError(
            _("%(reference)s est déjà dans un autre incident.", reference=ticket.reference)
        )
    if not is_open(ticket.state) or ticket.restricted:
        raise UserError(
            _(
                "%(reference)s ne peut pas être rattachée : elle est terminée ou en lecture "
                "restreinte.",
                reference=ticket.reference,
            )
        )
    if ticket.residence_id != incident.residence_id:
        raise UserError(
            _("%(reference)s concerne une autre résidence.", reference=ticket.reference)
        )
    db.session.add(
        IncidentTicket(
            member_id=ticket.member_id,
            incident_id=incident.id,
            ticket_id=ticket.id,
            attached_at=work.at,
            attached_by_label=work.author.label,
        )
    )
    write_event(
        ticket,
        EventKind.INCIDENT_JOINED,
        work.author,
        work.at,
        visibility=Visibility.TENANT,
        body=incident.word,
        facts={"incident_id": incident.id, "title": incident.title},
    )
    work.write(
        IncidentEventKind.ATTACHED, "", {"ticket_id": ticket.id, "reference": ticket.reference}
    )
    _send_to_owner(incident, actor, ticket.id)
    if not (ticket.contact_number or ticket.contact_id):
        return
    listener = Listener(
        contact_id=ticket.contact_id,
        contact_name=ticket.contact_name,
        number=ticket.contact_number,
        language=language_of(ticket),
        ticket_id=ticket.id,
    )
    subscriber = subscribe(incident, listener, SubscriberSource.TICKET)
    if incident.word:
        tell(incident, latest_news(incident), Trigger.INCIDENT_NEWS, [subscriber])


def _send_to_owner(incident: Incident, actor: Actor, ticket_id: int) -> None:
    """One owner: a ticket that somebody else has goes to the incident's."""
    owner = incident.owner_organisation_id
    if owner is None:
        return
    ticket = db.session.get_one(Ticket, ticket_id)
    live = live_assignments(assignments_of(ticket))
    if any(one.organisation_id == owner for one in live):
        return
    offer_to(Act(actor, ticket_id), owner, incident.owner_team_id)


def _forget_listener(incident: Incident, ticket: Ticket) -> None:
    """Who heard because of this ticket alone no longer does; who called goes on hearing."""
    subscriber = db.session.scalar(
        select(IncidentSubscriber).where(
            IncidentSubscriber.member_id == incident.member_id,
            IncidentSubscriber.incident_id == incident.id,
            IncidentSubscriber.ticket_id == ticket.id,
        )
    )
    if subscriber is None:
        return
    other = db.session.scalar(
        select(Ticket.id)
        .join(
            IncidentTicket,
            (IncidentTicket.member_id == Ticket.member_id)
            & (IncidentTicket.ticket_id == Ticket.id),
        )
        .where(
            IncidentTicket.member_id == incident.member_id,
            IncidentTicket.incident_id == incident.id,
            Ticket.contact_number == subscriber.number,
        )
        .order_by(Ticket.id)
        .limit(1)
    )
    if other is None and subscriber.calls == 0:
        db.session.delete(subscriber)
    else:
        subscriber.ticket_id = other
    db.session.flush()


def lock_tickets(actor: Actor, incident: Incident, ticket_ids: Sequence[int]) -> Sequence[Ticket]:
    """Lock tickets of the incident's member, always in the same order."""
    if not ticket_ids:
        return []
    return db.session.scalars(
        select(Ticket)
        .where(
            Ticket.id.in_(ticket_ids),
            Ticket.member_id == incident.member_id,
            visible_to(actor),
        )
        .order_by(Ticket.id)
        .with_for_update(of=Ticket)
        .execution_options(populate_existing=True)
    ).all()
