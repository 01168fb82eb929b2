"""At night an urgent request pages the person on duty, then the next, then the supervisor."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from callcenter.core import clock
from callcenter.core.db import session_scope, transaction
from callcenter.core.errors import UserError
from callcenter.members.accounts import User
from callcenter.messaging.models import Message
from callcenter.messaging.receipts import record_receipt
from callcenter.messaging.services import record_opt_out
from callcenter.messaging.states import MessageState, Trigger
from callcenter.oncall.models import OnCallPage, OnCallPerson, OnCallRota
from callcenter.oncall.states import ContractRule
from callcenter.routing.rule_types import steps_from_json
from callcenter.routing.wording import explain_steps
from callcenter.tickets import services
from callcenter.tickets.models import TicketEvent
from callcenter.tickets.services import Act
from callcenter.tickets.services.duty_answers import ask_the_next, decline
from callcenter.tickets.services.duty_asking import advance_page
from callcenter.tickets.states import AssignmentState, EventKind, TicketState
from tests.oncall.scenes import (
    NAMES,
    NIGHT,
    NUMBERS,
    attempts_of,
    clockwork,
    fill_weeks,
    link_of,
    make_rota,
    night_ticket,
    page_of,
    pages_sent,
    paris,
    said_of,
)
from tests.page_checks import PageChecker
from tests.tickets.scenes import (
    act,
    acting,
    actor_of,
    assignments_of,
    kinds_of,
    messages_of,
    opened,
    ticket_of,
)
from tests.world import EVERYTHING, World, as_system, sign_in

MINUTE = timedelta(minutes=1)


@pytest.fixture
def rota(app: Flask, world: World) -> int:
    """Member A's general rota, filled; the first of its list is on duty at NIGHT."""
    made = make_rota(world)
    fill_weeks(world, made)
    return made


@pytest.fixture
def door(client: FlaskClient) -> PageChecker:
    """A telephone without any session."""
    return PageChecker(client)


def give_supervisor_a_number(world: World, number: str = "+33639980599") -> None:
    with as_system() as session, transaction():
        session.get_one(User, world.users["supervisor"]).phone = number


def fail_sms(ticket_id: int, code: int = 30006) -> None:
    """The provider says that the last page did not arrive."""
    last = pages_sent(ticket_id)[-1].id
    with session_scope(EVERYTHING), transaction():
        record_receipt(last, "SM1", "undelivered", code)


def test_the_person_on_duty_gets_an_sms_at_once(rota: int, world: World) -> None:
    ticket_id = night_ticket(world)
    assert pages_sent(ticket_id) == []
    clockwork(NIGHT)
    (sms,) = pages_sent(ticket_id)
    assert sms.to_number == NUMBERS[0]
    assert (sms.state, sms.urgent, sms.not_before) == (MessageState.QUEUED, True, NIGHT)
    assert f"/a/{link_of(attempts_of(ticket_id)[0]).rpartition('/')[2]}" in sms.body
    assert ticket_of(ticket_id).reference in sms.body
    assert said_of(ticket_id) == [("asked", NAMES[0])]
    assert clockwork(NIGHT + MINUTE) == 0


def test_the_ticket_says_for_ever_who_was_on_duty(rota: int, world: World) -> None:
    ticket = ticket_of(night_ticket(world))
    said = explain_steps(steps_from_json(ticket.routing["steps"]))
    assert f"Nuit : astreinte Aquitanis « Toutes urgences », {NAMES[0]} jusqu'à 8 h 30." in said


@pytest.mark.parametrize(
    ("code", "at", "paged"),
    [
        ("T-FUI", NIGHT, True),
        ("T-GAZ", paris("2026-12-06 15:00"), True),  # a Sunday
        ("T-ELE", paris("2026-12-25 11:00"), True),  # a holiday
        ("T-FUI", paris("2026-12-01 10:00"), False),
        ("T-PLB", NIGHT, False),
        ("T-ELP", NIGHT, False),
        (
            "T-GAZ",
            paris("2026-12-01 10:00"),
            True,
        ),  # the on-call service's own, and he stands there
    ],
)
def test_what_pages_and_what_waits(
    rota: int,
    world: World,
    code: str,
    at: datetime,
    paged: bool,  # noqa: FBT001 - a column of the table above
) -> None:
    ticket_id = night_ticket(world, code, at)
    with as_system() as session:
        found = session.scalars(select(OnCallPage).where(OnCallPage.ticket_id == ticket_id)).all()
    assert bool(found) is paged


