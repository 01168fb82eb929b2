"""The SMS of a ticket: which words go with which act, in the tenant's own language."""

from datetime import date, datetime, time

from babel.dates import format_date
from flask_babel import force_locale
from flask_babel import gettext as _

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.site import current_site
from callcenter.estate.models import Contact
from callcenter.members.models import Organisation
from callcenter.messaging.default_texts import known_language
from callcenter.messaging.follow_up_queries import get_policy
from callcenter.messaging.follow_up_rules import reminder_at
from callcenter.messaging.models import Message
from callcenter.messaging.redirecting import relink_waiting
from callcenter.messaging.services import HOLIDAYS, queue_message
from callcenter.messaging.states import Trigger
from callcenter.routing.states import Priority
from callcenter.tickets.links import link_url, revoke_links, ticket_url
from callcenter.tickets.models import TenantLink, Ticket, Visit
from callcenter.tickets.rules import Slot


def tell_tenant(
    ticket: Ticket,
    trigger: Trigger,
    *,
    link: TenantLink | None = None,
    language: str = "",
    visit: Visit | None = None,
    at: tuple[datetime, datetime] | None = None,
    **values: str,
) -> Message:
    """Queue the message of ``trigger`` in the present transaction.

    ``link`` is the ticket's private one where the caller has just made it, ``language`` the
    contact's where it is known. ``visit`` is what
    the message speaks of: it stops when that changes, and gives the day and the slot. ``at``
    is when to leave, and when it would be too late, for what is not said at once.

    Whether it leaves (no number, landline, opted out, template switched off, quiet hours) is
    the messaging room's decision, kept on the message row. A restricted ticket never says its
    subject: somebody else may read that phone.
    """
    language = known_language(language) if language else language_of(ticket)
    site = current_site()
    url = link_url(link, site.origin, site.secret) if link else ticket_url(ticket, site)
    common = follow_up_values(ticket, url, language)
    if visit is not None:
        common["date"] = day_words(visit.day, language)
        common["creneau"] = slot_words(Slot(visit.starts_at, visit.ends_at), language)
    return queue_message(
        member_id=ticket.member_id,
        trigger=trigger,
        to_number=ticket.contact_number,
        contact_id=ticket.contact_id,
        ticket_id=ticket.id,
        values={**common, **values},
        urgent=Priority(ticket.priority).is_urgent,
        language=language,
        visit_id=visit.id if visit is not None else None,
        not_before=at[0] if at else None,
        expires_at=at[1] if at else None,
    )


def remind_of(ticket: Ticket, visit: Visit, organisation_name: str) -> None:
    """Put the reminder of a visit in the outbox, to leave the day before.

    It waits there, to be seen on the ticket; once the visit is moved or cancelled it stops.
    None for a visit that is too near: the appointment has just been written.
    """
    hour = get_policy(ticket.member_id)[0].reminder_hour
    leaves = reminder_at(visit.day, hour, clock.now(), HOLIDAYS)
    if leaves is None or not ticket.contact_number:
        return
    starts = time.fromisoformat(visit.starts_at)
    begins = datetime.combine(visit.day, starts, tzinfo=clock.PARIS)
    tell_tenant(
        ticket,
        Trigger.VISIT_REMINDER,
        visit=visit,
        at=(leaves, begins),
        organisme=organisation_name,
    )


def send_new_link(ticket: Ticket) -> None:
    """Close the ticket's private page and send the tenant a new address of it.

    What waits in the outbox has the new one too.
    """
    site = current_site()
    former = [link_url(one, site.origin, site.secret) for one in revoke_links(ticket)]
    db.session.flush()
    tell_tenant(ticket, Trigger.NEW_LINK)
    url = ticket_url(ticket, site)
    for one in former:
        relink_waiting(ticket.member_id, ticket.id, one, url)


def ask_satisfaction(ticket: Ticket) -> None:
    """Ask for a mark once the request is closed, after the member's delay; not of an incident.

    A restricted request (arrears, danger) is nobody's occasion for a survey.
    """
    if ticket.contact_number and not ticket.restricted:
        tell_tenant(ticket, Trigger.SATISFACTION)


def follow_up_values(ticket: Ticket, link: str, language: str) -> dict[str, str]:
    """Return what every template may name; an act adds its own (date, slot, cause)."""
    with force_locale(language):
        return {
            "membre": _member_name(ticket.member_id),
            "reference": ticket.reference,
            "objet": _("votre demande") if ticket.restricted else ticket.title,
            "echeance": due_words(ticket.due_at, language),
            "lien": link,
            "date": "",
            "creneau": "",
            "cause": "",
            "organisme": "",
            "telephone": "",
        }


def language_of(ticket: Ticket) -> str:
    """Return the language in which the ticket's contact is written to."""
    if ticket.contact_id is None:
        return "fr"
    contact = db.session.get(Contact, ticket.contact_id)  # by its key: it may be loaded already
    if contact is None or contact.member_id != ticket.member_id:
        return "fr"
    return known_language(contact.language)


def day_words(day: date, language: str) -> str:
    """Return a day as a message says it: "jeudi 12 novembre"."""
    return str(format_date(day, "EEEE d MMMM", locale=language))


def slot_words(slot: Slot, language: str) -> str:
    """Return a slot as a message says it: "entre 8 h et 10 h" (in English "from 8:00 to 10:00")."""
    starts, ends = (_hour(text, language) for text in (slot.starts_at, slot.ends_at))
    with force_locale(language):
        return str(_("entre %(start)s et %(end)s", start=starts, end=ends))


def due_words(due: datetime | None, language: str) -> str:
    """Return a promise as a message says it: "jeudi 12 novembre", or today's hour."""
    if due is None:
        return ""
    local = clock.in_paris(due)
    if local.date() == clock.today():
        with force_locale(language):
            return str(_("aujourd'hui %(hour)s", hour=_hour(f"{local:%H:%M}", language)))
    return day_words(local.date(), language)


def _hour(text: str, language: str) -> str:
    if language != "fr":
        return text
    hour, _colon, minute = text.partition(":")
    return f"{int(hour)} h" if minute == "00" else f"{int(hour)} h {minute}"


def _member_name(member_id: int) -> str:
    member = db.session.get(Organisation, member_id)
    return member.short_name if member else ""
