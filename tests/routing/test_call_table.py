"""The table of calls (``calls.csv``): made to be read, and added to, by people of the trade."""

import csv
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from callcenter.routing.catalogue import CATALOGUE
from callcenter.routing.destinations import find_contract
from callcenter.routing.payment_rules import who_pays
from callcenter.routing.rule_sets import default_rules
from callcenter.routing.rule_types import Situation
from callcenter.routing.rules import decide
from callcenter.routing.states import CallerRole, Location, Priority
from callcenter.routing.wording import explain, explain_rejected, payment_text
from tests.routing.landlord import (
    AQUITANIS,
    BUILDINGS,
    MESOLIA,
    OWN_RULES,
    PLACES,
    book,
    call,
)

TABLE = Path(__file__).with_name("calls.csv")
WHERE = {"privé": Location.PRIVATE, "commun": Location.COMMON}

with TABLE.open(encoding="utf-8", newline="") as lines:
    CALLS = list(csv.DictReader(lines, delimiter=";"))

BOOK = book([*default_rules(CATALOGUE), *OWN_RULES])
CALLERS = {
    "locataire": CallerRole.TENANT,
    "copropriétaire": CallerRole.CO_OWNER,
    "anonyme": CallerRole.ANONYMOUS,
    "tiers": CallerRole.THIRD_PARTY,
}


def situation_of(row: dict[str, str]) -> Situation:
    """The call of one line of the table."""
    other: dict[str, Any] = {
        "answers": dict(answer.split("=") for answer in row["réponses"].split(",") if answer),
        "caller_role": CALLERS[row["appelant"] or "locataire"],
    }
    if row["lieu"]:
        other["location"] = WHERE[row["lieu"]]
    if row["bâtiment"]:
        other |= {"building_id": BUILDINGS[row["bâtiment"]], "building": row["bâtiment"]}
    if row["résidence"] == MESOLIA.name:
        other["other_member"] = MESOLIA
    else:
        assert not row["résidence"] or row["résidence"] in PLACES
    return call(row["motif"], row["quand"], row["résidence"], **other)


@pytest.mark.parametrize("row", CALLS, ids=[row["situation"] for row in CALLS])
def test_the_call_goes_where_people_expect(row: dict[str, str]) -> None:
    situation = situation_of(row)
    decision = decide(situation, BOOK)
    due = decision.due_at.astimezone(ZoneInfo("Europe/Paris"))
    said = "\n".join([*explain(decision), *explain_rejected(decision.rejected)])
    covered = find_contract(situation, BOOK, Priority.P4).found is not None
    guidance = who_pays(situation, contract_found=covered)
    found = {
        "organisme": decision.organisation_name,
        "équipe": decision.team_name,
        "priorité": str(decision.priority),
        "échéance": f"{due:%Y-%m-%d %H:%M}",
        "qui paie": payment_text(guidance)[0] if guidance else "",
    }
    assert found == {name: row[name] for name in found}, said
    assert row["on lit"] in said


def test_the_table_is_long_enough_and_covers_every_category() -> None:
    assert len(CALLS) >= 60
    assert {row["motif"] for row in CALLS} == {
        *(
            f"T-{x}"
            for x in [
                "GAZ",
                "INC",
                "ASP",
                "STR",
                "ASC",
                "FUI",
                "PLB",
                "EVA",
                "ELE",
                "ELP",
                "CHC",
                "CHI",
                "SER",
                "MEN",
            ]
        ),
        *(f"T-{x}" for x in ["VMC", "HUM", "TOI", "DDE", "ACC", "ECL", "PRO", "NUI", "ESV", "GPA"]),
        *(f"A-{x}" for x in ["DOC", "ASS", "APL", "PAY", "CHG", "CON", "DLS"]),
        *[
            "V-TRB",
            "V-DAN",
            "C-REC",
            "C-RGPD",
            "S-URG",
            "S-TEC",
            "S-ADM",
            "S-SIN",
            "F-FON",
            "F-ACC",
            "X-OTH",
        ],
    }


def test_what_is_kept_speaks_of_one_member_only() -> None:
    """A hand-over tells the other member's name and nothing of its organisation."""
    handed = decide(call("T-ASC", place="Gounod", other_member=MESOLIA), BOOK)
    assert handed.rule_id is None
    assert handed.contract_id is None
    assert handed.inform == ()
    kept = decide(call("T-ASC", place="Gounod", other_member=AQUITANIS), BOOK)
    assert kept.organisation_name == "Ascensoristes du Sud-Ouest"
