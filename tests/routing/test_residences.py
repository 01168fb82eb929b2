"""A residence's ownership, syndic and handing-over, set on screen, decide at once."""

from datetime import date

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from callcenter.core.audit import AuditEntry
from callcenter.estate.models import Residence
from tests.page_checks import PageChecker
from tests.routing.test_services import route
from tests.world import World, as_member, as_system, sign_in


@pytest.fixture
def pages(client: FlaskClient, world: World) -> PageChecker:
    """The browser of A's manager."""
    sign_in(client, world.user("manager-a"))
    return PageChecker(client)


def test_a_residence_becomes_a_co_ownership(app: Flask, pages: PageChecker, world: World) -> None:
    url = f"/routing/residences/{world.a.gounod}"
    assert url in pages.get(f"/estate/residences/{world.a.gounod}").links
    with as_member(world.a.id):
        assert route(world.a, "T-ECL").organisation_id == world.a.id
    page = pages.submit(
        pages.get(url), holding="ownership", ownership="condo", syndic_id=str(world.a.syndic)
    )
    assert "enregistrée" in page.text
    with as_member(world.a.id):
        assert route(world.a, "T-ECL").organisation_id == world.a.syndic
    with as_system() as session:
        entry = session.scalars(
            sa.select(AuditEntry).where(AuditEntry.action == "residence.changed")
        ).one()
    assert entry.changes["ownership"] == ["single", "condo"]
    # The landlord may be its own syndic; a single owner has none.
    pages.submit(pages.get(url), holding="ownership", syndic_id=str(world.a.id))
    with as_member(world.a.id):
        assert "équipe Co ownership" in route(world.a, "T-ECL").explanation[0]
    pages.submit(pages.get(url), holding="ownership", ownership="single")
    with as_system() as session:
        assert session.get_one(Residence, world.a.gounod).syndic_id is None


def test_the_handing_over_starts_the_warranties(
    app: Flask, pages: PageChecker, world: World
) -> None:
    url = f"/routing/residences/{world.a.gounod}"
    page = pages.submit(pages.get(url), holding="ownership", completed_on="2026-06-16")
    assert "jusqu'au 16/06/2027" in page.text
    assert "jusqu'au 16/06/2036" in page.text
    with as_member(world.a.id):
        assert route(world.a, "T-MEN", location="private").team_name == "Development Aquitanis"
    with as_system() as session:
        assert session.get_one(Residence, world.a.gounod).completed_on == date(2026, 6, 16)


@pytest.mark.parametrize(
    "typed",
    [
        {"completed_on": "2999-01-01"},
        {"completed_on": "hier"},
        {"ownership": "x"},
        {"ownership": "condo", "syndic_id": "999999"},
    ],
)
def test_what_can_t_be_is_refused(
    app: Flask, pages: PageChecker, world: World, typed: dict[str, str]
) -> None:
    url = f"/routing/residences/{world.a.gounod}"
    pages.submit(pages.get(url), holding="ownership", status=422, **typed)


def test_another_s_syndic_or_residence_is_nobody_s(
    app: Flask, pages: PageChecker, world: World
) -> None:
    pages.get(f"/routing/residences/{world.b.gounod}", status=404)
    form = pages.get(f"/routing/residences/{world.a.gounod}")
    pages.submit(
        form, holding="ownership", status=422, ownership="condo", syndic_id=str(world.b.syndic)
    )
