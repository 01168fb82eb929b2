"""Every damage of issue 3, in small files: repaired when sure, refused otherwise, always told."""

import datetime as dt
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.core.errors import UserError
from callcenter.estate.importing import LeaseRecord, fingerprint, read_file
from callcenter.estate.importing.transforms.phones import PhoneEntry
from callcenter.estate.states import OccupancyRole, Ownership

Reader = Callable[..., Any]

GOOD = "A1;0001;LES PINS;12;RUE;DE LA PAIX;33000;BORDEAUX"
LEASE = "A1;B1;DURAND;Karim;01/02/2020;;0639981234;k@exemple.fr;TITULAIRE"


def test_a_dwelling(read_rows: Reader) -> None:
    (home,) = read_rows("dwellings", GOOD).records
    assert home.street_line == "12 Rue de la Paix"
    assert (home.reference, home.residence_code, home.city) == ("A1", "0001", "Bordeaux")
    assert home.ownership is Ownership.SINGLE
    assert home.line == 2


def test_a_lease(read_rows: Reader) -> None:
    (lease,) = read_rows("leases", LEASE).records
    assert lease.person.phones == (PhoneEntry("+33639981234", "mobile", ""),)
    assert (lease.role, lease.entry_date) == (OccupancyRole.TENANT, dt.date(2020, 2, 1))
    assert lease.key == "A1|B1|durand karim"


def test_a_row_cut_short_is_refused_even_when_it_repeats_a_good_one(read_rows: Reader) -> None:
    read = read_rows("dwellings", GOOD, "A1;0001;LES PINS;12", GOOD.replace("A1", "A2"))
    assert read.causes() == [(3, "", "too_few_cells")]
    assert [home.reference for home in read.records] == ["A1", "A2"]


def test_a_row_with_a_separator_too_many_is_refused(read_rows: Reader) -> None:
    read = read_rows("dwellings", GOOD, "A2;0001;LES;PINS;12;RUE;DE LA PAIX;33000;BORDEAUX")
    assert read.causes() == [(3, "", "too_many_cells")]
    assert "9 cellules au lieu de 8" in read.refused[0].problems[0].problem.cause


def test_empty_cells_at_the_end_are_no_damage(read_rows: Reader) -> None:
    assert len(read_rows("dwellings", GOOD + ";;;").records) == 1


def test_a_row_broken_over_two_lines_is_glued(read_rows: Reader) -> None:
    read = read_rows("dwellings", GOOD, "A2;0001;LES PINS;14;RUE;DE", "LA PAIX;33000;BORDEAUX")
    assert [home.street_line for home in read.records] == ["12 Rue de la Paix", "14 Rue de la Paix"]
    assert read.reading.repairs.counts == {"joined_rows": 1}
    assert read.refused == []


def test_two_rows_cut_short_are_not_glued_to_each_other(read_rows: Reader) -> None:
    read = read_rows("dwellings", GOOD, "A2;0001;LES PINS;14", "A3;0001;LES PINS;14;RUE")
    assert read.causes() == [(3, "", "too_few_cells"), (4, "", "too_few_cells")]


def test_a_quoted_cell_over_two_lines_is_no_damage(read_text: Reader) -> None:
    read = read_text(
        "Identifiant logement,Groupe,Adresse,CP,Ville\n"
        'A1,0001,"5 Rue du Stade\nDigicode, cour",33000,Bordeaux\n'
        "A2,0001,6 Rue du Stade,33000,Bordeaux\n"
    )
    assert [(r.line, r.street_line, r.address_extra) for r in read.records] == [
        (2, "5 Rue du Stade", "Digicode, cour"),
        (4, "6 Rue du Stade", ""),
    ]


def test_empty_rows_and_repeated_headers_are_counted_not_refused(read_rows: Reader) -> None:
    header = "CODE_UG;CODE_RES;LIB_RESIDENCE;NUM_VOIE;TYPE_VOIE;NOM_VOIE;CODE_POSTAL;COMMUNE"
    read = read_rows("dwellings", GOOD, ";;;;;;;", "", header, GOOD.replace("A1", "A2"))
    assert (len(read.records), read.refused) == (2, [])
    assert (read.reading.counts.empty, read.reading.counts.repeated_headers) == (2, 1)


def test_titles_above_the_header_are_skipped(read_text: Reader) -> None:
    read = read_text(
        "Export du 01/10/2026;;;;\n;;;;\nLogement;Nom;Prénom;Entrée;Rôle\n"
        "A1;DURAND;Karim;01/02/2020;titulaire\n"
    )
    assert read.reading.table.header_line == 3
    assert read.records[0].line == 4


