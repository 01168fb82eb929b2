"""Incidents: one cause, many callers; one owner, one truth, one end."""

import secrets
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.members.models import Organisation
from callcenter.messaging.models import Message, OptOut
from callcenter.messaging.services import record_opt_out
from callcenter.messaging.states import MessageState, Trigger
from callcenter.tickets import services
from callcenter.tickets.errors import ConflictError
from callcenter.tickets.incident_models import Incident, IncidentTicket
from callcenter.tickets.incident_states import IncidentState, SubscriberAnswer
from callcenter.tickets.models import Ticket
from callcenter.tickets.queries.incident_places import find_around, list_proposals
from callcenter.tickets.queries.incidents import get_incident, list_unfinished
from callcenter.tickets.queries.occupants import count_to_warn
from callcenter.tickets.services import incident_ends
from callcenter.tickets.services.incident_callers import join_incident
from callcenter.tickets.services.incident_ends import (
    finish_incident,
    reopen_incident,
    resolve_incident,
)
from callcenter.tickets.services.incident_news import Listener, publish_news, warn_residents
from callcenter.tickets.services.incident_tickets import (
    attach_ticket,
    give_incident,
    split_ticket,
)
from callcenter.tickets.services.incidents import NewIncident, open_from_ticket, open_incident
from callcenter.tickets.states import ResolutionCode, TicketState
from tests.tickets.incident_scenes import (
    category_id,
    history_of,
    incident_act,
    incident_of,
    lift_incident,
    listeners_of,
    number,
    reported,
)
from tests.tickets.scenes import (
    act,
    acting,
    actor_of,
    assignments_of,
    kinds_of,
    looking,
    opened,
    ticket_of,
)
from tests.world import World, as_system


def messages(trigger: Trigger) -> list[Message]:
    with as_system() as session:
        return list(
            session.scalars(select(Message).where(Message.trigger == trigger).order_by(Message.id))
        )


def tickets_in(incident_id: int) -> list[int]:
    with as_system() as session:
        return list(
            session.scalars(
                select(IncidentTicket.ticket_id)
                .where(IncidentTicket.incident_id == incident_id)
                .order_by(IncidentTicket.ticket_id)
            )
        )


def test_three_tickets_alike_propose_an_incident(app: Flask, world: World) -> None:
    agent = actor_of(world, "agent")
    lift = category_id(world)
    for index in range(2):
        reported(world, index)
    with looking(agent):
        around = find_around(agent, world.a.id, world.a.gounod, world.a.block, lift)
        assert (len(around.alike), around.proposed) == (2, False)
        assert list_proposals(agent) == []
    reported(world, 2)
    reported(world, 3, location="private")  # not a common part: not alike
    with looking(agent):
        around = find_around(agent, world.a.id, world.a.gounod, world.a.block, lift)
        assert (len(around.alike), around.proposed) == (3, True)
        (proposal,) = list_proposals(agent)
        assert (proposal.tickets, proposal.title) == (3, "Ascenseur en panne")
    with looking(actor_of(world, "contractor-a")):
        assert list_proposals(actor_of(world, "contractor-a")) == []


def test_a_member_sets_its_own_threshold(app: Flask, world: World) -> None:
    agent = actor_of(world, "agent")
    for index in range(2):
        reported(world, index)
    for settings, found in (({"incident_alike": 2}, 1), ({"incident_alike": "DROP"}, 0)):
        with acting(agent):
            db.session.execute(
                update(Organisation)
                .where(Organisation.id == world.a.id)
                .values(settings=settings)
                .execution_options(synchronize_session=False)
            )
        with looking(agent):
            assert len(list_proposals(agent)) == found


def test_one_click_gathers_the_tickets_under_one_owner(app: Flask, world: World) -> None:
    elsewhere = opened(
        world, "T-ASC", location="common", dwelling_id=None, residence_id=world.a.quais
    )
    incident_id = lift_incident(world, 3)
    incident = incident_of(incident_id)
    assert incident.owner_organisation_name == "Ascensoristes du Sud-Ouest"
    assert incident.place == "Gounod · Bât. B"
    made = tickets_in(incident_id)
    assert len(made) == 3
    assert elsewhere not in made
    assert kinds_of(made[0])[-1] == "incident_joined"
    assert [one.number for one in listeners_of(incident_id)] == [number(i) for i in range(3)]
    # Nothing is known yet, and each has had the message of the own request: no other one.
    assert messages(Trigger.INCIDENT_NEWS) == []
    with looking(actor_of(world, "agent")):
        assert list_proposals(actor_of(world, "agent")) == []


