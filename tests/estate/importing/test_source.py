"""Files of unknown form: what is told from their bytes, what is refused and in which words."""

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from callcenter.core.errors import UserError
from callcenter.estate.importing import source as source_module
from callcenter.estate.importing.source import open_source

DWELLING = (
    "CODE_UG;CODE_RES;NOM_VOIE;CODE_POSTAL;COMMUNE\r\nA1;0001;RUE DE L'ÉGLISE;33000;BÈGLES\r\n"
)


def rows(data: bytes) -> list[tuple[int, tuple[str, ...]]]:
    found = open_source(io.BytesIO(data))
    try:
        return [(row.line, row.cells) for row in found.rows()]
    finally:
        found.close()


def form(data: bytes) -> dict[str, str]:
    found = open_source(io.BytesIO(data))
    found.close()
    return found.details


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("cp1252", "iso-8859-1"),
        ("iso-8859-1", "iso-8859-1"),
        ("utf-16", "utf-16"),
        ("cp850", "cp850"),
        ("mac_roman", "mac_roman"),
    ],
)
def test_encoding_is_told_from_the_bytes(encoding: str, told: str) -> None:
    data = DWELLING.encode(encoding)
    assert form(data)["encoding"] == told
    assert rows(data)[1][1] == ("A1", "0001", "RUE DE L'ÉGLISE", "33000", "BÈGLES")


def test_a_windows_character_means_cp1252() -> None:
    data = DWELLING.replace("'", "’").encode("cp1252")
    assert form(data)["encoding"] == "cp1252"
    assert rows(data)[1][1][2] == "RUE DE L’ÉGLISE"


def test_one_bad_byte_does_not_make_utf8_something_else() -> None:
    data = (DWELLING + "A2;0001;ALLÉE ÉMILE ZOLA;33000;BÈGLES\r\n" * 50).encode()
    data += b"A3;0001;RUE DU CH\xc2TEAU;33000;CENON\r\n"
    assert form(data)["encoding"] == "utf-8"
    assert rows(data)[1][1][4] == "BÈGLES"
    assert "\ufffd" in rows(data)[-1][1][2]


def test_accents_encoded_twice_are_undone() -> None:
    data = "A1;0001;LamÃ©nais;33000;BÃ¨gles\r\n".encode() * 2
    assert rows(data)[0][1][2:] == ("Laménais", "33000", "Bègles")


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_separator_is_told_from_the_lines(separator: str) -> None:
    data = DWELLING.replace(";", separator).encode()
    assert form(data)["separator"] == separator
    assert len(rows(data)[1][1]) == 5


def test_quoted_cells_hold_separators_quotes_and_line_ends() -> None:
    data = b'a,b,c\n1,"x, ""y""\nz",3\n4,5,6\n'
    assert rows(data) == [
        (1, ("a", "b", "c")),
        (2, ("1", 'x, "y"\nz', "3")),
        (4, ("4", "5", "6")),
    ]


def test_a_quote_never_closed_spoils_its_own_row_only() -> None:
    body = b"".join(b"%d;b;c\n" % n for n in range(30))
    found = open_source(io.BytesIO(b'a;b;c\n1;"oops;3\n' + body))
    read = list(found.rows())
    found.close()
    assert [row.damage for row in read[:3]] == ["", "open_quote", ""]
    assert len(read) == 32


def test_a_quote_inside_a_word_is_a_quote() -> None:
    assert rows(b'a;b;c\n1;tube 12" fonte;3\n2;x;y\n')[1][1] == ("1", 'tube 12" fonte', "3")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "vide"),
        (b"  \r\n\r\n", "vide"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"\n\n%PDF-1.4 ...", "PDF"),
        (b"\x89PNG\r\n\x1a\n123", "image"),
        (b"\xff\xd8\xff\xe0abc", "image"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "xls"),
        (b"\x1f\x8b\x08abc", "archive"),
        (b"<!DOCTYPE html><table><tr><td>1</td></tr></table>", "page web"),
        (b"MZ\x90\x00\x03\x00\x00\x00 a;b;c", "pas du texte"),
        (b"a;b;c\n1;2;\x00\x01\x02\n", "pas du texte"),
        (b"PK\x03\x04not really a zip", "abîmé"),
        (b"bonjour\nmonde\n", "une colonne"),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_do(data: bytes, words: str) -> None:
    with pytest.raises(UserError, match=words):
        rows(data)


