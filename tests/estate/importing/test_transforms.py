import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.estate.importing.outcome import Outcome
from callcenter.estate.importing.transforms import TRANSFORMS, argument_names, bind
from callcenter.estate.importing.transforms.phones import PhoneEntry
from callcenter.estate.states import OccupancyRole


def value(name: str, text: str) -> Any:
    return TRANSFORMS[name](text).value


def codes(out: Outcome) -> tuple[list[str], list[str]]:
    return [repair.code for repair in out.repairs], [problem.code for problem in out.problems]


@pytest.mark.parametrize(
    ("text", "expected", "repairs"),
    [
        ("25/12/2021", dt.date(2021, 12, 25), []),
        ("5/2/2021", dt.date(2021, 2, 5), []),
        ("25.12.21", dt.date(2021, 12, 25), ["century"]),
        ("25-12-98", dt.date(1998, 12, 25), ["century"]),
        ("2021-12-25", dt.date(2021, 12, 25), []),
        ("2021-12-25 00:00:00", dt.date(2021, 12, 25), []),
        ("20211225", dt.date(2021, 12, 25), []),
        ("44555", dt.date(2021, 12, 25), ["excel_serial"]),
        ("44555.0", dt.date(2021, 12, 25), ["excel_serial"]),
    ],
)
def test_dates_in_all_their_forms(text: str, expected: dt.date, repairs: list[str]) -> None:
    out = TRANSFORMS["date"](text)
    assert (out.value, codes(out)) == (expected, (repairs, []))


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("31/02/2020", "impossible_date"),
        ("29.02.21", "impossible_date"),
        ("13/13/2020", "impossible_date"),
        ("01/01/0020", "impossible_date"),
        ("12/2020", "bad_date"),
        ("25/12-2021", "bad_date"),
        ("bientôt", "bad_date"),
        ("123", "bad_date"),
        ("99999", "bad_date"),
    ],
)
def test_no_date_is_guessed(text: str, cause: str) -> None:
    assert codes(TRANSFORMS["date"](text)) == ([], [cause])


@given(st.dates(min_value=dt.date(1960, 1, 1), max_value=dt.date(2059, 12, 31)))
def test_a_date_is_read_back_from_every_form(day: dt.date) -> None:
    for form in ("%d/%m/%Y", "%d.%m.%y", "%Y-%m-%d", "%Y%m%d", "%d-%m-%Y"):
        assert value("date", day.strftime(form)) == day
    assert value("date", str((day - dt.date(1899, 12, 30)).days)) == day


MOBILE, LANDLINE = "+33639981234", "+33536490001"


@pytest.mark.parametrize(
    ("text", "numbers", "repairs"),
    [
        ("06 39 98 12 34", [MOBILE], []),
        ("06.39.98.12.34", [MOBILE], []),
        ("06-39-98-12-34", [MOBILE], []),
        ("0639981234", [MOBILE], []),
        ("+33639981234", [MOBILE], []),
        ("+33 (0)6 39 98 12 34", [MOBILE], []),
        ("0033 639981234", [MOBILE], []),
        ("33639981234", [MOBILE], ["country_code"]),
        ("639981234", [MOBILE], ["leading_zero"]),
        ("639981234.0", [MOBILE], ["leading_zero"]),
        ("6,39981234E+08", [MOBILE], ["scientific", "leading_zero"]),
        ("6.39981234e+8", [MOBILE], ["scientific", "leading_zero"]),
        ("06 39 98 12 34 / 05 36 49 00 01", [MOBILE, LANDLINE], ["split_numbers"]),
        ("06 39 98 12 34 ; 05 36 49 00 01", [MOBILE, LANDLINE], ["split_numbers"]),
        ("06 39 98 12 34 ou 05 36 49 00 01", [MOBILE, LANDLINE], ["split_numbers"]),
        ("06 39 98 12 34 05 36 49 00 01", [MOBILE, LANDLINE], ["split_numbers"]),
        ("6,39981234E+08, 0536490001", [MOBILE, LANDLINE],
         ["scientific", "leading_zero", "split_numbers"]),
        ("0639981234 / 06 39 98 12 34", [MOBILE], []),
        ("NC", [], ["placeholder"]),
        ("0", [], ["placeholder"]),
        ("00 00 00 00 00", [], ["placeholder"]),
        ("non communiqué", [], ["placeholder"]),
        ("NC ; 0536490001", [LANDLINE], ["placeholder"]),
        ("", [], []),
    ],
)  # fmt: skip
def test_phones_are_repaired_only_when_sure(
    text: str, numbers: list[str], repairs: list[str]
) -> None:
    out = TRANSFORMS["phones"](text)
    assert [entry.number for entry in out.value or ()] == numbers
    assert codes(out) == (repairs, [])


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("6,3998E+08", "phone_digits_lost"),
        ("6,4E+08", "phone_digits_lost"),
        ("voir tuteur", "not_a_phone"),
        ("12345", "not_a_phone"),
        ("=cmd|' /C calc'!A0", "not_a_phone"),
        ("06 39 98 12", "invalid_phone"),
        ("0939981234567", "invalid_phone"),
    ],
)
def test_a_bad_number_is_dropped_and_told(text: str, cause: str) -> None:
    out = TRANSFORMS["phones"](text)
    assert out.value is None
    assert codes(out)[1][0] == cause