def test_a_double_click_and_two_people_open_one_incident(app: Flask, world: World) -> None:
    ticket_id = reported(world, 0)
    token = secrets.token_hex(16)
    found = set()
    for name, form_token in (("agent", token), ("agent", token), ("staff-a", "f" * 32)):
        actor = actor_of(world, name)
        with acting(actor):
            found.add(open_from_ticket(actor, ticket_id, form_token).id)
    assert len(found) == 1
    assert history_of(found.pop()) == ["opened", "attached"]


@pytest.mark.parametrize("code", ["A-PAY", "V-DAN", "V-TRB", "C-REC"])
def test_what_is_between_few_people_is_never_collective(
    app: Flask, world: World, code: str
) -> None:
    agent = actor_of(world, "agent")
    new = NewIncident(
        actor=agent,
        member_id=world.a.id,
        category_id=category_id(world, code),
        residence_id=world.a.gounod,
    )
    with pytest.raises(UserError) as raised, acting(agent):
        open_incident(new)
    assert raised.value.field == "category_id"


def test_who_may_open_and_who_sees(app: Flask, world: World) -> None:
    ticket_id = reported(world, 0)
    for name in ("contractor-a", "caretaker-a"):
        actor = actor_of(world, name)
        with pytest.raises(NotFound), acting(actor):
            open_from_ticket(actor, ticket_id)
    incident_id = lift_incident(world, 1)
    for name, sees in (
        ("agent", True),
        ("staff-a", True),
        ("contractor-a", True),  # its own
        ("caretaker-a", False),  # not in that team's care
        ("staff-b", False),
        ("contractor-b", False),
    ):
        actor = actor_of(world, name)
        with looking(actor):
            if sees:
                assert get_incident(actor, incident_id).id == incident_id
            else:
                with pytest.raises(NotFound):
                    get_incident(actor, incident_id)
    incident_act(world, "agent", incident_id, lambda a: give_incident(a, world.a.heating))
    with looking(actor_of(world, "contractor-a")), pytest.raises(NotFound):
        get_incident(actor_of(world, "contractor-a"), incident_id)


def test_a_word_goes_once_to_each_number(app: Flask, world: World) -> None:
    incident_id = lift_incident(world, 3)
    same = reported(world, 0, contact_name="Voisin 0, encore")
    incident_act(world, "agent", incident_id, lambda a: attach_ticket(a, same), version=None)
    said = incident_act(
        world, "staff-a", incident_id, lambda a: publish_news(a, "Le technicien arrive", "14 h")
    )
    assert said.sent == 3
    sent = messages(Trigger.INCIDENT_NEWS)
    assert sorted(one.to_number for one in sent) == [number(i) for i in range(3)]
    assert "Le technicien arrive. Retour à la normale : 14 h." in sent[0].body
    assert "Ascenseur en panne (Gounod, Bat. B)" in sent[0].body
    assert "/s/" in sent[0].body
    assert sent[0].encoding == "GSM-7"
    for ticket_id in tickets_in(incident_id):
        assert kinds_of(ticket_id)[-1] == "incident_news"


def test_the_same_word_is_not_said_twice(app: Flask, world: World) -> None:
    incident_id = lift_incident(world, 2)
    token = "a" * 32
    say = lambda a: publish_news(a, "Pièce commandée", "")  # noqa: E731
    incident_act(world, "staff-a", incident_id, say, form_token=token)
    again = incident_act(world, "staff-a", incident_id, say, form_token=token)
    assert again.sent == 0
    with pytest.raises(UserError):
        incident_act(world, "staff-a", incident_id, say)
    assert len(messages(Trigger.INCIDENT_NEWS)) == 2


def test_a_later_word_takes_the_place_of_one_that_has_not_left(app: Flask, world: World) -> None:
    incident_id = lift_incident(world, 1)
    for word in ("Un technicien cherche", "La pièce arrive demain"):
        incident_act(world, "staff-a", incident_id, lambda a, w=word: publish_news(a, w))
    first, second = messages(Trigger.INCIDENT_NEWS)
    assert (first.state, second.state) == (MessageState.CANCELLED, MessageState.QUEUED)
    assert "plus récentes" in first.reason


def test_two_who_write_at_once_do_not_overwrite_each_other(app: Flask, world: World) -> None:
    incident_id = lift_incident(world, 1)
    seen = incident_of(incident_id).version
    incident_act(world, "staff-a", incident_id, lambda a: publish_news(a, "Réparé vers 14 h"))
    with pytest.raises(ConflictError):
        incident_act(
            world, "contractor-a", incident_id,
            lambda a: publish_news(a, "Pas avant demain"), version=seen,
        )  # fmt: skip
    assert incident_of(incident_id).word == "Réparé vers 14 h"


