"""A caretaker reads the homes of their own agencies, and nothing of the others."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from callcenter.core.db import transaction
from callcenter.estate.models import Residence
from callcenter.members.accounts import TeamMembership
from callcenter.members.models import Team
from callcenter.members.states import TeamKind
from tests.page_checks import PageChecker
from tests.world import World, as_member, sign_in


@pytest.fixture
def caretaker(client: FlaskClient, world: World) -> PageChecker:
    """The caretaker of A: in the caretakers' team, Gounod in its agency, Les Quais in none."""
    with as_member(world.a.id) as session, transaction():
        team = session.scalars(
            select(Team.id).where(Team.member_id == world.a.id, Team.kind == TeamKind.CARETAKER)
        ).one()
        session.add(
            TeamMembership(member_id=world.a.id, team_id=team, user_id=world.users["caretaker-a"])
        )
        session.execute(
            update(Residence).where(Residence.id == world.a.quais).values(agency_id=None)
        )
    sign_in(client, world.user("caretaker-a"))
    return PageChecker(client)


def test_homes_in_care_and_their_people(caretaker: PageChecker, world: World) -> None:
    assert "Maïté Etcheverry" in caretaker.get(f"/estate/dwellings/{world.a.home}").text
    caretaker.get(f"/estate/residences/{world.a.gounod}")
    caretaker.get(f"/estate/contacts/{world.a.maite}")
    for path in (
        f"/estate/dwellings/{world.a.flat}",
        f"/estate/residences/{world.a.quais}",
        f"/estate/contacts/{world.a.odette}",
        f"/estate/dwellings/{world.b.home}",
    ):
        caretaker.get(path, status=404)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("etcheverry", True),
        ("etchevery", True),  # a mistake
        ("06 39 98 12 01", True),
        ("gounod", True),
        ("lafitte", False),
        ("lafite", False),
        ("05 36 49 02 01", False),
        ("quais", False),
        ("AQ0002001", False),
    ],
)
def test_the_box_finds_what_is_in_care_alone(
    caretaker: PageChecker, world: World, typed: str, *, found: bool
) -> None:
    page = caretaker.get(f"/estate?q={typed}")
    assert ("Rien de tel" not in page.text) is found
    for name in ("Lafitte", "Les Quais", "AQ0002001 "):
        assert name not in page.text.replace(typed, "")


def test_without_a_team_nothing_is_seen(client: FlaskClient, world: World) -> None:
    sign_in(client, world.user("caretaker-a"))
    pages = PageChecker(client)
    pages.get(f"/estate/dwellings/{world.a.home}", status=404)
    assert "Rien de tel" in pages.get("/estate?q=etcheverry").text