def test_a_bad_number_leaves_the_good_one() -> None:
    out = TRANSFORMS["phones"]("6,4E+08 / 06 39 98 12 34")
    assert [entry.number for entry in out.value] == [MOBILE]
    assert codes(out)[1] == ["phone_digits_lost"]


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("06 39 98 12 34 (fils)", PhoneEntry(MOBILE, "mobile", "fils")),
        ("+33 (0)6 39 98 12 34 (fils)", PhoneEntry(MOBILE, "mobile", "fils")),
        ("fille : 0639981234", PhoneEntry(MOBILE, "mobile", "fille")),
        ("05 36 49 00 01 poste 12", PhoneEntry(LANDLINE, "landline", "poste 12")),
        ("6,39981234E+08 (fils)", PhoneEntry(MOBILE, "mobile", "fils")),
    ],
)
def test_what_stands_beside_a_number_becomes_its_note(text: str, entry: PhoneEntry) -> None:
    out = TRANSFORMS["phones"](text)
    assert out.value == (entry,)
    assert "phone_note" in codes(out)[0]


def test_a_number_of_the_import_range_is_a_mobile() -> None:
    assert value("phones", "07 31 37 51 65") == (PhoneEntry("+33731375165", "mobile", ""),)


@given(st.integers(min_value=0, max_value=9999))
def test_every_damage_to_a_number_gives_the_same_number(tail: int) -> None:
    digits = f"63998{tail:04d}"
    expected = (PhoneEntry("+33" + digits, "mobile", ""),)
    for text in (
        "0" + digits,
        digits,
        f"{digits[0]},{digits[1:]}E+08",
        f"+33 (0){digits}",
        f"0033{digits}",
    ):
        assert value("phones", text) == expected


@given(st.text(max_size=60))
def test_no_text_breaks_a_transformation(text: str) -> None:
    for name, transform in TRANSFORMS.items():
        out = transform(text)
        assert isinstance(out, Outcome), name
        for problem in out.problems:
            assert problem.cause
            assert problem.advice
        for repair in out.repairs:
            assert repair.text


@pytest.mark.parametrize(
    ("text", "expected", "repairs"),
    [
        ("33000", "33000", []),
        ("33 000", "33000", []),
        ("9000", "09000", ["leading_zero"]),
        ("9000.0", "09000", ["leading_zero"]),
        ("33000,0", "33000", []),
    ],
)
def test_postcodes(text: str, expected: str, repairs: list[str]) -> None:
    out = TRANSFORMS["postcode"](text)
    assert (out.value, codes(out)) == (expected, (repairs, []))


@pytest.mark.parametrize("text", ["330", "330000", "BORDEAUX", "00123", "3,3E+04"])
def test_bad_postcodes(text: str) -> None:
    assert codes(TRANSFORMS["postcode"](text)) == ([], ["bad_postcode"])


