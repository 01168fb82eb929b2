"""What a tenant does on the private page, or by answering a message.

The caller has already opened the link (or matched the number) and narrowed the scope to that
one member: here the ticket is found by its number alone. Every act is harmless when repeated.
"""

from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import func, select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.messaging.services import record_opt_out
from callcenter.messaging.states import Trigger
from callcenter.tickets.authors import machine_author, tenant_author
from callcenter.tickets.models import Ticket, TicketEvent, Visit
from callcenter.tickets.rules import TENANT_TEXT_MAX, TENANT_WORDS_A_DAY
from callcenter.tickets.services.acts import Work, checked_text, finish, was_done
from callcenter.tickets.services.follow_ups import tell_tenant
from callcenter.tickets.services.progress import end_for_good, open_again
from callcenter.tickets.states import (
    ENDED_STATES,
    EventKind,
    TicketState,
    Visibility,
    VisitAnswer,
    VisitState,
)

_ENDED = ENDED_STATES


def tenant_adds_word(
    member_id: int, ticket_id: int, body: str, *, form_token: str = "", channel: str = "link"
) -> Ticket:
    """Add what the tenant wrote to the timeline, for the organisations to read.

    ``channel`` is how it came: ``link`` or ``sms``. Raises UserError when empty, too long, or
    after twenty in one day.
    """
    body = checked_text(body.strip(), TENANT_TEXT_MAX)
    if not body:
        raise UserError(_("Écrivez quelques mots."), field="body")
    work = _begin(member_id, ticket_id, form_token)
    if work.repeated:
        return work.ticket
    since = work.at - timedelta(days=1)
    already = db.session.scalar(
        select(func.count()).where(
            TicketEvent.member_id == member_id,
            TicketEvent.ticket_id == ticket_id,
            TicketEvent.kind == EventKind.TENANT_WORD,
            TicketEvent.at > since,
        )
    )
    if (already or 0) >= TENANT_WORDS_A_DAY:
        raise UserError(_("Vous avez déjà beaucoup écrit aujourd'hui : appelez-nous plutôt."))
    work.write(
        EventKind.TENANT_WORD,
        visibility=Visibility.TENANT,
        body=body,
        facts={"channel": channel},
    )
    db.session.flush()
    return work.ticket


def tenant_says_fixed(
    member_id: int, ticket_id: int, *, form_token: str = "", channel: str = "link"
) -> Ticket:
    """The tenant confirms: a resolved ticket is closed. Nothing changes in any other state."""
    work = _begin(member_id, ticket_id, form_token)
    if work.repeated or work.ticket.state != TicketState.RESOLVED:
        return work.ticket
    end_for_good(work)
    work.write(EventKind.TENANT_CONFIRMED, visibility=Visibility.TENANT, facts={"channel": channel})
    return finish(work)


def tenant_says_not_fixed(
    member_id: int, ticket_id: int, body: str = "", *, form_token: str = "", channel: str = "link"
) -> Ticket:
    """The tenant says it is not fixed: an ended ticket is reopened with a new promise.

    On a ticket that is still open only the words are kept, so that nothing said is lost.
    """
    body = checked_text(body.strip(), TENANT_TEXT_MAX)
    work = _begin(member_id, ticket_id, form_token)
    if work.repeated:
        return work.ticket
    if work.ticket.state not in _ENDED:
        if body:
            work.write(
                EventKind.TENANT_WORD,
                visibility=Visibility.TENANT,
                body=body,
                facts={"channel": channel},
            )
            db.session.flush()
        return work.ticket
    open_again(work)
    work.write(
        EventKind.TENANT_DENIED,
        visibility=Visibility.TENANT,
        body=body,
        facts={"channel": channel},
    )
    tell_tenant(work.ticket, Trigger.REOPENED)
    return finish(work)


def tenant_confirms_visit(
    member_id: int,
    ticket_id: int,
    visit_id: int,
    answer: VisitAnswer,
    *,
    note: str = "",
    form_token: str = "",
) -> Ticket:
    """The tenant says that the visit suits, or asks for another slot."""
    note = checked_text(note.strip(), TENANT_TEXT_MAX)
    work = _begin(member_id, ticket_id, form_token)
    if work.repeated:
        return work.ticket
    visit = db.session.scalar(
        select(Visit).where(
            Visit.member_id == member_id, Visit.ticket_id == ticket_id, Visit.id == visit_id
        )
    )
    if visit is None:
        raise NotFound
    if visit.state != VisitState.PLANNED:
        raise UserError(_("Cette visite a changé : regardez la nouvelle date ci-dessous."))
    if visit.tenant_answer == answer and not note:
        return work.ticket
    visit.tenant_answer = answer
    work.write(
        EventKind.VISIT_ANSWERED,
        visibility=Visibility.TENANT,
        body=note,
        facts={"answer": str(answer), "day": visit.day.isoformat()},
    )
    return finish(work)


def tenant_opts_out(
    member_id: int, ticket_id: int, *, form_token: str = "", channel: str = "link"
) -> Ticket:
    """Stop every message of this member to the ticket's number."""
    work = _begin(member_id, ticket_id, form_token)
    if work.repeated or not work.ticket.contact_number:
        return work.ticket
    record_opt_out(member_id, work.ticket.contact_number, source=channel)
    work.write(EventKind.TENANT_OPTED_OUT, visibility=Visibility.TENANT, facts={"channel": channel})
    db.session.flush()
    return work.ticket


def close_silent(member_id: int, ticket_id: int) -> Ticket:
    """Close a resolved ticket that the tenant has not answered for: the platform's own act."""
    work = _begin(member_id, ticket_id, "")
    work.author = machine_author()
    if work.ticket.state != TicketState.RESOLVED:
        return work.ticket
    end_for_good(work)
    work.write(EventKind.CLOSED, visibility=Visibility.TENANT, facts={"silent": True})
    return finish(work)


def _begin(member_id: int, ticket_id: int, form_token: str) -> Work:
    ticket = db.session.scalar(
        select(Ticket)
        .where(Ticket.member_id == member_id, Ticket.id == ticket_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if ticket is None:
        raise NotFound
    work = Work(ticket, tenant_author(), form_token or None, clock.now())
    work.repeated = was_done(ticket, work.token)
    return work
