"""The screens of categories and rules: what decisions then do, and what can't be saved."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from callcenter.core.audit import AuditEntry
from callcenter.core.db import db
from callcenter.routing.models import Category, RoutingRule
from tests.page_checks import PageChecker
from tests.world import World, as_system, sign_in

MOST_STATEMENTS = 12


@pytest.fixture
def pages(client: FlaskClient, world: World) -> PageChecker:
    """The browser of A's manager."""
    sign_in(client, world.user("manager-a"))
    return PageChecker(client)


def _category(world: World, code: str, member_id: int | None = None) -> Category:
    with as_system() as session:
        return session.scalars(
            sa.select(Category).where(
                Category.member_id == (member_id or world.a.id), Category.code == code
            )
        ).one()


def _rules(world: World, **conditions: Any) -> list[RoutingRule]:
    with as_system() as session:
        return list(
            session.scalars(
                sa.select(RoutingRule)
                .where(RoutingRule.member_id == world.a.id, RoutingRule.conditions == conditions)
                .order_by(RoutingRule.id)
            )
        )


def test_every_screen_opens_within_few_statements(
    app: Flask, pages: PageChecker, world: World
) -> None:
    seen: list[str] = []
    sa.event.listen(
        db.engine, "before_cursor_execute", lambda _c, _u, statement, *_r: seen.append(statement)
    )
    lift = _category(world, "T-ASC").id
    rule = _rules(world, category="T-ASC")[0].id
    for url in (
        f"/routing/rules/{world.a.id}",
        f"/routing/rules/{world.a.id}?q=ascenseur",
        f"/routing/rules/{world.a.id}/new",
        f"/routing/rules/{world.a.id}/new?category=T-ASC",
        f"/routing/rules/edit/{rule}",
        f"/routing/rules/{world.a.id}/try",
        f"/members/{world.a.id}/categories",
        f"/routing/categories/{lift}",
    ):
        seen.clear()
        pages.get(url)
        # Saying whose rows are seen is part of beginning a transaction, not of the page.
        asked = [one for one in seen if not one.startswith("SELECT set_config")]
        assert len(asked) <= MOST_STATEMENTS, (url, len(asked), *asked)


def test_a_manager_goes_straight_to_the_own_rules(
    app: Flask, pages: PageChecker, world: World, client: FlaskClient
) -> None:
    assert pages.get("/routing/rules").heading == "Aquitanis"
    pages.get(f"/routing/rules/{world.b.id}", status=404)
    pages.get(f"/members/{world.b.id}/categories", status=404)
    pages.get(f"/routing/categories/{_category(world, 'T-ASC', world.b.id).id}", status=404)
    pages.get(f"/routing/rules/{world.platform}", status=404)
    sign_in(client, world.user("administrator"))
    assert "Mésolia" in pages.get("/routing/rules").text


def test_a_category_is_changed_and_put_back(app: Flask, pages: PageChecker, world: World) -> None:
    row = _category(world, "T-MEN")
    url = f"/routing/categories/{row.id}"
    pages.submit(
        pages.get(url),
        holding="label",
        label="Fenêtres & volets",
        priority="P2",
        target_amount="3",
        target_unit="working_days",
        restricted="y",
    )
    assert "Fenêtres & volets" in pages.get(f"/members/{world.a.id}/categories").text
    with as_system() as session:
        entry = session.scalars(
            sa.select(AuditEntry).where(AuditEntry.action == "category.changed")
        ).one()
    assert entry.changes["priority"] == ["P3", "P2"]
    page = pages.get(url)
    assert "modifié" in page.text
    pages.submit(page, f"{url}/reset")
    after = _category(world, "T-MEN")
    assert (after.label, after.priority, after.target_unit, after.restricted) == (
        row.label, row.priority, row.target_unit, row.restricted,
    )  # fmt: skip
    assert "modifié" not in pages.get(url).text.replace("modifiée", "")


def test_an_untouched_category_is_as_it_came(app: Flask, pages: PageChecker, world: World) -> None:
    text = pages.get(f"/members/{world.a.id}/categories").text
    assert " modifié" not in text
    url = f"/routing/categories/{_category(world, 'T-ASC').id}"
    pages.submit(pages.get(url), holding="label")  # saved without a change
    assert " modifié" not in pages.get(f"/members/{world.a.id}/categories").text