def test_insee_codes() -> None:
    assert value("insee", "2A004") == "2A004"
    assert value("insee", "1004") == "01004"
    assert codes(TRANSFORMS["insee"]("2C004"))[1] == ["bad_insee"]


@pytest.mark.parametrize(
    ("text", "civility", "last", "first"),
    [
        ("MME DURAND Karim", "Mme", "DURAND", "Karim"),
        ("M. DE LA CRUZ Anne-Sophie", "M.", "DE LA CRUZ", "Anne-Sophie"),
        ("M LE GOFF Mónica", "M.", "LE GOFF", "Mónica"),
        ("N'DIAYE Yılmaz", "", "N'DIAYE", "Yılmaz"),
        ("Mme TRẦN Łukasz", "Mme", "TRẦN", "Łukasz"),
        ("Karim DURAND", "", "DURAND", "Karim"),
        ("M. et Mme DURAND Jean et Marie", "M. et Mme", "DURAND", "Jean et Marie"),
        ("DURAND K.", "", "DURAND", "K."),
        ("M. O'BRIEN", "M.", "O'BRIEN", ""),
        ("MARTIN", "", "MARTIN", ""),
    ],
)
def test_whole_names(text: str, civility: str, last: str, first: str) -> None:
    out = TRANSFORMS["whole_name"](text)
    assert out.value == {"civility": civility, "last_name": last, "first_name": first}
    assert codes(out) == ([], [])