@pytest.mark.parametrize("word", ["", "   ", "x" * 301])
def test_a_word_is_neither_empty_nor_endless(app: Flask, world: World, word: str) -> None:
    incident_id = lift_incident(world, 1)
    with pytest.raises(UserError) as raised:
        incident_act(world, "staff-a", incident_id, lambda a: publish_news(a, word))
    assert raised.value.field == "word"


def test_who_joins_late_hears_what_is_known(app: Flask, world: World) -> None:
    incident_id = lift_incident(world, 1)
    incident_act(world, "staff-a", incident_id, lambda a: publish_news(a, "Pièce commandée"))
    late = reported(world, 7)
    incident_act(world, "agent", incident_id, lambda a: attach_ticket(a, late), version=None)
    assert [one.to_number for one in messages(Trigger.INCIDENT_NEWS)] == [number(0), number(7)]


def test_a_caller_joins_without_a_ticket_and_hears_once(app: Flask, world: World) -> None:
    incident_id = lift_incident(world, 1)
    agent = actor_of(world, "agent")
    caller = Listener(contact_id=world.a.maite, contact_name="Mme E", number="+33639981201")
    for again in (False, True):
        with acting(agent):
            joined = join_incident(agent, incident_id, world.a.id, caller)
            assert joined.again is again
            assert joined.chased is None
    sent = messages(Trigger.INCIDENT_NEWS)
    assert [one.to_number for one in sent] == ["+33639981201"]
    assert "/i/" in sent[0].body
    assert len(listeners_of(incident_id)) == 2
    assert listeners_of(incident_id)[1].calls == 2


def test_who_has_a_ticket_in_it_and_calls_chases_it(app: Flask, world: World) -> None:
    incident_id = lift_incident(world, 1)
    (ticket_id,) = tickets_in(incident_id)
    agent = actor_of(world, "agent")
    with acting(agent):
        joined = join_incident(agent, incident_id, world.a.id, Listener(number=number(0)))
        assert joined.chased is not None
        assert joined.again
    assert ticket_of(ticket_id).chases == 1
    assert len(listeners_of(incident_id)) == 1


def test_an_anonymous_caller_is_not_subscribed(app: Flask, world: World) -> None:
    incident_id = lift_incident(world, 1)
    agent = actor_of(world, "agent")
    with acting(agent):
        assert join_incident(agent, incident_id, world.a.id, Listener()).subscriber is None
    assert len(listeners_of(incident_id)) == 1


def test_a_landline_is_kept_with_its_reason(app: Flask, world: World) -> None:
    incident_id = lift_incident(world, 1)
    agent = actor_of(world, "agent")
    with acting(agent):
        join_incident(agent, incident_id, world.a.id, Listener(number="+33536490201"))
    (message,) = messages(Trigger.INCIDENT_NEWS)
    assert message.state == MessageState.SKIPPED
    assert "ligne fixe" in message.reason


def test_a_ticket_that_is_split_off_goes_its_own_way(app: Flask, world: World) -> None:
    incident_id = lift_incident(world, 2)
    gone = tickets_in(incident_id)[0]
    incident_act(world, "staff-a", incident_id, lambda a: split_ticket(a, gone))
    assert gone not in tickets_in(incident_id)
    assert kinds_of(gone)[-1] == "incident_left"
    incident_act(world, "staff-a", incident_id, lambda a: publish_news(a, "Réparé ce soir"))
    assert [one.to_number for one in messages(Trigger.INCIDENT_NEWS)] == [number(1)]
    incident_act(
        world, "staff-a", incident_id, lambda a: resolve_incident(a, ResolutionCode.REPAIRED)
    )
    assert ticket_of(gone).state == TicketState.OPEN


@pytest.mark.parametrize("bad", ["elsewhere", "ended", "restricted", "other"])
def test_what_can_not_be_attached(app: Flask, world: World, bad: str) -> None:
    incident_id = lift_incident(world, 1)
    if bad == "elsewhere":
        ticket_id = reported(world, 5, residence_id=world.a.quais, building_id=None)
    elif bad == "restricted":
        ticket_id = opened(world, "V-DAN")
    else:
        ticket_id = reported(world, 5, building_id=None)
        if bad == "ended":
            act(world, "agent", ticket_id, lambda a: services.offer_to(a, world.a.id))
            act(world, "staff-a", ticket_id, lambda a: services.cancel(a, "Doublon"))
        else:
            agent = actor_of(world, "agent")
            with acting(agent):
                open_from_ticket(agent, ticket_id)
    with pytest.raises(UserError):
        incident_act(world, "agent", incident_id, lambda a: attach_ticket(a, ticket_id))