@pytest.mark.parametrize(
    "typed",
    [
        {"label": ""},
        {"label": "x" * 10_000},
        {"services": None},
        {"target_unit": "hours", "target_amount": ""},
        {"target_unit": "hours", "target_amount": "-1"},
        {"target_unit": "hours", "target_amount": "9" * 30},
        {"destination": "member_team", "team_kind": ""},
        {"destination": "other_member"},
        {"priority": "P9"},
        {"safety_number": "18", "safety_script": ""},
    ],
)
def test_a_category_refuses(
    app: Flask, pages: PageChecker, world: World, typed: dict[str, Any]
) -> None:
    page = pages.get(f"/routing/categories/{_category(world, 'T-MEN').id}")
    pages.submit(page, holding="label", status=422, **typed)


def test_a_new_destination_is_the_rule_s_too(app: Flask, pages: PageChecker, world: World) -> None:
    row = _category(world, "A-DOC")
    pages.submit(
        pages.get(f"/routing/categories/{row.id}"),
        holding="label",
        destination="member_team",
        team_kind="rent",
    )
    (rule,) = _rules(world, category="A-DOC")
    assert (rule.destination, rule.team_kind, rule.updated_by) == (
        "member_team", "rent", "Manager Aquitanis",
    )  # fmt: skip
    tried = pages.get(
        f"/routing/rules/{world.a.id}/try?service=tenants&category_id={row.id}&location="
        "&caller_role=tenant&at=2026-11-24T10:00&residence=0001"
    )
    assert "Rent Aquitanis" in tried.text


def test_categories_change_places(app: Flask, pages: PageChecker, world: World) -> None:
    def order() -> list[str]:
        with as_system() as session:
            return list(
                session.scalars(
                    sa.select(Category.code)
                    .where(Category.member_id == world.a.id)
                    .order_by(Category.position)
                )
            )

    before = order()
    second = _category(world, before[1])
    url = f"/routing/categories/{second.id}/move"
    pages.post(url, {"direction": "up"})
    assert order()[:2] == [before[1], before[0]]
    pages.post(url, {"direction": "up"})
    pages.post(url, {"direction": "down"})
    assert order() == before
    last = _category(world, before[-1])
    pages.post(url, {"after_id": str(last.id)})
    assert order()[-1] == before[1]
    pages.post(url, {"direction": "down"})
    assert order()[-1] == before[1]
    pages.post(url, {"after_id": ""})
    assert order()[0] == before[1]
    foreign = _category(world, before[3], world.b.id)
    pages.post(url, {"after_id": str(foreign.id)}, status=422)
    pages.post(url, {"after_id": "x"}, status=422)


def test_a_category_is_offered_or_not(app: Flask, pages: PageChecker, world: World) -> None:
    row = _category(world, "T-NUI")
    assert (
        "plus proposé" in pages.post(f"/routing/categories/{row.id}/switch", {"active": "0"}).text
    )
    tried = f"/routing/rules/{world.a.id}/try?category_id={row.id}&service=tenants"
    pages.get(tried, status=422)
    assert "de nouveau" in pages.post(f"/routing/categories/{row.id}/switch", {"active": "1"}).text


def _new(pages: PageChecker, world: World, status: int = 200, **changes: Any) -> Any:
    form = pages.get(f"/routing/rules/{world.a.id}/new")
    values: dict[str, Any] = {"name": "Essai", "destination": "triage", "rank": "0", **changes}
    return pages.submit(form, holding="destination", status=status, **values)


def test_a_rule_decides_at_once(app: Flask, pages: PageChecker, world: World) -> None:
    form = pages.get(f"/routing/rules/{world.a.id}/new?category=T-PLB")
    values: dict[str, Any] = {
        "name": "Plomberie à Gounod", "residence": "gounod", "destination": "organisation",
        "organisation_id": str(world.a.heating),
    }  # fmt: skip
    for _ in range(2):  # a double click
        listed = pages.submit(form, holding="destination", **values)
    assert "résidence Gounod" in listed.text
    (rule,) = _rules(world, category="T-PLB", residence_id=world.a.gounod)
    asked = (
        f"/routing/rules/{world.a.id}/try?service=tenants&location=private&caller_role=tenant"
        f"&category_id={_category(world, 'T-PLB').id}&at=2026-11-24T10:00&residence="
    )
    page = pages.get(asked + "0001")
    assert "Garonne Thermique" in page.text
    assert f"/routing/rules/edit/{rule.id}" in page.links
    assert f"/routing/rules/edit/{rule.id}" not in pages.get(asked + "0002").links
    pages.post(f"/routing/rules/edit/{rule.id}/switch", {"active": "0"})
    assert f"/routing/rules/edit/{rule.id}" not in pages.get(asked + "0001").links


