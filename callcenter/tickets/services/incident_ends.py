"""The end of an incident: its tickets end together, each person is asked once; the way back."""

from flask_babel import gettext as _
from sqlalchemy import or_, select, update

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.messaging.states import Trigger
from callcenter.tickets.authors import Author, machine_author
from callcenter.tickets.incident_models import Incident, IncidentSubscriber, IncidentTicket
from callcenter.tickets.incident_rules import END_BATCH, WORD_MAX, may_end
from callcenter.tickets.incident_states import (
    IncidentEventKind,
    IncidentState,
    SubscriberAnswer,
)
from callcenter.tickets.models import Ticket
from callcenter.tickets.rules import TENANT_TEXT_MAX, is_open
from callcenter.tickets.services.acts import (
    Work,
    answer,
    assignments_of,
    checked_text,
    finish,
    live_assignments,
)
from callcenter.tickets.services.incident_acts import IncidentAct, begin_incident, require_open
from callcenter.tickets.services.incident_news import Told, list_listening, say, tell
from callcenter.tickets.services.progress import end_resolved, open_again
from callcenter.tickets.states import (
    OPEN_STATES,
    AssignmentState,
    EventKind,
    ResolutionCode,
    TicketState,
    Visibility,
)


def resolve_incident(act: IncidentAct, code: ResolutionCode, note: str = "") -> Told:
    """Declare the cause gone: the tickets are resolved, each person is asked "is it fixed?".

    One transaction, in which at most ``END_BATCH`` tickets end; the clockwork ends the others
    at once (``finish_incident``). Who was already asked about the own ticket is not asked again.
    """
    note = checked_text(note.strip(), TENANT_TEXT_MAX, "note")
    work = begin_incident(act, may_end)
    if work.repeated:
        return Told()
    incident = work.incident
    require_open(incident)
    listeners = _to_ask(incident)
    incident.state, incident.resolved_at = IncidentState.RESOLVED, work.at
    incident.resolution_code = code
    event = work.write(IncidentEventKind.RESOLVED, note, {"code": str(code)})
    work.touch()
    db.session.flush()
    _end_tickets(incident, work.author, note)
    # Nobody is woken up to hear that it works again.
    return tell(incident, event, Trigger.INCIDENT_RESOLVED, listeners, urgent=False)


def finish_incident(member_id: int, incident_id: int) -> int:
    """End some more tickets of an incident that is over; return how many were looked at."""
    incident = db.session.scalar(
        select(Incident)
        .where(Incident.member_id == member_id, Incident.id == incident_id)
        .with_for_update(key_share=True)
    )
    if incident is None or incident.state != IncidentState.RESOLVED:
        return 0
    return _end_tickets(incident, machine_author(), "")


def reopen_incident(act: IncidentAct, word: str) -> Told:
    """It is not over: the incident and its resolved tickets are open again, and the word says so.

    Tickets that a tenant has confirmed stay closed. Raises UserError when another incident has
    been opened there meanwhile.
    """
    word = checked_text(word.strip(), WORD_MAX, "word")
    if not word:
        raise UserError(_("Dites aux locataires ce qui se passe."), field="word")
    work = begin_incident(act, may_end)
    if work.repeated:
        return Told()
    incident = work.incident
    if incident.state != IncidentState.RESOLVED:
        raise UserError(_("Cet incident est déjà ouvert."))
    if _another_is_open(incident):
        raise UserError(_("Un autre incident est ouvert au même endroit pour le même motif."))
    incident.state, incident.resolved_at, incident.resolution_code = IncidentState.OPEN, None, ""
    work.write(IncidentEventKind.REOPENED)
    db.session.flush()
    _reopen_tickets(incident, work.author)
    db.session.execute(
        update(IncidentSubscriber)
        .where(
            IncidentSubscriber.member_id == incident.member_id,
            IncidentSubscriber.incident_id == incident.id,
        )
        .values(answer=SubscriberAnswer.NONE, answered_at=None)
        .execution_options(synchronize_session=False)
    )
    db.session.expire_all()
    event = say(work, word, "")
    return tell(incident, event, Trigger.INCIDENT_NEWS, list_listening(incident))


def answer_of_subscriber(member_id: int, subscriber_id: int, said: SubscriberAnswer) -> None:
    """Keep what a person without a ticket says to "is it fixed?"; the last word counts."""
    subscriber = _subscriber(member_id, subscriber_id)
    subscriber.answer, subscriber.answered_at = said, clock.now()
    db.session.flush()


