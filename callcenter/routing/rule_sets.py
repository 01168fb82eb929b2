"""Rule sets: how specific a rule is, which rules match, ties, and the default set of a member."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import combinations
from typing import Final
from zoneinfo import ZoneInfo

from callcenter.routing.catalogue_types import Category, lineage
from callcenter.routing.rule_types import Rule, Situation
from callcenter.routing.states import (
    DestinationKind,
    Family,
    Hours,
    Location,
    Ownership,
    Priority,
    Service,
    TeamKind,
    Warranty,
)

# What one condition is worth: the closer to one home and one fact, the more. A rule's
# specificity is the sum; the screen of rules shows this table.
WEIGHTS: Final[dict[str, int]] = {
    "residence_id": 100,
    "building_id": 20,  # beside its residence's
    "category": 60,
    "agency_id": 40,
    "under_warranty": 35,
    "warranty": 35,
    "equipment": 30,
    "ownership": 25,
    "hours": 20,
    "caller_role": 20,
    "family": 15,
    "location": 10,
    "priority": 10,
    "contract_required": 10,
    "service": 5,
}
ANSWER_WEIGHT: Final = 30
CHILD_WEIGHT: Final = 12  # for each step below a category of the catalogue

# Faults that the builder's completion warranty covers (code civil, art. 1792-6: one year from
# the réception). Urgent ones keep their normal way, with the development department informed.
WARRANTY_CATEGORIES: Final = (
    "T-PLB", "T-ELP", "T-MEN", "T-VMC", "T-HUM", "T-TOI", "T-ACC", "T-GPA",
)  # fmt: skip

# What the two longer warranties cover, as the trade's categories name it.
EQUIPMENT_CATEGORIES: Final = ("T-ACC", "T-VMC", "T-CHI", "T-MEN", "T-SER", "T-PLB")
STRUCTURE_CATEGORIES: Final = ("T-TOI", "T-STR", "T-HUM")
_YEARS: Final = {Warranty.COMPLETION: 1, Warranty.EQUIPMENT: 2, Warranty.STRUCTURE: 10}
_COVERED: Final = {
    Warranty.COMPLETION: WARRANTY_CATEGORIES,
    Warranty.EQUIPMENT: EQUIPMENT_CATEGORIES,
    Warranty.STRUCTURE: STRUCTURE_CATEGORIES,
}

_PARIS: Final = ZoneInfo("Europe/Paris")


def specificity(rule: Rule) -> int:
    """How narrow a rule is: the sum of the weights of its conditions; 0 for a default route."""
    total = sum(
        weight for name, weight in WEIGHTS.items() if getattr(rule, name) not in {None, False}
    )
    if rule.under_warranty is False:
        total += WEIGHTS["under_warranty"]
    if rule.category is not None:
        total += CHILD_WEIGHT * (len(lineage(rule.category)) - 1)
    return total + ANSWER_WEIGHT * len(rule.answers)


def precedence(rule: Rule) -> tuple[int, int, int]:
    """Sort key: most specific, then lowest rank, then oldest."""
    return (-specificity(rule), rule.rank, rule.id)


def failed_condition(rule: Rule, situation: Situation, priority: Priority) -> str | None:
    """The first condition that doesn't hold, by name; None when the rule applies.

    ``contract_required`` is not tried here: it needs the contracts.
    """
    category = situation.category
    if rule.category is not None and rule.category not in lineage(category.code):
        return "category"
    facts = (
        ("family", category.family),
        ("equipment", category.equipment),
        ("residence_id", situation.residence_id),
        ("building_id", situation.building_id),
        ("service", situation.service),
        ("location", situation.location),
        ("ownership", situation.ownership),
        ("caller_role", situation.caller_role),
        ("agency_id", situation.agency.id if situation.agency else None),
        ("priority", priority),
    )
    for name, fact in facts:
        wanted = getattr(rule, name)
        if wanted is not None and wanted != fact:
            return name
    if rule.hours is not None and (rule.hours is Hours.ON_CALL) != situation.is_on_call_time:
        return "hours"
    late = _failed_warranty(rule, situation)
    if late is not None:
        return late
    if any(situation.answers.get(key) != value for key, value in rule.answers):
        return "answers"
    return None


def _failed_warranty(rule: Rule, situation: Situation) -> str | None:
    if rule.under_warranty is not None and rule.under_warranty != under_warranty(situation):
        return "under_warranty"
    if rule.warranty is not None and not runs(rule.warranty, situation):
        return "warranty"
    return None


def warranty_end(completed_on: date, warranty: Warranty = Warranty.COMPLETION) -> date:
    """Last day of a warranty: one, two or ten years from the réception."""
    year = completed_on.year + _YEARS[warranty]
    try:
        return completed_on.replace(year=year)
    except ValueError:  # 29 February
        return completed_on.replace(year=year, day=28)


def runs(warranty: Warranty, situation: Situation) -> bool:
    """Whether the call comes while a warranty of the place's works runs."""
    if situation.completed_on is None:
        return False
    called = paris_date(situation.instant)
    return situation.completed_on <= called <= warranty_end(situation.completed_on, warranty)


