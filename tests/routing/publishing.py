"""Putting a draft in force, as its manager would."""

from callcenter.core.db import transaction
from callcenter.core.isolation import Actor
from callcenter.core.permissions import PERMISSIONS, Role
from callcenter.routing.models import RoutingVersion
from callcenter.routing.rule_versions import publish
from callcenter.routing.version_queries import get_draft
from tests.world import as_member


def manager_of(member_id: int, name: str = "Manager Aquitanis") -> Actor:
    """An actor who may edit the member's rules."""
    return Actor(
        user_id=1,
        name=name,
        role=Role.MANAGER,
        home_id=member_id,
        organisation_id=member_id,
        member_ids=frozenset({member_id}),
        permissions=PERMISSIONS[Role.MANAGER],
    )


def publish_draft(member_id: int, note: str = "") -> RoutingVersion:
    """Publish the member's draft as it is."""
    with as_member(member_id), transaction():
        seen = get_draft(member_id).digest
        return publish(member_id, seen=seen, note=note, actor=manager_of(member_id))
