"""The screens that set up members: what is kept, what is refused, and who may come in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from callcenter.core.audit import AuditEntry
from callcenter.core.db import db
from callcenter.members.accounts import Mandate, TeamMembership, User
from callcenter.members.models import Agency, Calendar, ClosingDay, Organisation, PhoneLine, Team
from tests.page_checks import PageChecker
from tests.world import World, as_system, sign_in

MOST_STATEMENTS = 12


@pytest.fixture
def pages(client: FlaskClient, world: World) -> PageChecker:
    """The administrator's browser."""
    return browser_of(client, world, "administrator")


def browser_of(client: FlaskClient, world: World, name: str) -> PageChecker:
    sign_in(client, world.user(name))
    return PageChecker(client)


@contextmanager
def statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: object, _cu: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


def urls(world: World) -> list[str]:
    own = f"/members/{world.a.id}"
    with as_system() as session:
        calendar = session.scalars(sa.select(Calendar.id).where(Calendar.member_id == world.a.id))
        number = calendar.one()
    return [
        own,
        *(f"{own}/{tab}" for tab in ("agencies", "teams", "lines", "calendars", "partners")),
        *(f"{own}/{tab}/new" for tab in ("agencies", "teams", "lines", "calendars", "partners")),
        f"/members/agencies/{world.a.agency}",
        f"/members/teams/{world.a.agency_team}",
        f"/members/lines/{world.a.line}",
        f"/members/calendars/{number}",
        f"/members/partners/{world.a.lift}",
        "/members/users",
        "/members/users?q=staff&role=staff&state=open",
        "/members/users/new",
        f"/members/users/{world.users['staff-a']}",
    ]


def test_every_screen_opens_within_few_statements(
    app: Flask, pages: PageChecker, world: World
) -> None:
    house = f"/members/{world.platform}"
    every = [
        "/members",
        house,
        f"{house}/teams",
        f"{house}/calendars",
        f"/members/users/{world.users['agent']}",
        *urls(world),
    ]
    for url in every:
        with statements() as seen:
            pages.get(url)
        assert len(seen) <= MOST_STATEMENTS, (url, len(seen), *seen)


def test_a_manager_sets_up_the_own_member_and_no_other(
    app: Flask, client: FlaskClient, world: World
) -> None:
    pages = browser_of(client, world, "manager-a")
    for url in urls(world):
        pages.get(url)
    assert pages.get("/members").heading == "Aquitanis"
    text = pages.get("/members/users").text
    assert "staff-a@" in text
    assert "staff-b@" not in text
    assert "plateforme.exemple.fr" not in text
    pages.get(f"/members/{world.b.id}", status=404)
    pages.get(f"/members/{world.platform}", status=404)
    pages.get(f"/members/users/{world.users['administrator']}", status=404)


@pytest.mark.parametrize("name", ["staff-a", "agent", "contractor-a", "caretaker-a"])
def test_nobody_else_comes_in(app: Flask, client: FlaskClient, world: World, name: str) -> None:
    pages = browser_of(client, world, name)
    for url in ("/members", *urls(world)):
        pages.get(url, status=404)


def test_identity_is_saved_with_before_and_after(
    app: Flask, pages: PageChecker, world: World
) -> None:
    url = f"/members/{world.a.id}"
    page = pages.submit(
        pages.get(url),
        holding="short_name",
        short_name="Aquitanis Bx",
        phone="05 36 49 12 34",
        sms_sender="38123",
        sms_two_way="y",
    )
    assert "enregistrée" in page.text
    with as_system() as session:
        house = session.get_one(Organisation, world.a.id)
        entry = session.scalars(
            sa.select(AuditEntry).where(AuditEntry.action == "organisation.changed")
        ).one()
        assert (house.short_name, house.phone) == ("Aquitanis Bx", "+33536491234")
        assert house.sms_two_way
        assert entry.member_id == world.a.id
        assert entry.changes["short_name"] == ["Aquitanis", "Aquitanis Bx"]


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("accent_colour", "#ffee00", "Trop claire"),
        ("accent_colour", "red", "#rrvvbb"),
        ("sms_sender", "AQUITANIS BORDEAUX", ""),
        ("sms_sender", "éàü", "sans accent"),
        ("sms_two_way", "y", "ne reçoit pas"),
        ("phone", "12", "n'existe pas"),
        ("phone", "05 36 AB", "lettres"),
        ("email", "pas une adresse", "ne s'écrit pas"),
        ("name", "", "Indiquez un nom"),
        ("name", "x" * 10_000, ""),
        ("reference_prefix", "1", "lettre"),
        ("reference_prefix", "ME", "déjà ce préfixe"),
    ],
)
def test_identity_refuses_and_keeps_what_was_typed(
    app: Flask, pages: PageChecker, world: World, field: str, typed: str, words: str
) -> None:
    page = pages.get(f"/members/{world.a.id}")
    refused = pages.submit(
        page, holding="short_name", status=422, **{field: typed, "opening_hours": "kept"}
    )
    assert words in refused.text
    assert refused.by_id("opening_hours").get("value") == "kept"


