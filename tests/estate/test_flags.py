"""Flags on places: dated, justified, minimal, read by those who need them, gone when over."""

from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.core.permissions import PERMISSIONS, Role
from callcenter.estate.flag_rules import LONGEST, purged_before, readable_kinds
from callcenter.estate.flag_services import purge_flags
from callcenter.estate.history_models import PlaceFlag
from callcenter.estate.models import Residence
from callcenter.estate.states import FlagKind
from callcenter.members.accounts import TeamMembership
from callcenter.members.models import Team
from callcenter.members.states import TeamKind
from tests.estate.scenes import one
from tests.page_checks import PageChecker
from tests.world import World, as_member, as_system, sign_in


@pytest.fixture
def agent(client: FlaskClient, world: World) -> PageChecker:
    sign_in(client, world.user("agent"))
    return PageChecker(client)


def _day(days: int) -> str:
    return (clock.today() + timedelta(days=days)).isoformat()


def _flag(world: World, kind: FlagKind, days: int = 30, **more: object) -> int:
    """Write a flag on A's home that ends so many days from now."""
    said = {"measure": "no_power_cut", "ground": "asked", "note": "Reprise des colonnes"} | more
    with as_member(world.a.id) as session, transaction():
        flag = PlaceFlag(
            member_id=world.a.id,
            residence_id=world.a.gounod,
            dwelling_id=world.a.home,
            kind=kind,
            starts_on=clock.today() - timedelta(days=90),
            ends_on=clock.today() + timedelta(days=days),
            actor_label="Camille Roux",
            **said,
        )
        session.add(flag)
        session.flush()
        return flag.id


def test_who_may_read_which_kind() -> None:
    works, procedure, vulnerability = FlagKind.WORKS, FlagKind.PROCEDURE, FlagKind.VULNERABILITY
    read = {role: readable_kinds(PERMISSIONS[role]) for role in Role}
    assert read[Role.AGENT] == {works, procedure, vulnerability}
    assert read[Role.MANAGER] == {works, procedure, vulnerability}
    assert read[Role.STAFF] == {works, vulnerability}
    assert read[Role.CARETAKER] == {works}
    assert read[Role.ADMINISTRATOR] == {works}


def test_sensitive_flags_are_erased_the_day_after() -> None:
    today = date(2026, 11, 27)
    assert purged_before(FlagKind.VULNERABILITY, today) == today
    assert purged_before(FlagKind.WORKS, today) == today - timedelta(days=365)


def test_an_agent_flags_a_home_and_the_desk_says_so(agent: PageChecker, world: World) -> None:
    address = f"/estate/dwellings/{world.a.home}"
    page = agent.get(address)
    assert "Aucun signalement en cours" in page.text
    sent = {
        "flag-kind": "vulnerability",
        "flag-measure": "no_power_cut",
        "flag-ground": "asked",
        "flag-note": "diabète",
        "flag-starts_on": _day(0),
        "flag-ends_on": _day(100),
    }
    for _double_click in range(2):
        agent.submit(page, f"{address}/flags", **sent)  # type: ignore[arg-type]
    page = agent.get(address)
    assert page.text.count("Ne pas couper l'électricité") == 2  # the flag, and the choice
    assert "à la demande de la personne" in page.text
    assert one(world.a.id, "SELECT count(*) FROM place_flag") == 1
    # No free text about a vulnerable person, whatever the form was made to send.
    assert one(world.a.id, "SELECT note FROM place_flag") == ""
    desk = agent.get(f"/desk/{world.a.line}?dwelling_id={world.a.home}")
    assert "Ne pas couper l'électricité" in desk.text
    assert "Ne pas couper" not in agent.get(f"/desk/{world.a.line}?dwelling_id={world.a.flat}").text
    read = "SELECT count(*) FROM audit_entry WHERE action = 'place_flag.read'"
    assert one(world.a.id, read) == 1
    told = "SELECT changes::text FROM audit_entry WHERE action = 'flag.added'"
    assert "power" not in one(world.a.id, told)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"flag-measure": ""}, "ce qu'il faut faire"),
        ({"flag-ground": ""}, "à quel titre"),
        ({"flag-kind": "works", "flag-note": ""}, "de quoi il s'agit"),
        ({"flag-ends_on": _day(-1)}, "avant le premier"),
        ({"flag-starts_on": _day(-9), "flag-ends_on": _day(-1)}, "est passé"),
        ({"flag-ends_on": _day(LONGEST[FlagKind.VULNERABILITY] + 2)}, "au plus"),
        ({"flag-ends_on": ""}, "dernier jour"),
    ],
)
def test_what_is_missing_or_too_long_is_said(
    agent: PageChecker, world: World, changes: dict[str, str], words: str
) -> None:
    address = f"/estate/dwellings/{world.a.home}"
    sent = {
        "flag-kind": "vulnerability",
        "flag-measure": "call_first",
        "flag-ground": "asked",
        "flag-starts_on": _day(0),
        "flag-ends_on": _day(100),
    } | changes
    refused = agent.submit(agent.get(address), f"{address}/flags", status=422, **sent)
    assert words in refused.text
    assert one(world.a.id, "SELECT count(*) FROM place_flag") == 0


