from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from callcenter.core import clock
from callcenter.core.errors import NotFound, UserError
from callcenter.tickets import services
from callcenter.tickets.models import Visit
from callcenter.tickets.rules import Slot
from callcenter.tickets.states import HoldCause
from tests.tickets.scenes import (
    MORNING,
    TUESDAY,
    act,
    kinds_of,
    messages_of,
    opened,
    soon,
    ticket_of,
)
from tests.world import World, as_system


def visits_of(ticket_id: int) -> list[Visit]:
    with as_system() as session:
        return list(
            session.scalars(select(Visit).where(Visit.ticket_id == ticket_id).order_by(Visit.id))
        )


def planned(world: World) -> int:
    ticket_id = opened(world)
    act(world, "staff-a", ticket_id, lambda a: services.plan_visit(a, soon(), MORNING))
    return ticket_id


def test_planning_promises_accepts_and_tells(world: World) -> None:
    with clock.frozen_at(TUESDAY):
        ticket_id = planned(world)
    assert ticket_of(ticket_id).state == "planned"
    assert kinds_of(ticket_id)[-2:] == ["accepted", "visit_planned"]
    message = messages_of(ticket_id)[1]
    assert message.trigger == "planned"
    assert "entre 8 h et 10 h" in message.body
    assert [m.trigger for m in messages_of(ticket_id)] == [
        "received",
        "planned",
        "visit_reminder",
    ]


def test_planning_again_moves_the_visit(world: World) -> None:
    ticket_id = planned(world)
    act(world, "staff-a", ticket_id, lambda a: services.plan_visit(a, soon(5), MORNING))
    assert [v.state for v in visits_of(ticket_id)] == ["moved", "planned"]
    assert messages_of(ticket_id)[-2].trigger == "visit_moved"


def test_the_same_visit_twice_is_no_move(world: World) -> None:
    ticket_id = planned(world)
    with pytest.raises(UserError, match="déjà prévue"):
        act(world, "staff-a", ticket_id, lambda a: services.plan_visit(a, soon(), MORNING))


def test_cancelling_a_visit_opens_the_ticket_again(world: World) -> None:
    ticket_id = planned(world)
    (visit,) = visits_of(ticket_id)
    act(world, "staff-a", ticket_id, lambda a: services.cancel_visit(a, visit.id, "Absent"))
    assert ticket_of(ticket_id).state == "open"
    assert visits_of(ticket_id)[0].state == "cancelled"
    assert messages_of(ticket_id)[-1].trigger == "visit_cancelled"
    with pytest.raises(UserError, match="plus prévue"):
        act(world, "staff-a", ticket_id, lambda a: services.cancel_visit(a, visit.id))


def test_a_visit_of_another_ticket_is_not_found(world: World) -> None:
    first, second = planned(world), planned(world)
    (visit,) = visits_of(first)
    with pytest.raises(NotFound):
        act(world, "staff-a", second, lambda a: services.cancel_visit(a, visit.id))


@pytest.mark.parametrize(
    ("days", "slot", "field"),
    [
        (-1, MORNING, "day"),
        (-400, MORNING, "day"),
        (0, Slot("08:00", "10:00"), "slot"),  # it is ten past ten
        (400, MORNING, "day"),
    ],
)
def test_a_date_in_the_past_or_too_far_is_refused(
    world: World, days: int, slot: Slot, field: str
) -> None:
    with clock.frozen_at(TUESDAY):
        ticket_id = opened(world)
    day = TUESDAY.date() + timedelta(days=days)
    with clock.frozen_at(TUESDAY + timedelta(minutes=10)), pytest.raises(UserError) as e:
        act(world, "staff-a", ticket_id, lambda a: services.plan_visit(a, day, slot))
    assert e.value.field == field
    assert visits_of(ticket_id) == []


def test_today_is_today_in_paris(world: World) -> None:
    """23:30 in UTC is already tomorrow in Paris: yesterday's date there is past."""
    late = datetime(2026, 10, 6, 22, 30, tzinfo=UTC)
    with clock.frozen_at(late):
        ticket_id = opened(world)
        with pytest.raises(UserError):
            act(
                world,
                "staff-a",
                ticket_id,
                lambda a: services.plan_visit(a, late.date(), MORNING),
            )


def test_planning_ends_a_pause(world: World) -> None:
    ticket_id = opened(world)
    act(world, "staff-a", ticket_id, lambda a: services.put_on_hold(a, HoldCause.PART))
    ticket = act(world, "staff-a", ticket_id, lambda a: services.plan_visit(a, soon(), MORNING))
    assert (ticket.state, ticket.held_since, ticket.hold_cause) == ("planned", None, "")
    assert ticket.pauses[0]["to"]
