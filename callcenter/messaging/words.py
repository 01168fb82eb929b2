"""What the pages of messages say: states with their tone, triggers, causes of a pause."""

import re
from typing import Final

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _l

from callcenter.messaging.default_texts import TRIGGER_WORDS
from callcenter.messaging.states import MessageState, Trigger

STATES: Final[dict[str, LazyString]] = {
    MessageState.QUEUED: _l("En attente"),
    MessageState.SENDING: _l("Envoi en cours"),
    MessageState.UNCERTAIN: _l("Incertain"),
    MessageState.ACCEPTED: _l("Chez l'opérateur"),
    MessageState.SENT: _l("Envoyé"),
    MessageState.DELIVERED: _l("Remis"),
    MessageState.UNDELIVERED: _l("Non remis"),
    MessageState.FAILED: _l("Échec"),
    MessageState.EXPIRED: _l("Périmé"),
    MessageState.CANCELLED: _l("Annulé"),
    MessageState.SKIPPED: _l("Non envoyé"),
}
TONES: Final[dict[str, str]] = {
    MessageState.QUEUED: "info",
    MessageState.SENDING: "info",
    MessageState.UNCERTAIN: "wait",
    MessageState.ACCEPTED: "active",
    MessageState.SENT: "active",
    MessageState.DELIVERED: "good",
    MessageState.UNDELIVERED: "danger",
    MessageState.FAILED: "danger",
}
TRIGGERS: Final[dict[str, LazyString]] = {str(name): word for name, word in TRIGGER_WORDS.items()}

# When that leaves which has no delay to choose.
OWN_HOURS: Final[dict[str, LazyString]] = {
    Trigger.VISIT_REMINDER: _l("la veille, à l'heure ci-dessus"),
    Trigger.SEVERAL: _l("quand des SMS sur plusieurs demandes d'une personne tombent ensemble"),
    Trigger.INCIDENT_NEWS: _l("quand le mot est publié"),
    Trigger.INCIDENT_RESOLVED: _l("à la fin de l'incident"),
}

PAUSES: Final[dict[str, LazyString]] = {
    "account_pause": _l("Le plafond d'envois du jour est atteint."),
    "credentials": _l("Le service d'envoi refuse nos identifiants."),
    "unreachable": _l(
        "Le service d'envoi ne répond pas : un message est essayé de temps en temps, et tout part "
        "dès qu'il répond."
    ),
}

# Reasons are kept in French, as they were when written; those with a fact in them, by pattern.
WITH_FACTS: Final = (
    "Regroupé : le SMS « %(other)s » en dit plus.",
    "Limite atteinte : déjà %(count)s SMS aujourd'hui à ce numéro.",
    "Le service d'envoi a refusé le message (code %(code)s).",
    "Renvoi décidé par %(name)s.",
    "Abandonné par %(name)s.",
    "Annulé par %(name)s.",
)
_PATTERNS: Final = {
    words: re.compile(re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.*)", re.escape(words)))
    for words in WITH_FACTS
}

_PRIVATE_LINK = re.compile(r"(/[sia]/)[\w-]{20}")


def reason_words(reason: str) -> str:
    """Return a kept reason in the language of who reads it."""
    facts: dict[str, str] = {}
    for words, pattern in _PATTERNS.items():
        found = pattern.fullmatch(reason)
        if found:
            reason, facts = words, found.groupdict()
    if "other" in facts:
        other = facts["other"]
        facts["other"] = gettext(other)
    return str(gettext(reason, **facts)) if reason else ""


def masked(body: str) -> str:
    """Return a message without its private address: who reads it here is somebody else."""
    return _PRIVATE_LINK.sub(r"\1…", body)


def trigger_word(trigger: str) -> str:
    """Return what a message was about; an unknown trigger is shown as it is."""
    return str(TRIGGERS.get(trigger, trigger)) if trigger in set(Trigger) else trigger
