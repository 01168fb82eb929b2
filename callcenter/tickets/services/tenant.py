"""What a tenant does on the private page, or by answering a message.

The caller has already opened the link (or matched the number) and narrowed the scope to that
one member: here the ticket is found by its number alone. Every act is harmless when repeated.
"""

from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import func, select

from callcenter.core import audit, clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.estate.models import Contact
from callcenter.messaging.default_texts import LANGUAGES
from callcenter.messaging.services import record_opt_in, record_opt_out
from callcenter.messaging.states import Trigger
from callcenter.tickets.authors import machine_author, tenant_author
from callcenter.tickets.links import revoke_links
from callcenter.tickets.models import Ticket, TicketEvent, Visit
from callcenter.tickets.rules import TENANT_TEXT_MAX, TENANT_WORDS_A_DAY
from callcenter.tickets.services.acts import (
    Work,
    assignments_of,
    checked_text,
    finish,
    live_assignments,
    mark_unread,
    was_done,
)
from callcenter.tickets.services.follow_ups import ask_satisfaction, tell_tenant
from callcenter.tickets.services.partners import tell_partner
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
    work = begin_as_tenant(member_id, ticket_id, form_token)
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
    mark_unread(work.ticket, work.at)
    return work.ticket


def tenant_says_fixed(
    member_id: int, ticket_id: int, *, form_token: str = "", channel: str = "link"
) -> Ticket:
    """The tenant confirms: a resolved ticket is closed. Nothing changes in any other state."""
    work = begin_as_tenant(member_id, ticket_id, form_token)
    if work.repeated or work.ticket.state != TicketState.RESOLVED:
        return work.ticket
    end_for_good(work)
    work.write(EventKind.TENANT_CONFIRMED, visibility=Visibility.TENANT, facts={"channel": channel})
    ask_satisfaction(work.ticket)
    return finish(work)


def tenant_says_not_fixed(
    member_id: int, ticket_id: int, body: str = "", *, form_token: str = "", channel: str = "link"
) -> Ticket:
    """The tenant says it is not fixed: an ended ticket is reopened with a new promise.

    Whoever did the work has it again and is told: a mark in its list, and a message to a firm
    without accounts. On a ticket that is still open only the words are kept, so that nothing said is lost.
    """
    body = checked_text(body.strip(), TENANT_TEXT_MAX)
    work = begin_as_tenant(member_id, ticket_id, form_token)
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
            mark_unread(work.ticket, work.at)
        return work.ticket
    open_again(work)
    work.write(
        EventKind.TENANT_DENIED,
        visibility=Visibility.TENANT,
        body=body,
        facts={"channel": channel},
    )
    db.session.flush()
    held = live_assignments(assignments_of(work.ticket))
    tell_tenant(work.ticket, Trigger.REOPENED, organisme=held[-1].organisation_name if held else "")
    for assignment in held:
        tell_partner(work.ticket, assignment)
    finish(work)
    mark_unread(work.ticket, work.at)
    return work.ticket


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
    work = begin_as_tenant(member_id, ticket_id, form_token)
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
    finish(work)
    if answer is VisitAnswer.OTHER or note:
        mark_unread(work.ticket, work.at)
    return work.ticket


def tenant_corrects(
    member_id: int,
    ticket_id: int,
    body: str,
    *,
    number: str = "",
    form_token: str = "",
    channel: str = "sms",
    inbound_id: int | None = None,
) -> Ticket:
    """The tenant says that a fact about the person is wrong: a person looks at it.

    ``number`` is the new one to call; without it the number is somebody else's, so that its
    private page is closed at once. Nothing of the person's record changes by itself (see
    ``new_numbers``); ``inbound_id`` is the answer that a person decides on.
    """
    work = begin_as_tenant(member_id, ticket_id, form_token)
    if work.repeated:
        return work.ticket
    if not number:
        revoke_links(work.ticket)
    work.write(
        EventKind.TENANT_CORRECTED,
        body=checked_text(body.strip(), TENANT_TEXT_MAX),
        facts={"channel": channel, "number": number, "inbound": inbound_id},
    )
    finish(work)
    mark_unread(work.ticket, work.at)
    return work.ticket


def tenant_opts_out(
    member_id: int, ticket_id: int, *, form_token: str = "", channel: str = "link"
) -> Ticket:
    """Stop every message of this member to the ticket's number."""
    work = begin_as_tenant(member_id, ticket_id, form_token)
    if work.repeated or not work.ticket.contact_number:
        return work.ticket
    record_opt_out(member_id, work.ticket.contact_number, source=channel)
    work.write(EventKind.TENANT_OPTED_OUT, visibility=Visibility.TENANT, facts={"channel": channel})
    db.session.flush()
    return work.ticket


def tenant_opts_in(
    member_id: int, ticket_id: int, *, form_token: str = "", channel: str = "link"
) -> Ticket:
    """Let this member write to the ticket's number again."""
    work = begin_as_tenant(member_id, ticket_id, form_token)
    if work.repeated or not work.ticket.contact_number:
        return work.ticket
    record_opt_in(member_id, work.ticket.contact_number)
    work.write(EventKind.TENANT_OPTED_OUT, facts={"channel": channel, "again": True})
    db.session.flush()
    return work.ticket


def tenant_chooses_language(member_id: int, ticket_id: int, language: str) -> None:
    """Write to the ticket's person in this language from now on; nothing for one we lack."""
    if language not in LANGUAGES:
        return
    ticket = begin_as_tenant(member_id, ticket_id, "").ticket
    if ticket.contact_id is None:
        return
    contact = db.session.scalar(
        select(Contact).where(Contact.member_id == member_id, Contact.id == ticket.contact_id)
    )
    if contact is None or contact.language == language:
        return
    audit.record(
        member_id,
        "contact.language_chosen",
        "contact",
        contact.id,
        actor_label=tenant_author().label,
        changes={"language": [contact.language, language]},
    )
    contact.language = language
    db.session.flush()


def close_silent(member_id: int, ticket_id: int) -> Ticket:
    """Close a resolved ticket that the tenant has not answered for: the platform's own act."""
    work = begin_as_tenant(member_id, ticket_id, "")
    work.author = machine_author()
    if work.ticket.state != TicketState.RESOLVED:
        return work.ticket
    end_for_good(work)
    work.write(EventKind.CLOSED, visibility=Visibility.TENANT, facts={"silent": True})
    ask_satisfaction(work.ticket)
    return finish(work)


def begin_as_tenant(member_id: int, ticket_id: int, form_token: str) -> Work:
    """Lock a ticket for an act of its tenant; ``repeated`` when this form was carried out."""
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
