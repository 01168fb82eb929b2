"""Verbs on the rules of a member's draft. Each leaves it with a default route and without ties.

Nothing here decides anything yet: see ``rule_versions`` for publishing.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import func, select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.editing import create_once, note, revise
from callcenter.core.errors import UserError
from callcenter.core.isolation import Actor
from callcenter.members.models import Agency, Organisation, Team
from callcenter.routing.models import RoutingRule
from callcenter.routing.rule_sets import find_ties, has_default
from callcenter.routing.rule_types import Rule
from callcenter.routing.screen_queries import find_building, find_residence, list_rule_lines
from callcenter.routing.states import DestinationKind

Values = Mapping[str, Any]


def add_rule(member_id: int, values: Values, *, token: UUID, actor: Actor) -> RoutingRule:
    """Add a rule. Raises UserError for a tie, or a destination that is not complete."""
    lock_rules(member_id)
    wanted = _checked(member_id, values)

    def make() -> RoutingRule:
        row = RoutingRule(member_id=member_id, **wanted, **_stamp(actor))
        db.session.add(row)
        db.session.flush()
        check_set(member_id, row.id)
        return row

    return create_once(
        make,
        RoutingRule,
        token=token,
        actor=actor,
        action="routing_rule.added",
        object_type="routing_rule",
        shown=("name", "conditions", "destination", "team_kind", "priority", "rank"),
    )


def save_rule(row: RoutingRule, values: Values, *, seen_version: int, actor: Actor) -> None:
    """Change a rule."""
    lock_rules(row.member_id)
    wanted = _checked(row.member_id, values)
    changes = revise(
        row,
        wanted,
        seen_version=seen_version,
        actor=actor,
        action="routing_rule.changed",
        object_type="routing_rule",
    )
    if changes:
        _touch(row, actor)
        check_set(row.member_id, row.id)


def switch_rule(row: RoutingRule, *, active: bool, actor: Actor) -> None:
    """Put a rule in service, or out of it. The last default route stays."""
    lock_rules(row.member_id)
    db.session.refresh(row, with_for_update=True)
    if row.active is active:
        return
    row.active = active
    row.version += 1
    verb = "switched_on" if active else "switched_off"
    note(row, actor, f"routing_rule.{verb}", "routing_rule", {"active": [not active, active]})
    _touch(row, actor)
    check_set(row.member_id, row.id)


def lock_rules(member_id: int) -> None:
    """Let one person at a time change a member's rules: what holds is said of the whole set."""
    key = func.hashtextextended("routing_rule", member_id)
    db.session.execute(select(func.pg_advisory_xact_lock(key)))


def check_set(member_id: int, changed_id: int) -> None:
    """Raise UserError when no default route is left, or the changed rule ties with another."""
    rules = _checked_rules(member_id)
    for one, other in find_ties(rules):
        if changed_id in {one.id, other.id}:
            twin = other if one.id == changed_id else one
            raise UserError(
                _(
                    "À égalité avec « %(name)s » : les deux peuvent valoir pour le même appel et "
                    "n'envoient pas au même endroit. Donnez-leur des rangs différents ; le plus "
                    "petit passe d'abord.",
                    name=twin.name or _("règle %(number)s", number=twin.id),
                ),
                field="rank",
            )


def check_whole_set(member_id: int) -> None:
    """Raise UserError when no default route is left, or any two rules tie."""
    for one, other in find_ties(_checked_rules(member_id)):
        raise UserError(
            _(
                "« %(one)s » et « %(other)s » sont à égalité et n'envoient pas au même endroit : "
                "donnez-leur des rangs différents.",
                one=one.name or one.id,
                other=other.name or other.id,
            )
        )


def _checked_rules(member_id: int) -> list[Rule]:
    rules = [line.rule for line in list_rule_lines(member_id) if line.row.active]
    if not has_default(rules):
        raise UserError(
            _(
                "Il faut toujours une règle sans condition, qui reçoit ce que les autres ne "
                "prennent pas. Ajoutez-en une avant de changer celle-ci."
            )
        )
    return rules


def resolve_residence(member_id: int, text: str) -> int | None:
    """Return the number of the residence that was typed, None for none. Raises UserError."""
    if not text:
        return None
    number, near = find_residence(member_id, text)
    if number is None:
        message = _("Aucune résidence de ce code ou de ce nom.")
        if near:
            message += " " + _("Peut-être : %(names)s.", names=", ".join(near))
        raise UserError(message, field="residence")
    return number


def resolve_building(residence_id: int | None, text: str) -> int | None:
    """Return the number of the building that was typed, None for none. Raises UserError."""
    if not text:
        return None
    if residence_id is None:
        raise UserError(_("Indiquez aussi sa résidence."), field="residence")
    number, names = find_building(residence_id, text)
    if number is None:
        message = _("Cette résidence n'a pas ce bâtiment.")
        if names:
            message += " " + _("Elle a : %(names)s.", names=", ".join(names))
        raise UserError(message, field="building")
    return number


def _checked(member_id: int, values: Values) -> dict[str, Any]:
    """Return the values with only what their destination uses; UserError if it lacks something."""
    wanted = dict(values)
    kind = wanted["destination"]
    if kind != DestinationKind.ORGANISATION:
        wanted["organisation_id"] = None
    elif wanted.get("organisation_id") is None:
        raise UserError(_("Choisissez le partenaire."), field="organisation_id")
    if kind != DestinationKind.MEMBER_TEAM:
        wanted["team_id"], wanted["team_kind"] = None, ""
    elif wanted.get("team_id") is not None:
        wanted["team_kind"] = ""
    elif not wanted.get("team_kind"):
        raise UserError(_("Choisissez une équipe, ou un rôle d'équipe."), field="team_kind")
    agency_id = wanted["conditions"].get("agency_id")
    for model, number, field in (
        (Organisation, wanted["organisation_id"], "organisation_id"),
        (Team, wanted["team_id"], "team_id"),
        (Agency, agency_id, "agency_id"),
    ):
        if number is not None and not _is_own(model, number, member_id):
            raise UserError(_("Choisissez-en un de ce membre."), field=field)
    return wanted


def _is_own(
    model: type[Organisation] | type[Team] | type[Agency], number: int, member_id: int
) -> bool:
    found = db.session.scalar(
        select(model.id).where(model.id == number, model.member_id == member_id)
    )
    return found is not None


def _stamp(actor: Actor) -> dict[str, Any]:
    return {"updated_at": clock.now(), "updated_by": actor.name}


def _touch(row: RoutingRule, actor: Actor) -> None:
    row.updated_at, row.updated_by = clock.now(), actor.name
    db.session.flush()