def test_answers_to_the_questions_are_conditions(
    app: Flask, pages: PageChecker, world: World
) -> None:
    row = _category(world, "T-ASC")
    key, choices = row.questions[0]["key"], row.questions[0]["choices"]
    form = pages.get(f"/routing/rules/{world.a.id}/new?category=T-ASC")
    answer = {f"answer-{key}": choices[0]["value"]}
    pages.submit(form, holding="destination", name="Avec réponse", destination="on_call", **answer)
    (rule,) = _rules(world, category="T-ASC", answers={key: choices[0]["value"]})
    page = pages.get(f"/routing/rules/edit/{rule.id}")
    assert page.values(page.form(holding="destination"))[f"answer-{key}"] == [choices[0]["value"]]
    pages.submit(page, holding="destination", category="T-PLB", rank="7")
    with as_system() as session:
        assert session.get_one(RoutingRule, rule.id).conditions == {"category": "T-PLB"}


def test_the_last_default_route_stays(app: Flask, pages: PageChecker, world: World) -> None:
    (default,) = _rules(world)
    url = f"/routing/rules/edit/{default.id}"
    refused = pages.post(f"{url}/switch", {"active": "0"}, status=422)
    assert "sans condition" in refused.text
    kept = pages.submit(pages.get(url), holding="destination", status=422, service="land")
    assert "sans condition" in kept.text
    assert kept.values(kept.form(holding="destination"))["service"] == ["land"]
    # Another one in service, then the first may go.
    _new(pages, world, name="Autre défaut", rank="5")
    pages.post(f"{url}/switch", {"active": "0"})


def test_ties_are_told_when_they_are_written(app: Flask, pages: PageChecker, world: World) -> None:
    refused = _new(
        pages, world, 422, category="A-DOC", destination="member_team", team_kind="quality"
    )
    assert "À égalité avec" in refused.text
    assert refused.by_id("rank").get("aria-invalid") == "true"
    pages.submit(refused, holding="destination", rank="10")
    assert len(_rules(world, category="A-DOC")) == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "Indiquez un nom"),
        ({"destination": "organisation"}, "Choisissez le partenaire"),
        ({"destination": "member_team"}, "Choisissez une équipe"),
        ({"destination": "other_member"}, ""),
        ({"residence": "nulle part"}, "Aucune résidence"),
        ({"residence": "gou"}, "0001 Gounod"),
        ({"rank": ""}, "Indiquez un rang"),
        ({"rank": "-1"}, "Entre 0"),
        ({"category": "T-ASC", "family": "A"}, "cette famille"),
        ({"category": "Z-ZZZ"}, ""),
        ({"organisation_id": "999999", "destination": "organisation"}, ""),
    ],
)
def test_a_rule_refuses(
    app: Flask, pages: PageChecker, world: World, changes: dict[str, Any], words: str
) -> None:
    assert words in _new(pages, world, 422, **changes).text


def test_nothing_of_another_member_enters_a_rule(
    app: Flask, pages: PageChecker, world: World
) -> None:
    for changes in (
        {"destination": "organisation", "organisation_id": str(world.b.lift)},
        {"destination": "member_team", "team_id": str(world.b.agency_team)},
        {"agency_id": str(world.b.agency)},
    ):
        _new(pages, world, 422, **changes)


def test_two_people_on_one_rule(app: Flask, pages: PageChecker, world: World) -> None:
    (rule,) = _rules(world, category="T-NUI")
    first, second = (pages.get(f"/routing/rules/edit/{rule.id}") for _ in range(2))
    pages.submit(first, holding="destination", name="Nuisibles 1")
    refused = pages.submit(second, holding="destination", name="Nuisibles 2", status=422)
    assert "Manager Aquitanis" in refused.text
    pages.submit(refused, holding="destination")
    (rule,) = _rules(world, category="T-NUI")
    assert rule.name == "Nuisibles 2"


@pytest.mark.parametrize(
    "query",
    ["category_id=", "category_id=x", "at=hier", "at=", "service=x", "residence=%00", "location=y"],
)
def test_an_imagined_call_that_makes_no_sense_is_told_so(
    app: Flask, pages: PageChecker, world: World, query: str
) -> None:
    good = {
        "service": "tenants", "category_id": str(_category(world, "T-ASC").id), "location": "common",
        "caller_role": "tenant", "at": "2026-11-24T10:00", "residence": "",
    }  # fmt: skip
    name, _, value = query.partition("=")
    good[name] = value.replace("%00", "\x00nowhere")
    page = pages.get(f"/routing/rules/{world.a.id}/try", query_string=good, status=422)
    assert page.all("p", class_="field-error") or page.all("div", role="alert")
