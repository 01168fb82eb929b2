"""Versions of a member's rules: a draft decides nothing, a version is kept, one can go back."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.core.audit import AuditEntry
from callcenter.core.db import db, transaction
from callcenter.core.errors import UserError
from callcenter.members.models import Organisation
from callcenter.routing.models import RoutingRule, RoutingVersion
from callcenter.routing.rule_changes import ChangeKind, changes_between, digest_of
from callcenter.routing.rule_rows import row_from, rule_from, rule_from_snapshot, snapshot_of
from callcenter.routing.rule_types import Rule
from callcenter.routing.rule_versions import go_back, publish
from callcenter.routing.states import Location
from callcenter.routing.version_queries import find_version, get_draft
from tests.page_checks import PageChecker
from tests.routing.publishing import manager_of, publish_draft
from tests.routing.test_rules import rule_sets
from tests.routing.test_services import route
from tests.world import World, as_member, as_system, sign_in


@pytest.fixture
def pages(client: FlaskClient, world: World) -> PageChecker:
    """The browser of A's manager."""
    sign_in(client, world.user("manager-a"))
    return PageChecker(client)


def _rule_id(world: World, **conditions: Any) -> int:
    with as_system() as session:
        return session.scalars(
            sa.select(RoutingRule.id).where(
                RoutingRule.member_id == world.a.id, RoutingRule.conditions == conditions
            )
        ).one()


def _plumbing_to(pages: PageChecker, world: World, name: str, organisation: int) -> None:
    pages.submit(
        pages.get(f"/routing/rules/{world.a.id}/new?category=T-PLB"),
        holding="destination", name=name, residence="gounod", destination="organisation",
        organisation_id=str(organisation), rank="5",
    )  # fmt: skip


def _goes_to(world: World) -> str:
    with as_member(world.a.id):
        return route(world.a, "T-PLB", location=Location.PRIVATE).organisation_name


def test_a_draft_decides_nothing_until_it_is_published(
    app: Flask, pages: PageChecker, world: World
) -> None:
    before = _goes_to(world)
    _plumbing_to(pages, world, "Plomberie à Gounod", world.a.heating)
    assert _goes_to(world) == before != "Garonne Thermique"
    listed = pages.get(f"/routing/rules/{world.a.id}")
    assert "1 changement n'est pas encore en vigueur" in listed.text
    draft = pages.get(f"/routing/rules/{world.a.id}/draft")
    assert "Plomberie à Gounod" in draft.text
    assert "ajoutée" in draft.text
    done = pages.submit(draft, holding="note", note="Essai du nouveau plombier")
    assert "version 2" in done.text
    assert _goes_to(world) == "Garonne Thermique"
    with as_system() as session:
        version = session.scalars(
            sa.select(RoutingVersion).where(
                RoutingVersion.member_id == world.a.id, RoutingVersion.number == 2
            )
        ).one()
        entry = session.scalars(
            sa.select(AuditEntry).where(AuditEntry.action == "routing_version.published")
        ).one()
    assert version.published_by_label == "Manager Aquitanis"
    assert version.note == "Essai du nouveau plombier"
    assert entry.changes == {"number": [1, 2], "rules_changed": [None, 1]}
    assert "Essai du nouveau plombier" in pages.get(f"/routing/rules/{world.a.id}/versions").text
    with as_member(world.a.id):
        kept = route(world.a, "T-PLB", location=Location.PRIVATE).kept
    assert kept["rules_version"] == 2