def test_an_identical_row_is_ignored_and_counted(read_rows: Reader) -> None:
    read = read_rows("dwellings", GOOD, GOOD, GOOD + " ")
    assert (len(read.records), read.reading.counts.identical, read.refused) == (1, 2, [])


def test_two_different_rows_for_one_key_are_both_refused(read_rows: Reader) -> None:
    other = GOOD.replace(";12;", ";13;")
    read = read_rows("dwellings", GOOD, GOOD.replace("A1", "A2"), other)
    assert read.causes() == [(2, "CODE_UG", "conflict"), (4, "CODE_UG", "conflict")]
    assert "lignes 2, 4" in read.refused[0].problems[0].problem.cause
    assert [home.reference for home in read.records] == ["A2"]


def test_people_may_share_a_lease(read_rows: Reader) -> None:
    other = LEASE.replace("Karim", "Léa").replace("TITULAIRE", "COTITULAIRE")
    read = read_rows("leases", LEASE, other)
    assert [lease.role for lease in read.records] == ["tenant", "co_tenant"]
    assert read.warnings() == []


def test_a_lease_number_on_two_homes_is_told(read_rows: Reader) -> None:
    read = read_rows("leases", LEASE, LEASE.replace("A1", "A2").replace("DURAND", "PETIT"))
    assert len(read.records) == 2
    assert read.warnings() == [(2, "NUM_BAIL", "shared_lease"), (3, "NUM_BAIL", "shared_lease")]
    assert "lignes 2, 3" in read.warned[0].problems[0].problem.cause


def test_without_a_lease_number_somebody_may_come_back(read_rows: Reader) -> None:
    first = "A1;;DURAND;Karim;01/02/2010;01/02/2015;;;TITULAIRE"
    read = read_rows("leases", first, "A1;;DURAND;Karim;01/02/2018;;;;TITULAIRE")
    assert len({lease.key for lease in read.records}) == 2


@pytest.mark.parametrize(
    ("row", "column", "cause"),
    [
        (";B1;DURAND;Karim;01/02/2020;;;;TITULAIRE", "CODE_UG", "missing"),
        ("1,23457E+12;B1;DURAND;K;01/02/2020;;;;TITULAIRE", "CODE_UG", "bad_reference"),
        ("A1;B1;;Karim;01/02/2020;;;;TITULAIRE", "NOM", "missing"),
        ("A1;B1;DURAND;Karim;;;;;TITULAIRE", "DATE_ENTREE", "missing"),
        ("A1;B1;DURAND;Karim;31/02/2020;;;;TITULAIRE", "DATE_ENTREE", "impossible_date"),
        ("A1;B1;DURAND;Karim;01/02/2020;bientôt;;;TITULAIRE", "DATE_SORTIE", "bad_date"),
        ("A1;B1;DURAND;Karim;01/02/2020;01/01/2020;;;TITULAIRE", "DATE_SORTIE",
         "exit_before_entry"),
        ("A1;B1;DURAND;Karim;01/02/2020;;;;GARDIEN", "QUALITE", "bad_role"),
        ("A1;B1;DURAND;Karim;01/02/2020;;;;", "QUALITE", "missing"),
    ],
)  # fmt: skip
def test_what_must_be_good_and_is_not_refuses_the_row(
    read_rows: Reader, row: str, column: str, cause: str
) -> None:
    read = read_rows("leases", row, LEASE.replace("A1", "A9"))
    assert read.causes() == [(2, column, cause)]
    assert len(read.records) == 1


@pytest.mark.parametrize(
    ("row", "column", "cause"),
    [
        (LEASE.replace("0639981234", "6,4E+08"), "TEL_PORTABLE", "phone_digits_lost"),
        (LEASE.replace("0639981234", "voir tuteur"), "TEL_PORTABLE", "not_a_phone"),
        (LEASE.replace("k@exemple.fr", "?@exemple.fr"), "EMAIL", "email_lost_letter"),
        (LEASE.replace("k@exemple.fr", "rien"), "EMAIL", "bad_email"),
        (LEASE.replace("B1", "1,2E+09"), "NUM_BAIL", "bad_reference"),
        (LEASE.replace("DURAND", "TR?N"), "NOM", "lost_letter"),
    ],
)
def test_what_may_be_absent_is_dropped_and_told(
    read_rows: Reader, row: str, column: str, cause: str
) -> None:
    read = read_rows("leases", row)
    assert read.warnings() == [(2, column, cause)]
    assert len(read.records) == 1
    assert read.reading.counts.with_warnings == 1


