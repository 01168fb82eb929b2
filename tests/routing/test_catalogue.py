"""The default catalogue against the members' own table, and the search agents use."""

import pytest

from callcenter.members.clock_rules import Target, TargetUnit
from callcenter.routing.catalogue import BY_CODE, CATALOGUE
from callcenter.routing.catalogue_types import apply_answers, target_for
from callcenter.routing.category_search import search_categories
from callcenter.routing.states import DestinationKind, Priority, Service

# Copied by hand from the members' table: code, label, place, priority, delay, handler.
TABLE = """
T-GAZ  | Odeur ou fuite de gaz                    | both    | P0 | 1 h     | on_call
T-INC  | Incendie                                 | both    | P0 | 1 h     | on_call
T-ASP  | Personne bloquée dans l'ascenseur        | common  | P0 | 1 h     | contract lift
T-STR  | Structure, chute d'éléments              | both    | P0 | 1 h     | on_call
T-ASC  | Ascenseur en panne                       | common  | P1 | 4 h     | contract lift
T-FUI  | Fuite d'eau importante                   | both    | P1 | 4 h     | contract plumbing
T-PLB  | Plomberie courante                       | private | P3 | 5 wd    | contract plumbing
T-EVA  | Engorgement total                        | both    | P1 | 4 h     | contract plumbing
T-ELE  | Panne électrique totale                  | private | P1 | 4 h     | contract electricity
T-ELP  | Panne électrique partielle               | private | P2 | 24 h    | contract electricity
T-CHC  | Chauffage ou eau chaude collectifs       | common  | P1 | 4 h     | contract collective_heating
T-CHI  | Chaudière ou ballon individuel           | private | P2 | 24 h    | contract individual_boiler
T-SER  | Porte ou serrure hors service            | private | P1 | 4 h     | contract locks
T-MEN  | Menuiserie, volets, vitrage              | private | P3 | 5 wd    | team maintenance
T-VMC  | Ventilation                              | both    | P3 | 5 wd    | contract ventilation
T-HUM  | Humidité, moisissures                    | private | P3 | 10 wd   | agency
T-TOI  | Toiture, infiltration                    | common  | P2 | 24 h    | contract roof
T-DDE  | Dégât des eaux (sinistre)                | both    | P3 | 5 wd    | agency
T-ACC  | Interphone, portail, contrôle d'accès    | common  | P3 | 5 wd    | contract access_control
T-ECL  | Éclairage des communs                    | common  | P3 | 5 wd    | caretaker
T-PRO  | Propreté, encombrants                    | common  | P3 | 5 wd    | caretaker
T-NUI  | Nuisibles                                | both    | P3 | 5 wd    | contract pest_control
T-ESV  | Espaces verts                            | common  | P4 | 10 wd   | contract grounds
T-GPA  | Réserves, parfait achèvement             | both    | P3 | 5 wd    | team development
A-DOC  | Quittance, attestation                   | none    | P4 | 2 wd    | call_agent
A-ASS  | Attestation d'assurance                  | none    | P4 | 10 wd   | agency
A-APL  | APL / CAF                                | none    | P4 | 10 wd   | team rent
A-PAY  | Paiement, impayé                         | none    | P4 | 5 wd    | team arrears
A-CHG  | Charges                                  | none    | P4 | 10 wd   | team charges
A-CON  | Congé, état des lieux, dépôt de garantie | none    | P4 | 5 wd    | agency
A-DLS  | Demande de logement, mutation            | none    | P4 | 10 wd   | team allocations
V-TRB  | Troubles de voisinage                    | both    | P4 | 10 wd   | agency
V-DAN  | Violence, danger immédiat                | both    | P0 | 1 h     | team safety
C-REC  | Plainte sur le service                   | none    | P4 | 10 wd   | team quality
C-RGPD | Droit d'accès, effacement                | none    | P4 | 1 month | team dpo
S-URG  | Syndic : urgence                         | common  | P1 | 4 h     | on_call
S-TEC  | Syndic : technique                       | common  | P3 | 5 wd    | team co_ownership
S-ADM  | Syndic : AG, charges, vente              | none    | P4 | 10 wd   | team co_ownership
S-SIN  | Syndic : sinistre                        | both    | P3 | 5 wd    | team co_ownership_claims
F-FON  | Contact foncier (terrain)                | none    | P4 | 2 wd    | team land
F-ACC  | Accession, vente HLM                     | none    | P4 | 2 wd    | team sales
X-OTH  | Hors périmètre                           | none    | P4 | call    | signpost
"""
ROWS = [tuple(cell.strip() for cell in line.split("|")) for line in TABLE.strip().splitlines()]
UNITS = {
    "h": TargetUnit.HOURS,
    "wd": TargetUnit.WORKING_DAYS,
    "month": TargetUnit.MONTHS,
}


def delay(text: str) -> Target:
    if text == "call":
        return Target(0, TargetUnit.SAME_CALL)
    amount, unit = text.split()
    if text == "24 h":
        return Target(24, TargetUnit.OPEN_DAY_HOURS)
    return Target(int(amount), UNITS[unit])


@pytest.mark.parametrize(
    ("code", "label", "place", "priority", "target", "handler"), ROWS, ids=[r[0] for r in ROWS]
)
def test_the_catalogue_is_the_members_table(
    code: str, label: str, place: str, priority: str, target: str, handler: str
) -> None:
    category = BY_CODE[code]
    assert (category.label, category.location, category.priority) == (label, place, priority)
    assert target_for(category, category.priority) == delay(target)
    kind, _, what = handler.partition(" ")
    if kind == "contract":
        assert category.handler.kind is DestinationKind.CONTRACTOR_BY_CONTRACT
        assert category.equipment == what
    elif kind == "team":
        assert category.handler.kind is DestinationKind.MEMBER_TEAM
        assert category.handler.team_kind == what
    else:
        assert category.handler.kind == kind