def test_what_is_not_urgent_waits_and_the_tenant_is_told_so(rota: int, world: World) -> None:
    ticket_id = night_ticket(world, "T-PLB")
    (told,) = messages_of(ticket_id)
    assert told.trigger == Trigger.RECEIVED_AT_NIGHT
    assert "pas urgente" in told.body
    clockwork(NIGHT)
    assert pages_sent(ticket_id) == []


def test_silence_goes_to_the_next_then_to_the_supervisor(rota: int, world: World) -> None:
    give_supervisor_a_number(world)
    ticket_id = night_ticket(world)
    for turn in range(4):
        clockwork(NIGHT + turn * 10 * MINUTE)
        clockwork(NIGHT + turn * 10 * MINUTE + 9 * MINUTE)
    assert said_of(ticket_id) == [
        ("silent", NAMES[0]),
        ("silent", NAMES[1]),
        ("silent", NAMES[2]),
        ("asked", "Nadia Perrin"),
    ]
    assert page_of(ticket_id).state == "escalated"
    assert [one.to_number for one in pages_sent(ticket_id)] == [*NUMBERS, "+33639980599"]
    assert clockwork(NIGHT + 60 * MINUTE) == 0


def test_whoever_takes_it_late_still_has_it(rota: int, world: World, door: PageChecker) -> None:
    ticket_id = night_ticket(world)
    for turn in range(4):
        clockwork(NIGHT + turn * 10 * MINUTE)
    assert page_of(ticket_id).state == "escalated"
    first = link_of(attempts_of(ticket_id)[0])
    with clock.frozen_at(NIGHT + 41 * MINUTE):
        door.post(f"{first}/take", {})
    page = page_of(ticket_id)
    assert (page.state, page.acknowledged_by) == ("acknowledged", NAMES[0])


def test_taking_it_accepts_the_ticket_and_tells_the_tenant(
    rota: int, world: World, door: PageChecker
) -> None:
    ticket_id = night_ticket(world)
    clockwork(NIGHT)
    link = link_of(attempts_of(ticket_id)[0])
    with clock.frozen_at(NIGHT + 3 * MINUTE):
        shown = door.get(link)
        assert "Fuite d'eau" in shown.text
        assert "12 rue Gounod" in shown.text
        assert "06 39 98 12 01" in shown.text
        after = door.submit(shown, f"{link}/take")
    assert "l'intervention est à vous" in after.text
    own = [one for one in assignments_of(ticket_id) if one.organisation_id == world.a.id]
    assert [one.state for one in own] == [AssignmentState.ACCEPTED]
    assert Trigger.ACCEPTED in {one.trigger for one in messages_of(ticket_id)}
    assert clockwork(NIGHT + 30 * MINUTE) == 0


def test_the_second_who_takes_it_is_told_who_has_it(
    rota: int, world: World, door: PageChecker
) -> None:
    ticket_id = night_ticket(world)
    clockwork(NIGHT)
    clockwork(NIGHT + 10 * MINUTE)
    first, second = (link_of(one) for one in attempts_of(ticket_id))
    with clock.frozen_at(NIGHT + 11 * MINUTE):
        door.post(f"{second}/take", {})
        refused = door.post(f"{first}/take", {}, status=422)
        assert f"Trop tard : {NAMES[1]} a pris l'intervention à 3 h 11." in refused.text
        assert "Vous n'avez plus rien à faire" in door.get(first).text
        # A second click of the one who has it changes nothing.
        door.post(f"{second}/take", {})
    assert kinds_of(ticket_id).count(EventKind.ACCEPTED) == 1


@pytest.mark.parametrize("code", [30006, 30003, 30008])
def test_an_sms_that_does_not_arrive_asks_the_next_at_once(
    rota: int, world: World, code: int
) -> None:
    ticket_id = night_ticket(world)
    clockwork(NIGHT)
    with clock.frozen_at(NIGHT):
        fail_sms(ticket_id, code)
    clockwork(NIGHT + timedelta(seconds=5))
    assert said_of(ticket_id) == [("failed", NAMES[0]), ("asked", NAMES[1])]
    # No second try half an hour later: somebody else has been asked.
    assert len(pages_sent(ticket_id)) == 2