@pytest.mark.parametrize("text", ["DURAND KARIM", "Durand Karim"])
def test_a_name_that_can_not_be_split_is_kept_whole_and_told(text: str) -> None:
    out = TRANSFORMS["whole_name"](text)
    assert out.value["last_name"] == text
    assert codes(out) == ([], ["name_not_split"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("37 Place Montesquieu", {"house_number": "37", "street_type": "Place",
                                  "street": "Montesquieu"}),
        ("109 bis RUE SIMONE VEIL", {"house_number": "109", "house_suffix": "bis",
                                     "street_type": "Rue", "street": "Simone Veil"}),
        ("12-14 av. du 8 Mai 1945", {"house_number": "12-14", "street_type": "Avenue",
                                     "street": "du 8 Mai 1945"}),
        ("12B ALLEE DES LILAS", {"house_number": "12", "house_suffix": "B",
                                 "street_type": "Allée", "street": "des Lilas"}),
        ("3, allée des Lilas", {"house_number": "3", "street_type": "Allée",
                                "street": "des Lilas"}),
        ("Lieu-dit Le Bourg", {"street": "Lieu-dit Le Bourg"}),
        ("5 Rue du Stade\nDigicode à l'entrée", {
            "house_number": "5", "street_type": "Rue", "street": "du Stade",
            "address_extra": "Digicode à l'entrée"}),
    ],
)  # fmt: skip
def test_whole_addresses(text: str, expected: dict[str, str]) -> None:
    out = TRANSFORMS["whole_address"](text)
    assert out.value == expected
    assert codes(out) == ([], [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [("RDC", 0), ("0", 0), ("-1", -1), ("1er étage", 1), ("14", 14), ("2.0", 2), ("sous-sol", -1)],
)
def test_floors(text: str, expected: int) -> None:
    assert value("floor", text) == expected


@pytest.mark.parametrize("text", ["99", "R+3", "haut"])
def test_bad_floors(text: str) -> None:
    assert codes(TRANSFORMS["floor"](text))[1] == ["bad_floor"]


@pytest.mark.parametrize(
    ("text", "rooms", "kind"),
    [("T3", 3, "apartment"), ("F4", 4, "apartment"), ("T1 bis", 1, "apartment"),
     ("Studio", 1, "apartment"), ("maison", None, "house"), ("T5 maison", 5, "house")],
)  # fmt: skip
def test_typologies(text: str, rooms: int | None, kind: str) -> None:
    out = TRANSFORMS["typology"](text)
    assert (out.value.get("rooms"), out.value["home_kind"]) == (rooms, kind)


def test_numbers_and_flags_and_codes() -> None:
    assert value("surface", "66,1") == Decimal("66.1")
    assert value("number", "1 234,5") == Decimal("1234.5")
    assert codes(TRANSFORMS["surface"]("0,5"))[1] == ["out_of_range"]
    assert value("flag", "O") is True
    assert value("flag", "non") is False
    assert codes(TRANSFORMS["flag"]("peut-être"))[1] == ["bad_flag"]
    assert value("heating", "INDIVIDUEL GAZ") == "individual_gas"
    assert value("role", "COTITULAIRE") is OccupancyRole.CO_TENANT
    assert codes(TRANSFORMS["role"]("GARDIEN"))[1] == ["bad_role"]
    assert value("rpls_suffix", "T") == "ter"
    assert value("street_type", "AVEN") == "Avenue"


def test_a_mapping_may_add_to_a_code_list() -> None:
    read = bind("heating", {"codes": {"Géothermie": "collective"}})
    assert read("GEOTHERMIE").value == "collective"
    assert read("COLLECTIF").value == "collective"
    assert bind("role", {"codes": {"Gardien": "occupant"}})("GARDIEN").value is (
        OccupancyRole.OCCUPANT
    )
    wrong = bind("role", {"codes": {"Gardien": "king"}})("GARDIEN")
    assert codes(wrong) == ([], ["bad_role"])
    assert bind("flag", {"codes": {"C": True}})("c").value is True
    assert argument_names("slice") == ("start", "length")


def test_references_keep_their_zeros() -> None:
    assert value("reference", " aq0001 ") == "AQ0001"
    assert value("reference", "0001") == "0001"
    assert codes(TRANSFORMS["reference"]("1,23457E+12"))[1] == ["bad_reference"]
    assert value("reference", "1,23E+02") == "123"


def test_emails() -> None:
    assert value("email", " Loïc.Moreau@Exemple.FR ") == "loïc.moreau@exemple.fr"
    assert codes(TRANSFORMS["email"]("?ukasz@exemple.fr"))[1] == ["email_lost_letter"]
    assert codes(TRANSFORMS["email"]("pas d'adresse"))[1] == ["bad_email"]


def test_hours() -> None:
    week = value("weekly_hours", "8h30-12h30 13h30-17h30")["weekly_hours"]
    assert list(week) == ["mon", "tue", "wed", "thu", "fri"]
    assert week["mon"] == [["08:30", "12:30"], ["13:30", "17:30"]]
    always = value("weekly_hours", "24/7")
    assert always["around_the_clock"] is True
    assert always["weekly_hours"]["sun"] == [["00:00", "24:00"]]
    saturday = value("weekly_hours", "lun-ven 8h-18h, sam 9h-12h")["weekly_hours"]
    assert saturday["sat"] == [["09:00", "12:00"]]
    assert json.loads(json.dumps(saturday)) == saturday
    for bad in ("18h-8h", "8h-25h", "8h-12h 11h-15h", "selon besoin", "8h-12h sauf mardi"):
        assert codes(TRANSFORMS["weekly_hours"](bad))[1] == ["bad_hours"]


def test_residences() -> None:
    assert value("residences", "0001|0002|0001") == {
        "residences": ("0001", "0002"),
        "every_residence": False,
    }
    assert value("residences", "TOUTES") == {"residences": (), "every_residence": True}
    assert codes(TRANSFORMS["residences"]("0001|<b>"))[1] == ["bad_residences"]


@pytest.mark.parametrize(
    ("text", "code"),
    [("ASCENSEUR", "lift"), ("CHAUFFAGE COLLECTIF", "collective_heating"),
     ("CHAUDIERE INDIVIDUELLE", "individual_boiler"),
     ("ROBINETTERIE MULTISERVICES", "plumbing"), ("VMC", "ventilation"),
     ("NUISIBLES", "pest_control"), ("CONTROLE D'ACCES", "access_control"),
     ("ESPACES VERTS", "grounds"), ("ELECTRICITE", "electricity"),
     ("Toiture", "roof"), ("Serrurerie", "locks")],
)  # fmt: skip
def test_equipment(text: str, code: str) -> None:
    assert value("equipment", text) == code
