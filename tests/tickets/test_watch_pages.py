"""The supervisor's watch, a member's commitments, the ticket's promises."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from callcenter.core import clock
from callcenter.routing.states import Priority, Stage
from callcenter.tickets import services
from callcenter.tickets.clock_page import Standing, standing_of
from callcenter.tickets.queries.commitments import Tally, count_commitments
from callcenter.tickets.states import HoldCause, RefusalReason, ResolutionCode
from tests.page_checks import PageChecker
from tests.statements import counted
from tests.tickets.scenes import TUESDAY, act, opened, ticket_of
from tests.world import World, as_member, sign_in
from workers.watch import take_back_unanswered

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_the_watch_counts_by_member_and_leads_to_the_lists(
    app: Flask, client: FlaskClient, world: World
) -> None:
    with clock.frozen_at(TUESDAY):
        ticket_id = opened(world)
    later = TUESDAY + 9 * DAY
    with clock.frozen_at(later):
        take_back_unanswered(app)
        sign_in(client, world.user("supervisor"))
        pages = PageChecker(client)
        pages.get("/tickets/watch")
        with counted(app) as statements:
            page = pages.get("/tickets/watch")
    assert len(statements) <= 16, statements
    for view in ("late", "silent", "unanswered", "triage"):
        assert f"/tickets?view={view}&amp;member={world.a.id}" in page.html, view
        assert f"/tickets?view={view}&amp;member={world.b.id}" not in page.html, view
    reference = ticket_of(ticket_id).reference
    assert reference in page.text
    with clock.frozen_at(later):
        for view in ("late", "silent", "unanswered", "triage"):
            assert reference in pages.get(f"/tickets?view={view}&member={world.a.id}").text


@pytest.mark.parametrize("name", ["staff-a", "manager-a", "agent"])
def test_the_watch_is_the_supervisor_s(client: FlaskClient, world: World, name: str) -> None:
    sign_in(client, world.user(name))
    PageChecker(client).get("/tickets/watch", status=404)


def test_promises_kept_and_broken(app: Flask, client: FlaskClient, world: World) -> None:
    with clock.frozen_at(TUESDAY):
        kept, late, held, refused, cancelled = (opened(world) for _ in range(5))
        opened(world, "A-CHG", location="none", dwelling_id=None)
    with clock.frozen_at(TUESDAY + HOUR):
        act(world, "staff-a", kept, lambda a: services.resolve(a, ResolutionCode.REPAIRED))
        act(world, "staff-a", held, lambda a: services.put_on_hold(a, HoldCause.PART))
        act(
            world,
            "staff-a",
            refused,
            lambda a: services.refuse_assignment(a, RefusalReason.NOT_OURS),
        )
        act(world, "staff-a", cancelled, lambda a: services.cancel(a, "Doublon"))
    with clock.frozen_at(TUESDAY + 8 * DAY):
        act(world, "staff-a", late, lambda a: services.resolve(a, ResolutionCode.REPAIRED))
        with as_member(world.a.id):
            month = (TUESDAY - 5 * DAY, TUESDAY + 20 * DAY)
            found = count_commitments([world.a.id], *month)
            assert (
                count_commitments([world.a.id], TUESDAY + DAY, TUESDAY + 2 * DAY)[Priority.P3][
                    Stage.RESOLUTION
                ]
                == Tally()
            )
            with counted(app) as statements:
                count_commitments([world.a.id], *month)
    assert len([one for one in statements if "set_config" not in one]) == 2
    # The refused one waits at triage past its delay; the one on hold is nobody's fault.
    assert found[Priority.P3][Stage.RESOLUTION] == Tally(kept=1, broken=2, running=1)
    # Accepted, resolved at once, refused: all answers in time. The fourth came too late.
    assert found[Priority.P3][Stage.ACCEPTANCE] == Tally(kept=3, broken=1)
    assert found[Priority.P3][Stage.NEWS] == Tally(kept=2, broken=2)
    assert found[Priority.P4][Stage.ANSWER].running == 1
    assert Tally(kept=999, broken=1).share == 99
    with clock.frozen_at(TUESDAY + 8 * DAY):
        sign_in(client, world.user("manager-a"))
        page = PageChecker(client).get("/tickets/commitments")
        assert "octobre 2026" in page.text
        assert "1 sur 3" in page.text
        sign_in(client, world.user("manager-b"))
        assert "1 sur 3" not in PageChecker(client).get("/tickets/commitments").text


def test_the_months_of_the_page(client: FlaskClient, world: World) -> None:
    sign_in(client, world.user("supervisor"))
    pages = PageChecker(client)
    with clock.frozen_at(TUESDAY):
        for query in ("?month=2026-13", "?month=%00", "?month=2030-01", "?member=9"):
            page = pages.get(f"/tickets/commitments{query}")
            assert "octobre 2026" in page.text
            assert "month=2026-11" not in page.html
        january = pages.get(f"/tickets/commitments?month=2026-01&member={world.b.id}")
    assert "Mésolia · demandes ouvertes en janvier 2026" in january.text
    assert "month=2025-12" in january.html


def test_how_a_promise_stands() -> None:
    due = TUESDAY + HOUR
    for met, now, live, paused, expected in (
        (due, due + DAY, True, False, Standing.KEPT),
        (due + HOUR, due + DAY, False, False, Standing.BROKEN),
        (None, due, True, False, Standing.RUNNING),
        (None, due + HOUR, True, False, Standing.BROKEN),
        (None, due + HOUR, True, True, Standing.PAUSED),
        (None, due + HOUR, False, False, Standing.VOID),
    ):
        assert standing_of(due, met, now, live=live, paused=paused) is expected
