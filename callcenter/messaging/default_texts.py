"""The words of follow-ups as a new member gets them, and what may stand in them.

Written for GSM-7 (no ç, ê, œ, « »): each is one or two segments with an ordinary title and
link. The member's name opens each message, since a sender's name may be cut by the operator.
"""

from collections.abc import Mapping
from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from callcenter.messaging.more_texts import MORE_ENGLISH, MORE_FRENCH, MORE_WORDS
from callcenter.messaging.states import Trigger

LANGUAGES: Final = ("fr", "en")

# Placeholder -> what it stands for, as the editor of templates shows it.
PLACEHOLDERS: Final[Mapping[str, LazyString]] = {
    "membre": _l("nom du bailleur"),
    "reference": _l("référence de la demande"),
    "objet": _l("objet de la demande"),
    "echeance": _l("réponse promise pour"),
    "lien": _l("lien privé du locataire"),
    "date": _l("jour de la visite"),
    "creneau": _l("créneau de la visite"),
    "cause": _l("cause de l'attente"),
    "organisme": _l("qui s'en occupe"),
    "nouvelle": _l("ce qui est dit aux habitants"),
    "lieu": _l("lieu de la demande"),
    "telephone": _l("téléphone du bailleur"),
    "suites": _l("ce qu'il en est de chaque demande, avec son lien"),
}

# The link is everyone's way to answer, and to stop the messages: no message without it.
REQUIRED: Final = ("membre", "lien")
_VISIT: Final = ("date", "creneau")
# What makes the message: without it, it would say nothing.
_REQUIRED: Final[Mapping[Trigger, tuple[str, ...]]] = {
    Trigger.PLANNED: (*REQUIRED, *_VISIT),
    Trigger.VISIT_MOVED: (*REQUIRED, *_VISIT),
    Trigger.VISIT_REMINDER: (*REQUIRED, *_VISIT),
    Trigger.VISIT_CANCELLED: (*REQUIRED, "date"),
    Trigger.INCIDENT_NEWS: (*REQUIRED, "nouvelle"),
    # Each request brings its own link.
    Trigger.SEVERAL: ("membre", "suites"),
    # To people without a request: there is no page of theirs to lead to.
    Trigger.BULLETIN: ("membre", "nouvelle", "telephone"),
}
_ANYWHERE: Final = frozenset({"membre", "reference", "objet", "echeance", "lien", "organisme"})
# Where the other fields have a meaning; elsewhere they would stand for nothing.
_ONLY_IN: Final[Mapping[Trigger, frozenset[str]]] = {
    Trigger.ON_HOLD: frozenset({"cause"}),
    Trigger.TENANT_ABSENT: frozenset({"cause"}),
    Trigger.PARTNER_OFFER: frozenset({"lieu"}),
    Trigger.ON_CALL_PAGE: frozenset({"lieu"}),
    Trigger.INCIDENT_NEWS: frozenset({"nouvelle"}),
    Trigger.INCIDENT_RESOLVED: frozenset({"nouvelle"}),
} | dict.fromkeys(
    (Trigger.PLANNED, Trigger.VISIT_MOVED, Trigger.VISIT_CANCELLED, Trigger.VISIT_REMINDER),
    frozenset(_VISIT),
)


def required_in(trigger: Trigger) -> tuple[str, ...]:
    """Return the fields that a template of this trigger must have."""
    return _REQUIRED.get(trigger, REQUIRED)


def known_in(trigger: Trigger) -> dict[str, LazyString]:
    """Return the fields that mean something in a template of this trigger, with their meaning."""
    if trigger in {Trigger.BULLETIN, Trigger.SEVERAL}:
        wanted = frozenset(required_in(trigger))
    else:
        wanted = _ANYWHERE | _ONLY_IN.get(trigger, frozenset())
    return {name: meaning for name, meaning in PLACEHOLDERS.items() if name in wanted}


TRIGGER_WORDS: Final[Mapping[Trigger, LazyString]] = {
    Trigger.RECEIVED: _l("Demande reçue"),
    Trigger.HANDED_OVER: _l("Demande transmise par un autre bailleur"),
    Trigger.ACCEPTED: _l("Demande prise en charge"),
    Trigger.PLANNED: _l("Visite prévue"),
    Trigger.VISIT_MOVED: _l("Visite déplacée"),
    Trigger.VISIT_CANCELLED: _l("Visite annulée"),
    Trigger.ON_HOLD: _l("Demande en attente"),
    Trigger.RESOLVED: _l("Demande résolue : est-ce réparé ?"),
    Trigger.REOPENED: _l("Demande rouverte"),
    Trigger.CLOSED: _l("Demande close"),
    Trigger.CANCELLED: _l("Demande annulée"),
    Trigger.INCIDENT_NEWS: _l("Incident collectif : des nouvelles"),
    Trigger.INCIDENT_RESOLVED: _l("Incident collectif terminé : est-ce réparé ?"),
    **MORE_WORDS,
}

