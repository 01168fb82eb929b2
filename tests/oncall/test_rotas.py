"""Rotas on screen: the list, the turn, swaps, gaps, files; by the member's manager alone."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from callcenter.core import clock
from callcenter.core.audit import AuditEntry
from callcenter.core.db import db, session_scope, transaction
from callcenter.core.errors import UserError
from callcenter.members.models import Calendar, ClosingDay
from callcenter.messaging.models import EmailMessage
from callcenter.oncall import services
from callcenter.oncall.gaps import count_known_gaps, list_gaps, tell_gaps
from callcenter.oncall.models import OnCallGap, OnCallPerson, OnCallRota, OnCallShift
from callcenter.oncall.queries import find_duty
from tests.oncall.scenes import (
    EVENING,
    NAMES,
    NIGHT,
    fill_weeks,
    make_rota,
    paris,
    people_of,
    shifts_of,
)
from tests.page_checks import PageChecker
from tests.statements import counted
from tests.tickets.scenes import acting, actor_of, looking
from tests.world import EVERYTHING, World, as_system, sign_in


@pytest.fixture
def manager(client: FlaskClient, world: World) -> PageChecker:
    sign_in(client, world.user("manager-a"))
    return PageChecker(client)


def test_a_manager_makes_a_rota_with_people_and_a_turn(manager: PageChecker, world: World) -> None:
    new = f"/on-call/members/{world.a.id}/rotas/new"
    page = manager.get(new)
    manager.submit(page, new, name="Ascenseur", acknowledge_minutes="7", equipment=["lift"])
    with as_system() as session:
        rota = session.scalars(select(OnCallRota)).one()
    assert (rota.name, rota.equipment, rota.acknowledge_minutes) == ("Ascenseur", ["lift"], 7)
    here = f"/on-call/rotas/{rota.id}"
    page = manager.get(here)
    typed: dict[str, Any] = {
        "person-name": "Hugo Bernède",
        "person-firm": "Ascensoristes",
        "person-number": "06 39 98 05 01",
    }
    manager.submit(page, f"{here}/people", **typed)
    person = people_of(rota.id)[0]
    assert (person.name, person.firm, person.number) == (
        "Hugo Bernède", "Ascensoristes", "+33639980501",
    )  # fmt: skip
    page = manager.get(here)
    manager.submit(page, f"{here}/pattern")
    assert len(shifts_of(rota.id)) >= 8


def test_a_wrong_number_is_told_and_nothing_typed_is_lost(
    manager: PageChecker, world: World
) -> None:
    rota = make_rota(world, people=0)
    page = manager.get(f"/on-call/rotas/{rota}")
    refused = manager.submit(
        page, f"/on-call/rotas/{rota}/people", status=422,
        **{"person-name": "Paul", "person-number": "06 12"},
    )  # fmt: skip
    assert 'value="06 12"' in refused.response.get_data(as_text=True)
    assert "Ce numéro n'existe pas" in refused.text


def test_an_account_brings_its_name_and_number(world: World) -> None:
    rota_id = make_rota(world, people=0)
    who = actor_of(world, "manager-a")
    with acting(who):
        rota = db.session.get_one(OnCallRota, rota_id)
        with pytest.raises(UserError, match="pas de numéro"):
            services.add_person(rota, services.NewPerson(user_id=world.users["staff-a"]), who)
        made = services.add_person(
            rota, services.NewPerson(user_id=world.users["staff-a"], number="0639980501"), who
        )
        assert made.name == "Staff Aquitanis"
        with pytest.raises(UserError, match="n'existe plus"):
            services.add_person(
                rota, services.NewPerson(user_id=world.users["staff-b"], number="0639980502"), who
            )


def test_a_turn_fills_what_is_empty_alone(app: Flask, world: World) -> None:
    rota_id = make_rota(world)
    fill_weeks(world, rota_id)
    assert [one.starts_at for one in shifts_of(rota_id)] == [
        paris("2026-11-30 08:30"), paris("2026-12-07 08:30"), paris("2026-12-14 08:30"),
    ]  # fmt: skip
    fill_weeks(world, rota_id)
    assert len(shifts_of(rota_id)) == 3


def test_the_database_refuses_two_on_duty_at_once(app: Flask, world: World) -> None:
    rota_id = make_rota(world)
    fill_weeks(world, rota_id)
    twin = shifts_of(rota_id)[0]
    with (
        pytest.raises(IntegrityError, match="one_at_a_time"),
        session_scope(EVERYTHING),
        transaction(),
    ):
        db.session.add(
            OnCallShift(
                member_id=twin.member_id,
                on_call_rota_id=rota_id,
                on_call_person_id=twin.on_call_person_id,
                starts_at=twin.ends_at - timedelta(hours=1),
                ends_at=twin.ends_at + timedelta(hours=1),
            )
        )


def test_replacing_a_part_leaves_the_rest_and_is_traced(app: Flask, world: World) -> None:
    rota_id = make_rota(world)
    fill_weeks(world, rota_id)
    bruno, karim, _sandrine = people_of(rota_id)
    who = actor_of(world, "manager-a")
    part = (paris("2026-12-02 17:30"), paris("2026-12-03 08:30"))
    with acting(who):
        shift = db.session.scalars(
            select(OnCallShift).order_by(OnCallShift.starts_at).limit(1)
        ).one()
        rota = db.session.get_one(OnCallRota, rota_id)
        services.replace_shift(shift, rota, karim.id, who, part)
    first = [(one.on_call_person_id, one.starts_at, one.ends_at) for one in shifts_of(rota_id)][:3]
    assert first == [
        (bruno.id, paris("2026-11-30 08:30"), part[0]),
        (karim.id, *part),
        (bruno.id, part[1], paris("2026-12-07 08:30")),
    ]
    assert shifts_of(rota_id)[1].replaced_name == NAMES[0]
    with as_system() as session:
        trace = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "on_call_shift.replaced")
        ).one()
    assert trace.actor_id == who.user_id
    assert trace.changes["shift"][1] == "Karim Belkacem, 02/12/2026 17:30 - 03/12/2026 08:30"


def test_one_click_replaces_and_one_click_exchanges(manager: PageChecker, world: World) -> None:
    rota_id = make_rota(world)
    bruno, karim, sandrine = people_of(rota_id)
    soon = clock.today() + timedelta(days=1)
    fill_weeks(world, rota_id, soon, soon + timedelta(days=20))
    first, second, _third = shifts_of(rota_id)
    here = f"/on-call/shifts/{first.id}"
    manager.get(here)
    manager.post(f"{here}/exchange", {"other": str(second.id)})
    assert [one.on_call_person_id for one in shifts_of(rota_id)][:2] == [karim.id, bruno.id]
    manager.post(f"{here}/replace", {"whole": str(sandrine.id)})
    assert shifts_of(rota_id)[0].on_call_person_id == sandrine.id
    page = manager.get(f"/on-call?member={world.a.id}&day={soon.isoformat()}")
    assert "remplace Karim Belkacem" in page.text


def test_somebody_with_shifts_to_come_stays_on_the_list(world: World) -> None:
    rota_id = make_rota(world)
    fill_weeks(world, rota_id)
    who = actor_of(world, "manager-a")
    with acting(who), clock.frozen_at(EVENING):
        rota = db.session.get_one(OnCallRota, rota_id)
        person = db.session.get_one(OnCallPerson, people_of(rota_id)[0].id)
        with pytest.raises(UserError, match="astreintes à venir"):
            services.remove_person(person, rota, who)


def test_who_is_on_duty_and_until_when(app: Flask, world: World) -> None:
    rota_id = make_rota(world)
    make_rota(world, "Ascenseur", people=1, equipment=["lift"])
    fill_weeks(world, rota_id)
    with looking(actor_of(world, "agent")), counted(app) as seen:
        duty = find_duty(world.a.id, "T-FUI", "plumbing", NIGHT)
        lift = find_duty(world.a.id, "T-ASC", "lift", NIGHT)
    assert duty is not None
    assert lift is not None
    assert (duty.rota_id, duty.name, duty.until) == (rota_id, NAMES[0], paris("2026-12-02 08:30"))
    assert (lift.rota_name, lift.person_id) == ("Ascenseur", None)
    assert len([one for one in seen if "set_config" not in one]) <= 4


def test_gaps_are_told_to_the_manager_once_and_forgotten_when_filled(
    app: Flask, world: World
) -> None:
    rota_id = make_rota(world)
    fill_weeks(world, rota_id, last=date(2026, 12, 6))
    with as_system() as session, transaction():
        calendar = session.scalars(
            select(Calendar.id).where(Calendar.member_id == world.a.id, Calendar.main)
        ).one()
        session.add(
            ClosingDay(member_id=world.a.id, calendar_id=calendar, day=date(2026, 12, 8), label="")
        )
    with clock.frozen_at(EVENING), session_scope(EVERYTHING), transaction():
        gaps = list_gaps(world.a.id, timedelta(days=8))
        # The closing day joins its two nights.
        assert [gap.words for gap in gaps] == [
            "du 07/12 17:30 au 09/12 8:30", "le 09/12 de 17:30 à 21:00",
        ]  # fmt: skip
        assert tell_gaps(world.a.id) == 1
        assert tell_gaps(world.a.id) == 0
        assert count_known_gaps([world.a.id]) == 1
        letter = db.session.scalars(select(EmailMessage)).one()
        assert "Toutes urgences : aucune astreinte" in letter.body
        assert "07/12 17:30" in letter.body
    fill_weeks(world, rota_id)
    with clock.frozen_at(EVENING), session_scope(EVERYTHING), transaction():
        assert tell_gaps(world.a.id) == 0
        assert db.session.scalar(select(func.count()).select_from(OnCallGap)) == 0


def test_the_calendar_shows_days_holidays_and_holes(manager: PageChecker, world: World) -> None:
    rota_id = make_rota(world)
    fill_weeks(world, rota_id, date(2026, 11, 9), date(2026, 11, 9))
    page = manager.get("/on-call?day=2026-11-11")
    assert "Armistice" in page.text
    assert NAMES[0] in page.text
    page = manager.get("/on-call?day=2026-11-18")
    assert "personne" in page.text
    assert len(manager.get("/on-call?view=month&day=2026-11-18").all("time")) >= 35


def test_files_for_a_spreadsheet_and_for_a_telephone(
    manager: PageChecker, client: FlaskClient, world: World
) -> None:
    fill_weeks(world, make_rota(world))
    table = client.get("/on-call/export/table?day=2026-12-01").get_data(as_text=True)
    assert (
        "Toutes urgences;Bruno Lacoste;;06 39 98 05 01;30/11/2026 08:30;07/12/2026 08:30" in table
    )
    text = client.get("/on-call/export/calendar?day=2026-12-01").get_data(as_text=True)
    assert "DTSTART:20261130T073000Z\r\n" in text
    assert "SUMMARY:Toutes urgences : Bruno Lacoste" in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


@pytest.mark.parametrize("who", ["staff-a", "agent", "supervisor"])
def test_others_read_and_do_not_change(client: FlaskClient, world: World, who: str) -> None:
    rota_id = make_rota(world)
    fill_weeks(world, rota_id)
    sign_in(client, world.user(who))
    page = PageChecker(client).get(f"/on-call?member={world.a.id}&day=2026-12-01")
    assert NAMES[0] in page.text
    assert client.get(f"/on-call/rotas/{rota_id}").status_code == 404
    assert client.post(f"/on-call/shifts/{shifts_of(rota_id)[0].id}/remove").status_code == 404


def test_few_statements_whatever_the_length(app: Flask, manager: PageChecker, world: World) -> None:
    for name in ("Toutes urgences", "Ascenseur", "Chauffage"):
        fill_weeks(world, make_rota(world, name))
    with counted(app) as seen:
        manager.get("/on-call?view=month&day=2026-12-01")
    assert len(seen) <= 17
