"""Routing rules: who wins, who stands in, what is told, and that it is fast."""

import json
import time
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.members.calendar_rules import is_on_call_time
from callcenter.members.clock_rules import Target, TargetUnit
from callcenter.routing.catalogue import BY_CODE, CATALOGUE
from callcenter.routing.catalogue_types import lineage
from callcenter.routing.rule_sets import (
    default_rules,
    find_ties,
    has_default,
    specificity,
    under_warranty,
    warranty_end,
)
from callcenter.routing.rule_types import (
    AgencyRef,
    Contract,
    Decision,
    OrganisationRef,
    Rule,
    Step,
    TeamRef,
    steps_from_json,
)
from callcenter.routing.rules import decide
from callcenter.routing.states import (
    CallerRole,
    DestinationKind,
    Equipment,
    Family,
    Hours,
    Location,
    Ownership,
    Priority,
    Service,
    TeamKind,
)
from callcenter.routing.wording import (
    delay_text,
    explain,
    explain_rejected,
    explain_steps,
    headline,
    instant_text,
)
from callcenter.routing.words import STEPS
from tests.routing.landlord import (
    AQUITANIS,
    CONTRACT_HOURS,
    CONTRACTS,
    LIFTS,
    MESOLIA,
    MULTI,
    NORTH,
    OFFICE,
    PLACES,
    TEAMS,
    book,
    call,
    paris,
)

DEFAULT = Rule(id=999, kind=DestinationKind.TRIAGE, name="Route par défaut")


def to_team(rule_id: int, kind: TeamKind = TeamKind.QUALITY, **conditions: Any) -> Rule:
    return Rule(
        id=rule_id,
        name=f"règle {rule_id}",
        kind=DestinationKind.MEMBER_TEAM,
        team_kind=kind,
        **conditions,
    )


def codes(steps: tuple[Step, ...]) -> list[str]:
    return [step.code for step in steps]


# -- which rule wins ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ({"category": "T-PLB"}, {"family": Family.TECHNICAL}),
        ({"category": "T-PLB", "location": Location.PRIVATE}, {"category": "T-PLB"}),
        ({"residence_id": 101}, {"category": "T-PLB"}),
        ({"residence_id": 101, "building_id": 201}, {"residence_id": 101}),
        ({"category": "T-PLB"}, {"equipment": Equipment.PLUMBING, "location": Location.PRIVATE}),
        ({"residence_id": 101}, {"agency_id": 10, "equipment": Equipment.PLUMBING}),
        ({"category": "T-PLB", "agency_id": 10}, {"category": "T-PLB"}),
        ({"category": "T-PLB", "answers": (("stoppable", "yes"),)}, {"category": "T-PLB"}),
        ({"equipment": Equipment.PLUMBING}, {"family": Family.TECHNICAL}),
        ({"family": Family.TECHNICAL, "hours": Hours.BUSINESS}, {"family": Family.TECHNICAL}),
        ({"caller_role": CallerRole.TENANT}, {"service": Service.TENANTS}),
        ({"service": Service.TENANTS}, {}),
    ],
)
def test_the_most_specific_rule_wins(narrow: dict[str, Any], wide: dict[str, Any]) -> None:
    situation = call("T-PLB", place="Gounod", building_id=201, answers={"stoppable": "yes"})
    rules = [to_team(1, TeamKind.DPO, **wide), to_team(2, TeamKind.QUALITY, **narrow), DEFAULT]
    for order in (rules, rules[::-1]):
        decision = decide(situation, book(order))
        assert (decision.rule_id, decision.team_name) == (2, "Qualité")
    if wide:
        assert Step("rule_less_specific", {"id": 1, "rule": "règle 1"}) in decision.rejected


def test_rank_breaks_ties_the_lowest_first() -> None:
    rules = [
        to_team(1, TeamKind.DPO, category="T-PLB", rank=2),
        to_team(2, TeamKind.QUALITY, category="T-PLB", rank=1),
        DEFAULT,
    ]
    assert decide(call("T-PLB", place="Gounod"), book(rules)).rule_id == 2
    assert find_ties(rules) == []


