"""The words of flags on places."""

from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from callcenter.estate.states import FlagKind

FLAG_KINDS: Final[dict[str, LazyString]] = {
    FlagKind.WORKS: _l("Travaux"),
    FlagKind.PROCEDURE: _l("Procédure"),
    FlagKind.VULNERABILITY: _l("Personne à ménager"),
}
FLAG_ICONS: Final[dict[str, str]] = {
    FlagKind.WORKS: "cone-striped",
    FlagKind.PROCEDURE: "file-earmark-lock",
    FlagKind.VULNERABILITY: "shield-check",
}
FLAG_MEASURES: Final[dict[str, LazyString]] = {
    "call_first": _l("Prévenir par téléphone avant de venir"),
    "take_time": _l("Laisser le temps d'ouvrir, parler lentement"),
    "no_stairs": _l("Ne peut pas prendre l'escalier : ascenseur à traiter en priorité"),
    "no_power_cut": _l("Ne pas couper l'électricité sans prévenir"),
    "urgent_heating": _l("Chauffage et eau chaude à traiter en priorité"),
    "with_helper": _l("Rendez-vous en présence d'un proche ou d'un aidant"),
}
FLAG_GROUNDS: Final[dict[str, LazyString]] = {
    "asked": _l("à la demande de la personne"),
    "helper": _l("à la demande d'un proche ou d'un aidant, avec son accord"),
    "social_service": _l("signalé par un service social"),
    "decision": _l("décision du bailleur"),
}