def test_a_landline_is_passed_at_once(rota: int, world: World) -> None:
    with as_system() as session, transaction():
        person = session.scalars(
            select(OnCallPerson).where(OnCallPerson.on_call_rota_id == rota).order_by("position")
        ).first()
        assert person is not None
        person.number = "+33536490151"
    ticket_id = night_ticket(world)
    clockwork(NIGHT)
    assert said_of(ticket_id) == [("failed", NAMES[0]), ("asked", NAMES[1])]


def test_an_opt_out_never_blocks_a_page(rota: int, world: World) -> None:
    with session_scope(EVERYTHING), transaction():
        record_opt_out(world.a.id, NUMBERS[0], source="sms")
    ticket_id = night_ticket(world)
    clockwork(NIGHT)
    assert pages_sent(ticket_id)[0].state == MessageState.QUEUED


def test_i_can_not_asks_the_next_and_so_does_giving_back(
    rota: int, world: World, door: PageChecker
) -> None:
    ticket_id = night_ticket(world)
    clockwork(NIGHT)
    with clock.frozen_at(NIGHT + MINUTE):
        page = door.get(link_of(attempts_of(ticket_id)[0]))
        door.submit(
            page, f"{link_of(attempts_of(ticket_id)[0])}/decline", note="Déjà sur une fuite"
        )
    clockwork(NIGHT + MINUTE)
    assert said_of(ticket_id) == [("declined", NAMES[0]), ("asked", NAMES[1])]
    second = link_of(attempts_of(ticket_id)[1])
    with clock.frozen_at(NIGHT + 2 * MINUTE):
        door.post(f"{second}/take", {})
        door.post(f"{second}/decline", {"note": "Voiture en panne"})
    clockwork(NIGHT + 2 * MINUTE)
    assert said_of(ticket_id)[1:] == [("declined", NAMES[1]), ("asked", NAMES[2])]
    assert page_of(ticket_id).acknowledged_by == ""


def test_on_site_notes_and_the_end_of_the_night(rota: int, world: World, door: PageChecker) -> None:
    ticket_id = night_ticket(world)
    clockwork(NIGHT)
    link = link_of(attempts_of(ticket_id)[0])
    with clock.frozen_at(NIGHT + 5 * MINUTE):
        door.post(f"{link}/take", {})
        page = door.submit(door.get(link), f"{link}/arrive")
        door.submit(page, f"{link}/note", note="Eau coupée à la vanne du 3e.")
        refused = door.post(f"{link}/done", {"note": "Tout est sec"}, status=422)
        assert "Tout est sec" in refused.response.get_data(as_text=True)
        door.submit(refused, f"{link}/done", how="secured", note="Plombier à prévoir.")
    page_row = page_of(ticket_id)
    assert page_row.state == "done"
    assert "Eau coupée" in page_row.note
    assert "Plombier" in page_row.note
    assert ticket_of(ticket_id).state == TicketState.OPEN
    assert "Terminer" not in door.get(link).text


def test_mended_at_night_resolves_the_ticket(rota: int, world: World, door: PageChecker) -> None:
    ticket_id = night_ticket(world)
    clockwork(NIGHT)
    link = link_of(attempts_of(ticket_id)[0])
    with clock.frozen_at(NIGHT + 5 * MINUTE):
        door.post(f"{link}/take", {})
        door.post(f"{link}/done", {"how": "resolved", "note": "Joint changé."})
    assert ticket_of(ticket_id).state == TicketState.RESOLVED


def test_somebody_who_accepts_in_the_application_stands_the_page_down(
    rota: int, world: World
) -> None:
    ticket_id = night_ticket(world)
    clockwork(NIGHT)
    with clock.frozen_at(NIGHT + MINUTE):
        act(world, "staff-a", ticket_id, services.accept_assignment)
    clockwork(NIGHT + 10 * MINUTE)
    assert page_of(ticket_id).state == "stood_down"
    assert said_of(ticket_id) == [("spared", NAMES[0])]


def test_a_contractor_has_the_delay_to_accept_where_the_rota_says_so(
    app: Flask, world: World
) -> None:
    fill_weeks(world, make_rota(world, when_contract=ContractRule.IF_SILENT))
    ticket_id = night_ticket(
        world, "T-ASC", location="common", dwelling_id=None,
        residence_id=world.a.gounod, building_id=world.a.block, answers={"trapped": "no"},
    )  # fmt: skip
    assert clockwork(NIGHT) == 0
    assert pages_sent(ticket_id) == []
    clockwork(NIGHT + 10 * MINUTE)
    assert said_of(ticket_id) == [("asked", NAMES[0])]
    danger = night_ticket(world, "T-GAZ")
    clockwork(NIGHT)
    assert said_of(danger) == [("asked", NAMES[0])]