@pytest.mark.parametrize(
    ("one", "other", "tie"),
    [
        ({"category": "T-PLB"}, {"category": "T-PLB"}, True),
        ({"category": "T-PLB"}, {"category": "T-ASC"}, False),
        ({"residence_id": 101}, {"residence_id": 102}, False),
        ({"category": "T-PLB", "hours": Hours.BUSINESS}, {"category": "T-PLB", "hours": Hours.ON_CALL}, False),
        ({"category": "T-PLB", "hours": Hours.BUSINESS}, {"category": "T-PLB", "caller_role": CallerRole.TENANT}, True),
        ({"category": "T-PLB"}, {"category": "T-PLB", "location": Location.PRIVATE}, False),
        ({"answers": (("a", "yes"),)}, {"answers": (("a", "no"),)}, False),
        ({"answers": (("a", "yes"),)}, {"answers": (("b", "no"),)}, True),
        ({"family": Family.TECHNICAL}, {"family": Family.LAND}, False),
        ({"location": Location.COMMON}, {"priority": Priority.P1}, True),
    ],
)  # fmt: skip
def test_ties_are_found_when_rules_are_written(
    one: dict[str, Any],
    other: dict[str, Any],
    tie: bool,  # noqa: FBT001 - a column of the table
) -> None:
    rules = [to_team(1, TeamKind.DPO, **one), to_team(2, TeamKind.QUALITY, **other)]
    assert bool(find_ties(rules)) is tie
    same_outcome = [rules[0], replace(rules[1], team_kind=TeamKind.DPO)]
    assert find_ties(same_outcome) == []


def test_the_default_set_has_a_default_and_no_tie() -> None:
    rules = default_rules(CATALOGUE, first_id=100)
    assert has_default(rules)
    assert find_ties(rules) == []
    assert [rule.id for rule in rules] == list(range(100, 100 + len(rules)))
    assert not has_default(rules[:-1])
    assert {rule.category for rule in rules} == {*BY_CODE, None}


def test_a_condition_on_warranty_counts_whatever_it_asks() -> None:
    assert specificity(to_team(1, under_warranty=False)) == specificity(
        to_team(1, under_warranty=True)
    )
    assert not has_default([to_team(1, under_warranty=False)])


def test_a_rule_on_a_category_holds_for_those_below_it() -> None:
    below = replace(BY_CODE["T-PLB"], code="T-PLB-WC", label="WC bouché")
    general, narrow = to_team(1, TeamKind.DPO, category="T-PLB"), to_team(2, category="T-PLB-WC")
    situation = replace(call("T-PLB", place="Gounod"), category=below)
    assert decide(situation, book([general, DEFAULT])).rule_id == 1
    assert decide(situation, book([general, narrow, DEFAULT])).rule_id == 2
    assert decide(call("T-PLB", place="Gounod"), book([general, narrow, DEFAULT])).rule_id == 1
    assert lineage("T-PLB-WC") == ("T-PLB-WC", "T-PLB")
    other = replace(narrow, id=3, kind=DestinationKind.AGENCY, team_kind=None)
    assert find_ties([general, narrow]) == []
    assert len(find_ties([narrow, other])) == 1


def test_what_is_out_of_service_gets_nothing() -> None:
    off = replace(CONTRACTS[0], contractor=replace(LIFTS, active=False))
    decision = decide(call("T-ASC", place="Gounod"), book(contracts=[off]))
    assert decision.team_name == "Régie"
    assert (
        "Contrat Ascensoristes du Sud-Ouest écarté : le prestataire est hors service."
        in explain_rejected(decision.rejected)
    )
    named = Rule(
        id=1,
        kind=DestinationKind.ORGANISATION,
        organisation=replace(MULTI, active=False),
        category="T-MEN",
    )
    assert decide(call("T-MEN", place="Gounod"), book([named, DEFAULT])).team_name == "Régie"


def test_a_rule_may_require_a_contract_in_force() -> None:
    rules = [
        replace(to_team(1, TeamKind.DPO, category="T-ASC"), contract_required=True),
        to_team(2, TeamKind.QUALITY, category="T-ASC"),
        DEFAULT,
    ]
    assert decide(call("T-ASC", place="Gounod"), book(rules)).rule_id == 1
    without = decide(call("T-ASC", place="Palmer"), book(rules))
    assert without.rule_id == 2
    assert "Règle « règle 1 » : aucun contrat utilisable." in explain_rejected(without.rejected)


