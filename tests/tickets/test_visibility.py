"""Who sees which ticket: one rule, and every query of the room obeys it."""

import pytest
from sqlalchemy import select

from callcenter.core.db import transaction
from callcenter.core.errors import NotFound
from callcenter.members.accounts import TeamMembership
from callcenter.members.models import Team
from callcenter.members.states import TeamKind
from callcenter.tickets import services
from callcenter.tickets.queries.filters import TicketFilters
from callcenter.tickets.queries.lists import count_views, list_for_export, list_tickets, views_of
from callcenter.tickets.queries.pages import get_head, get_ticket
from callcenter.tickets.states import RefusalReason
from callcenter.ui.pagination import Window
from tests.tickets.scenes import act, actor_of, looking, opened
from tests.world import World, as_system

ALL = TicketFilters(view="all")


def sees(world: World, name: str, ticket_id: int) -> bool:
    """Ask every query, and insist that they agree."""
    actor = actor_of(world, name)
    with looking(actor):
        in_list = ticket_id in {one.id for one in list_tickets(actor, ALL, Window()).items}
        in_export = ticket_id in {one.id for one in list_for_export(actor, ALL)}
        counted = count_views(actor, ["all"])["all"] > 0
        found = []
        for get in (get_ticket, get_head):
            try:
                get(actor, ticket_id)
                found.append(True)
            except NotFound:
                found.append(False)
    answers = {in_list, in_export, counted, *found}
    assert len(answers) == 1, (name, in_list, in_export, counted, found)
    return in_list


def join(world: World, name: str, kind: TeamKind) -> None:
    with as_system() as session, transaction():
        team = session.scalars(
            select(Team.id).where(Team.member_id == world.a.id, Team.kind == kind)
        ).one()
        session.add(TeamMembership(member_id=world.a.id, team_id=team, user_id=world.users[name]))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("agent", True),
        ("agent-a", True),
        ("supervisor", True),
        ("manager-a", True),
        ("staff-a", True),
        ("contractor-a", False),
        ("caretaker-a", False),
        ("administrator", False),
        ("manager-b", False),
        ("staff-b", False),
        ("contractor-b", False),
    ],
)
def test_an_ordinary_ticket(world: World, name: str, *, expected: bool) -> None:
    assert sees(world, name, opened(world)) is expected


@pytest.mark.parametrize("code", ["A-PAY", "V-DAN"])
def test_a_restricted_ticket_is_for_few(world: World, code: str) -> None:
    ticket_id = opened(world, code, location="none" if code == "A-PAY" else "private")
    assert sees(world, "manager-a", ticket_id)
    assert sees(world, "agent", ticket_id)
    assert not sees(world, "staff-a", ticket_id)
    assert not sees(world, "caretaker-a", ticket_id)


def test_a_restricted_ticket_is_seen_by_the_team_it_was_sent_to(world: World) -> None:
    ticket_id = opened(world, "A-PAY", location="none")
    join(world, "colleague-a", TeamKind.ARREARS)
    assert sees(world, "colleague-a", ticket_id)
    assert not sees(world, "staff-a", ticket_id)


def test_a_contractor_sees_what_it_was_offered_until_it_refuses(world: World) -> None:
    ticket_id = opened(world)
    act(world, "agent", ticket_id, lambda a: services.offer_to(a, world.a.lift))
    assert sees(world, "contractor-a", ticket_id)
    reason = RefusalReason.NOT_OURS
    act(world, "contractor-a", ticket_id, lambda a: services.refuse_assignment(a, reason))
    assert not sees(world, "contractor-a", ticket_id)


def test_a_caretaker_sees_the_technical_tickets_of_the_buildings_in_care(world: World) -> None:
    join(world, "caretaker-a", TeamKind.CARETAKER)
    assert sees(world, "caretaker-a", opened(world, "T-ECL", location="common"))


def test_a_caretaker_sees_no_rent_matter(world: World) -> None:
    join(world, "caretaker-a", TeamKind.CARETAKER)
    assert not sees(world, "caretaker-a", opened(world, "A-CHG", location="none"))


def test_views_fit_the_person(world: World) -> None:
    assert "triage" in views_of(actor_of(world, "agent"))
    assert "to-accept" not in views_of(actor_of(world, "agent"))
    assert "triage" not in views_of(actor_of(world, "staff-a"))
