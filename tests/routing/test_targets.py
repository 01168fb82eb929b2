"""A member's promises on screen, and what the next request is promised."""

from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from callcenter.core import clock
from callcenter.core.audit import AuditEntry
from callcenter.core.db import transaction
from callcenter.members.models import Calendar, Organisation
from callcenter.routing.models import Category, ServiceTarget
from callcenter.routing.states import Priority, Stage
from tests.page_checks import Page, PageChecker
from tests.tickets.scenes import TUESDAY, assignments_of, opened, ticket_of
from tests.world import World, as_system, sign_in


@pytest.fixture
def pages(client: FlaskClient, world: World) -> PageChecker:
    sign_in(client, world.user("manager-a"))
    return PageChecker(client)


def url(world: World) -> str:
    return f"/members/{world.a.id}/targets"


def send(
    pages: PageChecker, page: Page, there: str, values: dict[str, Any], status: int = 200
) -> Page:
    return pages.submit(page, there, status=status, **values)


def save(
    pages: PageChecker, world: World, changes: dict[str, Any] | None = None, status: int = 200
) -> Page:
    return send(pages, pages.get(url(world)), url(world), changes or {}, status)


def own_targets(world: World) -> list[ServiceTarget]:
    with as_system() as session:
        return list(session.scalars(sa.select(ServiceTarget).order_by(ServiceTarget.id)))


def paris(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+02:00")


def test_saving_what_is_shown_keeps_nothing(pages: PageChecker, world: World) -> None:
    save(pages, world)
    assert own_targets(world) == []


def test_the_next_request_is_promised_what_the_manager_says(
    pages: PageChecker, world: World
) -> None:
    with clock.frozen_at(TUESDAY):
        before = opened(world)
    with as_system() as session, transaction():
        phones = Calendar(
            member_id=world.a.id, name="Accueil", weekly_hours={"wed": [["08:00", "20:00"]]}
        )
        session.add(phones)
        session.flush()
        number = phones.id
    save(
        pages,
        world,
        {
            "acceptance_P3-amount": "2",
            "acceptance_P3-unit": "hours",
            "news_P3-amount": "4",
            "news_P3-unit": "working_hours",
            "first_visit_P3-amount": "3",
            "first_visit_P3-unit": "working_days",
            "resolution_P3-amount": "6",
            "resolution_P3-unit": "working_days",
            "calendar_news": str(number),
        },
    )
    with clock.frozen_at(TUESDAY):
        ticket_id = opened(world)
    ticket = ticket_of(ticket_id)
    assert assignments_of(ticket_id)[0].accept_by == paris("2026-10-06T12:00")
    assert ticket.news_due_at == paris("2026-10-07T12:00")  # on its own calendar
    assert ticket.visit_due_at == paris("2026-10-09T17:30")
    assert ticket.due_at == paris("2026-10-14T17:30")
    # What was promised before stays promised.
    assert ticket_of(before).due_at == paris("2026-10-13T17:30")
    page = pages.get(f"/tickets/{ticket_id}")
    for said in ("calendrier « Accueil »", "3 jours ouvrés", "6 jours ouvrés", "la plateforme"):
        assert said in page.text, said
    with as_system() as session:
        kept = session.scalars(
            sa.select(AuditEntry).where(AuditEntry.action == "service_target.changed")
        ).all()
    assert {one.changes["stage"][1] for one in kept} == {
        "acceptance", "news", "first_visit", "resolution",
    }  # fmt: skip
    assert {row.calendar_id for row in own_targets(world) if row.stage == "news"} == {number}
    # Back to the defaults: nothing is kept.
    save(
        pages,
        world,
        {
            "acceptance_P3-amount": "1",
            "acceptance_P3-unit": "working_days",
            "news_P3-amount": "2",
            "news_P3-unit": "working_days",
            "first_visit_P3-amount": "",
            "resolution_P3-amount": "5",
            "calendar_news": "",
        },
    )
    assert own_targets(world) == []


def test_no_limit_means_that_nothing_comes_back(pages: PageChecker, world: World) -> None:
    save(pages, world, {"acceptance_P3-amount": ""})
    ticket_id = opened(world)
    assert assignments_of(ticket_id)[0].accept_by is None
    assert [row.amount for row in own_targets(world)] == [None]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"news_P1-amount": "deux"}, "Un nombre de 1 à 1000"),
        ({"news_P1-amount": "0"}, "Un nombre de 1 à 1000"),
        ({"resolution_P3-amount": ""}, "est toujours promis"),
    ],
)
def test_nonsense_is_refused_and_kept_on_screen(
    pages: PageChecker, world: World, changes: dict[str, str], said: str
) -> None:
    page = save(pages, world, {**changes, "news_P4-amount": "7"}, 422)
    assert said in page.text
    assert 'value="7"' in page.html
    assert own_targets(world) == []


