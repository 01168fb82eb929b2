from datetime import timedelta

import pytest
from sqlalchemy import select

from callcenter.core import clock
from callcenter.core.db import session_scope, transaction
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Scope
from callcenter.messaging.models import OptOut
from callcenter.messaging.states import MessageState
from callcenter.tickets import services
from callcenter.tickets.models import Ticket, TicketEvent, Visit
from callcenter.tickets.states import ResolutionCode, VisitAnswer
from tests.tickets.scenes import (
    MORNING,
    act,
    assignments_of,
    kinds_of,
    messages_of,
    opened,
    soon,
    ticket_of,
)
from tests.world import World, as_system


def tenant(world: World, verb: object, *args: object, **kwargs: object) -> Ticket:
    """One act of the tenant, in the scope that the private page narrows to."""
    with session_scope(Scope(member_ids=frozenset({world.a.id}))), transaction():
        result: Ticket = verb(world.a.id, *args, **kwargs)  # type: ignore[operator]
        return result


def resolved(world: World) -> int:
    ticket_id = opened(world)
    act(world, "staff-a", ticket_id, lambda a: services.resolve(a, ResolutionCode.REPAIRED))
    return ticket_id


def test_a_word_is_kept_once_per_form(world: World) -> None:
    ticket_id = opened(world)
    for _ in range(2):
        tenant(world, services.tenant_adds_word, ticket_id, "Merci 🙏", form_token="b" * 32)
    with as_system() as session:
        words = session.scalars(
            select(TicketEvent.body).where(TicketEvent.kind == "tenant_word")
        ).all()
    assert words == ["Merci 🙏"]


@pytest.mark.parametrize("text", ["", "  ", "a" * 10_000])
def test_an_empty_or_endless_word_is_refused(world: World, text: str) -> None:
    with pytest.raises(UserError):
        tenant(world, services.tenant_adds_word, opened(world), text)


def test_the_twenty_first_word_of_a_day_is_refused(world: World) -> None:
    ticket_id = opened(world)
    for number in range(20):
        tenant(world, services.tenant_adds_word, ticket_id, f"mot {number}")
    with pytest.raises(UserError, match="appelez"):
        tenant(world, services.tenant_adds_word, ticket_id, "encore")
    with clock.frozen_at(clock.now() + timedelta(days=1, minutes=1)):
        tenant(world, services.tenant_adds_word, ticket_id, "le lendemain")


def test_fixed_closes_and_again_changes_nothing(world: World) -> None:
    ticket_id = resolved(world)
    for _ in range(2):
        tenant(world, services.tenant_says_fixed, ticket_id)
    assert ticket_of(ticket_id).state == "closed"
    assert kinds_of(ticket_id).count("tenant_confirmed") == 1


def test_fixed_on_an_open_ticket_changes_nothing(world: World) -> None:
    ticket_id = opened(world)
    tenant(world, services.tenant_says_fixed, ticket_id)
    assert ticket_of(ticket_id).state == "open"


def test_not_fixed_reopens_for_who_had_it(world: World) -> None:
    ticket_id = resolved(world)
    tenant(world, services.tenant_says_not_fixed, ticket_id, "Ça coule encore")
    ticket = ticket_of(ticket_id)
    assert ticket.state == "open"
    assert not ticket.needs_triage
    assert [o.state for o in assignments_of(ticket_id)] == ["accepted"]
    assert messages_of(ticket_id)[-1].trigger == "reopened"
    tenant(world, services.tenant_says_not_fixed, ticket_id, "J'insiste")
    assert kinds_of(ticket_id)[-1] == "tenant_word"  # already open: the words are kept


def test_not_fixed_after_closing_reopens_too(world: World) -> None:
    ticket_id = resolved(world)
    tenant(world, services.tenant_says_fixed, ticket_id)
    tenant(world, services.tenant_says_not_fixed, ticket_id)
    assert ticket_of(ticket_id).state == "open"


def test_a_visit_is_confirmed_or_another_slot_is_asked(world: World) -> None:
    ticket_id = opened(world)
    act(world, "staff-a", ticket_id, lambda a: services.plan_visit(a, soon(), MORNING))
    with as_system() as session:
        visit_id = session.scalars(select(Visit.id)).one()
    verb = services.tenant_confirms_visit
    tenant(world, verb, ticket_id, visit_id, VisitAnswer.YES)
    tenant(world, verb, ticket_id, visit_id, VisitAnswer.YES)
    assert kinds_of(ticket_id).count("visit_answered") == 1
    tenant(world, verb, ticket_id, visit_id, VisitAnswer.OTHER, note="Après 17 h")
    assert kinds_of(ticket_id).count("visit_answered") == 2
    act(world, "staff-a", ticket_id, lambda a: services.plan_visit(a, soon(5), MORNING))
    with pytest.raises(UserError, match="a changé"):
        tenant(world, verb, ticket_id, visit_id, VisitAnswer.YES)
    with pytest.raises(NotFound):
        tenant(world, verb, ticket_id, visit_id + 100, VisitAnswer.YES)


def test_opting_out_stops_the_next_message(world: World) -> None:
    ticket_id = opened(world)
    tenant(world, services.tenant_opts_out, ticket_id)
    tenant(world, services.tenant_opts_out, ticket_id)
    with as_system() as session:
        assert len(session.scalars(select(OptOut)).all()) == 1
    act(world, "staff-a", ticket_id, lambda a: services.plan_visit(a, soon(), MORNING))
    last = messages_of(ticket_id)[-1]
    assert last.state == MessageState.SKIPPED
    assert "plus recevoir" in last.reason


def test_silence_closes_a_resolved_ticket(world: World) -> None:
    ticket_id = resolved(world)
    tenant(world, services.close_silent, ticket_id)
    tenant(world, services.close_silent, ticket_id)
    assert ticket_of(ticket_id).state == "closed"
    assert kinds_of(ticket_id).count("closed") == 1


def test_another_member_s_ticket_is_not_found(world: World) -> None:
    ticket_id = opened(world)
    with (
        pytest.raises(NotFound),
        session_scope(Scope(member_ids=frozenset({world.b.id}))),
        transaction(),
    ):
        services.tenant_adds_word(world.b.id, ticket_id, "Bonjour")