def test_one_goes_back_and_forth(app: Flask, pages: PageChecker, world: World) -> None:
    before = _goes_to(world)
    _plumbing_to(pages, world, "Plomberie à Gounod", world.a.heating)
    publish_draft(world.a.id)
    with as_member(world.a.id):
        first = find_version(world.a.id, 1)
        second = find_version(world.a.id, 2)
    assert first is not None
    assert second is not None
    page = pages.get(f"/routing/versions/{second.id}")
    assert "ajoutée" in page.text
    assert "retirée" in pages.get(f"/routing/versions/{first.id}?against=2").text
    assert "Aucune différence" in pages.get(f"/routing/versions/{second.id}?against=draft").text
    restore = f"/routing/versions/{first.id}/restore"
    assert "version 3" in pages.post(restore, {"at_once": "1"}).text
    assert _goes_to(world) == before
    refused = pages.post(restore, {"at_once": "1"}, status=422)
    assert "en vigueur" in refused.text
    # The second again, in the draft only: it must be published to count.
    pages.post(f"/routing/versions/{second.id}/restore", {"at_once": "0"})
    assert _goes_to(world) == before
    pages.submit(pages.get(f"/routing/rules/{world.a.id}/draft"), holding="note")
    assert _goes_to(world) == "Garonne Thermique"
    with as_member(world.a.id):
        versions = [find_version(world.a.id, number) for number in (1, 2, 3, 4)]
    assert [v.restored_from for v in versions if v] == [None, None, 1, None]
    assert versions[3] is not None
    assert digest_of(versions[3].rules) == digest_of(second.rules)


def test_a_draft_can_be_dropped(app: Flask, pages: PageChecker, world: World) -> None:
    _plumbing_to(pages, world, "Essai", world.a.heating)
    number = _rule_id(world, category="A-DOC")
    pages.submit(pages.get(f"/routing/rules/edit/{number}"), holding="destination", rank="42")
    pages.post(f"/routing/rules/{world.a.id}/draft/drop", {})
    with as_member(world.a.id):
        assert get_draft(world.a.id).changes == []
    assert "Rien à publier" in pages.get(f"/routing/rules/{world.a.id}/draft").text


def test_publishing_what_nobody_has_read_is_refused(
    app: Flask, pages: PageChecker, world: World
) -> None:
    _plumbing_to(pages, world, "Premier", world.a.heating)
    seen = pages.get(f"/routing/rules/{world.a.id}/draft")
    _plumbing_to(pages, world, "Second", world.a.heating)
    refused = pages.submit(seen, holding="note", note="Lu trop tôt", status=422)
    assert "a changé pendant que vous le lisiez" in refused.text
    assert refused.values(refused.form(holding="note"))["note"] == ["Lu trop tôt"]
    pages.submit(refused, holding="note")


def test_a_set_that_could_lose_a_call_is_never_in_force(app: Flask, world: World) -> None:
    default = _rule_id(world)
    with as_member(world.a.id), transaction() as session:
        session.get_one(RoutingRule, default).active = False
    with pytest.raises(UserError, match="sans condition"):
        publish_draft(world.a.id)
    twin = {"category": "A-DOC"}
    with as_member(world.a.id), transaction() as session:
        session.get_one(RoutingRule, default).active = True
        session.add(
            RoutingRule(member_id=world.a.id, name="Jumelle", conditions=twin, destination="agency")
        )
    with pytest.raises(UserError, match="à égalité"):
        publish_draft(world.a.id)


def test_a_version_is_never_changed(app: Flask, world: World) -> None:
    with as_member(world.a.id):
        version = find_version(world.a.id, 1)
        assert version is not None
        number = version.id
    for verb in (sa.delete(RoutingVersion), sa.update(RoutingVersion).values(note="autre")):
        with (
            as_member(world.a.id),
            pytest.raises(sa.exc.ProgrammingError),
            transaction() as session,
        ):
            session.execute(verb.where(RoutingVersion.id == number))


def test_two_publish_at_once_and_one_is_told(app: Flask, world: World) -> None:
    rule = _rule_id(world, category="A-DOC")
    with as_member(world.a.id), transaction() as session:
        session.get_one(RoutingRule, rule).rank = 9
    with as_member(world.a.id):
        seen = get_draft(world.a.id).digest
    publish_draft(world.a.id)
    with pytest.raises(UserError, match="rien à publier"), as_member(world.a.id), transaction():
        publish(world.a.id, seen=seen, note="", actor=manager_of(world.a.id))


def test_a_firm_put_out_of_service_gets_nothing_more(app: Flask, world: World) -> None:
    with as_member(world.a.id):
        assert route(world.a, "T-ASC").organisation_id == world.a.lift
    with as_member(world.a.id), transaction() as session:
        session.get_one(Organisation, world.a.lift).active = False
    with as_member(world.a.id):
        found = route(world.a, "T-ASC")
    assert found.organisation_id == world.a.id
    assert any("hors service" in sentence for sentence in found.rejected)
    with as_member(world.a.id), transaction() as session:
        session.get_one(Organisation, world.a.syndic).active = False
    with as_member(world.a.id):
        common = route(world.a, "T-ECL", dwelling_id=world.a.flat)
    assert common.organisation_id == world.a.id
    assert any("Syndic des Chartrons est hors service" in s for s in common.rejected)


