"""The watch: offers that run out, tickets that go from hand to hand, silences, long holds."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.members.models import Organisation
from callcenter.messaging.models import Message
from callcenter.messaging.states import Trigger
from callcenter.tickets import services
from callcenter.tickets.models import PartnerLink, Ticket, TicketEvent
from callcenter.tickets.queries.filters import TicketFilters
from callcenter.tickets.queries.lists import count_by_member, count_views, list_tickets, views_of
from callcenter.tickets.states import (
    NEWS_KINDS,
    AssignmentState,
    HoldCause,
    RefusalReason,
    ResolutionCode,
    TicketState,
)
from callcenter.ui.pagination import Window
from tests.statements import counted
from tests.tickets.scenes import (
    TUESDAY,
    act,
    actor_of,
    assignments_of,
    kinds_of,
    looking,
    messages_of,
    opened,
    soon,
    ticket_of,
)
from tests.world import World, as_system
from workers.watch import reassure_silent, take_back_unanswered

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# Wednesday's closing, in Paris: one working day to accept a request of every day.
WEDNESDAY_CLOSING = datetime.fromisoformat("2026-10-07T17:30+02:00")


def opened_at(world: World, at: datetime = TUESDAY, code: str = "T-PLB", **changes: Any) -> int:
    with clock.frozen_at(at):
        return opened(world, code, **changes)


def take_back(app: Flask, at: datetime) -> int:
    with clock.frozen_at(at):
        return take_back_unanswered(app)


def reassure_at(app: Flask, at: datetime) -> int:
    with clock.frozen_at(at):
        return reassure_silent(app)


def seen(world: World, name: str, view: str, at: datetime) -> list[int]:
    actor = actor_of(world, name)
    with clock.frozen_at(at), looking(actor):
        return [one.id for one in list_tickets(actor, TicketFilters(view=view), Window()).items]


def silent_sms(ticket_id: int) -> list[Message]:
    return [one for one in messages_of(ticket_id) if one.trigger == Trigger.SILENT]


# -- the time to answer --------------------------------------------------------------------


def test_an_offer_without_an_answer_comes_back_once(app: Flask, world: World) -> None:
    ticket_id = opened_at(world)
    assert assignments_of(ticket_id)[0].accept_by == WEDNESDAY_CLOSING
    assert take_back(app, WEDNESDAY_CLOSING - MINUTE) == 0
    assert take_back(app, WEDNESDAY_CLOSING + MINUTE) == 1
    assert take_back(app, WEDNESDAY_CLOSING + 2 * MINUTE) == 0
    ticket, (assignment,) = ticket_of(ticket_id), assignments_of(ticket_id)
    assert ticket.needs_triage
    assert ticket.moves == 1
    assert (assignment.state, assignment.reason) == (AssignmentState.WITHDRAWN, "no_answer")
    assert kinds_of(ticket_id).count("unanswered") == 1
    for name in ("supervisor", "manager-a"):
        assert seen(world, name, "unanswered", WEDNESDAY_CLOSING + HOUR) == [ticket_id]
    line = list_line(world, "triage", WEDNESDAY_CLOSING + HOUR)
    assert line.assignment_state == "withdrawn"
    assert line.organisation_name == "Aquitanis"


def list_line(world: World, view: str, at: datetime) -> Any:
    actor = actor_of(world, "supervisor")
    with clock.frozen_at(at), looking(actor):
        (line,) = list_tickets(actor, TicketFilters(view=view), Window()).items
        return line


def test_an_answer_in_time_and_an_offer_without_limit_stay(app: Flask, world: World) -> None:
    taken = opened_at(world)
    with clock.frozen_at(TUESDAY + HOUR):
        act(world, "staff-a", taken, services.accept_assignment)
    old = opened_at(world)
    with as_system() as session, transaction():  # as before there were limits
        session.execute(
            sa.text("UPDATE assignment SET accept_by = NULL WHERE ticket_id = :id"), {"id": old}
        )
    assert take_back(app, TUESDAY + 30 * DAY) == 0
    (assignment,) = assignments_of(taken)
    assert assignment.accepted_at == TUESDAY + HOUR
    assert not ticket_of(old).needs_triage


def test_each_organisation_has_its_own_time_and_its_link_closes(app: Flask, world: World) -> None:
    """A firm without an account: its page is closed, the ticket can be offered to it again."""
    ticket_id = opened_at(world)
    with as_system() as session, transaction():
        session.execute(
            sa.update(Organisation)
            .where(Organisation.id == world.a.heating)
            .values(email="travaux@garonne-thermique.exemple.fr")
        )
    later = TUESDAY + 6 * HOUR
    with clock.frozen_at(later):
        act(world, "staff-a", ticket_id, lambda a: services.offer_to(a, world.a.heating))
    assert take_back(app, WEDNESDAY_CLOSING + MINUTE) == 1
    with as_system() as session:
        assert session.scalars(sa.select(PartnerLink.revoked_at)).one() is not None
    again = WEDNESDAY_CLOSING + HOUR
    with clock.frozen_at(again):
        act(world, "agent", ticket_id, lambda a: services.offer_to(a, world.a.heating))
    firm = assignments_of(ticket_id)[-1]
    assert firm.state == AssignmentState.OFFERED
    assert firm.accept_by is not None
    assert firm.accept_by > again
    assert firm.reason == ""


def test_the_third_move_is_the_supervisor_s(app: Flask, world: World) -> None:
    ticket_id = opened_at(world)
    refuse = lambda a: services.refuse_assignment(a, RefusalReason.NOT_OURS)  # noqa: E731
    with clock.frozen_at(TUESDAY + HOUR):
        act(world, "staff-a", ticket_id, refuse)
        act(world, "agent", ticket_id, lambda a: services.offer_to(a, world.a.id))
        # Passed on to somebody else: that is a move as well.
        act(world, "staff-a", ticket_id, lambda a: services.offer_to(a, world.a.lift))
    assert ticket_of(ticket_id).moves == 2
    assert ticket_of(ticket_id).escalated_at is None
    assert seen(world, "supervisor", "escalated", TUESDAY + DAY) == []
    assert take_back(app, TUESDAY + 3 * DAY) == 1
    ticket = ticket_of(ticket_id)
    assert ticket.moves == 3
    assert ticket.escalated_at == TUESDAY + 3 * DAY
    assert kinds_of(ticket_id)[-2:] == ["unanswered", "escalated"]
    assert seen(world, "supervisor", "escalated", TUESDAY + 3 * DAY) == [ticket_id]


# -- silence -------------------------------------------------------------------------------


def test_a_silent_tenant_is_told_once_per_silence_and_by_day(app: Flask, world: World) -> None:
    ticket_id = opened_at(world)
    with clock.frozen_at(TUESDAY + HOUR):
        act(world, "staff-a", ticket_id, services.accept_assignment)
    # Wednesday, Thursday and Friday pass in silence; on Monday morning it is three days.
    friday_night = datetime.fromisoformat("2026-10-09T22:00+02:00")
    monday = datetime.fromisoformat("2026-10-12T09:00+02:00")
    assert seen(world, "staff-a", "silent", monday - 3 * DAY) == []
    assert seen(world, "staff-a", "silent", friday_night) == [ticket_id]
    assert reassure_at(app, friday_night) == 0
    version = ticket_of(ticket_id).version
    assert reassure_at(app, monday) == 1
    assert reassure_at(app, monday + MINUTE) == 0
    assert reassure_at(app, monday + 7 * DAY) == 0
    (sms,) = silent_sms(ticket_id)
    assert "nous ne vous oublions pas" in sms.body
    assert kinds_of(ticket_id).count("reassured") == 1
    # Nobody who writes at that moment is disturbed, and staff still see the silence.
    assert ticket_of(ticket_id).version == version
    assert seen(world, "staff-a", "silent", monday + DAY) == [ticket_id]
    news = monday + 8 * DAY
    with clock.frozen_at(news):
        act(world, "staff-a", ticket_id, lambda a: services.comment(a, "Vu", to_tenant=True))
    assert seen(world, "staff-a", "silent", news + HOUR) == []
    # The clock has changed meanwhile: what was nine o'clock is before the offices open.
    assert reassure_at(app, news + 7 * DAY) == 0
    assert reassure_at(app, news + 7 * DAY + HOUR) == 1
    assert len(silent_sms(ticket_id)) == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "A-PAY"),  # restricted: nobody else on that phone may learn of it
        ({"contact_id": None, "contact_number": ""}, "T-PLB"),
    ],
)
def test_who_is_never_told(app: Flask, world: World, change: dict[str, Any], code: str) -> None:
    ticket_id = opened_at(world, code=code, **change)
    assert seen(world, "manager-a", "silent", TUESDAY + 9 * DAY) == [ticket_id]
    assert reassure_at(app, TUESDAY + 9 * DAY) == 0
    assert silent_sms(ticket_id) == []


def test_what_is_no_silence(app: Flask, world: World) -> None:
    """A visit to come, an ended request; what the tenant says is no news to the tenant."""
    with clock.frozen_at(TUESDAY):
        planned, ended, asked = opened(world), opened(world), opened(world)
        slot = services_slot()
        act(world, "staff-a", planned, lambda a: services.plan_visit(a, soon(12), slot))
        act(world, "staff-a", ended, lambda a: services.resolve(a, ResolutionCode.REPAIRED))
    with clock.frozen_at(TUESDAY + 8 * DAY):
        act(world, "agent", asked, lambda a: services.note_chase(a, "Rappelle"))
        services_word(world, asked)
    assert seen(world, "manager-a", "silent", TUESDAY + 9 * DAY) == [asked]
    assert reassure_at(app, TUESDAY + 9 * DAY) == 1
    # The day has passed and nobody has said anything.
    assert planned in seen(world, "manager-a", "silent", TUESDAY + 14 * DAY)


def services_slot() -> Any:
    from callcenter.tickets.rules import Slot

    return Slot("08:00", "10:00")


def services_word(world: World, ticket_id: int) -> None:
    with as_system(), transaction():
        services.tenant_adds_word(world.a.id, ticket_id, "Alors ?")


def test_the_trigger_knows_the_news(world: World) -> None:
    with as_system() as session:
        made = session.scalar(
            sa.text("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'ticket_news'")
        )
    assert set(re.findall(r"'(\w+)'", str(made))) - {"tenant"} == set(NEWS_KINDS)


# -- the lists -----------------------------------------------------------------------------


def test_due_soon_and_held_long(world: World) -> None:
    urgent = opened_at(world, code="T-FUI")  # four hours
    slow = opened_at(world)  # five working days
    with clock.frozen_at(TUESDAY + MINUTE):
        held = opened(world)
        act(world, "staff-a", held, lambda a: services.put_on_hold(a, HoldCause.PART))
    assert seen(world, "manager-a", "soon", TUESDAY + HOUR) == [urgent]
    assert seen(world, "manager-a", "late", TUESDAY + 5 * HOUR) == [urgent]
    assert seen(world, "manager-a", "soon", TUESDAY + 6 * DAY) == [slow]
    assert seen(world, "manager-a", "held-long", TUESDAY + 10 * DAY) == []
    assert seen(world, "manager-a", "held-long", TUESDAY + 15 * DAY) == [held]
    assert ticket_of(held).state == TicketState.ON_HOLD


def test_badges_cost_two_statements_and_stay_behind_the_wall(app: Flask, world: World) -> None:
    ticket_id = opened_at(world)
    at = TUESDAY + 9 * DAY
    for name, expected in (("supervisor", 1), ("staff-a", 1), ("staff-b", 0)):
        actor = actor_of(world, name)
        with clock.frozen_at(at), looking(actor):
            counts = count_views(actor, views_of(actor))
        assert counts["silent"] == counts["late"] == expected, name
    supervisor = actor_of(world, "supervisor")
    with clock.frozen_at(at), looking(supervisor):
        count_views(supervisor, ("silent",))  # the members' calendars are in memory from here
    with clock.frozen_at(at), looking(supervisor), counted(app) as statements:
        found = count_by_member(
            supervisor, [world.a.id, world.b.id], ("late", "silent", "unanswered", "held-long")
        )
    assert found[world.a.id]["silent"] == 1
    assert found[world.b.id] == {"late": 0, "silent": 0, "unanswered": 0, "held-long": 0}
    assert len([one for one in statements if "set_config" not in one]) == 2, statements
    assert ticket_id
    for name in ("caretaker-a", "contractor-a"):
        assert not {"silent", "unanswered", "held-long"} & set(views_of(actor_of(world, name)))


# -- promises ------------------------------------------------------------------------------


def test_a_pause_pushes_the_promised_visit_too_and_a_visit_is_noted(world: World) -> None:
    ticket_id = opened_at(world, code="T-HUM")  # a visit within ten working days
    ticket = ticket_of(ticket_id)
    assert ticket.visit_due_at == datetime.fromisoformat("2026-10-20T17:30+02:00")
    assert ticket.news_due_at == datetime.fromisoformat("2026-10-08T17:30+02:00")
    with clock.frozen_at(TUESDAY + HOUR):
        act(world, "staff-a", ticket_id, lambda a: services.put_on_hold(a, HoldCause.TENANT))
    with clock.frozen_at(TUESDAY + 2 * DAY):
        act(world, "staff-a", ticket_id, services.resume)
    ticket = ticket_of(ticket_id)
    assert ticket.visit_due_at == datetime.fromisoformat("2026-10-21T17:30+02:00")  # one closing
    assert ticket.due_at == ticket.visit_due_at
    assert ticket.first_news_at == TUESDAY + HOUR
    with clock.frozen_at(TUESDAY + 2 * DAY):
        act(world, "staff-a", ticket_id, lambda a: services.plan_visit(a, soon(1), services_slot()))
    done = TUESDAY + 5 * DAY
    with clock.frozen_at(done):
        act(world, "staff-a", ticket_id, lambda a: services.resolve(a, ResolutionCode.REPAIRED))
    # The visit's own slot, not the day on which somebody wrote it down.
    assert ticket_of(ticket_id).visited_at == datetime.fromisoformat("2026-10-09T10:00+02:00")
    with as_system() as session:
        assert session.get_one(Ticket, ticket_id).resolved_at == done
        kinds = session.scalars(sa.select(TicketEvent.kind).order_by(TicketEvent.id.desc()))
        assert next(iter(kinds)) == "resolved"
