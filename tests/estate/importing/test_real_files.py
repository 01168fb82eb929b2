"""The members' nine files: exactly what is read, repaired, told and refused."""

from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from callcenter.estate.importing import (
    ContractRecord,
    DwellingRecord,
    LeaseRecord,
    Reading,
    Record,
    read_file,
)

Paths = Callable[[str], Path]


@lru_cache(maxsize=9)
def whole(path: Path) -> tuple[Reading, list[Record]]:
    """Read a file once for all the tests of this module."""
    with read_file(path) as reading:
        return reading, list(reading.records())


# name: kind, rows, read, refused, identical, empty, repairs, warnings, refusals
EXPECTED: dict[str, tuple[Any, ...]] = {
    "aquitanis-contrats.csv": ("contracts", 18, 18, 0, 0, 0, {}, {}, {}),
    "aquitanis-locataires.csv": (
        "leases",
        27782,
        27782,
        0,
        0,
        0,
        {
            "leading_zero": 1323,
            "split_numbers": 810,
            "century": 934,
            "phone_note": 209,
            "scientific": 551,
            "placeholder": 95,
        },
        {"lost_letter": 1462, "email_lost_letter": 914, "shared_lease": 86, "not_a_phone": 24},
        {},
    ),
    "aquitanis-patrimoine.csv": ("dwellings", 20400, 20376, 6, 18, 5, {}, {}, {"too_few_cells": 6}),
    "mesolia_contrats.csv": (
        "leases",
        28456,
        28456,
        0,
        0,
        0,
        {
            "split_numbers": 5131,
            "leading_zero": 1367,
            "placeholder": 103,
            "scientific": 539,
            "phone_note": 210,
        },
        {"not_a_phone": 23, "shared_lease": 84},
        {},
    ),
    "mesolia_contrats_entretien.csv": ("contracts", 18, 18, 0, 0, 0, {"leading_zero": 1}, {}, {}),
    "mesolia_logements.csv": ("dwellings", 21000, 21000, 0, 0, 0, {}, {}, {}),
    "tgh_contrats.csv": ("contracts", 18, 18, 0, 0, 0, {}, {}, {}),
    "tgh_locataires.xlsx": (
        "leases",
        6493,
        6493,
        0,
        0,
        0,
        {
            "split_numbers": 172,
            "leading_zero": 640,
            "scientific": 119,
            "phone_note": 58,
            "placeholder": 27,
        },
        {"not_a_phone": 1},
        {},
    ),
    "tgh_rpls.csv": ("dwellings", 4779, 4779, 0, 0, 0, {"clock_time": 63}, {}, {}),
}


@pytest.mark.parametrize("name", list(EXPECTED))
def test_counts(real: Paths, name: str) -> None:
    kind, rows, read, refused, identical, empty, repairs, warnings, refusals = EXPECTED[name]
    reading, records = whole(real(name))
    count, counts = len(records), reading.counts
    assert reading.total_rows == rows
    assert reading.kind == kind
    assert (counts.rows, count, counts.read) == (rows, read, read)
    assert (counts.refused, counts.identical, counts.empty) == (refused, identical, empty)
    assert counts.rows == counts.read + counts.refused + counts.identical
    assert reading.repairs.counts == repairs
    assert reading.warnings.counts == warnings
    assert reading.refusals.counts == refusals


def homes(path: Path) -> dict[str, DwellingRecord]:
    found = [r for r in whole(path)[1] if isinstance(r, DwellingRecord)]
    assert len({home.reference for home in found}) == len(found)
    return {home.reference: home for home in found}


def leases(path: Path) -> list[LeaseRecord]:
    found = [r for r in whole(path)[1] if isinstance(r, LeaseRecord)]
    assert len({lease.key for lease in found}) == len(found)
    return found


def test_aquitanis(real: Paths) -> None:
    dwellings = homes(real("aquitanis-patrimoine.csv"))
    assert len({home.residence_code for home in dwellings.values()}) == 473
    assert len({home.residence_name for home in dwellings.values()}) == 172
    first = dwellings["AQ00010001"]
    assert (first.street_line, first.city, first.floor) == ("180 Place de Bordeaux", "Bordeaux", 0)
    assert Counter(home.house_suffix for home in dwellings.values()).keys() == {"", "bis", "ter"}
    people = leases(real("aquitanis-locataires.csv"))
    lost = [lease for lease in people if lease.dwelling not in dwellings]
    assert [lease.dwelling for lease in lost] == ["AQ99999999"] * 18
    assert sum(1 for lease in people if lease.exit_date) == 2456
    notes = Counter(phone.note for lease in people for phone in lease.person.phones)
    assert set(notes) == {"", "fils", "poste 12"}


def test_mesolia(real: Paths) -> None:
    dwellings = homes(real("mesolia_logements.csv"))
    extras = Counter(home.address_extra for home in dwellings.values())
    assert extras == {"": 20957, "Résidence fermée, digicode à l'entrée": 43}
    assert Counter(home.home_kind for home in dwellings.values()) == {
        "apartment": 20964, "house": 36,
    }  # fmt: skip
    assert all(home.house_number and home.street_type for home in dwellings.values())
    people = leases(real("mesolia_contrats.csv"))
    assert all(lease.dwelling in dwellings for lease in people)
    names = {lease.person.last_name for lease in people}
    assert {"DE LA CRUZ", "TRẦN", "N'DIAYE", "MC DONALD"} <= names
    assert all(name == name.upper() for name in names)
    assert set(Counter(lease.person.civility for lease in people)) == {"", "M.", "Mme"}


def test_tarn_et_garonne(real: Paths) -> None:
    dwellings = homes(real("tgh_rpls.csv"))
    assert len({home.residence_code for home in dwellings.values()}) == 132
    assert dwellings["TG00010021"].street_line == "129 ter Rue Paul Éluard"
    assert dwellings["TG00020050"].street_line == "115 Avenue des Acacias"
    assert all(home.house_number for home in dwellings.values())
    people = leases(real("tgh_locataires.xlsx"))
    assert all(lease.dwelling in dwellings for lease in people)
    assert people[0].line == 4, "the number that the spreadsheet shows"


@pytest.mark.parametrize(
    ("contracts", "estate"),
    [
        ("aquitanis-contrats.csv", "aquitanis-patrimoine.csv"),
        ("mesolia_contrats_entretien.csv", "mesolia_logements.csv"),
        ("tgh_contrats.csv", "tgh_rpls.csv"),
    ],
)
def test_contracts_name_residences_that_exist(real: Paths, contracts: str, estate: str) -> None:
    known = {home.residence_code for home in homes(real(estate)).values()}
    found = [r for r in whole(real(contracts))[1] if isinstance(r, ContractRecord)]
    named = {code for contract in found for code in contract.residences}
    assert len(found) == 18
    assert named <= known