def test_a_name_that_lost_a_letter_is_kept_as_it_is(read_rows: Reader) -> None:
    read = read_rows("leases", LEASE.replace("DURAND", "TR?N"))
    assert read.records[0].person.last_name == "TR?N"


def test_a_lost_zero_in_a_postcode_is_put_back(read_rows: Reader) -> None:
    read = read_rows("dwellings", GOOD.replace("33000", "9000"))
    assert read.records[0].postcode == "09000"
    assert read.reading.repairs.samples["leading_zero"] == [(2, "CODE_POSTAL", "9000 -> 09000")]


def test_zeros_lost_by_residence_codes_are_put_back_when_the_others_tell(
    read_rows: Reader,
) -> None:
    rows = [GOOD.replace("A1", f"A{n}") for n in range(2, 12)]
    read = read_rows("dwellings", *rows, GOOD.replace(";0001;", ";12;"))
    assert read.records[-1].residence_code == "0012"
    read = read_rows("dwellings", GOOD.replace("0001", "12"))
    assert read.records[-1].residence_code == "12", "alone, it tells nothing"


CLOCK = "A9;0001;LES PINS;09:00:00;RUE;DE LA PAIX;33000;BORDEAUX"


def neighbour(reference: str, number: str) -> str:
    return GOOD.replace("A1", reference).replace(";12;", f";{number};")


def test_a_clock_time_becomes_the_only_number_that_fits(read_rows: Reader) -> None:
    read = read_rows("dwellings", CLOCK, neighbour("A2", "33"), neighbour("A3", "35"))
    assert {home.reference: home.house_number for home in read.records}["A9"] == "33"
    assert read.reading.repairs.samples["clock_time"] == [(2, "NUM_VOIE", "09:00:00 -> 33")]


@pytest.mark.parametrize(
    "neighbours",
    [
        (),
        (neighbour("A2", "12"),),
        (neighbour("A2", "33"), neighbour("A3", "9")),
        (neighbour("A2", "33").replace("DE LA PAIX", "DU PORT"),),
        (neighbour("A2", "33").replace("0001", "0002"),),
    ],
)
def test_a_clock_time_is_not_guessed(read_rows: Reader, neighbours: tuple[str, ...]) -> None:
    read = read_rows("dwellings", CLOCK, *neighbours)
    home = next(home for home in read.records if home.reference == "A9")
    assert home.house_number == ""
    assert read.warnings() == [(2, "NUM_VOIE", "clock_time")]


def test_a_clock_time_in_a_whole_address(read_text: Reader) -> None:
    read = read_text(
        "Identifiant logement;Groupe;Adresse;CP;Ville\n"
        "A1;0001;09:00:00 Rue du Stade;33000;Bordeaux\nA2;0001;129 Rue du Stade;33000;Bordeaux\n"
    )
    assert {r.reference: r.street_line for r in read.records}["A1"] == "129 Rue du Stade"


def test_a_contract(read_text: Reader) -> None:
    read = read_text(
        "PRESTATAIRE;LOT;RESIDENCES;DEBUT;FIN;HORAIRES;ASTREINTE;TELEPHONE;EMAIL\n"
        "Accès 33;CONTROLE D'ACCES;0001|0002;01/01/2024;31/12/2026;8h-18h;OUI;536490001;a@b.fr\n"
        "Lifts;ASCENSEUR;TOUTES;01/01/2024;;24/7;NON;;\n"
        "Bad;TELEPORTEUR;0001;01/01/2024;;;;;\n"
        "Bad;VMC;0001;01/01/2024;31/12/2020;;;;\n"
    )
    first, second = read.records
    assert (first.equipment, first.residences, first.on_call) == (
        "access_control", ("0001", "0002"), True,
    )  # fmt: skip
    assert first.phone == "+33536490001"
    assert (second.every_residence, second.around_the_clock, second.ends_on) == (True, True, None)
    assert read.causes() == [(4, "LOT", "bad_equipment"), (5, "FIN", "end_before_start")]


def test_a_workbook_is_read_like_a_text_file(
    workbook: Callable[..., bytes], read_text: Reader
) -> None:
    names = ("N° logement", "Nom", "Prénom", "Rôle", "Date d'entrée", "Tél. 1")
    values = ("T1", "DURAND", "Karim", "titulaire", 44555, 639981234)
    cells: dict[str, object] = {"A1": "Locataires au 01/10/2026"}
    cells |= {f"{'ABCDEF'[i]}3": name for i, name in enumerate(names)}
    cells |= {f"{'ABCDEF'[i]}4": value for i, value in enumerate(values)}
    with read_file(io.BytesIO(workbook(cells, {"A1": "à ignorer"}))) as reading:
        (lease,) = reading.records()
    assert isinstance(lease, LeaseRecord)
    assert lease.entry_date == dt.date(2021, 12, 25)
    assert lease.person.phones[0].number == "+33639981234"
    assert lease.line == 4


