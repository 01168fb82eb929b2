"""Who pays: guidance with its source, never a promise while the cause is unknown."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.core.db import db
from callcenter.routing.catalogue import BY_CODE, CATALOGUE
from callcenter.routing.catalogue_types import Payment
from callcenter.routing.models import Category, RoutingRule
from callcenter.routing.payment_rules import Guidance, who_pays
from callcenter.routing.rule_sets import warranty_end, warranty_of
from callcenter.routing.rules import decide
from callcenter.routing.states import (
    DestinationKind,
    Location,
    Payer,
    Priority,
    Service,
    Warranty,
)
from callcenter.routing.wording import explain, payment_text
from callcenter.routing.words import PAYERS, PAYMENT_REASONS
from tests.page_checks import PageChecker
from tests.routing.landlord import PLACES, book, call
from tests.routing.test_rules import DEFAULT, INSTANTS, to_team
from tests.world import World, as_system, sign_in


@pytest.fixture
def pages(client: FlaskClient, world: World) -> PageChecker:
    """The browser of A's manager."""
    sign_in(client, world.user("manager-a"))
    return PageChecker(client)


def category_of(world: World, code: str) -> Category:
    with as_system() as session:
        return session.scalars(
            sa.select(Category).where(Category.member_id == world.a.id, Category.code == code)
        ).one()


def said(code: str, *, covered: bool = False, **facts: Any) -> Guidance:
    found = who_pays(call(code, **{"place": "Gounod", **facts}), contract_found=covered)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("answers", "payer", "because", "source"),
    [
        ({}, Payer.TO_CHECK, "question", "décret 87-712"),
        ({"cause": "lost_keys"}, Payer.TENANT, "answer", "décret 87-712, annexe, II"),
        ({"cause": "broken"}, Payer.LANDLORD, "answer", "loi 89-462, art. 6"),
        ({"cause": "burglary"}, Payer.INSURER, "answer", "loi 89-462, art. 7 g"),
        ({"cause": "nonsense"}, Payer.TO_CHECK, "question", "décret 87-712"),
    ],
)
def test_lost_keys_are_not_a_broken_lock(
    answers: dict[str, str], payer: Payer, because: str, source: str
) -> None:
    found = said("T-SER", answers=answers)
    assert (found.payer, found.because) == (payer, because)
    assert source in found.source


def test_a_contract_pays_only_where_it_is_in_force() -> None:
    assert said("T-PLB", covered=True).payer is Payer.CONTRACT
    elsewhere = said("T-PLB")
    assert (elsewhere.payer, elsewhere.because) == (Payer.TO_CHECK, "no_contract")
    words, reasons = payment_text(elsewhere)
    assert words == "à vérifier"
    assert "aucun contrat en vigueur ici" in reasons


def test_the_common_parts_of_a_co_ownership_are_the_syndic_s() -> None:
    found = said("T-TOI", place="Les Tilleuls", location=Location.COMMON)
    assert (found.payer, found.because) == (Payer.SYNDIC, "condo")
    assert "65-557" in found.source


def test_works_under_warranty_are_the_builder_s() -> None:
    found = said("T-MEN", place="Canopée", answers={"how": "accident"})
    assert (found.payer, found.source) == (Payer.BUILDER, "code civil, art. 1792-6")


def test_nothing_is_said_where_nothing_is_paid() -> None:
    assert who_pays(call("A-PAY", place="Gounod"), contract_found=False) is None


def test_the_member_s_own_choice_is_told_as_such() -> None:
    own = replace(BY_CODE["T-EVA"], payment=Payment(Payer.LANDLORD, "accord collectif"))
    found = who_pays(replace(call("T-EVA", place="Gounod"), category=own), contract_found=False)
    assert found is not None
    assert (found.payer, found.own) == (Payer.LANDLORD, True)
    assert not said("T-EVA").own


def test_each_technical_category_has_a_payer_a_source_and_a_script() -> None:
    for category in CATALOGUE:
        assert category.script, category.code
        if category.code.startswith("T-"):
            assert category.payment is not None, category.code
            assert category.payment.source, category.code
            assert category.payment.note, category.code
        for question in category.questions:
            for choice in question.choices:
                if choice.payer not in {None, Payer.TO_CHECK}:
                    assert choice.payer_source, (category.code, choice.value)


def test_where_the_cause_is_unknown_nothing_is_promised() -> None:
    """What may be the tenant's fault or the landlord's wall is never decided on the telephone."""
    for code in ("T-FUI", "T-EVA", "T-HUM", "T-SER", "T-MEN", "T-ELP", "T-NUI", "T-GAZ"):
        assert said(code).payer is Payer.TO_CHECK, code


def test_both_languages_have_every_word() -> None:
    assert PAYERS["fr"].keys() == PAYERS["en"].keys() == {str(payer) for payer in Payer}
    assert PAYMENT_REASONS["fr"].keys() == PAYMENT_REASONS["en"].keys()