def under_warranty(situation: Situation) -> bool:
    """Whether the call comes within the year that follows the handing-over of the works."""
    return runs(Warranty.COMPLETION, situation)


def warranty_of(situation: Situation) -> Warranty | None:
    """The warranty that covers such a fault at the instant of the call, the shortest first."""
    codes = lineage(situation.category.code)
    for warranty, covered in _COVERED.items():
        if any(code in covered for code in codes) and runs(warranty, situation):
            return warranty
    return None


def is_syndics(situation: Situation) -> bool:
    """A fault in the common parts of a co-owned building (loi 65-557, art. 14 and 18)."""
    return (
        situation.service is Service.TENANTS
        and situation.category.family is Family.TECHNICAL
        and situation.location is Location.COMMON
        and situation.ownership is Ownership.CONDO
    )


def paris_date(instant: datetime) -> date:
    """The date of an instant in France."""
    return instant.astimezone(_PARIS).date()


def has_default(rules: Iterable[Rule]) -> bool:
    """Whether some rule applies to every call: a set without one must not be saved."""
    return any(specificity(rule) == 0 for rule in rules)


def find_ties(rules: Sequence[Rule]) -> list[tuple[Rule, Rule]]:
    """Pairs that can apply to the same call, equally specific, of the same rank, and disagree.

    Found when rules are written, so that the order is a person's choice and not chance.
    """
    groups: dict[tuple[int, int], list[Rule]] = defaultdict(list)
    for rule in rules:
        groups[specificity(rule), rule.rank].append(rule)
    return [
        (one, other)
        for group in groups.values()
        for one, other in combinations(group, 2)
        if _may_meet(one, other) and _outcome(one) != _outcome(other)
    ]


def default_rules(categories: Iterable[Category], first_id: int = 1) -> list[Rule]:
    """The rule set a new member starts with: each category to its default handler.

    Then the completion warranty of new buildings, and last the default route to the triage.
    """
    rules: list[Rule] = []
    for category in categories:
        rules.append(
            Rule(
                id=first_id + len(rules),
                name=category.label,
                kind=category.handler.kind,
                team_kind=category.handler.team_kind,
                category=category.code,
            )
        )
        if category.code in WARRANTY_CATEGORIES:
            rules.append(
                Rule(
                    id=first_id + len(rules),
                    name=f"{category.label} : parfait achèvement",
                    kind=DestinationKind.MEMBER_TEAM,
                    team_kind=TeamKind.DEVELOPMENT,
                    category=category.code,
                    under_warranty=True,
                )
            )
    rules.append(
        Rule(id=first_id + len(rules), name="Route par défaut", kind=DestinationKind.TRIAGE)
    )
    return rules


def _outcome(rule: Rule) -> tuple[object, ...]:
    organisation_id = rule.organisation.id if rule.organisation else None
    return (rule.kind, organisation_id, rule.team_id, rule.team_kind, rule.priority_override)


def _may_meet(one: Rule, other: Rule) -> bool:
    """Whether no condition of one excludes the other."""
    if one.category and other.category and not _related(one.category, other.category):
        return False
    for name in WEIGHTS:
        if name in {"contract_required", "category", "warranty"}:
            continue
        first, second = getattr(one, name), getattr(other, name)
        if first is not None and second is not None and first != second:
            return False
    for rule, against in ((one, other), (other, one)):
        if rule.category and against.family and Family(rule.category[0]) is not against.family:
            return False
    wanted = dict(one.answers)
    return all(wanted.get(key, value) == value for key, value in other.answers)


def _related(one: str, other: str) -> bool:
    """Whether one of two categories is the other, or stands above it."""
    return one in lineage(other) or other in lineage(one)
