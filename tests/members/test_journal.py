"""The journal: everything of one's own, nothing of another's, page after page."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from callcenter.core import audit
from callcenter.core.audit import AuditEntry
from callcenter.core.db import transaction
from tests.page_checks import PageChecker
from tests.world import World, as_system, sign_in

START = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # the day that has 23 hours in France


@pytest.fixture
def written(world: World) -> None:
    with as_system() as session, transaction():
        for number in range(120):
            session.add(
                AuditEntry(
                    member_id=world.a.id if number % 2 else world.b.id,
                    at=START + timedelta(hours=number // 2),
                    actor_label="Zoé <Martin>" if number % 3 else "Paul",
                    action="agency.changed",
                    object_type="agency",
                    object_id=str(number),
                    changes={"name": ["Avant", f"côté {'a' if number % 2 else 'b'}"]},
                )
            )
        audit.record(world.a.id, "odd.thing", "odd", changes={"x": 5})


@pytest.mark.usefixtures("written")
def test_a_manager_reads_the_own_journal_only(
    app: Flask, client: FlaskClient, world: World
) -> None:
    sign_in(client, world.user("manager-a"))
    pages = PageChecker(client)
    url = "/audit"
    seen = 0
    while url:
        page = pages.get(url)
        assert "côté b" not in page.text
        seen += page.text.count("côté a")
        following = page.all("a", rel="next")
        url = (following[0].get("href") or "") if following else ""
    assert seen == 60
    page = pages.get(f"/audit?member={world.b.id}")
    assert "côté" not in page.text


@pytest.mark.usefixtures("written")
def test_filters(app: Flask, client: FlaskClient, world: World) -> None:
    sign_in(client, world.user("administrator"))
    pages = PageChecker(client)
    assert "Paul" not in pages.get("/audit?q=zo%C3%A9").text.replace("Anne", "")
    assert pages.get("/audit?object=agency&number=7").text.count("côté") == 1
    assert pages.get("/audit?day=2026-03-29&q=_%25").text.count("côté") == 0
    day = pages.get(f"/audit?day=2026-03-29&member={world.a.id}")
    assert day.text.count("côté") == 22  # from 2 h 30 (summer time) to midnight
    assert "odd.thing" in pages.get("/audit?object=odd").text
    for bad in ("day=31/12/2026", "day=9999-12-31", "member=x", f"member={'9' * 40}", "after=%00"):
        pages.get(f"/audit?{bad}")


@pytest.mark.parametrize("name", ["agent", "supervisor", "staff-a", "contractor-a"])
def test_the_journal_is_for_those_who_answer_for_it(
    app: Flask, client: FlaskClient, world: World, name: str
) -> None:
    sign_in(client, world.user(name))
    assert client.get("/audit").status_code == 404
