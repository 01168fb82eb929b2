"""A number given by SMS: nothing by itself, one click to take it, one to go back."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from callcenter.core.db import transaction
from callcenter.core.errors import NotFound, UserError
from callcenter.estate.history_models import EstateChange
from callcenter.estate.models import ContactPhone
from callcenter.messaging.inbound import Incoming, store_inbound
from callcenter.messaging.models import InboundMessage
from callcenter.messaging.states import MessageState, Trigger
from callcenter.tickets import services
from callcenter.tickets.services.answers import apply_answer
from callcenter.tickets.services.new_numbers import give_number_back, use_number
from tests.outbox import MOBILE, every_message
from tests.page_checks import PageChecker
from tests.tickets.scenes import act, acting, actor_of, messages_of, opened, ticket_of, token_for
from tests.world import World, as_system, sign_in

NEW = "+33639987701"
SAID = "Bonjour, mon nouveau numéro est le 06 39 98 77 01"


def say(body: str = SAID, provider_id: str = "SMnew") -> int:
    """The answer as the webhook keeps it and brings it to its ticket; return its number."""
    with as_system(), transaction():
        row = store_inbound(Incoming(provider_id, MOBILE, "38100", body))
        assert row is not None
        apply_answer(row.id)
        return row.id


def numbers_of(contact_id: int) -> dict[str, tuple[str, bool, str]]:
    with as_system() as session:
        rows = session.scalars(select(ContactPhone).where(ContactPhone.contact_id == contact_id))
        return {one.number: (one.flag, one.preferred, one.note) for one in rows}


def inbound(number: int) -> InboundMessage:
    with as_system() as session:
        return session.get_one(InboundMessage, number)


@pytest.fixture
def asked(app: Flask, world: World) -> tuple[int, int]:
    """A request with messages that wait, and the answer that gives another number."""
    ticket = opened(world)
    return ticket, say()


def take(world: World, number: int, name: str = "agent", **more: bool) -> None:
    actor = actor_of(world, name)
    with acting(actor):
        use_number(number, actor, **more)


def back(world: World, number: int) -> None:
    actor = actor_of(world, "agent")
    with acting(actor):
        give_number_back(number, actor)


def test_the_number_is_added_and_what_waits_goes_there(
    world: World, asked: tuple[int, int]
) -> None:
    ticket, answer = asked
    before = numbers_of(world.a.maite)
    other = opened(world)
    take(world, answer)
    flag, preferred, note = numbers_of(world.a.maite)[NEW]
    assert (flag, preferred) == ("", True)
    assert note.startswith("donné par SMS le ")
    assert numbers_of(world.a.maite)[MOBILE][0] == before[MOBILE][0]
    assert [ticket_of(one).contact_number for one in (ticket, other)] == [NEW, NEW]
    # Both are told in one SMS: that one goes there.
    assert {m.to_number for m in every_message() if m.state == MessageState.QUEUED} == {NEW}
    assert inbound(answer).sorted_at is not None
    with as_system() as session:
        (trace,) = session.scalars(select(EstateChange).where(EstateChange.after == NEW))
    assert trace.actor_label == actor_of(world, "agent").name


def test_in_the_place_of_the_former_one_the_page_has_a_new_link(
    client: FlaskClient, world: World, asked: tuple[int, int]
) -> None:
    ticket, answer = asked
    former = token_for(ticket)
    take(world, answer, replace=True)
    assert numbers_of(world.a.maite)[MOBILE][0] == "invalid"
    assert client.get(f"/s/{former}").status_code == 404
    told = [one for one in messages_of(ticket) if one.trigger == Trigger.NEW_LINK]
    assert [one.to_number for one in told] == [NEW]
    # What waited carries the link that opens.
    assert all(former not in one.body for one in messages_of(ticket))
    assert all(token_for(ticket) in one.body for one in messages_of(ticket))


@pytest.mark.parametrize("replace", [False, True])
def test_a_click_goes_back(world: World, asked: tuple[int, int], *, replace: bool) -> None:
    ticket, answer = asked
    take(world, answer, replace=replace)
    back(world, answer)
    numbers = numbers_of(world.a.maite)
    assert NEW not in numbers
    assert numbers[MOBILE][:2] == ("", True)
    assert ticket_of(ticket).contact_number == MOBILE
    assert {m.to_number for m in messages_of(ticket)} == {MOBILE}
    assert inbound(answer).sorted_at is None
    actor = actor_of(world, "agent")
    with pytest.raises(UserError), acting(actor):
        give_number_back(answer, actor)
    take(world, answer)
    assert ticket_of(ticket).contact_number == NEW


def test_twice_is_refused_and_staff_may_not(world: World, asked: tuple[int, int]) -> None:
    _ticket, answer = asked
    with pytest.raises(NotFound):
        take(world, answer, "staff-a")
    with pytest.raises(NotFound):
        take(world, answer, "manager-b")
    take(world, answer, "manager-a")
    with pytest.raises(UserError, match="déjà été trié"):
        take(world, answer)


def test_a_landline_is_for_calls(app: Flask, world: World) -> None:
    ticket = opened(world)
    answer = say("Mon numéro est le 05 36 49 12 34")
    take(world, answer)
    assert numbers_of(world.a.maite)["+33536491234"][0] == "landline"
    assert ticket_of(ticket).contact_number == MOBILE


def test_a_new_link_is_in_what_waits(app: Flask, world: World) -> None:
    ticket = opened(world)
    former = token_for(ticket)
    act(world, "staff-a", ticket, services.renew_link)
    waiting = [m for m in messages_of(ticket) if m.state == MessageState.QUEUED]
    assert len(waiting) > 1
    assert all(former not in m.body and token_for(ticket) in m.body for m in waiting)


def test_the_pages_have_the_button_and_the_way_back(
    app: Flask, client: FlaskClient, world: World, asked: tuple[int, int]
) -> None:
    ticket, answer = asked
    sign_in(client, world.user("agent"))
    pages = PageChecker(client)
    page = f"/tickets/{ticket}"
    assert "Utiliser ce numéro" in pages.get("/messages/inbound").text
    assert "06 39 98 77 01" in pages.fragment(f"/messages/inbound/of/{world.a.maite}").text
    shown = pages.get(page)
    assert "Nouveau numéro donné par SMS" in shown.text
    pages.submit(shown, f"/messages/inbound/{answer}/number")
    shown = pages.get(page)
    assert "Numéro du locataire : 06 39 98 77 01, à appeler d'abord" in shown.text
    pages.submit(shown, f"/messages/inbound/{answer}/number/back")
    assert "Retour au 06 39 98 12 01" in pages.get(page).text
    assert "Utiliser ce numéro" in pages.get(page).text