def test_nothing_is_missing_and_nothing_is_added() -> None:
    assert [category.code for category in CATALOGUE] == [row[0] for row in ROWS]
    assert len(BY_CODE) == len(CATALOGUE)


def test_every_p0_says_what_to_do_first() -> None:
    numbers = {c.code: c.safety.number for c in CATALOGUE if c.safety is not None}
    assert numbers == {
        "T-GAZ": "0 800 47 33 33",
        "T-INC": "18 ou 112",
        "T-ASP": "18 ou 112 en cas de malaise",
        "T-STR": "18",
        "V-DAN": "17",
    }
    assert set(numbers) == {c.code for c in CATALOGUE if c.priority is Priority.P0}
    assert all(len(c.safety.script) > 60 for c in CATALOGUE if c.safety is not None)


def test_what_only_some_may_read() -> None:
    assert {c.code for c in CATALOGUE if c.restricted} == {"A-PAY", "V-DAN", "C-RGPD"}


def test_each_line_offers_what_it_answers_for() -> None:
    offered = {service: {c.code for c in CATALOGUE if service in c.services} for service in Service}
    shared = {"C-REC", "C-RGPD", "X-OTH"}
    assert offered[Service.SYNDIC] == shared | {"S-URG", "S-TEC", "S-ADM", "S-SIN"}
    assert offered[Service.LAND] == shared | {"F-FON", "F-ACC"}
    assert "T-ASC" in offered[Service.TENANTS]
    assert not offered[Service.TENANTS] & {"S-URG", "F-FON"}


def test_questions_are_well_made() -> None:
    for category in CATALOGUE:
        keys = [question.key for question in category.questions]
        assert len(keys) == len(set(keys)), category.code
        for question in category.questions:
            values = [choice.value for choice in question.choices]
            assert len(values) == len(set(values)) >= 2
            for choice in question.choices:
                assert choice.switch_to is None or choice.switch_to in BY_CODE


@pytest.mark.parametrize(
    ("code", "answers", "priority", "switch", "no_ticket"),
    [
        ("T-ASC", {"trapped": "yes"}, "P0", "T-ASP", False),
        ("T-ASC", {"trapped": "no"}, "P1", None, False),
        ("T-SER", {"cause": "lost_keys"}, "P4", None, True),
        ("T-SER", {"cause": "broken"}, "P1", None, False),
        ("T-ELE", {"extent": "partial"}, "P2", "T-ELP", False),
        ("T-ELE", {"extent": "partial", "medical": "yes"}, "P0", "T-ELP", False),
        ("T-EVA", {"only_toilet": "no"}, "P2", None, False),
        ("T-EVA", {"only_toilet": "no", "overflow": "yes"}, "P1", None, False),
        ("T-EVA", {"unknown": "yes", "overflow": "perhaps"}, "P1", None, False),
        ("T-DDE", {"still_leaking": "yes"}, "P1", "T-FUI", False),
    ],
)
def test_answers_change_the_ticket(
    code: str,
    answers: dict[str, str],
    priority: str,
    switch: str | None,
    no_ticket: bool,  # noqa: FBT001 - a column of the table
) -> None:
    outcome = apply_answers(BY_CODE[code], answers)
    assert (outcome.priority, outcome.switch_to, outcome.no_ticket) == (
        priority,
        switch,
        no_ticket,
    )


def test_a_raised_ticket_gets_the_delay_of_its_new_priority() -> None:
    assert target_for(BY_CODE["T-HUM"], Priority.P2) == Target(24, TargetUnit.OPEN_DAY_HOURS)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("ascenseur bloqué", "T-ASC"),
        ("bloque ASCENSEUR", "T-ASC"),
        ("personne bloquée ascenseur", "T-ASP"),
        ("coincé dans l'ascenseur", "T-ASP"),
        ("chauffe-eau", "T-CHI"),
        ("plus d'eau chaude", "T-CHC"),
        ("odeur de gaz", "T-GAZ"),
        ("fuite", "T-FUI"),
        ("cle perdue", "T-SER"),
        ("wc bouchés", "T-EVA"),
        ("punaises", "T-NUI"),
        ("badge", "T-ACC"),
        ("quittance", "A-DOC"),
        ("état des lieux", "A-CON"),
        ("apl", "A-APL"),
        ("caution", "A-CON"),
        ("bruit voisin", "V-TRB"),
        ("mes données personnelles", "C-RGPD"),
        ("ampoule", "T-ELP"),
        ("lumière couloir", "T-ECL"),
        ("terrain", "F-FON"),
        ("t-vmc", "T-VMC"),
        ("moisiss", "T-HUM"),
        ("volet roulant cassé", "T-MEN"),
    ],
)
def test_agents_find_the_category(typed: str, first: str) -> None:
    assert [c.code for c in search_categories(typed, CATALOGUE)][:1] == [first]


def test_two_kinds_of_hot_water_are_both_offered() -> None:
    found = [c.code for c in search_categories("plus d'eau chaude", CATALOGUE)]
    assert {"T-CHC", "T-CHI"} <= set(found[:3])


def test_an_empty_search_gives_everything_and_nonsense_gives_nothing() -> None:
    assert search_categories("", CATALOGUE) == list(CATALOGUE)
    assert search_categories("  ", CATALOGUE[:3]) == list(CATALOGUE[:3])
    assert search_categories("xylophone", CATALOGUE) == []