def test_header_only_and_no_header_and_wrong_kind(read_text: Reader) -> None:
    header = "CODE_UG;NUM_BAIL;NOM;PRENOM;DATE_ENTREE;QUALITE\n"
    with pytest.raises(UserError, match="en-tête et aucune donnée"):
        read_text(header)
    with pytest.raises(UserError, match="aucune donnée"):
        read_text(header + ";;;;;\n\n")
    with pytest.raises(UserError, match="en-tête n'a pas été reconnue"):
        read_text("1;2;3\n4;5;6\n")
    with pytest.raises(UserError, match="ressemble à un fichier de baux"):
        read_text(header + "A;B;C;D;01/01/2020;T\n", kind="dwellings")
    with pytest.raises(UserError, match="colonnes obligatoires : Date d'entrée"):
        read_text("CODE_UG;NUM_BAIL;NOM;PRENOM\nA;B;C;D\n", kind="leases")


def test_a_column_that_vanished_stops_the_file(read_rows: Reader, read_text: Reader) -> None:
    mapping = read_rows("leases", LEASE).reading.mapping.as_data()
    with pytest.raises(UserError, match="TEL_PORTABLE"):
        read_text(
            "CODE_UG;NUM_BAIL;NOM;PRENOM;DATE_ENTREE\nA1;B1;X;Y;01/01/2020\n", mapping=mapping
        )


def test_a_reading_may_be_made_twice_and_says_the_same(read_rows: Reader) -> None:
    first, second = (read_rows("leases", LEASE, LEASE).records for _ in range(2))
    assert [fingerprint(r) for r in first] == [fingerprint(r) for r in second]
    other = read_rows("leases", "", LEASE).records
    assert other[0].line != first[0].line
    assert fingerprint(other[0]) == fingerprint(first[0])


def test_hostile_text_is_only_text(read_rows: Reader) -> None:
    rows = (
        LEASE.replace("DURAND", "=cmd|' /C calc'!A0"),
        LEASE.replace("A1", "A2").replace("Karim", "<script>alert(1)</script>"),
        LEASE.replace("A1", "A3").replace("Karim", "'; DROP TABLE contact; --".replace(";", ",")),
        LEASE.replace("A1", "A4").replace("Karim", "K\u202egnp"),
        LEASE.replace("A1", "A5").replace("Karim", "é" * 10_000),
    )
    read = read_rows("leases", *rows)
    assert [r.person.first_name for r in read.records[:3]] == [
        "Karim", "<script>alert(1)</script>", "', DROP TABLE contact, --",
    ]  # fmt: skip
    assert [code for _, column, code in read.warnings() if column == "PRENOM"] == [
        "control_characters", "too_long",
    ]  # fmt: skip


@given(st.binary(max_size=300), st.integers(0, 200), st.integers(0, 40))
def test_no_bytes_break_the_reading(noise: bytes, place: int, cut: int) -> None:
    good = f"CODE_UG;NUM_BAIL;NOM;PRENOM;DATE_ENTREE;TEL_PORTABLE;QUALITE\n{GOOD}\n{LEASE}\n"
    data = good.encode()
    for damaged in (noise, data[:place] + noise + data[place + cut :]):
        try:
            with read_file(io.BytesIO(damaged)) as reading:
                read = sum(1 for _ in reading.records())
        except UserError:
            continue
        counts = reading.counts
        assert read + counts.refused + counts.identical == counts.rows == reading.total_rows


MEASURE = """
import resource, sys
from callcenter.estate.importing import read_file
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with read_file(sys.argv[1]) as reading:
    read = sum(1 for _ in reading.records())
samples = len(reading.refusals.samples["too_few_cells"])
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(read, reading.counts.refused, samples, grown // 1024)
"""


def test_damaged_rows_without_end_keep_memory_bounded(tmp_path: Path) -> None:
    damaged = 300_000
    file = tmp_path / "damaged.csv"
    with file.open("wb") as stream:
        stream.write(b"CODE_UG;CODE_RES;NOM_VOIE;CODE_POSTAL;COMMUNE\nA1;1;RUE X;33000;CENON\n")
        stream.write(b"A2;0001;RUE X\n" * damaged)
    # A process of its own: what other tests took would hide what this one takes.
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(file)], capture_output=True, text=True, check=True
    )
    read, refused, samples, grown = map(int, done.stdout.split())
    assert (read, refused, samples) == (1, damaged, 5)
    assert grown < 30, "megabytes"