_FRENCH: Final[Mapping[Trigger, str]] = {
    Trigger.RECEIVED: (
        "{membre} : bonjour, votre demande {reference} ({objet}) est bien enregistrée. "
        "Réponse prévue : {echeance}. Pour suivre ou ajouter un mot : {lien}"
    ),
    Trigger.HANDED_OVER: (
        "{membre} : bonjour, votre appel nous a été transmis. Demande {reference} ({objet}) "
        "bien enregistrée. Réponse prévue : {echeance}. Suivi : {lien}"
    ),
    Trigger.ACCEPTED: (
        "{membre} : {organisme} s'occupe de votre demande {reference} ({objet}). "
        "Réponse prévue : {echeance}. Suivi : {lien}"
    ),
    Trigger.PLANNED: (
        "{membre} : rendez-vous {date} {creneau} avec {organisme} pour votre demande "
        "{reference} ({objet}). Ce jour ne vous va pas ? {lien}"
    ),
    Trigger.VISIT_MOVED: (
        "{membre} : votre rendez-vous ({reference}) est déplacé : ce sera {date} {creneau} "
        "avec {organisme}. Ce jour ne vous va pas ? {lien}"
    ),
    Trigger.VISIT_CANCELLED: (
        "{membre} : le rendez-vous prévu {date} ({reference}) est annulé, avec nos excuses. "
        "Nous vous proposons vite une autre date. Suivi : {lien}"
    ),
    Trigger.ON_HOLD: (
        "{membre} : votre demande {reference} ({objet}) est en attente : {cause}. "
        "Nous ne l'oublions pas. Suivi : {lien}"
    ),
    Trigger.RESOLVED: (
        "{membre} : votre demande {reference} ({objet}) est terminée. Est-ce vraiment réglé ? "
        "Dites-le nous ici : {lien}"
    ),
    Trigger.REOPENED: (
        "{membre} : votre demande {reference} ({objet}) est rouverte, nous la reprenons. "
        "Réponse prévue : {echeance}. Suivi : {lien}"
    ),
    Trigger.CLOSED: (
        "{membre} : votre demande {reference} ({objet}) est close. Merci. "
        "Un souci demeure ? Dites-le nous ici : {lien}"
    ),
    Trigger.CANCELLED: (
        "{membre} : votre demande {reference} ({objet}) est annulée. "
        "Si c'est une erreur, dites-le nous ici : {lien}"
    ),
    Trigger.INCIDENT_NEWS: (
        "{membre} : {objet}. {nouvelle} Retour à la normale : {echeance}. "
        "Suivi, ou ne plus recevoir ces nouvelles : {lien}"
    ),
    Trigger.INCIDENT_RESOLVED: (
        "{membre} : {objet} : c'est terminé. Est-ce vraiment réglé chez vous ? "
        "Dites-le nous ici : {lien}"
    ),
}
_ENGLISH: Final[Mapping[Trigger, str]] = {
    Trigger.RECEIVED: (
        "{membre}: hello, your request {reference} ({objet}) is registered. "
        "Answer expected: {echeance}. To follow it or add a word: {lien}"
    ),
    Trigger.HANDED_OVER: (
        "{membre}: hello, your call was passed on to us. Request {reference} ({objet}) is "
        "registered. Answer expected: {echeance}. Follow it: {lien}"
    ),
    Trigger.ACCEPTED: (
        "{membre}: {organisme} is dealing with your request {reference} ({objet}). "
        "Answer expected: {echeance}. Follow it: {lien}"
    ),
    Trigger.PLANNED: (
        "{membre}: visit on {date} {creneau} by {organisme} for your request {reference} "
        "({objet}). Does that day not suit you? {lien}"
    ),
    Trigger.VISIT_MOVED: (
        "{membre}: your visit ({reference}) has moved: it is now {date} {creneau}, by "
        "{organisme}. Does that day not suit you? {lien}"
    ),
    Trigger.VISIT_CANCELLED: (
        "{membre}: the visit of {date} ({reference}) is cancelled, with our apologies. "
        "We will soon offer another date. Follow it: {lien}"
    ),
    Trigger.ON_HOLD: (
        "{membre}: your request {reference} ({objet}) is waiting: {cause}. "
        "We have not forgotten it. Follow it: {lien}"
    ),
    Trigger.RESOLVED: (
        "{membre}: your request {reference} ({objet}) is done. Is it really fixed? "
        "Please tell us here: {lien}"
    ),
    Trigger.REOPENED: (
        "{membre}: your request {reference} ({objet}) is open again, we are back on it. "
        "Answer expected: {echeance}. Follow it: {lien}"
    ),
    Trigger.CLOSED: (
        "{membre}: your request {reference} ({objet}) is closed. Thank you. "
        "Still a problem? Tell us here: {lien}"
    ),
    Trigger.CANCELLED: (
        "{membre}: your request {reference} ({objet}) is cancelled. "
        "If this is a mistake, tell us here: {lien}"
    ),
    Trigger.INCIDENT_NEWS: (
        "{membre}: {objet}. {nouvelle} Back to normal: {echeance}. "
        "Follow it, or stop this news: {lien}"
    ),
    Trigger.INCIDENT_RESOLVED: (
        "{membre}: {objet}: it is over. Is it really fixed at your home? "
        "Please tell us here: {lien}"
    ),
}
DEFAULT_TEXTS: Final[Mapping[str, Mapping[Trigger, str]]] = {
    "fr": {**_FRENCH, **MORE_FRENCH},
    "en": {**_ENGLISH, **MORE_ENGLISH},
}

