"""No export hands a formula to a spreadsheet."""

from pathlib import Path

import pytest

from callcenter.core.spreadsheets import csv_lines, disarm

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "text", ["=1+1", "=cmd|'/C calc'!A0", "+33", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"]
)
def test_no_cell_is_a_formula(text: str) -> None:
    assert disarm(text) == "'" + text
    assert "".join(csv_lines([["a", text]])).split(";", 1)[1].lstrip('"').startswith("'")


def test_ordinary_cells_are_left_alone() -> None:
    assert disarm("Robinet = fuite") == "Robinet = fuite"
    assert "".join(csv_lines([["é", 3]])) == "\ufeffé;3\r\n"


def test_every_export_disarms() -> None:
    writers = [
        path
        for room in ("callcenter", "workers")
        for path in (ROOT / room).rglob("*.py")
        if "csv.writer(" in path.read_text(encoding="utf-8")
    ]
    assert writers
    for path in writers:
        assert "disarm(" in path.read_text(encoding="utf-8"), path
