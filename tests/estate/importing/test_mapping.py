import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from callcenter.core.errors import UserError
from callcenter.estate.importing import FileKind, Mapping, inspect_file, propose_mapping
from callcenter.estate.importing.fields import FIELDS
from callcenter.estate.importing.mapping import detect_kind, unique_header
from callcenter.estate.importing.messages import ADVICE, CAUSE
from callcenter.estate.importing.normalise import search_key
from callcenter.estate.importing.transforms import TRANSFORMS

RPLS = [
    "IDENT_INT",
    "DROIT",
    "DEPCOM",
    "CODEPOSTAL",
    "LIBCOM",
    "NUMVOIE",
    "INDREP",
    "TYPVOIE",
    "NOMVOIE",
    "NUMAPPT",
    "NUMBOITE",
    "ESC",
    "COULOIR",
    "ETAGE",
    "COMPLIDENT",
    "ENTREE",
    "BAT",
    "IMMEU",
    "TYPECONST",
    "NBPIECE",
    "SURFHAB",
    "CONSTRUCT",
]

HEADERS = [
    ("leases", "CODE_UG;NUM_BAIL;CIVILITE;NOM;PRENOM;DATE_ENTREE;DATE_SORTIE;TEL_PORTABLE;QUALITE"),
    ("leases", "Logement;Contrat;Nom complet;Qualité;Entrée;Sortie;Téléphones;Courriel"),
    ("leases", "N° logement;Nom;Prénom;Rôle;Date d'entrée;Date de sortie;Tél. 1;Tél. 2;E-mail"),
    ("dwellings", "CODE_UG;CODE_RES;LIB_RESIDENCE;NUM_VOIE;NOM_VOIE;CODE_POSTAL;COMMUNE;SURFACE"),
    ("dwellings", "Identifiant logement;Groupe;Nom du groupe;Adresse;CP;Ville;Type;Surface m²"),
    ("dwellings", ";".join(RPLS)),
    ("contracts", "PRESTATAIRE;LOT;RESIDENCES;DEBUT;FIN;HORAIRES;ASTREINTE;TELEPHONE;EMAIL"),
]


@pytest.mark.parametrize(("kind", "header"), HEADERS)
def test_a_header_tells_its_kind_and_its_mapping(kind: str, header: str) -> None:
    columns = header.split(";")
    assert detect_kind(columns) == kind
    mapping = propose_mapping(columns, kind)
    mapping.check()
    lacking = [field.name for field in mapping.missing()]
    assert lacking == [], "every required field is found"
    assert Mapping.from_data(json.loads(json.dumps(mapping.as_data()))) == mapping


def test_the_register_has_its_own_codes() -> None:
    rows = [
        ("TG00010001", "BELLEVUE", "RUE X"), ("TG00010002", "BELLEVUE", "RUE X"),
        ("TG00020001", "LES PINS", "RUE Y"), ("TG00110001", "LES CHÊNES", "RUE Z"),
    ]  # fmt: skip
    sample = []
    for reference, name, street in rows:
        cells = dict.fromkeys(RPLS, "")
        cells |= {"IDENT_INT": reference, "IMMEU": name, "NOMVOIE": street, "LIBCOM": "MOISSAC"}
        sample.append(tuple(cells.values()))
    steps = {
        (rule.column, rule.field): [step.as_data() for step in rule.steps]
        for rule in propose_mapping(RPLS, "dwellings", sample).rules
    }
    assert steps["INDREP", "house_suffix"] == ["rpls_suffix"]
    assert steps["TYPECONST", "home_kind"] == ["rpls_home_kind"]
    assert steps["IDENT_INT", "residence_code"] == [{"name": "slice", "start": 2, "length": 4}]


def test_a_residence_is_not_seen_in_identifiers_that_do_not_hold_it() -> None:
    header = ["Logement", "Nom du groupe", "Adresse", "CP", "Ville"]
    sample = [
        ("A10001", "Les Pins", "1 rue X", "33000", "Bordeaux"),
        ("A10002", "Les Chênes", "2 rue Y", "33000", "Bordeaux"),
        ("A10003", "Les Pins", "1 rue X", "33000", "Bordeaux"),
    ]
    fields = [rule.field for rule in propose_mapping(header, "dwellings", sample).rules]
    assert "residence_code" not in fields


def test_unknown_columns_are_left_for_a_person(tmp_path: Path) -> None:
    file = tmp_path / "odd.csv"
    file.write_text("Alpha;Beta;Gamma\n1;2;3\n4;5;6\n", encoding="utf-8")
    seen = inspect_file(file)
    assert (seen.kind, seen.mapping, seen.header) == (None, None, ("Alpha", "Beta", "Gamma"))
    assert seen.samples == (("1", "2", "3"), ("4", "5", "6"))
    seen = inspect_file(file, "leases")
    assert [field.name for field in seen.missing] == ["dwelling", "last_name", "entry_date"]


def test_a_mapping_may_be_given_by_hand(read_text: Callable[..., Any]) -> None:
    data = {
        "kind": "leases",
        "columns": [
            {"column": "Alpha", "field": "dwelling", "transforms": ["reference"]},
            {"column": "Beta", "field": "last_name", "transforms": ["last_name"]},
            {"column": "Gamma", "field": "entry_date", "transforms": ["date"]},
        ],
    }
    read = read_text("titre;;\nAlpha;Beta;Gamma\nA1;DURAND;01/02/2020\n", mapping=data)
    assert [record.dwelling for record in read.records] == ["A1"]


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ({"column": "A", "field": "nothing", "transforms": ["text"]}, "nothing"),
        ({"column": "A", "field": "dwelling", "transforms": ["eval"]}, "eval"),
        ({"column": "A", "field": "dwelling", "transforms": [{"name": "text", "x": 1}]}, "text"),
        ({"column": "A", "transforms": []}, "field"),
        ({"column": "A", "field": "dwelling", "transforms": []}, "A : -"),
        ({"column": "A", "field": "entry_date", "transforms": ["text"]}, "A : text"),
        ({"column": "A", "field": "entry_date", "transforms": ["date", "date"]}, "date, date"),
        ({"column": "A", "field": "role", "transforms": [{"name": "role", "codes": []}]}, "role"),
        (
            {
                "column": "A",
                "field": "dwelling",
                "transforms": [{"name": "slice", "start": "x"}, "reference"],
            },
            "slice",
        ),
    ],
)
def test_a_senseless_mapping_is_refused(column: dict[str, object], words: str) -> None:
    with pytest.raises(UserError, match=words):
        Mapping.from_data({"kind": "leases", "columns": [column]})


def test_one_field_is_not_fed_twice() -> None:
    column = {"column": "A", "field": "dwelling", "transforms": ["text"]}
    with pytest.raises(UserError, match="x 2"):
        Mapping.from_data({"kind": "leases", "columns": [column, {**column, "column": "B"}]})


def test_columns_of_the_same_name_are_told_apart() -> None:
    assert unique_header(["Tél", "", "Tél"]) == ("Tél", "colonne 2", "Tél (2)")


def test_the_catalogue_of_fields_holds_together() -> None:
    for kind in FileKind:
        for field in FIELDS[kind].values():
            assert field.transform in TRANSFORMS
            for synonym in field.synonyms:
                assert synonym == search_key(synonym), field.name
    assert set(ADVICE) <= set(CAUSE)
