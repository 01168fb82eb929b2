"""What a tenant thought of how the request was dealt with: a mark from 1 to 5, and a word."""

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from callcenter.core.db import db
from callcenter.core.errors import UserError
from callcenter.tickets.models import Assignment, Ticket
from callcenter.tickets.rules import SCORES, TENANT_TEXT_MAX, UNHAPPY
from callcenter.tickets.satisfaction_models import Satisfaction
from callcenter.tickets.services.acts import checked_text, finish, mark_unread
from callcenter.tickets.services.tenant import begin_as_tenant
from callcenter.tickets.states import AssignmentState, EventKind, TicketState, Visibility


def tenant_rates(
    member_id: int,
    ticket_id: int,
    score: int,
    word: str = "",
    *,
    form_token: str = "",
    channel: str = "link",
) -> Ticket:
    """Keep a tenant's mark; another one later corrects it. An unhappy one is to be read.

    Raises UserError for no mark, and for a request that is not over.
    """
    if score not in SCORES:
        raise UserError(_("Choisissez une note de 1 à 5."), field="score")
    word = checked_text(word.strip(), TENANT_TEXT_MAX)
    work = begin_as_tenant(member_id, ticket_id, form_token)
    if work.repeated:
        return work.ticket
    if work.ticket.state not in {TicketState.RESOLVED, TicketState.CLOSED}:
        raise UserError(_("Votre demande est de nouveau en cours : vous la noterez à la fin."))
    organisation_id, organisation_name = _who_did_it(work.ticket)
    values = {
        "organisation_id": organisation_id,
        "organisation_name": organisation_name,
        "score": score,
        "word": word,
        "channel": channel,
        "at": work.at,
    }
    db.session.execute(
        insert(Satisfaction)
        .values(member_id=member_id, ticket_id=ticket_id, **values)
        .on_conflict_do_update(index_elements=["member_id", "ticket_id"], set_=values)
    )
    work.write(
        EventKind.RATED,
        visibility=Visibility.TENANT,
        body=word,
        facts={"score": score, "channel": channel},
    )
    finish(work)
    if score <= UNHAPPY:
        mark_unread(work.ticket, work.at)
    return work.ticket


def _who_did_it(ticket: Ticket) -> tuple[int | None, str]:
    row = db.session.execute(
        select(Assignment.organisation_id, Assignment.organisation_name)
        .where(
            Assignment.member_id == ticket.member_id,
            Assignment.ticket_id == ticket.id,
            Assignment.informed_only.is_(False),
            Assignment.state == AssignmentState.DONE,
        )
        .order_by(Assignment.state_at.desc())
        .limit(1)
    ).one_or_none()
    return (row.organisation_id, row.organisation_name) if row else (None, "")