# -- warranties ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "at", "warranty"),
    [
        ("T-ACC", "2026-06-16 12:00", Warranty.COMPLETION),
        ("T-ACC", "2026-06-17 12:00", Warranty.EQUIPMENT),
        ("T-ACC", "2027-06-17 12:00", None),
        ("T-TOI", "2026-03-03 12:00", Warranty.COMPLETION),
        ("T-TOI", "2035-06-16 12:00", Warranty.STRUCTURE),
        ("T-TOI", "2035-06-17 12:00", None),
        ("T-ECL", "2026-06-17 12:00", None),
        ("T-ACC", "2025-06-15 12:00", None),
    ],
)
def test_one_two_and_ten_years(code: str, at: str, warranty: Warranty | None) -> None:
    assert warranty_of(call(code, at, "Canopée")) is warranty


def test_the_ten_year_warranty_is_told_to_the_development_department() -> None:
    decision = decide(call("T-TOI", "2030-03-04 10:00", "Canopée"), book())
    assert any("Garantie décennale jusqu'au 16/06/2035" in line for line in explain(decision))
    assert [told.reason for told in decision.inform] == ["warranty_structure"]


def test_a_rule_may_be_about_a_long_warranty() -> None:
    rules = [to_team(1, category="T-TOI", warranty=Warranty.STRUCTURE), DEFAULT]
    assert decide(call("T-TOI", "2030-03-04 10:00", "Canopée"), book(rules)).rule_id == 1
    other = decide(call("T-TOI", "2030-03-04 10:00", "Gounod"), book(rules))
    assert other.destination_kind is DestinationKind.TRIAGE


@settings(max_examples=150)
@given(
    INSTANTS,
    st.sampled_from(sorted(BY_CODE)),
    st.sampled_from(["", *PLACES]),
    st.sampled_from([None, *Location]),
    st.booleans(),
    st.sampled_from([{}, {"cause": "lost_keys"}, {"how": "accident"}, {"how": "unknown"}]),
)
def test_whatever_the_call_guidance_is_sourced_and_survives_the_ticket(
    instant: Any,
    code: str,
    place: str,
    location: Any,
    covered: bool,  # noqa: FBT001 - drawn
    answers: dict[str, str],
) -> None:
    situation = call(
        code, instant.isoformat(timespec="minutes")[:16], place, location=location, answers=answers
    )
    found = who_pays(situation, contract_found=covered)
    assert (found is None) == (situation.category.payment is None)
    if found is not None:
        assert found.source
        assert Guidance.read(found.to_json()) == found
        for lang in ("fr", "en"):
            words, reasons = payment_text(found, lang)
            assert words
            assert all("{" not in reason for reason in reasons)
        if found.because == "contract":
            assert covered
    for warranty in Warranty:
        if situation.completed_on is not None:
            assert warranty_end(situation.completed_on, warranty) > situation.completed_on


# -- on screen ----------------------------------------------------------------------------


def test_the_desk_says_who_pays_and_the_ticket_keeps_it(
    app: Flask, world: World, client: FlaskClient
) -> None:
    from callcenter.routing.services import RouteRequest, decide_route
    from tests.routing.test_services import TUESDAY_MORNING
    from tests.world import as_member

    with as_member(world.a.id):
        route = decide_route(
            RouteRequest(
                member_id=world.a.id,
                service=Service.TENANTS,
                category_id=category_of(world, "T-SER").id,
                at=TUESDAY_MORNING,
                location=Location.PRIVATE,
                dwelling_id=world.a.home,
                answers={"cause": "lost_keys"},
            )
        )
    assert route.payment is not None
    assert route.payment.payer is Payer.TENANT
    assert Guidance.read(route.kept["payment"]) == route.payment


def test_the_member_overrides_who_pays(app: Flask, pages: PageChecker, world: World) -> None:
    row = category_of(world, "T-EVA")
    url = f"/routing/categories/{row.id}"
    pages.submit(
        pages.get(url), holding="label", payer="landlord", payer_source="accord collectif 2024",
        script="Demander si le voisin refoule.",
    )  # fmt: skip
    tried = pages.get(
        f"/routing/rules/{world.a.id}/try?service=tenants&category_id={row.id}&location=private"
        "&caller_role=tenant&at=2026-11-24T10:00&residence=0001"
    )
    assert "accord collectif 2024" in tried.text
    assert "choix Aquitanis" in tried.text
    page = pages.get(url)
    assert "Au catalogue : à vérifier" in page.text
    pages.submit(page, f"{url}/reset")
    assert category_of(world, "T-EVA").payer == "to_check"


def _question_form(pages: PageChecker, row: Category, key: str) -> Any:
    return pages.get(f"/routing/categories/{row.id}/questions/{key}")


