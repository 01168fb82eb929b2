"""Default words of what is not an act on a ticket: nights, silences, firms, people on call.

Kept apart from ``default_texts`` for its length; the same rules hold.
"""

from collections.abc import Mapping
from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from callcenter.messaging.states import Trigger

MORE_WORDS: Final[Mapping[Trigger, LazyString]] = {
    Trigger.RECEIVED_AT_NIGHT: _l("Demande non urgente reçue hors des heures d'ouverture"),
    Trigger.SILENT: _l("Sans nouvelle : nous ne vous oublions pas"),
    Trigger.DELAYED: _l("Délai dépassé : nos excuses"),
    Trigger.NEARLY_LATE: _l("Délai bientôt dépassé"),
    Trigger.VISIT_REMINDER: _l("Rappel la veille d'une visite"),
    Trigger.TENANT_ABSENT: _l("Locataire absent à la visite"),
    Trigger.SATISFACTION: _l("Demande close : votre avis, de 1 à 5"),
    Trigger.SEVERAL: _l("Plusieurs demandes : un seul SMS"),
    Trigger.PHOTO_REFUSED: _l("Photo reçue par SMS : où l'ajouter"),
    Trigger.NEW_LINK: _l("Nouveau lien de suivi"),
    Trigger.BULLETIN: _l("Message aux habitants d'une résidence"),
    Trigger.PARTNER_OFFER: _l("Demande proposée à un organisme sans compte"),
    Trigger.ON_CALL_PAGE: _l("Appel de la personne d'astreinte"),
}

MORE_FRENCH: Final[Mapping[Trigger, str]] = {
    Trigger.RECEIVED_AT_NIGHT: (
        "{membre} : demande {reference} ({objet}) enregistrée. Elle n'est pas urgente : nos "
        "équipes la prennent dès l'ouverture. Réponse prévue : {echeance}. Suivi : {lien}"
    ),
    Trigger.SILENT: (
        "{membre} : nous ne vous oublions pas. Votre demande {reference} ({objet}) est toujours "
        "en cours. Suivre ou ajouter un mot : {lien}"
    ),
    Trigger.DELAYED: (
        "{membre} : votre demande {reference} ({objet}) a pris du retard, avec nos excuses. "
        "Nous insistons auprès de {organisme}. Suivi : {lien}"
    ),
    Trigger.NEARLY_LATE: (
        "{membre} : votre demande {reference} ({objet}) prend plus de temps que prévu. "
        "Nous insistons auprès de {organisme} pour tenir le délai ({echeance}). Suivi : {lien}"
    ),
    Trigger.VISIT_REMINDER: (
        "{membre} : rappel, visite {date} {creneau} avec {organisme} pour votre demande "
        "{reference} ({objet}). Un souci ? Prévenez-nous ici : {lien}"
    ),
    Trigger.TENANT_ABSENT: (
        "{membre} : {organisme} est venu pour votre demande {reference} ({objet}) et n'a pas pu "
        "entrer. Dites-nous quand vous serez là : {lien}"
    ),
    Trigger.SATISFACTION: (
        "{membre} : votre demande {reference} ({objet}) est close. Qu'en pensez-vous ? "
        "Notez-nous de 1 (non) à 5 (très), avec un mot si vous voulez : {lien}"
    ),
    Trigger.SEVERAL: "{membre} : des nouvelles de vos demandes. {suites}",
    Trigger.PHOTO_REFUSED: (
        "{membre} : merci, mais les photos ne nous arrivent pas par SMS. Vous pouvez les "
        "ajouter à votre demande {reference} ici : {lien}"
    ),
    Trigger.NEW_LINK: (
        "{membre} : voici le nouveau lien de votre demande {reference} ({objet}). "
        "L'ancien ne s'ouvre plus : {lien}"
    ),
    Trigger.BULLETIN: "{membre} : {nouvelle} Renseignements : {telephone}",
    Trigger.PARTNER_OFFER: (
        "{membre} : demande {reference} ({objet}), {lieu}, pour {echeance}. "
        "Accepter ou refuser : {lien}"
    ),
    Trigger.ON_CALL_PAGE: (
        "ASTREINTE {membre} : {objet}, {lieu} ({reference}). Prendre l'intervention : {lien}"
    ),
}

