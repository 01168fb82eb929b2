"""A chase: the tenant asks again about the same thing; too often, and somebody must look."""

from sqlalchemy import update

from callcenter.core.db import db
from callcenter.core.permissions import Permission
from callcenter.tickets.incident_rules import is_too_many
from callcenter.tickets.models import Ticket
from callcenter.tickets.queries.incident_places import get_settings
from callcenter.tickets.rules import is_open
from callcenter.tickets.services.acts import Act, Work, begin
from callcenter.tickets.states import EventKind, Visibility


def note_chase(act: Act, note: str = "") -> Ticket:
    """Note that the tenant asked again about the same thing."""
    work = begin(act, Permission.TICKETS_OPEN, Permission.TICKETS_TRIAGE, Permission.TICKETS_HANDLE)
    if work.repeated:
        return work.ticket
    # Counted in the database and past the mapper: no reason to warn a person who is writing.
    db.session.execute(
        update(Ticket)
        .where(Ticket.member_id == work.ticket.member_id, Ticket.id == work.ticket.id)
        .values(chases=Ticket.chases + 1)
        .execution_options(synchronize_session=False)
    )
    work.write(EventKind.CHASE, visibility=Visibility.TENANT, body=note)
    db.session.flush()
    db.session.refresh(work.ticket)
    _escalate(work)
    return work.ticket


def _escalate(work: Work) -> None:
    """Have a ticket that was chased too often stand out, once, for whoever has it."""
    ticket = work.ticket
    if ticket.escalated_at is not None or not is_open(ticket.state):
        return
    if not is_too_many(ticket.chases, get_settings(ticket.member_id).chases):
        return
    db.session.execute(
        update(Ticket)
        .where(Ticket.member_id == ticket.member_id, Ticket.id == ticket.id)
        .values(escalated_at=work.at)
        .execution_options(synchronize_session=False)
    )
    work.write(EventKind.ESCALATED, facts={"chases": ticket.chases})
    db.session.flush()
    db.session.refresh(ticket)