def test_a_question_is_added_asked_and_removed(
    app: Flask, pages: PageChecker, world: World
) -> None:
    row = category_of(world, "T-NUI")
    form = pages.get(f"/routing/categories/{row.id}/questions/new")
    asked: dict[str, Any] = {
        "label": "Quel animal ?",
        "choices-0-label": "Punaises de lit",
        "choices-0-priority": "P2",
        "choices-0-payer": "to_check",
        "choices-1-label": "Autre",
        "choices-1-advice": "Ne rien jeter avant la visite.",
    }
    page = pages.submit(form, holding="choices-0-label", **asked)
    assert "Quel animal ?" in page.text
    (question,) = category_of(world, "T-NUI").questions
    assert question["key"] == "quel_animal"
    assert [choice["value"] for choice in question["choices"]] == ["punaises_de_lit", "autre"]
    assert question["choices"][0]["priority"] == "P2"
    # Its words may change; what rules know it by does not.
    changed = _question_form(pages, row, "quel_animal")
    asked = {"choices-0-label": "Punaises"}
    pages.submit(changed, holding="choices-0-label", **asked)
    (question,) = category_of(world, "T-NUI").questions
    assert question["choices"][0]["value"] == "punaises_de_lit"
    # A rule that asks for an answer keeps it.
    with as_system() as session:
        session.add(
            RoutingRule(
                member_id=world.a.id, name="Punaises", destination="triage",
                conditions={"category": "T-NUI", "answers": {"quel_animal": "punaises_de_lit"}},
            )
        )  # fmt: skip
        session.commit()
    asked = {"choices-0-label": "", "choices-2-label": "Rats"}
    again = _question_form(pages, row, "quel_animal")
    refused = pages.submit(again, holding="choices-0-label", status=422, **asked)
    assert "La règle « Punaises » demande cette réponse" in refused.text
    remove = f"/routing/categories/{row.id}/questions/quel_animal/remove"
    version = category_of(world, "T-NUI").version
    pages.post(remove, {"version": str(version)}, status=422)
    with as_system() as session:
        session.execute(sa.delete(RoutingRule).where(RoutingRule.name == "Punaises"))
        session.commit()
    pages.post(remove, {"version": str(version)})
    assert category_of(world, "T-NUI").questions == []


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"label": ""}, "Écrivez la question"),
        ({"choices-1-label": ""}, "au moins deux réponses"),
        ({"choices-1-label": "oui"}, "se lisent de la même façon"),
        ({"choices-0-switch_to": "Z-ZZZ"}, ""),
        ({"choices-0-payer": "dieu"}, ""),
        ({"choices-0-label": "x" * 400}, ""),
    ],
)
def test_a_question_refuses(
    app: Flask, pages: PageChecker, world: World, typed: dict[str, str], words: str
) -> None:
    row = category_of(world, "T-NUI")
    form = pages.get(f"/routing/categories/{row.id}/questions/new")
    values: dict[str, Any] = {
        "label": "Quoi ?",
        "choices-0-label": "Oui",
        "choices-1-label": "Non",
        **typed,
    }
    page = pages.submit(form, holding="choices-0-label", status=422, **values)
    assert words in page.text
    assert category_of(world, "T-NUI").questions == []


def test_questions_change_places(app: Flask, pages: PageChecker, world: World) -> None:
    row = category_of(world, "T-ASC")
    first, second = (question["key"] for question in row.questions)
    url = f"/routing/categories/{row.id}/questions/{second}/move"
    pages.post(url, {"direction": "up", "version": str(row.version)})
    assert [q["key"] for q in category_of(world, "T-ASC").questions] == [second, first]
    pages.post(url, {"direction": "up", "version": str(row.version)}, status=422)  # outdated


def test_a_category_of_one_s_own_below_another(
    app: Flask, pages: PageChecker, world: World
) -> None:
    row = category_of(world, "T-PLB")
    form = pages.get(f"/routing/categories/{row.id}/child")
    pages.submit(form, holding="suffix", status=422, suffix="w c", label="WC")
    for _ in range(2):  # a double click
        pages.submit(form, holding="suffix", suffix="wc", label="WC bouché")
    made = category_of(world, "T-PLB-WC")
    assert (made.label, made.priority, made.equipment) == ("WC bouché", "P3", "plumbing")
    assert "T-PLB-WC" in pages.get(f"/members/{world.a.id}/categories").text
    assert "T-PLB-WC" in pages.get(f"/routing/categories/{row.id}").text
    twin = pages.get(f"/routing/categories/{row.id}/child")
    assert (
        "déjà pris" in pages.submit(twin, holding="suffix", status=422, suffix="WC", label="x").text
    )
    tried = pages.get(
        f"/routing/rules/{world.a.id}/try?service=tenants&category_id={made.id}&location=private"
        "&caller_role=tenant&at=2026-11-24T10:00&residence=0001"
    )
    assert "Règle appliquée : Plomberie courante" in tried.text
    assert Priority.P3 in tried.text
    db.session.rollback()