def test_the_owner_gets_the_tickets(app: Flask, world: World) -> None:
    incident_id = lift_incident(world, 2)
    incident_act(world, "agent", incident_id, lambda a: give_incident(a, world.a.heating))
    for ticket_id in tickets_in(incident_id):
        last = assignments_of(ticket_id)
        assert {one.organisation_id: one.state for one in last} == {
            world.a.lift: "withdrawn",
            world.a.heating: "offered",
        }


def test_the_end_resolves_the_tickets_and_asks_each_person_once(app: Flask, world: World) -> None:
    incident_id = lift_incident(world, 3)
    same = reported(world, 0)
    incident_act(world, "agent", incident_id, lambda a: attach_ticket(a, same), version=None)
    agent = actor_of(world, "agent")
    with acting(agent):
        join_incident(agent, incident_id, world.a.id, Listener(number=number(9)))
    told = incident_act(
        world, "contractor-a", incident_id,
        lambda a: resolve_incident(a, ResolutionCode.REPAIRED, "Carte changée"),
    )  # fmt: skip
    assert told.sent == 4
    assert [one.to_number for one in messages(Trigger.INCIDENT_RESOLVED)] == [
        number(0), number(1), number(2), number(9),
    ]  # fmt: skip
    assert messages(Trigger.RESOLVED) == []
    for ticket_id in tickets_in(incident_id):
        ticket = ticket_of(ticket_id)
        assert (ticket.state, ticket.resolution_code) == ("resolved", "repaired")
        assert [one.state for one in assignments_of(ticket_id)] == ["done"]
    assert incident_of(incident_id).state == IncidentState.RESOLVED


def test_who_was_asked_already_is_not_asked_again(app: Flask, world: World) -> None:
    incident_id = lift_incident(world, 2)
    first = tickets_in(incident_id)[0]
    act(world, "contractor-a", first, lambda a: services.resolve(a, ResolutionCode.REPAIRED))
    incident_act(
        world, "contractor-a", incident_id, lambda a: resolve_incident(a, ResolutionCode.REPAIRED)
    )
    assert [one.to_number for one in messages(Trigger.INCIDENT_RESOLVED)] == [number(1)]


def test_the_platform_does_not_end_what_an_organisation_has(app: Flask, world: World) -> None:
    incident_id = lift_incident(world, 1)
    with pytest.raises(NotFound):
        incident_act(
            world, "agent", incident_id, lambda a: resolve_incident(a, ResolutionCode.REPAIRED)
        )
    incident_act(
        world, "supervisor", incident_id, lambda a: resolve_incident(a, ResolutionCode.REPAIRED)
    )


def test_many_tickets_end_in_batches(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incident_ends, "END_BATCH", 2)
    incident_id = lift_incident(world, 5)
    incident_act(
        world, "staff-a", incident_id, lambda a: resolve_incident(a, ResolutionCode.REPAIRED)
    )
    assert len(messages(Trigger.INCIDENT_RESOLVED)) == 5
    staff = actor_of(world, "staff-a")
    left = []
    while True:
        with looking(staff):
            unfinished = list_unfinished(10)
        if not unfinished:
            break
        with acting(staff):
            left.append(finish_incident(*unfinished[0]))
    assert left == [2, 1]
    assert {ticket_of(one).state for one in tickets_in(incident_id)} == {"resolved"}
    assert messages(Trigger.RESOLVED) == []


