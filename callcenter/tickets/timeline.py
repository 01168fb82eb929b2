"""The timeline in words: each event, message and call as people read it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from flask_babel import LazyString, format_date, gettext
from flask_babel import lazy_gettext as _l

from callcenter.core.phone import format_phone
from callcenter.messaging.rules import explain_error
from callcenter.messaging.states import MessageState
from callcenter.messaging.words import masked
from callcenter.oncall.states import PageStep
from callcenter.tickets import words
from callcenter.tickets.queries.pages import Moment
from callcenter.tickets.rules import Slot
from callcenter.tickets.states import EventKind, Visibility
from callcenter.ui.timewords import clock_time, unbroken
from callcenter.ui.timewords import moment as moment_words


def _(text: str, **values: object) -> str:
    """Say it in the reader's language."""
    return str(gettext(text, **values))


@dataclass(frozen=True, slots=True)
class Entry:
    """One line as the page shows it; ``css`` is the look (see components/timeline.html)."""

    css: str
    title: str
    at: datetime
    who: str
    text: str = ""
    status: str = ""
    tone: str = "neutral"


_SMS_STATES: Final[dict[str, tuple[LazyString, str]]] = {
    MessageState.QUEUED: (_l("En attente d'envoi"), "neutral"),
    MessageState.SENDING: (_l("Envoi en cours"), "neutral"),
    MessageState.UNCERTAIN: (_l("Envoi incertain : en cours de vérification"), "wait"),
    MessageState.ACCEPTED: (_l("Pris en charge par l'opérateur"), "neutral"),
    MessageState.SENT: (_l("Envoyé"), "neutral"),
    MessageState.DELIVERED: (_l("Remis"), "good"),
    MessageState.UNDELIVERED: (_l("Non remis"), "danger"),
    MessageState.FAILED: (_l("Échec"), "danger"),
    MessageState.EXPIRED: (_l("Trop tard : non envoyé"), "wait"),
    MessageState.CANCELLED: (_l("Annulé"), "neutral"),
    MessageState.SKIPPED: (_l("Non envoyé"), "wait"),
}

_DISPOSITIONS: Final[dict[str, LazyString]] = {
    "opened": _l("a ouvert cette demande"),
    "chase": _l("relance du locataire"),
    "about": _l("au sujet de cette demande"),
}

_LOOKS: Final = {
    EventKind.COMMENT: "comment",
    EventKind.TENANT_WORD: "sms-in",
    EventKind.TENANT_CONFIRMED: "sms-in",
    EventKind.TENANT_DENIED: "sms-in",
    EventKind.TENANT_OPTED_OUT: "sms-in",
    EventKind.TENANT_CORRECTED: "warning",
    EventKind.RATED: "sms-in",
    EventKind.VISIT_ANSWERED: "sms-in",
    EventKind.VISIT_PLANNED: "visit",
    EventKind.VISIT_MOVED: "visit",
    EventKind.VISIT_CANCELLED: "visit",
    EventKind.CHASE: "call",
    EventKind.REFUSED: "move",
    EventKind.OFFERED: "move",
    EventKind.WITHDRAWN: "move",
    EventKind.HANDED_OVER: "move",
    EventKind.ASSIGNED: "move",
    EventKind.ESCALATED: "warning",
    EventKind.UNANSWERED: "move",
    EventKind.REASSURED: "sms",
    EventKind.INCIDENT_NEWS: "comment",
    EventKind.ON_CALL: "call",
}
# What a person of the night, and of the morning after, should see at once.
_ALARMS: Final = frozenset(
    {
        PageStep.NOBODY,
        PageStep.AGAIN,
        PageStep.DECLINED,
        PageStep.SILENT,
        PageStep.FAILED,
        PageStep.ESCALATED,
    }
)


