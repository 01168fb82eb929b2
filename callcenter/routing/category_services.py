"""Verbs on a member's categories: change, order, switch off, put back as they came."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.editing import note, revise
from callcenter.core.errors import UserError
from callcenter.core.isolation import Actor
from callcenter.routing import category_rows
from callcenter.routing.catalogue import CATALOGUE
from callcenter.routing.models import Category, RoutingRule
from callcenter.routing.rule_services import check_set, lock_rules
from callcenter.routing.screen_queries import list_category_rows
from callcenter.routing.states import DestinationKind

# What "as it came" gives back; the place in the list and being in service are the member's.
RESET_FIELDS = (
    "label", "short", "services", "location", "priority", "target_amount", "target_unit",
    "equipment", "destination", "team_kind", "restricted", "opens_ticket", "safety_number",
    "safety_script", "script", "payer", "payer_source", "payer_note", "questions", "synonyms",
)  # fmt: skip


def save_category(
    row: Category, values: Mapping[str, Any], *, seen_version: int, actor: Actor
) -> None:
    """Change a category; a new destination is given to its plain rule too.

    Raises UserError for a team destination without its kind, or half a target.
    """
    wanted = dict(values)
    if wanted["destination"] != DestinationKind.MEMBER_TEAM:
        wanted["team_kind"] = ""
    elif not wanted["team_kind"]:
        raise UserError(_("Choisissez le rôle de l'équipe."), field="team_kind")
    if not wanted["target_unit"]:
        wanted["target_amount"] = None
    elif wanted["target_amount"] is None:
        raise UserError(_("Indiquez combien."), field="target_amount")
    if not wanted["payer"]:
        wanted["payer_source"] = wanted["payer_note"] = ""
    if bool(wanted["safety_number"]) and not wanted["safety_script"]:
        raise UserError(_("Indiquez ce que l'agent doit dire."), field="safety_script")
    _revise(row, wanted, seen_version, actor, "category.changed")


def reset_category(row: Category, *, seen_version: int, actor: Actor) -> None:
    """Put a category back as the default catalogue has it."""
    original = default_of(row)
    if original is None:
        raise UserError(_("Ce motif n'est pas du catalogue d'origine."))
    wanted = {name: getattr(original, name) for name in RESET_FIELDS}
    _revise(row, wanted, seen_version, actor, "category.reset")


def default_of(row: Category) -> Category | None:
    """Return the category as it came, in no session; None for one of the member's own."""
    for category in CATALOGUE:
        if category.code == row.code:
            made = category_rows.row_from(category, row.member_id, row.position)
            # As JSON and enums come back from the database.
            for name in RESET_FIELDS:
                setattr(made, name, _as_stored(getattr(made, name)))
            return made
    return None


def is_changed(row: Category) -> bool:
    """Say whether a category differs from the default catalogue's."""
    original = default_of(row)
    if original is None:
        return False
    return any(_as_stored(getattr(row, n)) != getattr(original, n) for n in RESET_FIELDS)


def _as_stored(value: Any) -> Any:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [_as_stored(each) for each in value]
    if isinstance(value, dict):
        return {name: _as_stored(each) for name, each in value.items()}
    return value


def _revise(
    row: Category, wanted: Mapping[str, Any], seen_version: int, actor: Actor, action: str
) -> None:
    lock_rules(row.member_id)
    changes = revise(
        row,
        wanted,
        seen_version=seen_version,
        actor=actor,
        action=action,
        object_type="category",
    )
    if changes.keys() & {"destination", "team_kind"}:
        _retarget(row, actor)


def _retarget(row: Category, actor: Actor) -> None:
    """Send the category's plain rule (no other condition) to the category's destination.

    Decisions read rules; a member who changes "who handles it" on a category means them.
    """
    plain = {"category": row.code}
    rule = db.session.scalars(
        select(RoutingRule)
        .where(
            RoutingRule.member_id == row.member_id,
            RoutingRule.conditions == plain,
            RoutingRule.active,
        )
        .order_by(RoutingRule.rank, RoutingRule.id)
        .limit(1)
    ).first()
    if rule is None:
        rule = RoutingRule(
            member_id=row.member_id,
            name=row.label,
            conditions=plain,
            destination=row.destination,
            team_kind=row.team_kind,
        )
        db.session.add(rule)
        db.session.flush()
        note(rule, actor, "routing_rule.added", "routing_rule")
    else:
        revise(
            rule,
            {
                "destination": row.destination,
                "team_kind": row.team_kind,
                "team_id": None,
                "organisation_id": None,
            },
            seen_version=rule.version,
            actor=actor,
            action="routing_rule.changed",
            object_type="routing_rule",
        )
    rule.updated_at, rule.updated_by = clock.now(), actor.name
    db.session.flush()
    check_set(row.member_id, rule.id)


def switch_category(row: Category, *, active: bool, actor: Actor) -> None:
    """Offer a category at the desk, or no longer."""
    db.session.refresh(row, with_for_update=True)
    if row.active is active:
        return
    row.active = active
    row.version += 1
    verb = "switched_on" if active else "switched_off"
    note(row, actor, f"category.{verb}", "category", {"active": [not active, active]})
    db.session.flush()


def move_category(row: Category, after_id: int | None, *, actor: Actor) -> None:
    """Put a category right after another of the same member; first for None."""
    lock_rules(row.member_id)
    others = [each for each in list_category_rows(row.member_id) if each.id != row.id]
    places = {each.id: index for index, each in enumerate(others, start=1)}
    if after_id is not None and after_id not in places:
        raise UserError(_("Choisissez un motif de ce membre."), field="after_id")
    place = 0 if after_id is None else places[after_id]
    before = row.position
    for position, each in enumerate([*others[:place], row, *others[place:]]):
        if each.position != position:
            each.position = position
    if row.position != before:
        changes = {"position": [before, row.position]}
        note(row, actor, "category.moved", "category", changes)
    db.session.flush()