def test_two_gigabytes_are_refused_without_being_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.csv"
    with huge.open("wb") as file:
        file.truncate(2 << 30)
    with pytest.raises(UserError, match="2048 Mo ; la limite est de 100 Mo"):
        open_source(huge)


def test_an_endless_upload_stops_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            return b"a;b;c\n" * (max(size, 6) // 6)

    monkeypatch.setattr(source_module, "MAX_BYTES", 5 << 20)
    with pytest.raises(UserError, match="limite est de 5 Mo"):
        open_source(Endless())  # type: ignore[arg-type]  # a raw stream reads like any other


def test_a_line_without_end_is_refused() -> None:
    with pytest.raises(UserError, match="démesurée"):
        rows(b"a;b;c\n" + b"x;" * 2_000_000)


def test_a_monstrous_cell_spoils_its_own_row_only() -> None:
    found = open_source(io.BytesIO(b"a;b\n1;" + b"x" * 140_000 + b"\n2;y\n"))
    read = list(found.rows())
    found.close()
    assert [row.damage for row in read] == ["", "unreadable", ""]
    assert len(read[1].cells[1]) == 200


def test_an_archive_that_is_no_workbook() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.csv", "a;b")
    with pytest.raises(UserError, match="archive"):
        rows(buffer.getvalue())


def test_a_zip_bomb_is_refused_before_it_opens(workbook: Callable[..., bytes]) -> None:
    bomb = workbook({"A1": "x"}, extra={"xl/media/x.xml": b"\0" * (250 << 20)})
    assert len(bomb) < 1 << 20
    tracemalloc.start()
    with pytest.raises(UserError, match="une fois ouvert"):
        rows(bomb)
    assert tracemalloc.get_traced_memory()[1] < 40 << 20
    tracemalloc.stop()


def test_many_parts_add_up_to_a_bomb(
    workbook: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callcenter.estate.importing.source_xlsx.MAX_UNZIPPED", 1 << 20)
    data = workbook({"A1": "x"}, extra={"xl/a.xml": b" " * 900_000})
    assert rows(data) == [(1, ("x",))]
    data = workbook({"A1": "x"}, extra={"xl/a.xml": b" " * 900_000, "xl/b.xml": b" " * 900_000})
    with pytest.raises(UserError, match="une fois ouvert"):
        rows(data)


def test_a_bomb_with_a_false_size_in_its_directory_is_stopped(
    workbook: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 3 << 20
    data = workbook({"A1": "x"}, extra={"xl/a.xml": b" " * size})
    small = data.replace(struct.pack("<I", size), struct.pack("<I", 100))
    assert zipfile.ZipFile(io.BytesIO(small)).getinfo("xl/a.xml").file_size == 100
    monkeypatch.setattr("callcenter.estate.importing.source_xlsx.MAX_UNZIPPED", 1 << 20)
    with pytest.raises(UserError, match="une fois ouvert"):
        rows(small)


@pytest.mark.parametrize("cell", ["XFD1", "ZZZ9"])
def test_a_cell_far_away_does_not_fill_the_memory(
    workbook: Callable[..., bytes], cell: str
) -> None:
    with pytest.raises(UserError, match="trop loin"):
        rows(workbook({"A1": "x", cell: "y"}))


def test_a_row_far_below_does_not_fill_the_memory(workbook: Callable[..., bytes]) -> None:
    with pytest.raises(UserError, match="trop loin"):
        rows(workbook({"A1": "x", "Z1048576": "y"}))


def test_an_empty_workbook(workbook: Callable[..., bytes]) -> None:
    with pytest.raises(UserError, match="aucune feuille"):
        rows(workbook({}))


def test_rows_of_a_workbook_keep_their_numbers(workbook: Callable[..., bytes]) -> None:
    data = workbook({"A3": "N° logement", "B3": "Nom", "A5": "T1", "B5": 12.0, "C5": 1.5}, {})
    assert [row for row in rows(data) if any(row[1])] == [
        (3, ("N° logement", "Nom", "")),
        (5, ("T1", "12", "1.5")),
    ]
    assert form(data) == {"sheet": "Feuille 1", "ignored_sheets": "Feuille 2"}