# What stands in a message when the fact is not known: a sentence that stays true.
_UNKNOWN: Final[Mapping[str, Mapping[str, str]]] = {
    "fr": {
        "membre": "Votre bailleur",
        "objet": "votre demande",
        "echeance": "dès que possible",
        "date": "à la date convenue",
        "creneau": "dans la journée",
        "cause": "nous attendons un élément",
        "organisme": "notre équipe",
        "lieu": "lieu sur la page",
        "nouvelle": "Nous nous en occupons.",
        "telephone": "votre agence",
    },
    "en": {
        "membre": "Your landlord",
        "objet": "your request",
        "echeance": "as soon as possible",
        "date": "the day agreed",
        "creneau": "during the day",
        "cause": "we are waiting for something",
        "organisme": "our team",
        "lieu": "place on the page",
        "nouvelle": "We are dealing with it.",
        "telephone": "your agency",
    },
}

# As long as the real ones, for previews made before the ticket exists.
SAMPLE_REFERENCE: Final = "XX-00000"
SAMPLE_LINK: Final = "https://suivi.exemple.fr/s/xxxxxxxxxxxxxxxxxxxx"
SAMPLES: Final[Mapping[str, Mapping[str, str]]] = {
    "fr": {
        "reference": "AQ-24817",
        "objet": "Ascenseur en panne",
        "echeance": "jeudi 12 novembre",
        "lien": SAMPLE_LINK,
        "date": "mercredi 11 novembre",
        "creneau": "entre 8 h et 10 h",
        "cause": "pièce commandée",
        "organisme": "Ascensoristes du Sud-Ouest",
        "lieu": "Gounod, Bât. B",
        "nouvelle": "Un technicien vient cet après-midi.",
        "telephone": "05 36 49 00 00",
        "suites": f"AQ-24817 rendez-vous mercredi 11 novembre entre 8 h et 10 h : {SAMPLE_LINK} "
        f"AQ-24902 prise en charge par notre équipe : {SAMPLE_LINK}",
    },
    "en": {
        "reference": "AQ-24817",
        "objet": "Lift out of order",
        "echeance": "Thursday 12 November",
        "lien": SAMPLE_LINK,
        "date": "Wednesday 11 November",
        "creneau": "between 8:00 and 10:00",
        "cause": "part on order",
        "organisme": "Ascensoristes du Sud-Ouest",
        "lieu": "Gounod, Bât. B",
        "nouvelle": "A technician comes this afternoon.",
        "telephone": "05 36 49 00 00",
        "suites": f"AQ-24817 visit Wednesday 11 November from 8:00 to 10:00: {SAMPLE_LINK} "
        f"AQ-24902 in hand with our team: {SAMPLE_LINK}",
    },
}


def known_language(language: str) -> str:
    """Return the language if we write it, else French."""
    return language if language in LANGUAGES else "fr"


def completed(values: Mapping[str, str], language: str) -> dict[str, str]:
    """Return ``values`` with what is blank said in words that stay true.

    The reference and the link have no stand-in: a message without them is not sent.
    """
    given = {name: value for name, value in values.items() if value and value.strip()}
    return {**_UNKNOWN[known_language(language)], **given}