def test_the_trade_has_its_own_people(app: Flask, world: World) -> None:
    fill_weeks(world, make_rota(world))
    fill_weeks(world, make_rota(world, "Ascenseur", people=1, equipment=["lift"]))
    ticket_id = night_ticket(
        world, "T-ASC", location="common", dwelling_id=None,
        residence_id=world.a.gounod, building_id=world.a.block, answers={"trapped": "no"},
    )  # fmt: skip
    clockwork(NIGHT)
    assert attempts_of(ticket_id)[0].name == NAMES[0]
    clockwork(NIGHT + 10 * MINUTE)
    assert page_of(ticket_id).state == "escalated"


def test_nobody_on_duty_calls_the_list_and_says_so(app: Flask, world: World) -> None:
    make_rota(world)
    ticket_id = night_ticket(world)
    clockwork(NIGHT)
    assert said_of(ticket_id) == [("asked", NAMES[0])]
    assert attempts_of(ticket_id)[0].role == "next"


def test_without_a_rota_the_supervisor_has_it_at_once(app: Flask, world: World) -> None:
    give_supervisor_a_number(world)
    ticket_id = night_ticket(world)
    clockwork(NIGHT)
    assert page_of(ticket_id).state == "escalated"
    assert said_of(ticket_id) == [("asked", "Nadia Perrin")]


def test_an_agent_notes_who_was_reached_by_telephone(
    rota: int, world: World, client: FlaskClient
) -> None:
    ticket_id = night_ticket(world)
    clockwork(NIGHT)
    sign_in(client, world.user("agent"))
    pages = PageChecker(client)
    with clock.frozen_at(NIGHT + 2 * MINUTE):
        shown = pages.get(f"/tickets/{ticket_id}")
        assert NAMES[0] in shown.text
        pages.submit(shown, f"/tickets/{ticket_id}/on-call/next")
    clockwork(NIGHT + 2 * MINUTE)
    assert said_of(ticket_id) == [("silent", NAMES[0]), ("asked", NAMES[1])]
    with clock.frozen_at(NIGHT + 3 * MINUTE):
        shown = pages.get(f"/tickets/{ticket_id}")
        after = pages.submit(shown, f"/tickets/{ticket_id}/on-call/take", name=NAMES[1])
    assert f"{NAMES[1]} prend l'intervention (joint par téléphone)" in after.text
    assert page_of(ticket_id).acknowledged_by == NAMES[1]


def test_an_sms_and_a_page_say_nothing_of_a_restricted_ticket(
    rota: int, world: World, door: PageChecker
) -> None:
    ticket_id = night_ticket(world, "V-DAN", description="Menaces du voisin du 4e.")
    clockwork(NIGHT)
    (sms,) = pages_sent(ticket_id)
    assert "Violence" not in sms.body
    with clock.frozen_at(NIGHT):
        shown = door.get(link_of(attempts_of(ticket_id)[0]))
    assert "Menaces" not in shown.text
    assert "Violence" not in shown.text


def test_a_link_is_for_one_page_and_for_some_days(
    rota: int, world: World, door: PageChecker
) -> None:
    ticket_id = night_ticket(world)
    clockwork(NIGHT)
    link = link_of(attempts_of(ticket_id)[0])
    with clock.frozen_at(NIGHT + timedelta(days=4)):
        door.get(link, status=404)
    door.get("/a/" + "x" * 20, status=404)
    with clock.frozen_at(NIGHT):
        answer = door.client.post(f"{link}/take", headers={"Origin": "https://elsewhere.example"})
    assert answer.status_code == 400
    assert page_of(ticket_id).state == "calling"


def test_two_of_the_clockwork_in_a_row_ask_once(rota: int, world: World) -> None:
    ticket_id = night_ticket(world)
    clockwork(NIGHT)
    clockwork(NIGHT)
    assert len(pages_sent(ticket_id)) == 1


def test_nobody_else_reads_the_private_link_in_the_timeline(
    rota: int, world: World, client: FlaskClient
) -> None:
    ticket_id = night_ticket(world)
    clockwork(NIGHT)
    sign_in(client, world.user("agent"))
    with clock.frozen_at(NIGHT):
        text = PageChecker(client).get(f"/tickets/{ticket_id}").text
    assert "/a/…" in text
    assert link_of(attempts_of(ticket_id)[0]) not in text