def entry_of(moment: Moment, now: datetime) -> Entry:
    """Return a moment of the timeline in words."""
    if moment.source == "message":
        return _message(moment, now)
    if moment.source == "call":
        return _call(moment)
    kind = EventKind(moment.kind)
    css = _LOOKS.get(kind, "state")
    if kind is EventKind.ON_CALL and moment.facts.get("step") in _ALARMS:
        css = "warning"
    if kind is EventKind.COMMENT and moment.visibility == Visibility.INTERNAL:
        css = "internal"
    who = moment.who
    if moment.facts.get("on_behalf") and kind not in {EventKind.OFFERED, EventKind.WITHDRAWN}:
        who = _("%(who)s, pour %(organisme)s", who=who, organisme=moment.facts["organisation"])
    # What was asked has its own place at the top of the page.
    text = "" if kind is EventKind.OPENED else moment.body or moment.facts.get("note", "")
    return Entry(css, event_title(kind, moment.facts, moment.visibility), moment.at, who, text)


def event_title(kind: EventKind, facts: Mapping[str, Any], visibility: str = "") -> str:
    """Return what an event tells, in one line."""
    return _comment_title(visibility) if kind is EventKind.COMMENT else _TITLES[kind](facts)


def slot_text(slot: Slot) -> str:
    """Return a slot as a page shows it: "8 h 00 - 10 h 00"."""
    return f"{_hour(slot.starts_at)} - {_hour(slot.ends_at)}"


def day_text(day: date) -> str:
    """Return a day as a page shows it: "jeudi 12 novembre"."""
    return str(format_date(day, "EEEE d MMMM"))


def _hour(text: str) -> str:
    hour, _colon, minute = text.partition(":")
    return unbroken(_("%(hour)s h %(minute)s", hour=int(hour), minute=minute))


def _where(facts: Mapping[str, Any]) -> str:
    team = facts.get("team")
    organisation = str(facts.get("organisation", ""))
    return f"{organisation} · {team}" if team and team != organisation else organisation


def _visit(facts: Mapping[str, Any]) -> str:
    when = day_text(date.fromisoformat(facts["day"])) if facts.get("day") else ""
    if not facts.get("starts_at"):
        return when
    return f"{when}, {slot_text(Slot(facts['starts_at'], facts['ends_at']))}"


def _comment_title(visibility: str) -> str:
    return _("Message au locataire") if visibility == Visibility.TENANT else _("Commentaire")


def _offered(facts: Mapping[str, Any]) -> str:
    if facts.get("informed_only"):
        return _("Pour information : %(where)s", where=_where(facts))
    return _("Envoyée à %(where)s", where=_where(facts))


def _refused(facts: Mapping[str, Any]) -> str:
    return _(
        "Refusée par %(where)s : %(reason)s",
        where=_where(facts),
        reason=words.REFUSAL_REASONS.get(facts.get("reason", ""), ""),
    )


def _assigned(facts: Mapping[str, Any]) -> str:
    name = facts.get("assignee")
    return _("Confiée à %(name)s", name=name) if name else _("Rendue à l'équipe")


def _resolved(facts: Mapping[str, Any]) -> str:
    how = words.RESOLUTION_CODES.get(facts.get("code", ""), "")
    if facts.get("own_part_only"):
        return _("Sa part est faite : %(how)s", how=how)
    return _("Résolue : %(how)s", how=how)


def _resumed(facts: Mapping[str, Any]) -> str:
    before, after = facts.get("due_before"), facts.get("due_after")
    if before and after and before != after:
        return _(
            "Reprise : le délai passe au %(day)s",
            day=day_text(datetime.fromisoformat(after).date()),
        )
    return _("Reprise")


def _closed(facts: Mapping[str, Any]) -> str:
    return _("Close : le locataire n'a rien signalé") if facts.get("silent") else _("Close")


def _escalated(facts: Mapping[str, Any]) -> str:
    if facts.get("moves"):
        return _(
            "Renvoyée %(count)s fois d'un organisme à l'autre : au superviseur de décider",
            count=facts["moves"],
        )
    return _(
        "Le locataire a relancé %(count)s fois : à traiter sans attendre",
        count=facts.get("chases", ""),
    )