def test_two_people_on_one_form(app: Flask, pages: PageChecker, world: World) -> None:
    url = f"/members/agencies/{world.a.agency}"
    first, second = pages.get(url), pages.get(url)
    pages.submit(first, holding="name", name="Agence Nord")
    refused = pages.submit(second, holding="name", name="Agence Sud", status=422)
    assert "modifiée par Anne Garcia" in refused.text
    assert refused.by_id("name").get("value") == "Agence Sud"
    pages.submit(refused, holding="name")
    with as_system() as session:
        assert session.get_one(Agency, world.a.agency).name == "Agence Sud"


def test_a_double_click_makes_one_agency(app: Flask, pages: PageChecker, world: World) -> None:
    page = pages.get(f"/members/{world.a.id}/agencies/new")
    for _ in range(2):
        pages.submit(page, holding="name", name="Agence Est <b>&", phone="", email="")
    other = pages.get(f"/members/{world.a.id}/agencies/new")
    refused = pages.submit(other, holding="name", name="Agence Est <b>&", status=422)
    assert "déjà pris" in refused.text
    with as_system() as session:
        found = session.scalars(sa.select(Agency).where(Agency.name == "Agence Est <b>&")).all()
        assert len(found) == 1


def test_off_and_on_again(app: Flask, pages: PageChecker, world: World) -> None:
    listed = f"/members/{world.a.id}/agencies"
    for active, word in (("0", "hors service"), ("1", "en service")):
        page = pages.post(f"/members/agencies/{world.a.agency}/switch", {"active": active})
        assert word in page.text
        assert word in pages.get(listed).text
    with as_system() as session:
        actions = session.scalars(
            sa.select(AuditEntry.action).where(AuditEntry.object_type == "agency")
        ).all()
    assert {"agency.switched_off", "agency.switched_on"} <= set(actions)
    for kind, number in (
        ("teams", world.a.agency_team),
        ("lines", world.a.line),
        ("partners", world.a.lift),
    ):
        pages.post(f"/members/{kind}/{number}/switch", {"active": "0"})
    pages.post(f"/members/partners/{world.a.id}/switch", {"active": "0"}, status=404)


def test_a_line_s_number_is_read_and_unique(app: Flask, pages: PageChecker, world: World) -> None:
    new = f"/members/{world.a.id}/lines/new"
    values: dict[str, Any] = {"name": "Foncier", "service": "land", "calendar_id": "", "script": ""}
    pages.submit(pages.get(new), holding="number", number="05 36 49 77 00", **values)
    with as_system() as session:
        line = session.scalars(sa.select(PhoneLine).where(PhoneLine.service == "land")).one()
        assert line.number == "+33536497700"
        taken = session.get_one(PhoneLine, world.b.line).number
    for typed, words in (
        (taken, "déjà celui d"),
        ("0", "n'existe pas"),
        ("", "Indiquez le numéro"),
    ):
        refused = pages.submit(pages.get(new), holding="number", number=typed, status=422, **values)
        assert words in refused.text
    for greeting in ("Bonjour {prénom}", "Bonjour {", "Bonjour {agent.x}"):
        pages.submit(
            pages.get(f"/members/lines/{line.id}"),
            holding="greeting",
            greeting=greeting,
            status=422,
        )