def test_a_ticket_opened_by_day_asks_nobody_later(rota: int, world: World) -> None:
    with clock.frozen_at(paris("2026-12-01 10:00")):
        ticket_id = opened(world, "T-FUI")
    clockwork(NIGHT)
    assert pages_sent(ticket_id) == []


def test_only_an_urgent_agent_may_hurry(rota: int, world: World) -> None:
    ticket_id = night_ticket(world, "T-PLB")
    agent = actor_of(world, "agent")
    with acting(agent), pytest.raises(UserError, match="Personne n'est appelé"):
        services.ask_the_next(Act(agent, ticket_id))
    with as_system() as session:
        assert session.scalars(select(Message.trigger).where(Message.urgent)).all() == []


def test_the_list_is_gone_round_twice_then_the_supervisor(rota: int, world: World) -> None:
    give_supervisor_a_number(world)
    with as_system() as session, transaction():
        session.get_one(OnCallRota, rota).again_minutes = 7
    ticket_id = night_ticket(world)
    clockwork(NIGHT)
    # The second says "je ne peux pas": nobody asks her twice.
    clockwork(NIGHT + 10 * MINUTE)
    second = attempts_of(ticket_id)[1]
    with clock.frozen_at(NIGHT + 11 * MINUTE), session_scope(EVERYTHING), transaction():
        decline(second.on_call_page_id, second.id)
    clockwork(NIGHT + 11 * MINUTE)
    clockwork(NIGHT + 21 * MINUTE)
    page = page_of(ticket_id)
    assert (page.state, page.again_after, page.next_at) == ("calling", 3, NIGHT + 28 * MINUTE)
    assert clockwork(NIGHT + 27 * MINUTE) == 0
    with clock.frozen_at(NIGHT + 22 * MINUTE), session_scope(EVERYTHING), transaction():
        # A clockwork that looked a moment too early asks nobody either.
        assert not advance_page(page.id)
    for at in (28, 38, 48):
        clockwork(NIGHT + at * MINUTE)
    assert [one.to_number for one in pages_sent(ticket_id)] == [
        *NUMBERS, NUMBERS[0], NUMBERS[2], "+33639980599",
    ]  # fmt: skip
    assert page_of(ticket_id).state == "escalated"
    with as_system() as session:
        facts = session.scalars(select(TicketEvent.facts).where(TicketEvent.ticket_id == ticket_id))
        assert [one.get("step") for one in facts].count("again") == 1


def test_without_a_pause_there_is_one_round(rota: int, world: World) -> None:
    ticket_id = night_ticket(world)
    for turn in range(4):
        clockwork(NIGHT + turn * 10 * MINUTE)
    assert page_of(ticket_id).again_after is None
    assert page_of(ticket_id).state == "escalated"


def test_the_next_may_be_asked_without_waiting_for_the_second_round(
    rota: int, world: World
) -> None:
    with as_system() as session, transaction():
        session.get_one(OnCallRota, rota).again_minutes = 30
    ticket_id = night_ticket(world)
    for turn in range(4):
        clockwork(NIGHT + turn * 10 * MINUTE)
    with clock.frozen_at(NIGHT + 32 * MINUTE):
        act(world, "agent", ticket_id, ask_the_next)
    clockwork(NIGHT + 32 * MINUTE)
    assert [one.to_number for one in pages_sent(ticket_id)] == [*NUMBERS, NUMBERS[0]]


def test_too_late_is_told_with_who_has_it_now(rota: int, world: World, door: PageChecker) -> None:
    ticket_id = night_ticket(world)
    clockwork(NIGHT)
    clockwork(NIGHT + 10 * MINUTE)
    first, second = (link_of(one) for one in attempts_of(ticket_id))
    with clock.frozen_at(NIGHT + 11 * MINUTE):
        shown = door.get(first).text
        assert f"Sans réponse de votre part, {NAMES[1]} a été appelé à 3 h 10." in shown
        assert "vous pouvez encore le faire" in shown
        door.post(f"{second}/take", {})
    with clock.frozen_at(NIGHT + 12 * MINUTE):
        refused = door.post(f"{first}/take", {}, status=422).text
        assert f"Trop tard : {NAMES[1]} a pris l'intervention à 3 h 11." in refused
        assert "Je prends l'intervention" not in refused
    assert page_of(ticket_id).acknowledged_by == NAMES[1]