def stop_news(member_id: int, subscriber_id: int) -> None:
    """The person wants no more news of this incident; other messages go on."""
    subscriber = _subscriber(member_id, subscriber_id)
    subscriber.unsubscribed_at = subscriber.unsubscribed_at or clock.now()
    db.session.flush()


def _subscriber(member_id: int, subscriber_id: int) -> IncidentSubscriber:
    found = db.session.scalar(
        select(IncidentSubscriber)
        .where(IncidentSubscriber.member_id == member_id, IncidentSubscriber.id == subscriber_id)
        .with_for_update()
    )
    if found is None:
        raise NotFound
    return found


def _to_ask(incident: Incident) -> list[IncidentSubscriber]:
    """Return who hears of the end: not those whose own request ended before, by itself."""
    return list(
        db.session.scalars(
            select(IncidentSubscriber)
            .outerjoin(
                Ticket,
                (Ticket.member_id == IncidentSubscriber.member_id)
                & (Ticket.id == IncidentSubscriber.ticket_id),
            )
            .where(
                IncidentSubscriber.member_id == incident.member_id,
                IncidentSubscriber.incident_id == incident.id,
                IncidentSubscriber.unsubscribed_at.is_(None),
                or_(Ticket.id.is_(None), Ticket.state.in_(OPEN_STATES)),
            )
            .order_by(IncidentSubscriber.id)
        )
    )


def _end_tickets(incident: Incident, author: Author, note: str) -> int:
    """Resolve the next tickets that the incident's end has not reached; return how many."""
    rows = db.session.execute(
        select(IncidentTicket, Ticket)
        .join(
            Ticket,
            (Ticket.member_id == IncidentTicket.member_id)
            & (Ticket.id == IncidentTicket.ticket_id),
        )
        .where(
            IncidentTicket.member_id == incident.member_id,
            IncidentTicket.incident_id == incident.id,
            IncidentTicket.ended_at.is_(None),
        )
        .order_by(Ticket.id)
        .limit(END_BATCH)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    at = clock.now()
    for member, ticket in rows:
        member.ended_at = at
        if is_open(ticket.state):
            _end_ticket(incident, Work(ticket, author, None, at), note)
    db.session.flush()
    return len(rows)


def _end_ticket(incident: Incident, work: Work, note: str) -> None:
    live = live_assignments(assignments_of(work.ticket))
    owner = incident.owner_organisation_id
    done = next((one for one in live if one.organisation_id == owner), live[-1] if live else None)
    for one in live:
        answer(one, AssignmentState.DONE if one is done else AssignmentState.WITHDRAWN, work.at)
    facts: dict[str, object] = {
        "incident_id": incident.id,
        "title": incident.title,
        "code": incident.resolution_code,
    }
    if done is not None:
        facts |= {
            "organisation_id": done.organisation_id,
            "organisation": done.organisation_name,
            "team": done.team_name,
        }
    end_resolved(work, ResolutionCode(incident.resolution_code), note, facts)
    finish(work)


def _reopen_tickets(incident: Incident, author: Author) -> None:
    rows = db.session.execute(
        select(IncidentTicket, Ticket)
        .join(
            Ticket,
            (Ticket.member_id == IncidentTicket.member_id)
            & (Ticket.id == IncidentTicket.ticket_id),
        )
        .where(
            IncidentTicket.member_id == incident.member_id,
            IncidentTicket.incident_id == incident.id,
        )
        .order_by(Ticket.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    at = clock.now()
    for member, ticket in rows:
        if ticket.state == TicketState.RESOLVED:
            work = Work(ticket, author, None, at)
            open_again(work)
            work.write(
                EventKind.REOPENED,
                visibility=Visibility.TENANT,
                facts={"incident_id": incident.id},
            )
            finish(work)
        if is_open(ticket.state):
            member.ended_at = None
    db.session.flush()


def _another_is_open(incident: Incident) -> bool:
    found = db.session.scalar(
        select(Incident.id).where(
            Incident.member_id == incident.member_id,
            Incident.id != incident.id,
            Incident.residence_id == incident.residence_id,
            Incident.building_id.is_not_distinct_from(incident.building_id),
            Incident.category_id == incident.category_id,
            Incident.state == IncidentState.OPEN,
        )
    )
    return found is not None
