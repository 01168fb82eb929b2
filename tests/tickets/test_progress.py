from datetime import timedelta

import pytest
from sqlalchemy import select

from callcenter.core import clock
from callcenter.core.errors import NotFound, UserError
from callcenter.tickets import services
from callcenter.tickets.models import TenantLink, TicketEvent
from callcenter.tickets.states import (
    TICKET_TRANSITIONS,
    HoldCause,
    RefusalReason,
    ResolutionCode,
    TicketState,
)
from tests.tickets.scenes import (
    MORNING,
    TUESDAY,
    act,
    actor_of,
    assignments_of,
    kinds_of,
    messages_of,
    opened,
    soon,
    ticket_of,
)
from tests.world import World, as_system

DONE = ResolutionCode.REPAIRED


def in_hand(world: World, code: str = "T-PLB") -> int:
    ticket_id = opened(world, code)
    act(world, "agent", ticket_id, lambda a: services.offer_to(a, world.a.id))
    act(world, "staff-a", ticket_id, services.accept_assignment)
    return ticket_id


def resolved(world: World) -> int:
    ticket_id = in_hand(world)
    act(world, "staff-a", ticket_id, lambda a: services.resolve(a, DONE, "Joint changé."))
    return ticket_id


def test_a_comment_is_internal_unless_said_otherwise(world: World) -> None:
    ticket_id = in_hand(world)
    act(world, "staff-a", ticket_id, lambda a: services.comment(a, "Voir le gardien"))
    act(world, "agent", ticket_id, lambda a: services.comment(a, "Bonjour", to_tenant=True))
    with as_system() as session:
        found = session.scalars(
            select(TicketEvent).where(TicketEvent.kind == "comment").order_by(TicketEvent.id)
        ).all()
    assert [(e.body, e.visibility) for e in found] == [
        ("Voir le gardien", "internal"),
        ("Bonjour", "tenant"),
    ]


def test_a_comment_warns_nobody_who_is_writing(world: World) -> None:
    ticket_id = in_hand(world)
    seen = ticket_of(ticket_id).version
    act(world, "agent", ticket_id, lambda a: services.comment(a, "Un mot"))
    act(world, "agent", ticket_id, services.note_chase)
    assert ticket_of(ticket_id).version == seen
    act(world, "staff-a", ticket_id, lambda a: services.resolve(a, DONE), version=seen)


@pytest.mark.parametrize("body", ["", "   \n "])
def test_an_empty_comment_is_refused(world: World, body: str) -> None:
    with pytest.raises(UserError):
        act(world, "staff-a", in_hand(world), lambda a: services.comment(a, body))


def test_a_chase_is_counted(world: World) -> None:
    ticket_id = in_hand(world)
    act(world, "agent", ticket_id, lambda a: services.note_chase(a, "Toujours rien"))
    ticket = act(world, "agent", ticket_id, services.note_chase)
    assert ticket.chases == 2
    assert kinds_of(ticket_id).count("chase") == 2


def test_a_pause_pushes_the_promise(world: World) -> None:
    with clock.frozen_at(TUESDAY):
        ticket_id = in_hand(world)
    before = ticket_of(ticket_id).due_at
    with clock.frozen_at(TUESDAY + timedelta(hours=1)):
        held = act(world, "staff-a", ticket_id, lambda a: services.put_on_hold(a, HoldCause.PART))
        assert held.state == "on_hold"
        assert messages_of(ticket_id)[-1].trigger == "on_hold"
        assert "une pièce est commandée" in messages_of(ticket_id)[-1].body
    with clock.frozen_at(TUESDAY + timedelta(days=2, hours=1)):
        ticket = act(world, "staff-a", ticket_id, services.resume)
    assert ticket.state == "open"
    # Tuesday, the day of the call, is not counted anyway: Wednesday is the day that stood.
    assert before is not None
    assert ticket.due_at == before + timedelta(days=1)


