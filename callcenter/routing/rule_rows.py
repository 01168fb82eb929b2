"""Between a member's rule rows, their published copies, and the rules that decisions read."""

from collections.abc import Mapping
from typing import Any, Final

from callcenter.routing.models import RoutingRule
from callcenter.routing.rule_types import OrganisationRef, Rule
from callcenter.routing.states import (
    CallerRole,
    DestinationKind,
    Equipment,
    Family,
    Hours,
    Location,
    Ownership,
    Priority,
    Service,
    TeamKind,
    Warranty,
)

_ENUMS: dict[str, Any] = {
    "service": Service,
    "family": Family,
    "location": Location,
    "ownership": Ownership,
    "equipment": Equipment,
    "priority": Priority,
    "hours": Hours,
    "caller_role": CallerRole,
    "warranty": Warranty,
}
_PLAIN = (
    "category", "agency_id", "residence_id", "building_id", "contract_required", "under_warranty",
)  # fmt: skip
# What a published copy keeps of a rule, besides its number.
KEPT: Final = (
    "name", "conditions", "destination", "organisation_id", "team_id", "team_kind", "priority",
    "rank",
)  # fmt: skip


def conditions_of(rule: Rule) -> dict[str, Any]:
    """Return what the rule asks for, as JSON; a default route asks for nothing."""
    asked = {name: getattr(rule, name) for name in (*_ENUMS, *_PLAIN)}
    conditions = {name: value for name, value in asked.items() if value not in {None, False}}
    if rule.under_warranty is False:
        conditions["under_warranty"] = False
    if rule.answers:
        conditions["answers"] = dict(rule.answers)
    return conditions


def row_from(rule: Rule, member_id: int) -> RoutingRule:
    """Return a new row of a member for the rule."""
    return RoutingRule(
        member_id=member_id,
        name=rule.name,
        conditions=conditions_of(rule),
        destination=rule.kind,
        organisation_id=rule.organisation.id if rule.organisation else None,
        team_id=rule.team_id,
        team_kind=rule.team_kind or "",
        priority=rule.priority_override or "",
        rank=rule.rank,
    )


def snapshot_of(row: RoutingRule) -> dict[str, Any]:
    """Return a rule as a published version keeps it."""
    return {"id": row.id, **{name: getattr(row, name) for name in KEPT}}


def rule_from(row: RoutingRule, organisations: Mapping[int, OrganisationRef]) -> Rule:
    """Return the frozen rule that a row stands for."""
    return rule_from_snapshot(snapshot_of(row), organisations)


def rule_from_snapshot(
    kept: Mapping[str, Any], organisations: Mapping[int, OrganisationRef]
) -> Rule:
    """Return the frozen rule that a published copy stands for."""
    conditions = dict(kept["conditions"])
    answers = tuple(sorted(conditions.pop("answers", {}).items()))
    read = {
        name: _ENUMS[name](value) if name in _ENUMS else value for name, value in conditions.items()
    }
    organisation_id = kept["organisation_id"]
    return Rule(
        id=kept["id"],
        name=kept["name"],
        kind=DestinationKind(kept["destination"]),
        organisation=organisations.get(organisation_id) if organisation_id else None,
        team_id=kept["team_id"],
        team_kind=TeamKind(kept["team_kind"]) if kept["team_kind"] else None,
        priority_override=Priority(kept["priority"]) if kept["priority"] else None,
        rank=kept["rank"],
        answers=answers,
        **read,
    )