def test_a_rule_may_change_the_priority_and_the_delay_follows() -> None:
    rules = [replace(to_team(1, category="T-HUM"), priority_override=Priority.P2), DEFAULT]
    decision = decide(call("T-HUM", place="Gounod"), book(rules))
    assert decision.priority is Priority.P2
    assert decision.target == Target(24, TargetUnit.OPEN_DAY_HOURS)
    assert "La règle « règle 1 » fixe la priorité à P2." in explain(decision)


# -- destinations -------------------------------------------------------------------------


def test_named_organisation_and_named_team() -> None:
    named = Rule(id=1, kind=DestinationKind.ORGANISATION, organisation=MULTI, category="T-MEN")
    decision = decide(call("T-MEN", place="Gounod"), book([named, DEFAULT]))
    assert (decision.organisation_id, decision.team_id) == (MULTI.id, None)
    team = Rule(id=1, kind=DestinationKind.MEMBER_TEAM, team_id=22, category="T-MEN")
    assert decide(call("T-MEN", place="Gounod"), book([team, DEFAULT])).team_name == "Loge Gounod"


def test_what_a_rule_names_may_be_gone() -> None:
    gone = Rule(id=1, name="vieille", kind=DestinationKind.MEMBER_TEAM, team_id=7, category="T-MEN")
    decision = decide(call("T-MEN", place="Gounod"), book([gone, DEFAULT]))
    assert decision.team_name == "Agence Bordeaux Nord"
    assert "L'équipe de la règle « vieille » n'existe plus." in explain_rejected(decision.rejected)
    nobody = Rule(id=1, kind=DestinationKind.ORGANISATION, category="T-MEN")
    assert decide(call("T-MEN", place="Gounod"), book([nobody, DEFAULT])).team_name == "Régie"


def test_without_rule_or_team_there_is_always_the_triage() -> None:
    for situation in (call("T-ASC", place="Gounod"), call("A-PAY"), call("T-GAZ")):
        decision = decide(situation, book([], contracts=(), teams=()))
        assert decision.destination_kind is DestinationKind.TRIAGE
        assert decision.organisation_name == "Coo.Pairs"
        assert "Aucune règle ne s'applique." in explain(decision)


def test_restricted_matters_never_fall_back_on_an_agency() -> None:
    teams = [team for team in TEAMS if team.kind not in {TeamKind.ARREARS, TeamKind.SAFETY}]
    for code in ("A-PAY", "V-DAN"):
        decision = decide(call(code, place="Gounod"), book(teams=teams))
        assert decision.destination_kind in {DestinationKind.TRIAGE, DestinationKind.ON_CALL}


def test_a_team_of_another_agency_is_not_taken() -> None:
    elsewhere = TeamRef(70, "Régie Rive Droite", AQUITANIS, TeamKind.MAINTENANCE, 11)
    here = TeamRef(71, "Régie Nord", AQUITANIS, TeamKind.MAINTENANCE, NORTH.id)
    wide = book(teams=[*TEAMS, elsewhere, here])
    assert decide(call("T-MEN", place="Gounod"), wide).team_name == "Régie Nord"
    assert decide(call("T-MEN", place="Palmer"), wide).team_name == "Régie"
    only = book(teams=[elsewhere])
    assert decide(call("T-MEN", place="Gounod"), only).destination_kind is DestinationKind.TRIAGE


def test_among_contracts_the_nearest_then_the_latest() -> None:
    for_all = replace(CONTRACTS[0], id=20, contractor=MULTI, residence_ids=None)
    newer = replace(CONTRACTS[0], id=21, starts_on=date(2026, 1, 1))
    decision = decide(call("T-ASC", place="Gounod"), book(contracts=[for_all, CONTRACTS[0], newer]))
    assert decision.contract_id == 21
    assert decide(call("T-ASC", place="Palmer"), book(contracts=[for_all])).contract_id == 20


def test_a_contract_runs_its_first_and_last_day_in_french_time() -> None:
    short = replace(CONTRACTS[0], starts_on=date(2026, 3, 3), ends_on=date(2026, 3, 3))
    only = book(contracts=[short])
    assert decide(call("T-ASC", "2026-03-03 00:10", "Gounod"), only).contract_id == 1
    assert decide(call("T-ASC", "2026-03-03 23:50", "Gounod"), only).contract_id == 1
    assert decide(call("T-ASC", "2026-03-02 23:50", "Gounod"), only).contract_id is None
    assert decide(call("T-ASC", "2026-03-04 00:10", "Gounod"), only).contract_id is None


