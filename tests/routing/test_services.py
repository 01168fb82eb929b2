"""Routing on the database: the member's own rules, and nobody else's."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from callcenter.core.db import db, transaction
from callcenter.core.errors import NotFound
from callcenter.routing.models import Category, RoutingRule
from callcenter.routing.queries import get_routing, list_categories
from callcenter.routing.services import RoutePreview, RouteRequest, decide_route
from callcenter.routing.states import Location, Priority, Service
from tests.routing.publishing import publish_draft
from tests.world import Member, World, as_member

TUESDAY_MORNING = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SATURDAY_NIGHT = datetime(2026, 11, 28, 22, 0, tzinfo=UTC)


def category_id(member: Member, code: str) -> int:
    return db.session.scalars(
        sa.select(Category.id).where(Category.member_id == member.id, Category.code == code)
    ).one()


def route(member: Member, code: str, **changes: object) -> RoutePreview:
    values: dict[str, object] = {
        "member_id": member.id,
        "service": Service.TENANTS,
        "category_id": category_id(member, code),
        "at": TUESDAY_MORNING,
        "location": Location.COMMON,
        "dwelling_id": member.home,
    }
    return decide_route(RouteRequest(**(values | changes)))  # type: ignore[arg-type]


def test_a_lift_goes_to_the_contractor_in_force(app: Flask, world: World) -> None:
    with as_member(world.a.id):
        found = route(world.a, "T-ASC")
    assert (found.organisation_id, found.priority) == (world.a.lift, Priority.P1)
    assert "Ascensoristes du Sud-Ouest" in found.explanation[0]
    assert "Gounod" in found.explanation[0]
    assert found.due_at == datetime(2026, 11, 24, 13, 0, tzinfo=UTC)


def test_an_expired_contract_is_set_aside_and_says_so(app: Flask, world: World) -> None:
    with as_member(world.a.id):
        found = route(world.a, "T-CHC")
    assert found.organisation_id == world.a.id
    assert any("Garonne Thermique" in sentence for sentence in found.rejected)


def test_common_parts_of_a_co_ownership_go_to_the_syndic(app: Flask, world: World) -> None:
    with as_member(world.a.id):
        found = route(world.a, "T-ECL", dwelling_id=world.a.flat)
    assert found.organisation_id == world.a.syndic
    assert [told.organisation.id for told in found.inform] == [world.a.id]


def test_at_night_what_is_urgent_reaches_the_on_call_service(app: Flask, world: World) -> None:
    with as_member(world.a.id):
        found = route(world.a, "T-FUI", at=SATURDAY_NIGHT, location=Location.PRIVATE)
    assert found.team_name == "On call Aquitanis"


def test_another_member_s_place_or_category_is_not_found(app: Flask, world: World) -> None:
    with as_member(world.a.id, world.b.id), pytest.raises(NotFound):
        route(world.a, "T-ASC", dwelling_id=world.b.home)
    with as_member(world.a.id, world.b.id):
        of_b = category_id(world.b, "T-ASC")
        with pytest.raises(NotFound):
            route(world.a, "T-ASC", category_id=of_b)
    with as_member(world.b.id), pytest.raises(NotFound):
        get_routing(world.a.id)


def test_a_rule_counts_once_it_is_published(app: Flask, world: World) -> None:
    with as_member(world.a.id):
        assert route(world.a, "T-PRO").team_name != "Maintenance Aquitanis"
    with as_member(world.a.id), transaction() as session:
        session.add(
            RoutingRule(
                member_id=world.a.id,
                name="Propreté au centre",
                conditions={"category": "T-PRO", "agency_id": world.a.agency},
                destination="member_team",
                team_id=world.a.maintenance_team,
            )
        )
    with as_member(world.a.id):
        assert route(world.a, "T-PRO").team_name != "Maintenance Aquitanis"
    publish_draft(world.a.id)
    with as_member(world.a.id):
        assert route(world.a, "T-PRO").team_id == world.a.maintenance_team


def test_each_service_offers_its_categories(app: Flask, world: World) -> None:
    with as_member(world.a.id):
        tenants = {c.category.code for c in list_categories(world.a.id, Service.TENANTS)}
        syndic = {c.category.code for c in list_categories(world.a.id, Service.SYNDIC)}
    assert {"T-ASC", "A-PAY"} <= tenants
    assert "S-URG" in syndic
    assert "A-PAY" not in syndic