def test_a_team_and_its_people(app: Flask, pages: PageChecker, world: World) -> None:
    made = pages.submit(
        pages.get(f"/members/{world.a.id}/teams/new"), holding="kind", kind="rent", name="Loyers 2"
    )
    assert "Choisissez ses personnes" in made.text
    chosen = [str(world.users["staff-a"]), str(world.users["colleague-a"])]
    pages.submit(made, holding="people", people=chosen)
    with as_system() as session:
        team = session.scalars(sa.select(Team).where(Team.name == "Loyers 2")).one()
        inside = set(
            session.scalars(
                sa.select(TeamMembership.user_id).where(TeamMembership.team_id == team.id)
            )
        )
    assert inside == {int(number) for number in chosen}
    # Somebody of another member is no choice.
    page = pages.get(f"/members/teams/{team.id}")
    pages.submit(page, holding="people", people=[str(world.users["staff-b"])], status=422)
    pages.submit(page, holding="people", people=None)
    with as_system() as session:
        assert not session.scalar(
            sa.select(sa.func.count()).where(TeamMembership.team_id == team.id)
        )


def _calendar(world: World) -> int:
    with as_system() as session:
        return session.scalars(sa.select(Calendar.id).where(Calendar.member_id == world.a.id)).one()


def test_a_week_has_several_slots_and_is_checked(
    app: Flask, pages: PageChecker, world: World
) -> None:
    number = _calendar(world)
    url = f"/members/calendars/{number}"
    evening: dict[str, Any] = {"weekly_hours-mon-2-from": "20:00", "weekly_hours-mon-2-to": "00:00"}
    pages.submit(pages.get(url), holding="weekly_hours-mon-0-from", **evening)
    with as_system() as session:
        hours = session.get_one(Calendar, number).weekly_hours
    assert hours["mon"][-1] == ["20:00", "24:00"]
    for typed, words in (
        ({"weekly_hours-mon-2-from": "09:00", "weekly_hours-mon-2-to": "11:00"}, "chevauchent"),
        ({"weekly_hours-tue-2-from": "09:00"}, "un début et une fin"),
        ({"weekly_hours-tue-2-from": "19:00", "weekly_hours-tue-2-to": "18:00"}, "finit avant"),
        ({"weekly_hours-tue-2-from": "x", "weekly_hours-tue-2-to": "18:00"}, "n'est pas une heure"),
    ):
        refused = pages.submit(
            pages.get(url), holding="weekly_hours-mon-0-from", status=422, **typed
        )
        assert words in refused.text
        first = next(iter(typed))
        (box,) = refused.all("input", name=first)
        assert box.get("value") == typed[first]


def test_closing_days_come_and_go(app: Flask, pages: PageChecker, world: World) -> None:
    url = f"/members/calendars/{_calendar(world)}"
    page = pages.get(url)
    day: dict[str, Any] = {"closing-day": "2027-05-07", "closing-label": "Pont"}
    for _ in range(2):
        shown = pages.submit(page, f"{url}/closing-days", **day)
        assert "Pont" in shown.text
    again = pages.submit(pages.get(url), f"{url}/closing-days", status=422, **day)
    assert "déjà dans la liste" in again.text
    pages.submit(page, f"{url}/closing-days", status=422, **{"closing-day": "hier"})
    with as_system() as session:
        closing = session.scalars(sa.select(ClosingDay)).one()
    pages.post(f"/members/closing-days/{closing.id}/remove")
    assert "Pont" not in pages.get(url).text


def test_somebody_is_invited_by_a_link_shown_once(
    app: Flask, pages: PageChecker, world: World
) -> None:
    form = pages.get(f"/members/users/new?organisation={world.a.id}")
    values: dict[str, Any] = {
        "first_name": "Inès", "last_name": "Faure", "email": "Ines.Faure@AQ.exemple.fr",
        "phone": "", "role": "staff",
    }  # fmt: skip
    page = pages.submit(form, holding="first_name", **values)
    assert page.heading == "Inès Faure"
    link = page.by_id("account-link").get("value") or ""
    assert link.startswith("http://localhost/")
    again = pages.submit(form, holding="first_name", **values)  # a double click
    assert again.heading == "Inès Faure"
    with as_system() as session:
        user = session.scalars(
            sa.select(User).where(User.email == "ines.faure@aq.exemple.fr")
        ).one()
        assert user.password is None
    assert not pages.get(f"/members/users/{user.id}").all("input", id="account-link")
    other = app.test_client()
    assert other.get(link).status_code == 200
    twice = pages.submit(
        pages.get(f"/members/users/new?organisation={world.a.id}"),
        holding="first_name",
        status=422,
        **values,
    )
    assert "ouvre déjà un compte" in twice.text