# -- common parts of a co-owned building ----------------------------------------------------


def test_the_syndic_takes_common_parts_whatever_the_agency_rule_says() -> None:
    rules = [to_team(1, category="T-TOI", agency_id=11), DEFAULT]
    decision = decide(call("T-TOI", place="Les Tilleuls"), book(rules))
    assert decision.organisation_name == "Garonne Gestion"
    assert [entry.reason for entry in decision.inform] == ["landlord"]
    assert decision.inform[0].organisation == AQUITANIS
    assert codes(decision.rejected) == ["common_parts"]


@pytest.mark.parametrize(
    "conditions", [{"ownership": Ownership.CONDO}, {"residence_id": PLACES["Les Tilleuls"].id}]
)
def test_a_rule_about_that_building_may_say_otherwise(conditions: dict[str, Any]) -> None:
    rules = [to_team(1, category="T-TOI", **conditions), DEFAULT]
    decision = decide(call("T-TOI", place="Les Tilleuls"), book(rules))
    assert decision.team_name == "Qualité"
    assert [entry.reason for entry in decision.inform] == ["syndic"]


def test_the_warranty_year() -> None:
    assert warranty_end(date(2024, 2, 29)) == date(2025, 2, 28)
    assert under_warranty(call("T-MEN", "2026-06-16 23:59", "Canopée"))
    assert not under_warranty(call("T-MEN", "2026-06-17 00:01", "Canopée"))
    assert not under_warranty(call("T-MEN", "2025-06-15 12:00", "Canopée"))
    decision = decide(call("T-MEN", place="Canopée"), book())
    assert decision.suggested_category == "T-GPA"


# -- on-call ------------------------------------------------------------------------------


def test_a_rule_written_for_the_night_is_followed() -> None:
    rules = [to_team(1, category="T-ASC", hours=Hours.ON_CALL), *default_rules(CATALOGUE, 10)]
    assert decide(call("T-ASC", "2026-03-03 22:00", "Gounod"), book(rules)).team_name == "Qualité"
    assert decide(call("T-ASC", "2026-03-03 10:00", "Gounod"), book(rules)).contract_id == 1


def test_p2_to_p4_never_reach_the_on_call_service() -> None:
    rules = [Rule(id=1, kind=DestinationKind.ON_CALL, category="T-ELP"), DEFAULT]
    decision = decide(call("T-ELP", "2026-03-03 22:00", "Gounod"), book(rules))
    assert decision.team_name == "Régie"
    assert "P2 ne va jamais à l'astreinte." in explain_rejected(decision.rejected)


def test_without_on_call_service_the_night_goes_to_the_triage() -> None:
    teams = [team for team in TEAMS if team.kind is not TeamKind.ON_CALL]
    decision = decide(call("T-SER", "2026-03-03 22:00", "Gounod"), book(teams=teams))
    assert decision.destination_kind is DestinationKind.TRIAGE
    by_day = decide(call("T-GAZ", "2026-03-03 10:00", "Gounod"), book(teams=teams))
    assert by_day.team_name == "Régie"


def test_an_urgent_syndic_call_without_on_call_goes_to_the_managers_by_day() -> None:
    teams = [team for team in TEAMS if team.kind is not TeamKind.ON_CALL]
    decision = decide(call("S-URG", place="Montaut"), book(teams=teams))
    assert decision.team_name == "Copropriété"


# -- answers ------------------------------------------------------------------------------


def test_answers_are_facts_with_consequences() -> None:
    trapped = decide(call("T-ASC", place="Gounod", answers={"trapped": "yes"}), book())
    assert (trapped.priority, trapped.suggested_category) == (Priority.P0, "T-ASP")
    assert trapped.advice
    lost = decide(call("T-SER", place="Gounod", answers={"cause": "lost_keys"}), book())
    assert lost.no_ticket
    assert "décret 87-712" in lost.advice[0]
    assert decide(call("X-OTH"), book()).no_ticket


# -- words --------------------------------------------------------------------------------