def test_a_fault_in_the_middle_leaves_everything_as_it_was(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident_id = lift_incident(world, 3)
    calls = []

    def break_at_the_second(*arguments: Any) -> None:
        calls.append(arguments)
        if len(calls) == 2:
            raise RuntimeError("killed")
        real(*arguments)

    real = incident_ends._end_ticket
    monkeypatch.setattr(incident_ends, "_end_ticket", break_at_the_second)
    with pytest.raises(RuntimeError):
        incident_act(
            world, "staff-a", incident_id, lambda a: resolve_incident(a, ResolutionCode.REPAIRED)
        )
    assert incident_of(incident_id).state == IncidentState.OPEN
    assert {ticket_of(one).state for one in tickets_in(incident_id)} == {"open"}
    assert messages(Trigger.INCIDENT_RESOLVED) == []


def test_it_was_not_over(app: Flask, world: World) -> None:
    incident_id = lift_incident(world, 2)
    first, second = tickets_in(incident_id)
    incident_act(
        world, "staff-a", incident_id, lambda a: resolve_incident(a, ResolutionCode.REPAIRED)
    )
    act(world, "staff-a", second, services.close)
    incident_act(world, "staff-a", incident_id, lambda a: reopen_incident(a, "De nouveau en panne"))
    assert incident_of(incident_id).state == IncidentState.OPEN
    assert ticket_of(first).state == TicketState.OPEN
    assert ticket_of(second).state == TicketState.CLOSED
    assert "De nouveau en panne" in messages(Trigger.INCIDENT_NEWS)[0].body
    # The former "is it fixed?" that had not left no longer leaves.
    assert {one.state for one in messages(Trigger.INCIDENT_RESOLVED)} == {MessageState.CANCELLED}


def test_a_second_incident_there_bars_the_way_back(app: Flask, world: World) -> None:
    incident_id = lift_incident(world, 1)
    incident_act(
        world, "staff-a", incident_id, lambda a: resolve_incident(a, ResolutionCode.REPAIRED)
    )
    other = lift_incident(world, 1)
    assert other != incident_id
    with pytest.raises(UserError):
        incident_act(world, "staff-a", incident_id, lambda a: reopen_incident(a, "Encore"))


def test_residents_are_told_before_they_call(app: Flask, world: World) -> None:
    incident_id = lift_incident(world, 1)
    with pytest.raises(UserError):  # nothing to say yet
        incident_act(world, "staff-a", incident_id, lambda a: warn_residents(a, 5))
    incident_act(world, "staff-a", incident_id, lambda a: publish_news(a, "Pièce commandée"))
    with as_system() as session:
        # Maïté and Jean share one mobile: one number.
        assert count_to_warn(session.get_one(Incident, incident_id)) == 1
    with pytest.raises(UserError, match="maintenant 1"):
        incident_act(world, "staff-a", incident_id, lambda a: warn_residents(a, 0))
    told = incident_act(world, "staff-a", incident_id, lambda a: warn_residents(a, 1))
    assert told.sent == 1
    assert messages(Trigger.INCIDENT_NEWS)[-1].to_number == "+33639981201"
    with pytest.raises(UserError, match="déjà prévenus"):
        incident_act(world, "staff-a", incident_id, lambda a: warn_residents(a, 1))


def test_who_opted_out_is_neither_counted_nor_told(app: Flask, world: World) -> None:
    incident_id = lift_incident(world, 1)
    incident_act(world, "staff-a", incident_id, lambda a: publish_news(a, "Pièce commandée"))
    with acting(actor_of(world, "staff-a")):
        record_opt_out(world.a.id, "+33639981201", source="call")
    with as_system() as session:
        assert session.scalar(select(func.count()).select_from(OptOut)) == 1
        assert count_to_warn(session.get_one(Incident, incident_id)) == 0
        record_opt_out(world.a.id, number(0), source="call")
        session.commit()
    incident_act(world, "staff-a", incident_id, lambda a: publish_news(a, "Pièce reçue"))
    last = messages(Trigger.INCIDENT_NEWS)[-1]
    assert last.state == MessageState.SKIPPED
    assert "ne plus recevoir" in last.reason


def test_a_person_says_that_it_is_not_fixed(app: Flask, world: World) -> None:
    incident_id = lift_incident(world, 1)
    agent = actor_of(world, "agent")
    with acting(agent):
        join_incident(agent, incident_id, world.a.id, Listener(number=number(9)))
    caller = listeners_of(incident_id)[-1]
    with acting(agent):
        incident_ends.answer_of_subscriber(world.a.id, caller.id, SubscriberAnswer.NOT_FIXED)
        incident_ends.stop_news(world.a.id, caller.id)
    caller = listeners_of(incident_id)[-1]
    assert caller.answer == "not_fixed"
    incident_act(world, "staff-a", incident_id, lambda a: publish_news(a, "Encore une panne"))
    assert number(9) not in {m.to_number for m in messages(Trigger.INCIDENT_NEWS)[1:]}


def test_three_chases_escalate_once(app: Flask, world: World) -> None:
    ticket_id = reported(world, 0)
    for _chase in range(4):
        act(world, "agent", ticket_id, services.note_chase)
    ticket = ticket_of(ticket_id)
    assert ticket.chases == 4
    assert ticket.escalated_at is not None
    assert kinds_of(ticket_id).count("escalated") == 1
    with as_system() as session:
        assert session.scalar(select(func.count()).where(Ticket.escalated_at.is_not(None))) == 1