def _answered(facts: Mapping[str, Any]) -> str:
    if facts.get("answer") == "yes":
        return _("Le rendez-vous convient au locataire")
    return _("Le locataire demande un autre créneau")


def _corrected(facts: Mapping[str, Any]) -> str:
    if not facts.get("number"):
        return _("Ce numéro n'est pas celui du locataire : lien fermé, SMS arrêtés")
    number = format_phone(facts["number"])
    if facts.get("undone"):
        before = format_phone(facts["before"])
        return _("Retour au %(before)s : le %(number)s est écarté", before=before, number=number)
    if facts.get("used") == "replaced":
        before = format_phone(facts["before"])
        return _(
            "Numéro du locataire : %(number)s, à la place du %(before)s",
            number=number,
            before=before,
        )
    if facts.get("used"):
        return _("Numéro du locataire : %(number)s, à appeler d'abord", number=number)
    return _("Nouveau numéro à vérifier : %(number)s", number=number)


def _on_call(facts: Mapping[str, Any]) -> str:
    name = str(facts.get("name", ""))
    step = PageStep(facts.get("step", PageStep.NOTE))
    if step is PageStep.ESCALATED:
        names = ", ".join(facts.get("names", []))
        if names:
            return _("Astreinte sans réponse : superviseur prévenu (%(names)s)", names=names)
        return _("Astreinte sans réponse : au superviseur")
    if step is PageStep.ACKNOWLEDGED and facts.get("by_phone"):
        return _("Astreinte : %(name)s prend l'intervention (joint par téléphone)", name=name)
    if step is PageStep.DONE and facts.get("resolved"):
        return _("Astreinte : %(name)s a terminé, c'est réparé", name=name)
    words_of: dict[PageStep, str] = {
        PageStep.OPENED: _("Astreinte appelée"),
        PageStep.ASKED: _("Astreinte : SMS à %(name)s", name=name),
        PageStep.ACKNOWLEDGED: _("Astreinte : %(name)s prend l'intervention", name=name),
        PageStep.DECLINED: _("Astreinte : %(name)s ne peut pas", name=name),
        PageStep.SILENT: _("Astreinte : pas de réponse de %(name)s", name=name),
        PageStep.FAILED: _("Astreinte : le SMS n'a pas atteint %(name)s", name=name),
        PageStep.AGAIN: _(
            "Astreinte : personne n'a répondu, la liste est rappelée à %(time)s",
            time=clock_time(datetime.fromisoformat(facts["at"])) if facts.get("at") else "",
        ),
        PageStep.NOBODY: _("Personne d'astreinte : la liste est appelée"),
        PageStep.ARRIVED: _("Astreinte : %(name)s est sur place", name=name),
        PageStep.NOTE: _("Note de l'astreinte"),
        PageStep.DONE: _("Astreinte : %(name)s a terminé, suite à donner en journée", name=name),
        PageStep.STOOD_DOWN: _("Astreinte : plus personne n'est attendu"),
    }
    return words_of[step]


