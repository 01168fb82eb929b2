"""A draft tried on real tickets: what would have gone elsewhere, counted and listed."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from callcenter.core import clock
from callcenter.core.db import db, transaction
from callcenter.core.errors import UserError
from callcenter.routing.models import RoutingRule, WhatIf
from callcenter.routing.states import WhatIfState
from callcenter.tickets.queries.what_ifs import list_stalled
from callcenter.tickets.services import what_ifs as services
from callcenter.tickets.services.what_ifs import ask_what_if
from tests.page_checks import PageChecker
from tests.routing.publishing import manager_of, publish_draft
from tests.tickets.scenes import opened
from tests.world import World, as_member, as_system, sign_in
from workers import what_ifs

PLUMBING, PAPERS = 4, 3


@pytest.fixture
def past(app: Flask, world: World) -> World:
    """A world where people have called: plumbing, papers, and one matter few may read."""
    for _ in range(PLUMBING):
        opened(world, "T-PLB")
    for _ in range(PAPERS):
        opened(world, "A-DOC", location="")
    opened(world, "A-PAY", location="")
    return world


def change(world: World, code: str, **values: object) -> None:
    """Change the plain rule of a category in A's draft."""
    with as_member(world.a.id), transaction() as session:
        rule = session.scalars(
            sa.select(RoutingRule).where(
                RoutingRule.member_id == world.a.id, RoutingRule.conditions == {"category": code}
            )
        ).one()
        for name, value in values.items():
            setattr(rule, name, value)


def ask(world: World, wanted: int = 1000) -> int:
    with as_member(world.a.id), transaction():
        return ask_what_if(world.a.id, wanted, manager_of(world.a.id)).id


def read(number: int) -> WhatIf:
    with as_system() as session:
        return session.get_one(WhatIf, number)


def test_what_would_have_gone_elsewhere_is_counted_and_listed(
    past: World, client: FlaskClient
) -> None:
    change(past, "T-PLB", destination="organisation", organisation_id=past.a.heating)
    change(past, "A-PAY", priority="P3")
    number = ask(past)
    what_ifs.run(number)
    found = read(number)
    assert found.state == WhatIfState.DONE
    result = found.result
    assert (result["examined"], result["moved"]) == (PLUMBING + PAPERS + 1, PLUMBING + 1)
    assert (result["organisation"], result["team"], result["priority"]) == (PLUMBING, 0, 1)
    assert result["categories"] == [["T-PLB", PLUMBING], ["A-PAY", 1]]
    ((old, new, count),) = result["ways"]
    assert (new, count) == (["", "Garonne Thermique", ""], PLUMBING)
    assert old != new
    sign_in(client, past.user("manager-a"))
    pages = PageChecker(client)
    page = pages.get(f"/routing/what-if/{number}")
    assert page.text.count("Garonne Thermique") >= PLUMBING
    assert "AQ-" in page.text
    panel = pages.fragment(f"/routing/rules/{past.a.id}/what-if")
    assert f"{PLUMBING + 1} auraient changé" in panel.text
    # Nothing moved for all that.
    publish_draft(past.a.id)
    again = pages.get(f"/routing/what-if/{number}")
    assert "AQ-" in again.text


def test_the_administrator_reads_no_ticket(past: World, client: FlaskClient) -> None:
    change(past, "T-PLB", destination="on_call")
    change(past, "T-PLB", destination="organisation", organisation_id=past.a.heating)
    number = ask(past)
    what_ifs.run(number)
    sign_in(client, past.user("administrator"))
    page = PageChecker(client).get(f"/routing/what-if/{number}")
    assert "AQ-" not in page.text
    assert "T-PLB Plomberie courante" in page.text


def test_asked_from_the_draft_s_page(past: World, client: FlaskClient) -> None:
    sign_in(client, past.user("manager-a"))
    pages = PageChecker(client)
    url = f"/routing/rules/{past.a.id}/what-if"
    refused = pages.post(url, {"wanted": "1000"}, status=422)
    assert "rien à essayer" in refused.text
    change(past, "T-PLB", destination="triage")
    waiting = pages.post(url, {"wanted": "5000"})
    assert "En attente d'un moment libre" in waiting.text
    pages.post(url, {"wanted": "5000"})
    with as_system() as session:
        (number,) = session.scalars(sa.select(WhatIf.id))  # asked twice, one trial
    assert "En attente" in pages.fragment(f"/routing/what-if/{number}/progress").text
    what_ifs.run(number)
    answer = client.get(f"/routing/what-if/{number}/progress")
    assert answer.headers["HX-Redirect"].endswith(f"/routing/what-if/{number}")
    change(past, "A-DOC", destination="triage")
    assert "a changé depuis cet essai" in pages.get(f"/routing/what-if/{number}").text


def test_the_facts_of_the_call_are_those_of_the_ticket(past: World) -> None:
    """A rule on the caller's role, the answers or the building finds the tickets that had them."""
    opened(past, "T-PLB", answers={"stoppable": "yes"})
    with as_member(past.a.id), transaction() as session:
        for conditions in (
            {"category": "T-PLB", "answers": {"stoppable": "yes"}},
            {"category": "A-DOC", "residence_id": past.a.gounod, "building_id": past.a.block},
            {"category": "A-PAY", "caller_role": "anonymous"},
        ):
            session.add(
                RoutingRule(
                    member_id=past.a.id, name="Essai", conditions=conditions,
                    destination="organisation", organisation_id=past.a.heating,
                )
            )  # fmt: skip
    number = ask(past)
    what_ifs.run(number)
    assert dict(map(tuple, read(number).result["categories"])) == {"T-PLB": 1, "A-DOC": PAPERS}


def test_a_killed_worker_costs_only_time(past: World, monkeypatch: pytest.MonkeyPatch) -> None:
    change(past, "T-PLB", destination="triage")
    number = ask(past)
    with as_system(), transaction():
        assert services.take_up(number) is not None  # and is killed here
    what_ifs.run(number)
    assert read(number).state == WhatIfState.RUNNING  # not heard of for a moment only
    with as_system() as session, transaction():
        long_ago = clock.now() - services.SILENCE - timedelta(seconds=5)
        session.execute(sa.update(WhatIf).values(told_at=long_ago))
    with as_system():
        assert list_stalled(services.SILENCE) == [number]
    what_ifs.run(number)
    assert read(number).result["moved"] == PLUMBING
    what_ifs.run(number)  # a second time does nothing
    with as_system():
        assert list_stalled(timedelta(0)) == []


def test_what_fails_says_so(past: World, monkeypatch: pytest.MonkeyPatch) -> None:
    change(past, "T-PLB", destination="triage")
    number = ask(past)

    def broken(_self: object) -> bool:
        raise RuntimeError

    monkeypatch.setattr(services.Trial, "step", broken)
    with pytest.raises(RuntimeError):
        what_ifs.run(number)
    assert read(number).state == WhatIfState.FAILED
    assert "pas abouti" in read(number).error


def test_a_batch_is_one_statement(past: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "BATCH", 4)
    change(past, "T-PLB", destination="triage")
    number = ask(past)
    asked: list[str] = []
    with as_member(past.a.id) as session:
        trial = services.Trial(session.get_one(WhatIf, number))
        sa.event.listen(
            db.engine,
            "before_cursor_execute",
            lambda _c, _u, statement, *_r: asked.append(statement),
        )
        while trial.step():
            pass
    assert trial.tally.examined == PLUMBING + PAPERS + 1
    assert len(asked) == 3


def test_a_draft_that_says_the_same_is_not_tried(past: World) -> None:
    with pytest.raises(UserError):
        ask(past)
