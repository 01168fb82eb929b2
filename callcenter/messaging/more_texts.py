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
    Trigger.PARTNER_OFFER: (
        "{membre}: request {reference} ({objet}), {lieu}, due {echeance}. Accept or refuse: {lien}"
    ),
    Trigger.ON_CALL_PAGE: "ON CALL {membre}: {objet}, {lieu} ({reference}). Take it: {lien}",
}
