"""One truth to everybody: who hears of an incident, and the words that go to them."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import or_, select

from callcenter.core.db import db
from callcenter.core.errors import UserError
from callcenter.core.phone import try_parse_phone
from callcenter.core.site import current_site
from callcenter.members.models import Organisation
from callcenter.messaging.bulk import Recipient, cancel_unsent, queue_for_many
from callcenter.messaging.default_texts import LANGUAGES
from callcenter.messaging.states import MessageState, Trigger
from callcenter.routing.states import Priority
from callcenter.tickets.incident_links import new_nonce, subscriber_urls
from callcenter.tickets.incident_models import Incident, IncidentEvent, IncidentSubscriber
from callcenter.tickets.incident_rules import EXPECTED_MAX, WORD_MAX, may_speak
from callcenter.tickets.incident_states import IncidentEventKind, SubscriberSource
from callcenter.tickets.queries.occupants import list_to_warn
from callcenter.tickets.services.acts import checked_text
from callcenter.tickets.services.incident_acts import (
    IncidentAct,
    IncidentWork,
    begin_incident,
    leads,
    require_open,
)
from callcenter.tickets.states import EventKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A person who is to hear of an incident. ``number`` may be empty: to be called back."""

    contact_id: int | None = None
    contact_name: str = ""
    number: str = ""
    language: str = "fr"
    ticket_id: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a piece of news: messages put in the outbox, and those held back."""

    sent: int = 0
    skipped: int = 0


def publish_news(act: IncidentAct, word: str, expected_text: str = "") -> Told:
    """Say one thing of the incident to everybody: SMS, tickets' timelines, tenants' pages.

    Each number hears it once, however many tickets the person has. Raises UserError for an
    empty or overlong text, or the very words that stand already.
    """
    word = checked_text(word.strip(), WORD_MAX, "word")
    expected = checked_text(expected_text.strip(), EXPECTED_MAX, "expected")
    if not word:
        raise UserError(_("Écrivez ce que vous dites aux locataires."), field="word")
    work = begin_incident(act, may_speak)
    if work.repeated:
        return Told()
    incident = work.incident
    require_open(incident)
    if (word, expected) == (incident.word, incident.expected_text):
        raise UserError(_("Ce mot est déjà publié : tout le monde l'a reçu."), field="word")
    event = say(work, word, expected)
    return tell(incident, event, Trigger.INCIDENT_NEWS, list_listening(incident))


def say(work: IncidentWork, word: str, expected: str) -> IncidentEvent:
    """Make a word the incident's truth, on every page; nobody is written to yet."""
    incident = work.incident
    incident.word, incident.word_at, incident.expected_text = word, work.at, expected
    event = work.write(IncidentEventKind.NEWS, word, {"expected": expected})
    work.on_tickets(EventKind.INCIDENT_NEWS, word, {"expected": expected})
    work.touch()
    db.session.flush()
    return event


def warn_residents(act: IncidentAct, expected_count: int) -> Told:
    """Tell the people who live there before they call, and keep them told until the end.

    ``expected_count`` is how many the person confirmed: raises UserError when they are more
    now. Opt-outs and numbers out of use are left out. Nothing leaves at night but for a danger.
    """
    work = begin_incident(act, leads)
    if work.repeated:
        return Told()
    incident = work.incident
    require_open(incident)
    if not incident.word:
        raise UserError(_("Publiez d'abord un mot : c'est lui qui sera envoyé."))
    people = list_to_warn(incident)
    if not people:
        raise UserError(_("Tous ceux qui peuvent recevoir un SMS sont déjà prévenus."))
    if len(people) > expected_count:
        raise UserError(
            _("Ils sont maintenant %(count)s : confirmez à nouveau.", count=len(people))
        )
    listeners = [
        new_subscriber(incident, Listener(**one), SubscriberSource.WARNING) for one in people
    ]
    db.session.add_all(listeners)
    work.write(IncidentEventKind.WARNED, incident.word, {"count": len(listeners)})
    danger = incident.priority == Priority.P0
    news = latest_news(incident)
    return tell(incident, news, Trigger.INCIDENT_NEWS, listeners, urgent=danger)


def subscribe(
    incident: Incident, listener: Listener, source: SubscriberSource, *, called: bool = False
) -> IncidentSubscriber:
    """Have a person hear the news of a locked incident; one row per person and per number.

    ``called``: by calling now, which counts, and undoes an earlier "no more news".
    """
    phone = try_parse_phone(listener.number)
    number = phone.e164 if phone else ""
    found = _subscribed(incident, listener.contact_id, number)
    if found is None:
        found = new_subscriber(incident, listener, source)
        db.session.add(found)
    if called:
        found.calls += 1
        found.unsubscribed_at = None
    if found.ticket_id is None:
        found.ticket_id = listener.ticket_id
    found.number = found.number or number
    found.contact_name = found.contact_name or listener.contact_name
    db.session.flush()
    return found


