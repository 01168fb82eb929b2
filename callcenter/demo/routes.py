"""How the members of the demonstration changed their rules: versions, notes, one draft that waits."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.isolation import Actor
from callcenter.demo.founding import Founded
from callcenter.routing.models import RoutingRule
from callcenter.routing.rule_versions import publish
from callcenter.routing.states import DestinationKind, Priority
from callcenter.routing.version_queries import get_draft


@dataclass(frozen=True, slots=True)
class Change:
    """A rule that a manager added so many days ago; ``note`` None leaves it in the draft."""

    days_ago: int
    name: str
    category: str
    agency: int  # place in the member's list
    destination: DestinationKind
    note: str | None
    team_kind: str = ""
    priority: str = ""


_CHANGES: Final[dict[str, tuple[Change, ...]]] = {
    "AQ": (
        Change(
            38, "Encombrants : la régie passe avant le gardien", "T-PRO", 0,
            DestinationKind.MEMBER_TEAM, "Essai de la régie, décidé en réunion d'agence",
            team_kind="maintenance",
        ),
        Change(
            16, "Éclairage des communs : l'agence", "T-ECL", 1, DestinationKind.AGENCY,
            "Départ du gardien de la Rive Droite",
        ),
        Change(
            0, "Humidité : visite plus rapide", "T-HUM", 0, DestinationKind.AGENCY, None,
            priority=Priority.P2,
        ),
    ),
    "ME": (
        Change(
            25, "Menuiseries : l'agence voit d'abord", "T-MEN", 0, DestinationKind.AGENCY,
            "Trop de déplacements pour rien à la régie",
        ),
    ),
}  # fmt: skip


def set_up_rules(member: Founded) -> None:
    """Play the history of a member's rules, by its manager."""
    manager = member.manager
    if manager is None:
        return
    now = clock.now()
    for change in _CHANGES.get(member.cast.prefix, ()):
        with clock.frozen_at(now - timedelta(days=change.days_ago)):
            _change(member, change, manager)


def _change(member: Founded, change: Change, manager: Actor) -> None:
    agency = member.agencies[min(change.agency, len(member.agencies) - 1)]
    conditions: dict[str, Any] = {"category": change.category, "agency_id": agency.id}
    # Not by the service: its savepoint would hide members founded in this very transaction.
    db.session.add(
        RoutingRule(
            member_id=member.id,
            name=change.name,
            conditions=conditions,
            destination=change.destination,
            team_kind=change.team_kind,
            priority=change.priority,
            updated_at=clock.now(),
            updated_by=manager.name,
        )
    )
    db.session.flush()
    if change.note is not None:
        draft = get_draft(member.id)
        publish(member.id, seen=draft.digest, note=change.note, actor=manager)