def test_a_rule_may_be_about_one_building(app: Flask, pages: PageChecker, world: World) -> None:
    form = pages.get(f"/routing/rules/{world.a.id}/new?category=T-ASC")
    values: dict[str, Any] = {
        "name": "Ascenseur du bât. B", "destination": "organisation",
        "organisation_id": str(world.a.heating), "residence": "gounod",
    }  # fmt: skip
    refused = pages.submit(form, holding="destination", status=422, building="Z", **values)
    assert "Elle a : B" in refused.text
    listed = pages.submit(refused, holding="destination", building="bât. B")
    assert "bât. B" in listed.text
    publish_draft(world.a.id)
    with as_member(world.a.id):
        assert route(world.a, "T-ASC").organisation_id == world.a.heating
        wide = route(world.a, "T-ASC", dwelling_id=None, residence_id=world.a.gounod)
    assert wide.organisation_id == world.a.lift
    assert "Règle « Ascenseur du bât. B » : autre bâtiment." in wide.rejected


def test_the_answers_of_a_chosen_category_come_at_once(
    app: Flask, pages: PageChecker, world: World
) -> None:
    url = f"/routing/rules/{world.a.id}/questions"
    assert "bloqué dans la cabine" in pages.fragment(f"{url}?category=T-ASC").text
    assert "bloqué" not in pages.fragment(f"{url}?category=T-PRO").text


# -- properties ---------------------------------------------------------------------------

# The first draw of a busy machine is slow; what is drawn is small.
PATIENT = settings(max_examples=80)


def _snapshots(rules: list[Rule]) -> list[dict[str, Any]]:
    made = []
    for rule in rules:
        row = row_from(rule, 1)
        row.id = rule.id
        made.append(snapshot_of(row))
    return made


@PATIENT
@given(rule_sets())
def test_a_rule_comes_back_from_its_row_and_its_version(rules: list[Rule]) -> None:
    known = {rule.organisation.id: rule.organisation for rule in rules if rule.organisation}
    for rule, kept in zip(rules, _snapshots(rules), strict=True):
        row = row_from(rule, 1)
        row.id = rule.id
        assert rule_from_snapshot(kept, known) == rule_from(row, known) == rule


@PATIENT
@given(rule_sets(), rule_sets(), st.randoms(use_true_random=False))
def test_what_changes_between_two_sets_is_the_way_from_one_to_the_other(
    one: list[Rule], other: list[Rule], shuffler: Any
) -> None:
    before, after = _snapshots(one), _snapshots(other)
    shuffled = list(before)
    shuffler.shuffle(shuffled)
    assert changes_between(before, shuffled) == []
    assert digest_of(before) == digest_of(shuffled)
    result = {rule["id"]: rule for rule in before}
    for change in changes_between(before, after):
        if change.after is None:
            assert change.kind is ChangeKind.REMOVED
            del result[change.before["id"]]  # type: ignore[index]
        else:
            result[change.after["id"]] = dict(change.after)
    assert digest_of(list(result.values())) == digest_of(after)
    back = changes_between(after, before)
    assert len(back) == len(changes_between(before, after))


def test_going_back_to_the_first_version_undoes_everything(app: Flask, world: World) -> None:
    with as_member(world.a.id):
        first = find_version(world.a.id, 1)
        rules = db.session.scalars(
            sa.select(RoutingRule.id).where(RoutingRule.member_id == world.a.id)
        ).all()
    assert first is not None
    with as_member(world.a.id), transaction() as session:
        for place, number in enumerate(rules[:10]):
            session.get_one(RoutingRule, number).rank = place + 1
        session.get_one(RoutingRule, rules[3]).active = False
    publish_draft(world.a.id)
    with as_member(world.a.id), transaction():
        made = go_back(first, at_once=True, actor=manager_of(world.a.id))
        assert made is not None
        assert digest_of(made.rules) == digest_of(first.rules)
