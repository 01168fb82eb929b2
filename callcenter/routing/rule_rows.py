"""Between a member's rule rows and the frozen rules that decisions read."""

from typing import Any

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
}
_PLAIN = ("category", "agency_id", "residence_id", "contract_required", "under_warranty")


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


def rule_from(row: RoutingRule, organisations: dict[int, OrganisationRef]) -> Rule:
    """Return the frozen rule that a row stands for."""
    conditions = dict(row.conditions)
    answers = tuple(sorted(conditions.pop("answers", {}).items()))
    read = {
        name: _ENUMS[name](value) if name in _ENUMS else value for name, value in conditions.items()
    }
    return Rule(
        id=row.id,
        name=row.name,
        kind=DestinationKind(row.destination),
        organisation=organisations.get(row.organisation_id) if row.organisation_id else None,
        team_id=row.team_id,
        team_kind=TeamKind(row.team_kind) if row.team_kind else None,
        priority_override=Priority(row.priority) if row.priority else None,
        rank=row.rank,
        answers=answers,
        **read,
    )