def test_a_pause_within_a_day_moves_no_day(world: World) -> None:
    with clock.frozen_at(TUESDAY):
        ticket_id = in_hand(world)
        before = ticket_of(ticket_id).due_at
        act(world, "staff-a", ticket_id, lambda a: services.put_on_hold(a, HoldCause.TENANT))
    with clock.frozen_at(TUESDAY + timedelta(hours=2)):
        ticket = act(world, "staff-a", ticket_id, services.resume)
    assert ticket.due_at == before


def test_resuming_goes_back_to_the_planned_visit(world: World) -> None:
    ticket_id = in_hand(world)
    act(world, "staff-a", ticket_id, lambda a: services.plan_visit(a, soon(), MORNING))
    act(world, "staff-a", ticket_id, lambda a: services.put_on_hold(a, HoldCause.ACCESS))
    assert act(world, "staff-a", ticket_id, services.resume).state == "planned"


def test_resolving_asks_whether_it_is_fixed(world: World) -> None:
    ticket_id = resolved(world)
    ticket = ticket_of(ticket_id)
    assert (ticket.state, ticket.resolution_code) == ("resolved", "repaired")
    assert messages_of(ticket_id)[-1].trigger == "resolved"
    assert "/s/" in messages_of(ticket_id)[-1].body
    assert {o.state for o in assignments_of(ticket_id)} <= {"done", "withdrawn"}


def test_the_link_expires_some_weeks_after_the_end(world: World) -> None:
    ticket_id = resolved(world)

    def expiry() -> object:
        with as_system() as session:
            return session.scalars(select(TenantLink.expires_at)).one()

    assert expiry() is not None
    act(world, "staff-a", ticket_id, lambda a: services.reopen(a, "Ça refuit"))
    assert expiry() is None


def test_reopening_gives_it_back_with_a_new_promise(world: World) -> None:
    with clock.frozen_at(TUESDAY):
        ticket_id = resolved(world)
        due = ticket_of(ticket_id).due_at
    with clock.frozen_at(TUESDAY + timedelta(days=30)):
        ticket = act(world, "staff-a", ticket_id, lambda a: services.reopen(a, "Ça refuit"))
        assert messages_of(ticket_id)[-1].trigger == "reopened"
    assert (ticket.state, ticket.resolved_at) == ("open", None)
    assert due is not None
    assert ticket.due_at is not None
    assert ticket.due_at > due
    live = [o for o in assignments_of(ticket_id) if o.state == "accepted"]
    assert [o.organisation_id for o in live] == [world.a.id]


def test_closing_needs_a_resolved_ticket(world: World) -> None:
    ticket_id = in_hand(world)
    with pytest.raises(UserError, match="À traiter"):
        act(world, "staff-a", ticket_id, services.close)
    act(world, "staff-a", ticket_id, lambda a: services.resolve(a, DONE))
    ticket = act(world, "staff-a", ticket_id, services.close)
    assert ticket.state == "closed"
    assert ticket.closed_at is not None


def test_cancelling_says_why_and_can_be_undone(world: World) -> None:
    ticket_id = in_hand(world)
    with pytest.raises(UserError):
        act(world, "staff-a", ticket_id, lambda a: services.cancel(a, " "))
    ticket = act(world, "staff-a", ticket_id, lambda a: services.cancel(a, "Doublon"))
    assert ticket.state == "cancelled"
    assert messages_of(ticket_id)[-1].trigger == "cancelled"
    ticket = act(world, "staff-a", ticket_id, services.reopen)
    assert ticket.state == "open"
    assert [o.state for o in assignments_of(ticket_id)][-1] in {"offered", "withdrawn"}
    assert ticket.needs_triage != any(
        o.state in {"offered", "accepted"} for o in assignments_of(ticket_id)
    )


def test_the_platform_answers_from_triage(world: World) -> None:
    ticket_id = opened(world, "A-DOC", location="none")
    ticket = act(world, "agent", ticket_id, lambda a: services.resolve(a, ResolutionCode.ANSWERED))
    assert (ticket.state, ticket.needs_triage) == ("resolved", False)
    ticket = act(world, "agent", ticket_id, services.reopen)
    assert ticket.needs_triage


