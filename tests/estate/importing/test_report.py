import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from callcenter.core.spreadsheets import disarm
from callcenter.estate.importing import (
    LeaseRecord,
    QuarantineWriter,
    read_file,
    report_data,
    summary,
)
from callcenter.estate.importing.source import rearm

FILE = (
    "CODE_UG;NUM_BAIL;NOM;PRENOM;DATE_ENTREE;TEL_PORTABLE;QUALITE\n"
    "A1;B1;DURAND;Karim;31/02/2020;+33639981234;TITULAIRE\n"
    "A2;B2;=cmd|' /C calc'!A0;Léa;01/02/2020;0639981235;GARDIEN\n"
    "A3;B3;PETIT;Zoé;01/02/2020;639981236;TITULAIRE\n"
    "A4;B4;PETIT\n"
)


def quarantine(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "quarantine.csv"
    with (
        read_file(io.BytesIO(text.encode())) as reading,
        QuarantineWriter(path, reading.header) as writer,
    ):
        list(reading.records(writer))
    return path


def test_quarantine_opens_in_a_french_spreadsheet(tmp_path: Path) -> None:
    path = quarantine(tmp_path, FILE)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline=""), delimiter=";"))
    assert rows[0][:5] == [
        "Ligne refusée", "Colonne en cause", "Valeur refusée", "Cause", "Que faire",
    ]  # fmt: skip
    assert rows[1][:4] == ["2", "DATE_ENTREE", "31/02/2020", "Cette date n'existe pas"]
    assert rows[1][5:] == [
        "A1",
        "B1",
        "DURAND",
        "Karim",
        "31/02/2020",
        "'+33639981234",
        "TITULAIRE",
    ]
    assert rows[2][7] == "'=cmd|' /C calc'!A0", "a formula is only text"
    assert rows[3][3] == "Ligne tronquée : 3 cellules au lieu de 7"
    assert {len(row) for row in rows} == {12}


def test_a_mended_quarantine_can_be_sent_as_it_is(tmp_path: Path) -> None:
    path = quarantine(tmp_path, FILE)
    text = path.read_text("utf-8-sig").replace("31/02/2020;", "28/02/2020;")
    path.write_text(text.replace("GARDIEN", "Occupant"), encoding="utf-8-sig")
    with read_file(path) as reading:
        records = [r for r in reading.records() if isinstance(r, LeaseRecord)]
    assert [record.person.last_name for record in records] == ["DURAND", "=cmd|' /C calc'!A0"]
    assert records[0].person.phones[0].number == "+33639981234"
    assert reading.counts.refused == 1, "the row cut short still lacks its cells"


def test_summary_and_figures(read_text: Callable[..., Any]) -> None:
    read = read_text(FILE)
    reading = read.reading
    words = summary(reading)
    assert "Fichier de baux et occupants : 4 lignes de données." in words
    assert "1 lues, 3 refusées" in words
    assert "Cette date n'existe pas : 1 (ligne 2, DATE_ENTREE : 31/02/2020)" in words
    assert "Zéro de tête remis : 1 (ligne 4, TEL_PORTABLE : 639981236 -> 0639981236)" in words
    data = report_data(reading)
    assert (data["rows"], data["read"], data["refused"]) == (4, 1, 3)
    assert data["refusals"]["bad_role"] == {"count": 1, "samples": [[3, "QUALITE", "GARDIEN"]]}


@given(st.text(max_size=40))
def test_no_cell_is_a_formula_and_every_cell_comes_back(cell: str) -> None:
    assert not disarm(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    if not cell.startswith("'"):
        assert rearm(disarm(cell)) == cell