def new_subscriber(
    incident: Incident, listener: Listener, source: SubscriberSource
) -> IncidentSubscriber:
    """Make the row of a subscriber, with a private page of its own (not added yet)."""
    nonce, digest = new_nonce(current_site().secret)
    phone = try_parse_phone(listener.number)
    return IncidentSubscriber(
        member_id=incident.member_id,
        incident_id=incident.id,
        contact_id=listener.contact_id,
        contact_name=listener.contact_name,
        number=phone.e164 if phone else "",
        language=listener.language if listener.language in LANGUAGES else "fr",
        ticket_id=listener.ticket_id,
        source=source,
        calls=0,
        nonce=nonce,
        digest=digest,
    )


def tell(
    incident: Incident,
    event: IncidentEvent,
    trigger: Trigger,
    listeners: Sequence[IncidentSubscriber],
    *,
    urgent: bool | None = None,
) -> Told:
    """Queue one message per listener who has not heard this event yet.

    News that has not left is cancelled: the later one says more.
    """
    due = [
        one
        for one in listeners
        if one.unsubscribed_at is None and (one.told_event_id or 0) < event.id
    ]
    if not due:
        return Told()
    with force_locale("fr"):  # reasons are kept in the language of the trade
        outdated = _("Remplacé par des nouvelles plus récentes.")
    cancel_unsent(
        incident.member_id,
        [one.last_message_id for one in due if one.last_message_id is not None],
        outdated,
    )
    links = subscriber_urls(due, current_site())
    messages = queue_for_many(
        member_id=incident.member_id,
        trigger=trigger,
        recipients=[
            Recipient(one.number, one.contact_id, one.ticket_id, one.language, {"lien": link})
            for one, link in zip(due, links, strict=True)
        ],
        values={language: _values(incident, language) for language in LANGUAGES},
        urgent=Priority(incident.priority).is_urgent if urgent is None else urgent,
    )
    for one, message in zip(due, messages, strict=True):
        one.told_event_id, one.last_message_id = event.id, message.id
    db.session.flush()
    skipped = sum(message.state == MessageState.SKIPPED for message in messages)
    return Told(len(messages) - skipped, skipped)


def list_listening(incident: Incident) -> list[IncidentSubscriber]:
    """Return everybody who wants the news."""
    return list(
        db.session.scalars(
            select(IncidentSubscriber)
            .where(
                IncidentSubscriber.member_id == incident.member_id,
                IncidentSubscriber.incident_id == incident.id,
                IncidentSubscriber.unsubscribed_at.is_(None),
            )
            .order_by(IncidentSubscriber.id)
        )
    )


def latest_news(incident: Incident) -> IncidentEvent:
    """Return the event that says what is known now: the last word, else the opening."""
    return db.session.scalars(
        select(IncidentEvent)
        .where(
            IncidentEvent.member_id == incident.member_id,
            IncidentEvent.incident_id == incident.id,
            IncidentEvent.kind.in_([IncidentEventKind.NEWS, IncidentEventKind.OPENED]),
        )
        .order_by(IncidentEvent.id.desc())
        .limit(1)
    ).one()


def _subscribed(
    incident: Incident, contact_id: int | None, number: str
) -> IncidentSubscriber | None:
    """Return the row of this number, else of this person."""
    same = []
    if number:
        same.append(IncidentSubscriber.number == number)
    if contact_id is not None:
        same.append(IncidentSubscriber.contact_id == contact_id)
    if not same:
        return None
    return db.session.scalars(
        select(IncidentSubscriber)
        .where(
            IncidentSubscriber.member_id == incident.member_id,
            IncidentSubscriber.incident_id == incident.id,
            or_(*same),
        )
        .order_by((IncidentSubscriber.number == number).desc(), IncidentSubscriber.id)
        .limit(1)
    ).one_or_none()


def _values(incident: Incident, language: str) -> dict[str, str]:
    member = db.session.get(Organisation, incident.member_id)
    where = incident.place.replace(" · ", ", ")
    with force_locale(language):
        return {
            "membre": member.short_name if member else "",
            "objet": f"{incident.title} ({where})",
            "nouvelle": _sentence(incident.word),
            "echeance": incident.expected_text,
            "organisme": incident.owner_organisation_name,
            "reference": "",
            "date": "",
            "creneau": "",
            "cause": "",
        }


def _sentence(text: str) -> str:
    """End with a stop, since the message goes on after it; one line."""
    line = " ".join(text.split())
    return line if not line or line[-1] in ".!?…" else f"{line}."