_TITLES: Final[dict[EventKind, Callable[[Mapping[str, Any]], str]]] = {
    EventKind.OPENED: lambda _f: _("Demande ouverte"),
    EventKind.HANDED_OVER: lambda f: _("Reçue sur la ligne de %(name)s", name=f.get("from", "")),
    EventKind.OFFERED: _offered,
    EventKind.ACCEPTED: lambda f: _("Acceptée par %(where)s", where=_where(f)),
    EventKind.REFUSED: _refused,
    EventKind.WITHDRAWN: lambda f: _("Retirée à %(where)s", where=_where(f)),
    EventKind.ASSIGNED: _assigned,
    EventKind.VISIT_PLANNED: lambda f: _("Visite prévue %(when)s", when=_visit(f)),
    EventKind.VISIT_MOVED: lambda f: _("Visite déplacée au %(when)s", when=_visit(f)),
    EventKind.VISIT_CANCELLED: lambda f: _("Visite du %(when)s annulée", when=_visit(f)),
    EventKind.VISIT_ANSWERED: _answered,
    EventKind.COMMENT: lambda _f: "",
    EventKind.HELD: lambda f: _(
        "En attente : %(cause)s", cause=words.HOLD_CAUSES.get(f.get("cause", ""), "")
    ),
    EventKind.RESUMED: _resumed,
    EventKind.RESOLVED: _resolved,
    EventKind.REOPENED: lambda _f: _("Rouverte"),
    EventKind.CLOSED: _closed,
    EventKind.CANCELLED: lambda _f: _("Annulée"),
    EventKind.CHASE: lambda _f: _("Relance du locataire"),
    EventKind.TENANT_WORD: lambda f: (
        _("Réponse du locataire par SMS") if f.get("channel") == "sms" else _("Mot du locataire")
    ),
    EventKind.TENANT_CONFIRMED: lambda _f: _("Le locataire confirme : c'est réparé"),
    EventKind.TENANT_DENIED: lambda _f: _("Le locataire dit que ce n'est pas réparé : rouverte"),
    EventKind.TENANT_OPTED_OUT: lambda f: (
        _("Le locataire veut de nouveau des SMS")
        if f.get("again")
        else _("Le locataire ne veut plus de SMS")
    ),
    EventKind.TENANT_CORRECTED: _corrected,
    EventKind.RATED: lambda f: _("Avis du locataire : %(score)s sur 5", score=f.get("score", "")),
    EventKind.LINK_REVOKED: lambda _f: _("Lien privé du locataire fermé"),
    EventKind.LINK_RENEWED: lambda _f: _("Nouveau lien envoyé au locataire"),
    EventKind.ESCALATED: _escalated,
    EventKind.UNANSWERED: lambda f: _(
        "Sans réponse de %(where)s dans le délai : revient à la plateforme", where=_where(f)
    ),
    EventKind.REASSURED: lambda _f: _(
        "Sans nouvelles : « nous ne vous oublions pas » au locataire"
    ),
    EventKind.ON_CALL: _on_call,
    EventKind.INCIDENT_JOINED: lambda f: _(
        "Rattachée à l'incident « %(title)s »", title=f.get("title", "")
    ),
    EventKind.INCIDENT_LEFT: lambda f: _(
        "Détachée de l'incident « %(title)s »", title=f.get("title", "")
    ),
    EventKind.INCIDENT_NEWS: lambda f: _(
        "Nouvelles de l'incident « %(title)s »", title=f.get("title", "")
    ),
}


def _message(moment: Moment, now: datetime) -> Entry:
    facts = moment.facts
    label, tone = _SMS_STATES.get(facts["state"], (_l("État inconnu"), "neutral"))
    status = str(label)
    if facts["state"] in {MessageState.UNDELIVERED, MessageState.FAILED} and facts["error_code"]:
        cause = explain_error(facts["error_code"])
        status = _("%(who)s : %(reason)s", who=status, reason=cause)
    elif facts["reason"]:
        cause = facts["reason"]  # kept in French, which is what the catalogue looks up
        status = _("%(who)s : %(reason)s", who=status, reason=_(cause))
    elif facts["state"] == MessageState.QUEUED:
        leaves = datetime.fromisoformat(facts["not_before"])
        if leaves > now:
            status = _("Partira %(when)s", when=moment_words(leaves, now))
    title = _("SMS au %(number)s", number=format_phone(facts["to"])) if facts["to"] else _("SMS")
    if facts["together"]:
        title = _("%(title)s, avec une autre demande", title=title)
    return Entry("sms", title, moment.at, "", masked(moment.body), status, tone)


def _call(moment: Moment) -> Entry:
    facts = moment.facts
    title = _("Appel passé") if facts["direction"] == "out" else _("Appel reçu")
    about = _DISPOSITIONS.get(moment.kind)
    name = facts["name"] or (format_phone(facts["number"]) if facts["number"] else _("anonyme"))
    title = f"{title} · {name}" + (f" · {about}" if about else "")
    return Entry("call", title, moment.at, moment.who, moment.body)