def test_the_sentence_of_the_specification() -> None:
    decision = decide(call("T-ASC", place="Gounod"), book())
    assert explain(decision)[0] == (
        "Ascenseur, partie commune, résidence Gounod (mono-propriété Aquitanis) → contrat "
        "Ascensoristes du Sud-Ouest (24/7, jusqu'au 31/12/2027) ; délai 4 h : P1"
    )
    assert headline(decision.steps, "en") == (
        "Ascenseur, common part, residence Gounod (owned by Aquitanis alone) → contract "
        "Ascensoristes du Sud-Ouest (24/7, until 31/12/2027); within 4 h: P1"
    )


def test_dates_and_delays_in_words() -> None:
    assert instant_text(paris("2026-03-01 08:05")) == "dimanche 1er mars 2026 à 8 h 05"
    assert instant_text(paris("2026-03-02 18:00"), "en") == "Monday 2 March 2026 at 18:00"
    one_day = Target(1, TargetUnit.WORKING_DAYS)
    assert delay_text(one_day, Priority.P4) == "délai 1 jour ouvré"
    assert delay_text(one_day, Priority.P4, "en-GB") == "within 1 working day"


def test_both_languages_have_the_same_sentences() -> None:
    assert STEPS["fr"].keys() == STEPS["en"].keys()


def test_the_explanation_survives_the_ticket() -> None:
    decision = decide(
        call("T-FUI", "2026-03-03 22:00", "Les Tilleuls", location=Location.COMMON), book()
    )
    kept = json.loads(json.dumps(decision.explanation_to_json()))
    assert explain_steps(steps_from_json(kept["steps"])) == explain(decision)
    assert explain_rejected(steps_from_json(kept["rejected"])) == explain_rejected(
        decision.rejected
    )
    assert explain_steps((Step("promise_of_old"), Step("waits", {}))) != []


# -- properties ---------------------------------------------------------------------------

INSTANTS = st.datetimes(
    paris("2026-01-01 00:00").replace(tzinfo=None), paris("2027-12-31 00:00").replace(tzinfo=None)
).map(lambda moment: paris(moment.isoformat()))
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "category": st.sampled_from([*sorted(BY_CODE), "T-PLB-WC"]),
        "family": st.sampled_from(Family),
        "location": st.sampled_from(Location),
        "ownership": st.sampled_from(Ownership),
        "agency_id": st.sampled_from([10, 11, 12]),
        "residence_id": st.integers(101, 108),
        "building_id": st.sampled_from([201, 202]),
        "equipment": st.sampled_from(Equipment),
        "contract_required": st.booleans(),
        "under_warranty": st.booleans(),
        "priority": st.sampled_from(Priority),
        "hours": st.sampled_from(Hours),
        "caller_role": st.sampled_from(CallerRole),
        "service": st.sampled_from(Service),
        "answers": st.just((("trapped", "yes"),)),
    },
)
KINDS = st.sampled_from(
    [kind for kind in DestinationKind if kind is not DestinationKind.CALL_AGENT]
)


@st.composite
def rule_sets(draw: st.DrawFn) -> list[Rule]:
    count = draw(st.integers(0, 12))
    return [
        Rule(
            id=number,
            kind=draw(KINDS),
            team_kind=draw(st.sampled_from(TeamKind)),
            organisation=draw(st.sampled_from([MULTI, LIFTS, None])),
            priority_override=draw(st.sampled_from([None, None, *Priority])),
            rank=draw(st.integers(0, 2)),
            **draw(CONDITIONS),
        )
        for number in range(count)
    ]


@st.composite
def decisions(draw: st.DrawFn) -> tuple[Decision, list[Rule], bool]:
    rules = draw(rule_sets())
    instant = draw(INSTANTS)
    situation = call(
        draw(st.sampled_from(sorted(BY_CODE))),
        instant.isoformat(timespec="minutes")[:16],
        draw(st.sampled_from(["", *PLACES])),
        location=draw(st.sampled_from([None, *Location])),
        building_id=draw(st.sampled_from([None, 201])),
        answers=draw(st.sampled_from([{}, {"trapped": "yes"}, {"cause": "lost_keys"}])),
        caller_role=draw(st.sampled_from(CallerRole)),
        other_member=draw(st.sampled_from([None, None, None, MESOLIA])),
    )
    teams = draw(st.lists(st.sampled_from(TEAMS), unique=True))
    decision = decide(situation, book(rules, teams=teams))
    return decision, rules, situation.is_on_call_time


