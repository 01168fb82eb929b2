"""The words of the estate's history: fields, their values, where they come from."""

from datetime import date
from typing import Final

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from callcenter.core.phone import format_phone
from callcenter.estate.history_models import EstateChange
from callcenter.estate.states import ChangeSource
from callcenter.estate.words import HEATINGS, LANGUAGES, OWNERSHIPS
from callcenter.ui.filters import date_filter

FIELDS: Final[dict[str, LazyString]] = {
    "civility": _l("Civilité"),
    "last_name": _l("Nom"),
    "first_name": _l("Prénom"),
    "email": _l("Adresse électronique"),
    "language": _l("Langue des messages"),
    "phone": _l("Téléphone"),
    "occupant": _l("Occupant"),
    "ends_on": _l("Dernier jour dans le logement"),
    "residence": _l("Résidence"),
    "building": _l("Bâtiment"),
    "floor": _l("Étage"),
    "door": _l("Porte"),
    "street": _l("Voie"),
    "postcode": _l("Code postal"),
    "city": _l("Commune"),
    "rooms": _l("Pièces"),
    "surface": _l("Surface"),
    "heating": _l("Chauffage"),
    "built_in": _l("Année"),
    "ownership": _l("Propriété"),
    "syndic": _l("Syndic"),
}
SOURCES: Final[dict[str, LazyString]] = {
    ChangeSource.IMPORT: _l("fichier du bailleur"),
    ChangeSource.AGENT: _l("donné par un agent"),
}
# What a card's fields are listed by, in the order of the form.
IDENTITY: Final = ("civility", "last_name", "first_name", "email", "language")
_WORDS: Final[dict[str, dict[str, LazyString]]] = {
    "language": LANGUAGES,
    "heating": HEATINGS,
    "ownership": OWNERSHIPS,
}


def field_words(field: str) -> str:
    """Return a field as people read it."""
    return str(FIELDS.get(field, field))


def value_words(field: str, value: str) -> str:
    """Return a value of the history as people read it: numbers spaced, days in full."""
    if not value:
        return "—"
    if field == "phone":
        return format_phone(value)
    if field == "ends_on":
        try:
            return date_filter(date.fromisoformat(value))
        except ValueError:
            return value
    return str(_WORDS.get(field, {}).get(value, value))


def change_words(change: EstateChange) -> str:
    """Return a change in one line: ``06 30 … → 07 30 …``, ``retiré``, ``ajouté``."""
    before, after = (value_words(change.field, v) for v in (change.before, change.after))
    if not change.before:
        return str(_("%(value)s, ajouté", value=after))
    if not change.after:
        return str(_("%(value)s, retiré", value=before))
    return f"{before} → {after}"
