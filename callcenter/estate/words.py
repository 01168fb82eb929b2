"""The words of the estate, as pages show them."""

from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from callcenter.estate.states import OccupancyRole, Ownership

OCCUPANCY_ROLES: Final[dict[str, LazyString]] = {
    OccupancyRole.TENANT: _l("locataire"),
    OccupancyRole.CO_TENANT: _l("colocataire"),
    OccupancyRole.OCCUPANT: _l("occupant"),
    OccupancyRole.GUARANTOR: _l("garant"),
    OccupancyRole.CO_OWNER: _l("copropriétaire"),
    OccupancyRole.OTHER: _l("autre"),
}

OWNERSHIPS: Final[dict[str, LazyString]] = {
    Ownership.SINGLE: _l("propriété du bailleur"),
    Ownership.CONDO: _l("copropriété"),
}

EQUIPMENT: Final[dict[str, LazyString]] = {
    "lift": _l("Ascenseur"),
    "collective_heating": _l("Chauffage collectif"),
    "individual_boiler": _l("Chaudière individuelle"),
    "plumbing": _l("Plomberie"),
    "electricity": _l("Électricité"),
    "ventilation": _l("Ventilation"),
    "access_control": _l("Contrôle d'accès"),
    "locks": _l("Serrurerie"),
    "roof": _l("Toiture"),
    "pest_control": _l("Nuisibles"),
    "grounds": _l("Espaces verts"),
}

LANGUAGES: Final[dict[str, LazyString]] = {
    "fr": _l("français"),
    "en": _l("anglais"),
}

HEATINGS: Final[dict[str, LazyString]] = {
    "collective": _l("collectif"),
    "individual": _l("individuel"),
    "individual_gas": _l("individuel au gaz"),
    "individual_electric": _l("individuel électrique"),
    "individual_other": _l("individuel, autre énergie"),
    "none": _l("aucun"),
}

PHONE_SOURCES: Final[dict[str, LazyString]] = {
    "import": _l("fichier du bailleur"),
    "agent": _l("donné par un agent"),
}

PHONE_FLAGS: Final[dict[str, LazyString]] = {
    "landline": _l("fixe"),
    "unknown": _l("numéro inconnu de l'opérateur"),
    "blocked": _l("SMS refusés"),
    "invalid": _l("signalé faux"),
}