MORE_ENGLISH: Final[Mapping[Trigger, str]] = {
    Trigger.RECEIVED_AT_NIGHT: (
        "{membre}: your request {reference} ({objet}) is registered. It is not urgent: our teams "
        "take it when they open. Answer expected: {echeance}. Follow it: {lien}"
    ),
    Trigger.SILENT: (
        "{membre}: we have not forgotten you. Your request {reference} ({objet}) is still in "
        "hand. Follow it or add a word: {lien}"
    ),
    Trigger.DELAYED: (
        "{membre}: your request {reference} ({objet}) is late, with our apologies. "
        "We are pressing {organisme}. Follow it: {lien}"
    ),
    Trigger.NEARLY_LATE: (
        "{membre}: your request {reference} ({objet}) takes longer than planned. "
        "We are pressing {organisme} to keep the date ({echeance}). Follow it: {lien}"
    ),
    Trigger.VISIT_REMINDER: (
        "{membre}: reminder, visit on {date} {creneau} by {organisme} for your request "
        "{reference} ({objet}). Can't be there? Tell us here: {lien}"
    ),
    Trigger.TENANT_ABSENT: (
        "{membre}: {organisme} came for your request {reference} ({objet}) and could not get in. "
        "Tell us when you will be there: {lien}"
    ),
    Trigger.SATISFACTION: (
        "{membre}: your request {reference} ({objet}) is closed. Are you satisfied? "
        "Mark us from 1 (no) to 5 (very), with a word if you like: {lien}"
    ),
    Trigger.SEVERAL: "{membre}: news of your requests. {suites}",
    Trigger.PHOTO_REFUSED: (
        "{membre}: thank you, but photos do not reach us by SMS. Please add yours to your "
        "request {reference} here: {lien}"
    ),
    Trigger.NEW_LINK: (
        "{membre}: here is the new link of your request {reference} ({objet}). "
        "The former one no longer opens: {lien}"
    ),
    Trigger.BULLETIN: "{membre}: {nouvelle} Information: {telephone}",
    Trigger.PARTNER_OFFER: (
        "{membre}: request {reference} ({objet}), {lieu}, due {echeance}. Accept or refuse: {lien}"
    ),
    Trigger.ON_CALL_PAGE: "ON CALL {membre}: {objet}, {lieu} ({reference}). Take it: {lien}",
}

# What the one SMS about several requests says of each: what happened, and its own link. Only
# what asks nothing: an answer by SMS must be about one request.
BRIEFS: Final[Mapping[str, Mapping[Trigger, str]]] = {
    "fr": {
        Trigger.RECEIVED: "{reference} enregistrée, réponse prévue {echeance} : {lien}",
        Trigger.RECEIVED_AT_NIGHT: "{reference} enregistrée, réponse prévue {echeance} : {lien}",
        Trigger.HANDED_OVER: "{reference} enregistrée, réponse prévue {echeance} : {lien}",
        Trigger.ACCEPTED: "{reference} prise en charge par {organisme} : {lien}",
        Trigger.PLANNED: "{reference} rendez-vous {date} {creneau} : {lien}",
        Trigger.VISIT_MOVED: "{reference} rendez-vous déplacé, {date} {creneau} : {lien}",
        Trigger.VISIT_CANCELLED: "{reference} rendez-vous {date} annulé : {lien}",
        Trigger.VISIT_REMINDER: "{reference} rappel, visite {date} {creneau} : {lien}",
        Trigger.ON_HOLD: "{reference} en attente, {cause} : {lien}",
        Trigger.DELAYED: "{reference} en retard, avec nos excuses : {lien}",
        Trigger.NEARLY_LATE: "{reference} prend plus de temps que prévu : {lien}",
        Trigger.SILENT: "{reference} toujours en cours : {lien}",
        Trigger.REOPENED: "{reference} rouverte : {lien}",
        Trigger.CANCELLED: "{reference} annulée : {lien}",
    },
    "en": {
        Trigger.RECEIVED: "{reference} registered, answer expected {echeance}: {lien}",
        Trigger.RECEIVED_AT_NIGHT: "{reference} registered, answer expected {echeance}: {lien}",
        Trigger.HANDED_OVER: "{reference} registered, answer expected {echeance}: {lien}",
        Trigger.ACCEPTED: "{reference} in hand with {organisme}: {lien}",
        Trigger.PLANNED: "{reference} visit {date} {creneau}: {lien}",
        Trigger.VISIT_MOVED: "{reference} visit moved, {date} {creneau}: {lien}",
        Trigger.VISIT_CANCELLED: "{reference} visit {date} cancelled: {lien}",
        Trigger.VISIT_REMINDER: "{reference} reminder, visit {date} {creneau}: {lien}",
        Trigger.ON_HOLD: "{reference} waiting, {cause}: {lien}",
        Trigger.DELAYED: "{reference} late, with our apologies: {lien}",
        Trigger.NEARLY_LATE: "{reference} takes longer than planned: {lien}",
        Trigger.SILENT: "{reference} still in hand: {lien}",
        Trigger.REOPENED: "{reference} open again: {lien}",
        Trigger.CANCELLED: "{reference} cancelled: {lien}",
    },
}