def test_a_flag_is_extended_then_lifted(agent: PageChecker, world: World) -> None:
    flag = _flag(world, FlagKind.WORKS, 5)
    address = f"/estate/dwellings/{world.a.home}"
    page = agent.get(address)
    assert "prend fin bientôt" in page.text
    action = f"/estate/flags/{flag}/extend"
    assert "est passé" in agent.submit(page, action, status=422, ends_on=_day(-1)).text
    agent.submit(page, action, ends_on=_day(60))
    assert "prend fin bientôt" not in agent.get(address).text
    agent.submit(agent.get(address), f"/estate/flags/{flag}/withdraw")
    assert "Aucun signalement en cours" in agent.get(address).text
    assert one(world.a.id, "SELECT count(*) FROM place_flag") == 0


def test_a_residence_has_works_alone_and_its_homes_show_them(
    agent: PageChecker, world: World
) -> None:
    address = f"/estate/residences/{world.a.gounod}"
    sent = {
        "flag-kind": "works",
        "flag-note": "Ravalement des façades",
        "flag-starts_on": _day(0),
        "flag-ends_on": _day(100),
    }
    page = agent.get(address)
    agent.submit(page, f"{address}/flags", **sent)  # type: ignore[arg-type]
    assert "Ravalement" in agent.get(address).text
    home = agent.get(f"/estate/dwellings/{world.a.home}").text
    assert "Ravalement des façades" in home
    assert "toute la résidence" in home
    agent.submit(page, f"{address}/flags", status=422, **(sent | {"flag-kind": "vulnerability"}))


def test_a_caretaker_sees_works_and_nothing_of_people(client: FlaskClient, world: World) -> None:
    with as_member(world.a.id) as session, transaction():
        team = session.query(Team.id).filter_by(member_id=world.a.id, kind=TeamKind.CARETAKER)
        session.add(
            TeamMembership(
                member_id=world.a.id, team_id=team.scalar(), user_id=world.users["caretaker-a"]
            )
        )
        assert session.get_one(Residence, world.a.gounod).agency_id
    flag = _flag(world, FlagKind.VULNERABILITY)
    _flag(world, FlagKind.PROCEDURE, note="Assignation")
    _flag(world, FlagKind.WORKS, note="Colonnes d'eau")
    sign_in(client, world.user("caretaker-a"))
    page = PageChecker(client).get(f"/estate/dwellings/{world.a.home}")
    assert "Colonnes d'eau" in page.text
    assert "Assignation" not in page.text
    assert "électricité" not in page.text
    sign_in(client, world.user("staff-a"))
    page = PageChecker(client).get(f"/estate/dwellings/{world.a.home}")
    assert "Ne pas couper l'électricité" in page.text
    assert "Assignation" not in page.text
    for user in ("staff-a", "agent-a", "manager-b"):  # no edit, or another's wall
        sign_in(client, world.user(user))
        token = PageChecker(client).get("/estate").csrf_token
        answer = client.post(f"/estate/flags/{flag}/withdraw", data={"csrf_token": token})
        if user != "agent-a":
            assert answer.status_code == 404, user


def test_over_means_hidden_then_erased(app: Flask, agent: PageChecker, world: World) -> None:
    _flag(world, FlagKind.VULNERABILITY, -1)
    _flag(world, FlagKind.WORKS, -1, note="Finis")
    _flag(world, FlagKind.WORKS, -400, note="Il y a longtemps")
    page = agent.get(f"/estate/dwellings/{world.a.home}")
    assert "Aucun signalement en cours" in page.text
    with as_system(), transaction():
        assert purge_flags() == 2
    assert one(world.a.id, "SELECT string_agg(note, ',') FROM place_flag") == "Finis"
    purged = "SELECT count(*) FROM audit_entry WHERE action = 'flag.purged'"
    assert one(world.a.id, purged) == 2