def test_an_agent_may_not_end_what_an_organisation_has(world: World) -> None:
    ticket_id = in_hand(world)
    with pytest.raises(UserError, match="organisme"):
        act(world, "agent", ticket_id, lambda a: services.resolve(a, DONE))
    with pytest.raises(UserError, match="organisme"):
        act(world, "agent", ticket_id, lambda a: services.cancel(a, "x"))


def test_a_contractor_neither_cancels_nor_reopens(world: World) -> None:
    ticket_id = opened(world)
    act(world, "agent", ticket_id, lambda a: services.offer_to(a, world.a.lift))
    with pytest.raises(NotFound):
        act(world, "contractor-a", ticket_id, lambda a: services.cancel(a, "x"))
    act(world, "contractor-a", ticket_id, lambda a: services.resolve(a, DONE))
    with pytest.raises(NotFound):
        act(world, "contractor-a", ticket_id, services.reopen)


def test_a_revoked_link_is_replaced_in_the_next_message(world: World) -> None:
    ticket_id = in_hand(world)
    act(world, "staff-a", ticket_id, services.revoke_link)
    act(world, "staff-a", ticket_id, lambda a: services.resolve(a, DONE))
    with as_system() as session:
        links = session.scalars(select(TenantLink).order_by(TenantLink.id)).all()
    assert [link.revoked_at is None for link in links] == [False, True]
    bodies = [m.body.rsplit("/s/", 1)[1] for m in messages_of(ticket_id)]
    assert bodies[0] != bodies[-1]


_REACH = {
    TicketState.OPEN: [],
    TicketState.PLANNED: [lambda a: services.plan_visit(a, soon(), MORNING)],
    TicketState.ON_HOLD: [lambda a: services.put_on_hold(a, HoldCause.PART)],
    TicketState.RESOLVED: [lambda a: services.resolve(a, DONE)],
    TicketState.CLOSED: [lambda a: services.resolve(a, DONE), services.close],
    TicketState.CANCELLED: [lambda a: services.cancel(a, "Doublon")],
}
_LEAD = {
    TicketState.PLANNED: lambda a: services.plan_visit(a, soon(9), MORNING),
    TicketState.ON_HOLD: lambda a: services.put_on_hold(a, HoldCause.INSURER),
    TicketState.RESOLVED: lambda a: services.resolve(a, DONE),
    TicketState.CLOSED: services.close,
    TicketState.CANCELLED: lambda a: services.cancel(a, "Erreur"),
}


@pytest.mark.parametrize("state", list(TicketState))
def test_services_follow_the_table_of_transitions(world: World, state: TicketState) -> None:
    """Every verb from every state: allowed exactly where the table says so."""
    for to, verb in _LEAD.items():
        if to == state:
            continue
        ticket_id = in_hand(world)
        for step in _REACH[state]:
            act(world, "staff-a", ticket_id, step)
        assert ticket_of(ticket_id).state == state
        if to in TICKET_TRANSITIONS[state]:
            assert act(world, "staff-a", ticket_id, verb).state == to
        else:
            with pytest.raises(UserError):
                act(world, "staff-a", ticket_id, verb)
            assert ticket_of(ticket_id).state == state


def test_a_person_of_another_member_can_do_none_of_it(world: World) -> None:
    ticket_id = in_hand(world)
    assert actor_of(world, "manager-b").member_ids == frozenset({world.b.id})
    for verb in (*_LEAD.values(), services.reopen, services.resume, services.note_chase):
        with pytest.raises(NotFound):
            act(world, "manager-b", ticket_id, verb)
    reason = RefusalReason.NOT_OURS
    with pytest.raises(NotFound):
        act(world, "manager-b", ticket_id, lambda a: services.refuse_assignment(a, reason))
