"""Small files written on the spot, and the members' real ones when they are at hand."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from callcenter.estate.importing import Reading, RowReport, read_file

REAL = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "import"

DWELLING_HEADER = "CODE_UG;CODE_RES;LIB_RESIDENCE;NUM_VOIE;TYPE_VOIE;NOM_VOIE;CODE_POSTAL;COMMUNE"
LEASE_HEADER = "CODE_UG;NUM_BAIL;NOM;PRENOM;DATE_ENTREE;DATE_SORTIE;TEL_PORTABLE;EMAIL;QUALITE"


@dataclass
class Read:
    """A file read to its end."""

    reading: Reading
    records: list[Any]
    refused: list[RowReport] = field(default_factory=list)
    warned: list[RowReport] = field(default_factory=list)

    def causes(self) -> list[tuple[int, str, str]]:
        return [(r.line, p.column, p.problem.code) for r in self.refused for p in r.problems]

    def warnings(self) -> list[tuple[int, str, str]]:
        return [(r.line, p.column, p.problem.code) for r in self.warned for p in r.problems]


def read_all(file: object, **how: object) -> Read:
    refused: list[RowReport] = []
    warned: list[RowReport] = []
    with read_file(file, **how) as reading:  # type: ignore[arg-type]  # tests pass what they like
        records: list[Any] = list(reading.records(refused.append, warned.append))
    return Read(reading, records, refused, warned)


@pytest.fixture
def read_text() -> Callable[..., Read]:
    def read(text: str, encoding: str = "utf-8", **how: object) -> Read:
        return read_all(io.BytesIO(text.encode(encoding)), **how)

    return read


@pytest.fixture
def read_rows(read_text: Callable[..., Read]) -> Callable[..., Read]:
    """Read some rows under the usual header of a kind of file."""

    def read(kind: str, *rows: str, **how: object) -> Read:
        header = DWELLING_HEADER if kind == "dwellings" else LEASE_HEADER
        return read_text("\r\n".join([header, *rows]) + "\r\n", **how)

    return read


@pytest.fixture(scope="session")
def real() -> Callable[[str], Path]:
    def path(name: str) -> Path:
        found = REAL / name
        if not found.exists():
            pytest.skip(f"the members' files are not beside the repository: {found.name}")
        return found

    return path


@pytest.fixture
def workbook() -> Callable[..., bytes]:
    """Return an XLSX of one or several sheets; a cell is a text, a number or raw XML."""

    def make(*sheets: dict[str, object], extra: dict[str, bytes] | None = None) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in _parts(sheets).items():
                archive.writestr(name, content)
            for name, data in (extra or {}).items():
                archive.writestr(name, data)
        return buffer.getvalue()

    return make


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def _parts(sheets: tuple[dict[str, object], ...]) -> dict[str, str]:
    numbers = range(1, len(sheets) + 1)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>'
        + "".join(f'<sheet name="Feuille {n}" sheetId="{n}" r:id="r{n}"/>' for n in numbers)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="r{n}" Type="{_REL}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in numbers
        )
        + "</Relationships>",
    }
    for number, cells in zip(numbers, sheets, strict=True):
        rows: dict[int, list[str]] = {}
        for place, value in cells.items():
            line = int("".join(c for c in place if c.isdigit()))
            if isinstance(value, int | float):
                xml = f'<c r="{place}"><v>{value}</v></c>'
            else:
                text = escape(str(value))
                xml = f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'
            rows.setdefault(line, []).append(xml)
        body = "".join(f'<row r="{n}">{"".join(rows[n])}</row>' for n in sorted(rows))
        sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData></worksheet>'
        parts[f"xl/worksheets/sheet{number}.xml"] = sheet
    return parts
