"""A rule in words: what it asks for, and where it sends."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from callcenter.members.words import SERVICES, TEAM_KINDS
from callcenter.routing import screen_words as words
from callcenter.routing.rule_changes import ChangeKind, RuleChange
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
    "building_id", "agency_id", "hours", "caller_role", "priority", "under_warranty", "warranty",
    "contract_required",
    "answers",
)  # fmt: skip


def conditions_in_words(conditions: Mapping[str, Any], names: Names) -> list[str]:
    """Return one phrase for each condition, empty for a default route."""
    phrases: list[str] = []
    for name in _ORDER:
        if name not in conditions:
            continue
        if name == "answers":
            asked = names.questions.get(conditions.get("category", ""), [])
            phrases += answers_in_words(asked, conditions[name])
        else:
            phrases += _phrases(name, conditions[name], names)
    return phrases


def answers_in_words(questions: list[Any], answers: Mapping[str, str]) -> list[str]:
    """Return each answer after its question, as the category words them."""
    known = {question["key"]: question for question in questions}
    said = []
    for key, value in sorted(answers.items()):
        question = known.get(key, {"label": key, "choices": ()})
        labels = {choice["value"]: choice["label"] for choice in question["choices"]}
        said.append(f"« {question['label']} » {labels.get(value, value)}")
    return said


def _phrases(name: str, value: Any, names: Names) -> list[str]:
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
        case "building_id":
            return _("bât. %(name)s", name=names.buildings.get(value, unknown))
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
        case "warranty":
            return str(words.WARRANTIES.get(value, value))
        case "contract_required":
            return _("un contrat couvre l'équipement")
    return f"{name} : {value}"


def destination_in_words(rule: Mapping[str, Any], names: Names) -> str:
    """Return where a rule (see ``snapshot_of``) sends, with the team or firm that it names."""
    if rule["organisation_id"] is not None:
        return names.organisations.get(rule["organisation_id"], _("partenaire hors service"))
    if rule["team_id"] is not None:
        return names.teams.get(rule["team_id"], _("équipe hors service"))
    if kind := rule["team_kind"]:
        return _("Équipe : %(kind)s", kind=TEAM_KINDS.get(kind, kind))
    return str(words.DESTINATIONS.get(rule["destination"], rule["destination"]))


@dataclass(frozen=True, slots=True)
class RuleWords:
    """A rule of a version as people read it."""

    id: int
    name: str
    conditions: list[str]
    destination: str
    priority: str
    rank: int


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One change between two sets of rules: what it was and what it becomes."""

    kind: ChangeKind
    before: RuleWords | None
    after: RuleWords | None
    fields: tuple[str, ...]

    @property
    def name(self) -> str:
        """The rule's present name, else its last."""
        rule = self.after or self.before
        return rule.name if rule else ""


def snapshot_in_words(rule: Mapping[str, Any], names: Names) -> RuleWords:
    """Put a published rule in words."""
    return RuleWords(
        id=rule["id"],
        name=rule["name"] or _("Règle %(number)s", number=rule["id"]),
        conditions=conditions_in_words(rule["conditions"], names),
        destination=destination_in_words(rule, names),
        priority=rule["priority"],
        rank=rule["rank"],
    )


def change_in_words(change: RuleChange, names: Names) -> ChangeLine:
    """Put a change in words."""
    before, after = (
        snapshot_in_words(rule, names) if rule is not None else None
        for rule in (change.before, change.after)
    )
    return ChangeLine(change.kind, before, after, change.fields)