@settings(max_examples=250)
@given(decisions())
def test_whatever_the_rules_there_is_one_destination_and_a_reason(
    made: tuple[Decision, list[Rule], bool],
) -> None:
    decision, rules, at_night = made
    assert decision.organisation_id
    assert decision.organisation_name
    assert codes(decision.steps).count("destination") == 1
    assert "?" not in explain(decision)[0].replace("? »", "")
    for lang in ("fr", "en"):
        sentences = [*explain(decision, lang), *explain_rejected(decision.rejected, lang)]
        assert all("{" not in sentence for sentence in sentences)
        known = [step for step in decision.steps if step.code not in {"subject", "destination"}]
        assert len(explain(decision, lang)) == 1 + len(known)
        assert len(explain_rejected(decision.rejected, lang)) == len(decision.rejected)
    if decision.destination_kind is DestinationKind.ON_CALL:
        assert decision.priority.is_urgent
    written_for_night = any(
        rule.id == decision.rule_id and rule.hours is Hours.ON_CALL for rule in rules
    )
    if at_night and decision.priority.is_urgent and not written_for_night:
        assert decision.destination_kind not in {DestinationKind.AGENCY, DestinationKind.CARETAKER}
    json.dumps(decision.explanation_to_json())


@settings(max_examples=100)
@given(rule_sets(), st.randoms(use_true_random=False), INSTANTS, st.sampled_from(sorted(BY_CODE)))
def test_the_order_in_which_rules_are_stored_changes_nothing(
    rules: list[Rule], shuffler: Any, instant: Any, code: str
) -> None:
    situation = call(code, instant.isoformat(timespec="minutes")[:16], "Gounod")
    shuffled = list(rules)
    shuffler.shuffle(shuffled)
    assert decide(situation, book(rules)) == decide(situation, book(shuffled))


@settings(max_examples=100)
@given(rule_sets(), st.sampled_from(sorted(BY_CODE)))
def test_no_rule_that_applies_is_more_specific_than_the_one_applied(
    rules: list[Rule], code: str
) -> None:
    decision = decide(call(code, place="Gounod"), book([*rules, DEFAULT]))
    applied = next(rule for rule in [*rules, DEFAULT] if rule.id == decision.rule_id)
    for rule in rules:
        if specificity(rule) > specificity(applied):
            alone = decide(call(code, place="Gounod"), book([rule]))
            assert alone.rule_id is None


# -- speed --------------------------------------------------------------------------------


def big_book() -> Any:
    """A member of the goal's size: 500 rules and 300 contracts."""
    codes_known = sorted(BY_CODE)
    rules = [
        to_team(1000 + n, category=codes_known[n % len(codes_known)], agency_id=n % 40, rank=n)
        for n in range(300)
    ]
    rules += [
        to_team(2000 + n, residence_id=5000 + n, location=Location.COMMON) for n in range(150)
    ]
    rules += default_rules(CATALOGUE, 3000)
    kinds = list(Equipment)
    contracts = [
        Contract(
            100 + n,
            OrganisationRef(200 + n, f"Prestataire {n}"),
            kinds[n % len(kinds)],
            date(2024, 1, 1),
            date(2024, 6, 30) + timedelta(days=n * 7),
            CONTRACT_HOURS,
            frozenset(range(n, n + 400)),
        )
        for n in range(300)
    ]
    return book(rules, contracts)


def test_a_decision_takes_well_under_five_milliseconds() -> None:
    large = big_book()
    situations = [
        call(code, f"2026-03-03 {hour}:00", place)
        for code in sorted(BY_CODE)
        for hour in (10, 22)
        for place in ("Gounod", "Les Tilleuls", "")
    ]
    for situation in situations:
        decide(situation, large)
    taken = []
    for situation in situations:
        begins = time.process_time()
        decide(situation, large)
        taken.append(time.process_time() - begins)
    assert sorted(taken)[len(taken) * 95 // 100] < 0.005


def test_the_landlord_of_the_tests_is_coherent() -> None:
    assert is_on_call_time(OFFICE, paris("2026-03-03 22:00"))
    assert AgencyRef(10, "Agence Bordeaux Nord") == PLACES["Gounod"].agency
