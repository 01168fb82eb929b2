"""Between a member's category rows and the frozen categories that rules read."""

from dataclasses import asdict
from typing import Any

from callcenter.members.clock_rules import Target, TargetUnit
from callcenter.routing.catalogue_types import (
    Category,
    Choice,
    Handler,
    Payment,
    Question,
    Safety,
)
from callcenter.routing.models import Category as CategoryRow
from callcenter.routing.states import (
    CategoryLocation,
    DestinationKind,
    Equipment,
    Payer,
    Priority,
    Service,
    TeamKind,
)


def row_from(category: Category, member_id: int, position: int) -> CategoryRow:
    """Return a new member's row of a category of the default catalogue."""
    return CategoryRow(
        member_id=member_id,
        position=position,
        code=category.code,
        label=category.label,
        short=category.short,
        services=sorted(category.services),
        location=category.location,
        priority=category.priority,
        target_amount=category.target.amount if category.target else None,
        target_unit=category.target.unit if category.target else "",
        equipment=category.equipment or "",
        destination=category.handler.kind,
        team_kind=category.handler.team_kind or "",
        restricted=category.restricted,
        opens_ticket=category.opens_ticket,
        safety_number=category.safety.number if category.safety else "",
        safety_script=category.safety.script if category.safety else "",
        questions=[asdict(question) for question in category.questions],
        synonyms=list(category.synonyms),
        payer=category.payment.payer if category.payment else "",
        payer_source=category.payment.source if category.payment else "",
        payer_note=category.payment.note if category.payment else "",
        script=category.script,
    )


def category_from(row: CategoryRow) -> Category:
    """Return the frozen category that a member's row stands for."""
    return Category(
        code=row.code,
        label=row.label,
        location=CategoryLocation(row.location),
        priority=Priority(row.priority),
        handler=Handler(
            DestinationKind(row.destination), TeamKind(row.team_kind) if row.team_kind else None
        ),
        services=frozenset(Service(service) for service in row.services),
        target=_target(row),
        equipment=Equipment(row.equipment) if row.equipment else None,
        short=row.short,
        restricted=row.restricted,
        opens_ticket=row.opens_ticket,
        safety=Safety(row.safety_number, row.safety_script) if row.safety_script else None,
        synonyms=tuple(row.synonyms),
        questions=tuple(_question(raw) for raw in row.questions),
        payment=Payment(Payer(row.payer), row.payer_source, row.payer_note) if row.payer else None,
        script=row.script,
    )


def _target(row: CategoryRow) -> Target | None:
    if row.target_amount is None or not row.target_unit:
        return None
    return Target(row.target_amount, TargetUnit(row.target_unit))


def _question(raw: dict[str, Any]) -> Question:
    choices = tuple(
        Choice(
            **{
                **choice,
                "priority": Priority(choice["priority"]) if choice["priority"] else None,
                "payer": Payer(choice["payer"]) if choice.get("payer") else None,
            }
        )
        for choice in raw["choices"]
    )
    return Question(raw["key"], raw["label"], choices)