def test_two_people_do_not_overwrite_each_other(pages: PageChecker, world: World) -> None:
    seen = pages.get(url(world))
    save(pages, world, {"news_P4-amount": "7"})
    page = send(pages, seen, url(world), {"news_P4-amount": "8"}, 422)
    assert "modifiés pendant que vous écriviez" in page.text
    assert [row.amount for row in own_targets(world)] == [7]


def test_one_category_apart(pages: PageChecker, world: World) -> None:
    with as_system() as session:
        category = session.scalars(
            sa.select(Category.id).where(Category.member_id == world.a.id, Category.code == "T-PLB")
        ).one()
    there = f"{url(world)}/exceptions"
    page = pages.get(url(world))
    values = {
        "exception-category_id": str(category),
        "exception-stage": Stage.RESOLUTION.value,
        "exception-priority": Priority.P3.value,
    }
    refused = send(pages, page, there, values, 422)
    assert "Indiquez un délai." in refused.text
    for amount in ("2", "3"):  # the second replaces the first
        send(
            pages,
            page,
            there,
            {**values, "exception-target-amount": amount, "exception-target-unit": "working_days"},
        )
    with clock.frozen_at(TUESDAY):
        plumbing, other = opened(world), opened(world, "T-MEN")
    assert ticket_of(plumbing).due_at == paris("2026-10-09T17:30")
    assert ticket_of(other).due_at == paris("2026-10-13T17:30")
    (row,) = own_targets(world)
    page = pages.get(url(world))
    assert "3 jours ouvrés" in page.text
    pages.submit(page, f"/targets/{row.id}/remove")
    assert own_targets(world) == []


def test_the_watch_s_days(pages: PageChecker, world: World) -> None:
    there = f"/members/{world.a.id}/watch-settings"
    page = pages.get(url(world))
    assert "Entre 1 et 60" in send(pages, page, there, {"watch-silent_days": "0"}, 422).text
    send(pages, page, there, {"watch-silent_days": "1", "watch-hold_days": "20"})
    with as_system() as session:
        settings = session.get_one(Organisation, world.a.id).settings
    assert settings["watch"] == {"silent_days": 1, "hold_days": 20}
    with clock.frozen_at(TUESDAY):
        ticket_id = opened(world)
    friday = paris("2026-10-09T12:00")
    with clock.frozen_at(friday):
        listed = pages.get("/tickets?view=silent")
    assert ticket_of(ticket_id).reference in listed.text


def test_another_member_s_promises_are_not_found(pages: PageChecker, world: World) -> None:
    pages.get(f"/members/{world.b.id}/targets", status=404)


def test_a_category_s_page_says_which_delay_applies_and_whence(
    pages: PageChecker, world: World
) -> None:
    with as_system() as session, transaction():
        row = session.scalars(
            sa.select(Category).where(Category.member_id == world.a.id, Category.code == "T-HUM")
        ).one()
        number = row.id
        row.target_amount, row.target_unit = 12, "working_days"
    here = f"/routing/categories/{number}"
    shown = pages.get(here).text
    assert "12 jours ouvrés délai propre au motif, ci-contre" in shown
    assert "10 jours ouvrés catalogue commun, pour ce motif" in shown
    assert "catalogue commun, pour cette priorité" in shown
    assert "rien n'est promis" not in shown
    with as_system() as session, transaction():
        session.add_all(
            ServiceTarget(
                member_id=world.a.id, category_id=number, stage=Stage.RESOLUTION,
                priority=priority, amount=amount, unit="working_days",
            )
            for priority, amount in ((Priority.P3, 7), (Priority.P2, 3))
        )  # fmt: skip
    shown = pages.get(here).text
    assert "7 jours ouvrés exception de ce bailleur pour ce motif" in shown
    assert "passe avant celui du motif : délai 12 jours ouvrés" in shown
    assert "3 jours ouvrés exception de ce bailleur pour ce motif" in shown
    # The list shows the delay that applies as well.
    assert "7 jours ouvrés" in pages.get(f"/members/{world.a.id}/categories").text
