"""The words of the mapping's editor: transformations, code lists, parts of composite fields."""

from typing import Final

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from callcenter.estate.importing.fields import FIELDS, FileKind
from callcenter.estate.importing.transforms import TRANSFORMS
from callcenter.estate.words import EQUIPMENT, HEATINGS, OCCUPANCY_ROLES

TRANSFORM_WORDS: Final[dict[str, LazyString]] = {
    "text": _l("Texte tel quel"),
    "place": _l("Nom de lieu"),
    "reference": _l("Identifiant"),
    "slice": _l("Partie d'un identifiant"),
    "number": _l("Nombre"),
    "integer": _l("Nombre entier"),
    "surface": _l("Surface en m²"),
    "rooms": _l("Nombre de pièces"),
    "year": _l("Année"),
    "postcode": _l("Code postal"),
    "insee": _l("Code INSEE"),
    "email": _l("Adresse électronique"),
    "flag": _l("Oui ou non"),
    "code": _l("Liste de codes"),
    "heating": _l("Chauffage, d'après une liste de codes"),
    "energy": _l("Étiquette énergie"),
    "role": _l("Qualité, d'après une liste de codes"),
    "civility": _l("Civilité, d'après une liste de codes"),
    "last_name": _l("Nom de famille"),
    "first_name": _l("Prénom"),
    "whole_name": _l("Nom entier : civilité, nom et prénom séparés"),
    "date": _l("Date"),
    "phones": _l("Téléphones : un ou plusieurs par cellule, avec leur note"),
    "house_number": _l("Numéro de voie"),
    "suffix": _l("Bis, ter"),
    "street_type": _l("Type de voie"),
    "whole_address": _l("Adresse entière : numéro, voie et complément séparés"),
    "floor": _l("Étage"),
    "typology": _l("Typologie (T3, maison)"),
    "rpls_suffix": _l("Indice de répétition du RPLS"),
    "rpls_home_kind": _l("Type de construction du RPLS"),
    "equipment": _l("Équipement, d'après une liste de codes"),
    "weekly_hours": _l("Horaires de la semaine"),
    "residences": _l("Plusieurs résidences par cellule"),
}

# What a code list may give: our code -> how people say it.
CODE_VALUES: Final[dict[str, dict[str, LazyString]]] = {
    "heating": HEATINGS,
    "equipment": EQUIPMENT,
    "role": OCCUPANCY_ROLES,
}

_PARTS: Final[dict[str, LazyString]] = {
    "every_residence": _l("Toutes les résidences"),
    "weekly_hours": _l("Horaires"),
    "around_the_clock": _l("24 h sur 24, 7 j sur 7"),
}


def field_label(kind: FileKind, name: str) -> str:
    """Return a target field, or a part of a composite one, as people read it."""
    field = FIELDS[kind].get(name)
    return _(field.label) if field else str(_PARTS.get(name, name))


def transform_label(name: str) -> str:
    """Return a transformation as people read it."""
    return str(TRANSFORM_WORDS.get(name, name))


def all_transforms() -> dict[str, str]:
    """Return every transformation with its words, for a menu."""
    return {name: transform_label(name) for name in TRANSFORMS}