def test_a_role_must_exist_there_and_be_the_actor_s_to_give(
    app: Flask, client: FlaskClient, world: World
) -> None:
    pages = browser_of(client, world, "manager-a")
    values: dict[str, Any] = {"first_name": "X", "email": "x@aq.exemple.fr"}
    for place, role in (
        (world.a.id, "administrator"),
        (world.a.id, "agent"),
        (world.a.id, "contractor"),
        (world.a.lift, "manager"),
    ):
        form = pages.get(f"/members/users/new?organisation={place}")
        pages.submit(form, holding="first_name", status=422, role=role, **values)
    for place in (world.platform, world.b.id, world.b.lift, 10**30):
        url = f"/members/users/new?organisation={place}"
        form = pages.get("/members/users/new")
        data = {**form.values(form.form(holding="first_name")), **values, "role": "manager"}
        answer = client.post(url, data=data)
        with as_system() as session:
            made = session.scalars(sa.select(User).where(User.email == "x@aq.exemple.fr")).all()
            assert all(user.member_id == world.a.id for user in made), answer.status


def test_nobody_raises_or_locks_out_oneself(app: Flask, client: FlaskClient, world: World) -> None:
    pages = browser_of(client, world, "manager-a")
    own = world.users["manager-a"]
    page = pages.get(f"/members/users/{own}")
    pages.submit(page, holding="role", role="administrator", status=422)
    pages.submit(page, holding="role", role="staff", status=422)
    for act in ("switch", "link", "reset-second-factor"):
        pages.post(f"/members/users/{own}/{act}", status=422)
    staff = pages.get(f"/members/users/{world.users['staff-a']}")
    pages.submit(staff, holding="role", role="supervisor", status=422)
    pages.submit(staff, holding="role", role="caretaker")
    with as_system() as session:
        assert session.get_one(User, own).role == "manager"
        assert session.get_one(User, own).active
        assert session.get_one(User, world.users["staff-a"]).role == "caretaker"


def test_an_account_is_closed_and_opened_again(
    app: Flask, pages: PageChecker, world: World
) -> None:
    number = world.users["staff-a"]
    closed = pages.post(f"/members/users/{number}/switch", {"active": "0"})
    assert "est fermé" in closed.text
    browser = app.test_client()
    sign_in(browser, world.user("staff-a"))
    assert browser.get("/account").status_code == 302
    assert "est rouvert" in pages.post(f"/members/users/{number}/switch", {"active": "1"}).text


def test_mandates_are_given_moved_and_ended(app: Flask, pages: PageChecker, world: World) -> None:
    number = world.users["agent-a"]
    url = f"/members/users/{number}"
    values: dict[str, Any] = {
        "mandate-served_id": str(world.b.id),
        "mandate-starts_on": "2026-01-01",
    }
    for ends in ("", "2090-12-31"):
        pages.submit(pages.get(url), f"{url}/mandates", **{**values, "mandate-ends_on": ends})
    with as_system() as session:
        mandate = session.scalars(
            sa.select(Mandate).where(Mandate.user_id == number, Mandate.member_id == world.b.id)
        ).one()
        assert str(mandate.ends_on) == "2090-12-31"
    agent = app.test_client()
    sign_in(agent, world.user("agent-a"))
    assert "Mésolia" in agent.get("/desk", follow_redirects=True).get_data(as_text=True)
    pages.post(f"/members/mandates/{mandate.id}/end")
    assert "Mésolia" not in agent.get("/desk", follow_redirects=True).get_data(as_text=True)
    refused = pages.submit(
        pages.get(url), f"{url}/mandates", status=422, **{**values, "mandate-ends_on": "2025-01-01"}
    )
    assert "avant le début" in refused.text
    pages.post(f"/members/users/{world.users['staff-a']}/mandates", values, status=404)
