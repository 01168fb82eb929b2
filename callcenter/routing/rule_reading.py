"""A rule in words: what it asks for, and where it sends."""

from typing import Any

from flask_babel import gettext

from callcenter.members.words import SERVICES, TEAM_KINDS
from callcenter.routing import screen_words as words
from callcenter.routing.models import RoutingRule
from callcenter.routing.screen_queries import Names
from callcenter.ui.words import priority_word


def _(message: str, **values: object) -> str:
    return str(gettext(message, **values))


_PLAIN = {
    "service": SERVICES,
    "location": words.LOCATIONS,
    "ownership": words.OWNERSHIP,
    "hours": words.HOURS,
    "family": words.FAMILIES,
    "equipment": words.EQUIPMENT,
}
# The order in which a person says them.
_ORDER = (
    "category", "family", "equipment", "service", "location", "ownership", "residence_id",
    "agency_id", "hours", "caller_role", "priority", "under_warranty", "contract_required",
    "answers",
)  # fmt: skip


def conditions_in_words(conditions: dict[str, Any], names: Names) -> list[str]:
    """Return one phrase for each condition, empty for a default route."""
    return [
        phrase
        for name in _ORDER
        if name in conditions
        for phrase in _phrases(name, conditions[name], names)
    ]


def _phrases(name: str, value: Any, names: Names) -> list[str]:
    if name == "answers":
        return [f"{key} : {answer}" for key, answer in sorted(value.items())]
    if name in _PLAIN:
        return [str(_PLAIN[name].get(value, value))]
    return [_phrase(name, value, names)]


def _phrase(name: str, value: Any, names: Names) -> str:  # noqa: PLR0911 - one return a condition
    unknown = _("inconnu")
    match name:
        case "category":
            return f"{value} {names.categories.get(value, '')}".strip()
        case "residence_id":
            return _("résidence %(name)s", name=names.residences.get(value, unknown))
        case "agency_id":
            return _("agence : %(name)s", name=names.agencies.get(value, unknown))
        case "caller_role":
            return _("appelant : %(role)s", role=words.CALLER_ROLES.get(value, value))
        case "priority":
            return _("priorité : %(word)s", word=priority_word(value))
        case "under_warranty":
            return (
                _("sous garantie de parfait achèvement")
                if value
                else _("hors garantie de parfait achèvement")
            )
        case "contract_required":
            return _("un contrat couvre l'équipement")
    return f"{name} : {value}"


def destination_in_words(row: RoutingRule, names: Names) -> str:
    """Return where the rule sends, with the team or organisation that it names."""
    if row.organisation_id is not None:
        return names.organisations.get(row.organisation_id, _("partenaire hors service"))
    if row.team_id is not None:
        return names.teams.get(row.team_id, _("équipe hors service"))
    if row.team_kind:
        return _("Équipe : %(kind)s", kind=TEAM_KINDS.get(row.team_kind, row.team_kind))
    return str(words.DESTINATIONS.get(row.destination, row.destination))
