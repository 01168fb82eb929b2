"""The mapping is seen, corrected, tried on the first rows, kept, and used by the next file."""

from io import BytesIO

import pytest
from flask.testing import FlaskClient

from callcenter.core.errors import UserError
from callcenter.estate.importing.fields import FileKind
from callcenter.estate.importing.mapping import Mapping, propose_mapping
from callcenter.estate.importing.preview import preview_file
from callcenter.estate.importing.transforms import TRANSFORMS
from callcenter.estate.mapping_rules import MappingRow, mapping_of, read_arguments, rows_of
from callcenter.estate.mapping_words import CODE_VALUES, TRANSFORM_WORDS
from tests.estate.scenes import LEASES, REAL, lease, needs_real, one
from tests.page_checks import Page, PageChecker
from tests.world import World, sign_in
from workers import imports

ODD = "LOGT;QUI;DEPUIS;APPELS;MODE"
ODD_ROWS = [
    "AQ0001602;MME DURAND Zoé;01/02/2015;06 39 98 12 34 (fils) / 05 36 49 12 12;x",
    "AQ0002001;M. PETIT Jean;32/13/2015;NC;y",
]


@pytest.fixture
def manager(client: FlaskClient, world: World) -> PageChecker:
    sign_in(client, world.user("manager-a"))
    return PageChecker(client)


def test_every_transformation_has_words() -> None:
    assert set(TRANSFORM_WORDS) == set(TRANSFORMS)


def test_rows_come_back_as_the_mapping_they_show() -> None:
    data = {
        "kind": "dwellings",
        "columns": [
            {"column": "IDENT_INT", "field": "reference", "transforms": ["reference"]},
            {
                "column": "IDENT_INT",
                "field": "residence_code",
                "transforms": ["reference", {"name": "slice", "start": 2, "length": 4}],
            },
            {
                "column": "CHAUFFAGE",
                "field": "heating",
                "transforms": [{"name": "heating", "codes": {"Géothermie": "collective"}}],
            },
            {
                "column": "COPRO",
                "field": "condominium",
                "transforms": [{"name": "flag", "codes": {"SYND": True}}],
            },
        ],
    }
    mapping = Mapping.from_data(data)
    rows = rows_of(mapping, ("AUTRE", "IDENT_INT", "CHAUFFAGE", "COPRO"), {}, CODE_VALUES)
    assert [r.column for r in rows if not r.free] == [
        "AUTRE", "IDENT_INT", "IDENT_INT", "CHAUFFAGE", "COPRO",
    ]  # fmt: skip
    assert rows[3].arguments == "Géothermie = collectif"
    assert mapping_of(FileKind.DWELLINGS, rows, CODE_VALUES).as_data() == data


@pytest.mark.parametrize("line", ["longueur = 3", "start", "start = x", "= 3"])
def test_settings_that_say_nothing_are_refused(line: str) -> None:
    with pytest.raises(UserError):
        read_arguments("slice", line, {})


def test_a_row_that_makes_no_sense_is_named() -> None:
    rows = [MappingRow("A", "entry_date", "phones"), MappingRow("B", "dwelling")]
    with pytest.raises(UserError):
        mapping_of(FileKind.LEASES, rows, CODE_VALUES)
    assert rows[0].error
    assert not rows[1].error


@needs_real
@pytest.mark.parametrize(
    ("name", "kind", "told"),
    [
        ("mesolia_logements.csv", "dwellings", {"street_type", "street", "house_number"}),
        ("mesolia_contrats.csv", "leases", {"last_name", "first_name", "phones"}),
        ("tgh_rpls.csv", "dwellings", {"reference", "residence_code"}),
        ("tgh_locataires.xlsx", "leases", {"last_name", "entry_date"}),
        ("aquitanis-contrats.csv", "contracts", {"contractor", "weekly_hours"}),
    ],
)
def test_the_members_own_files_are_previewed(name: str, kind: str, told: set[str]) -> None:
    from callcenter.estate.importing.reader import inspect_file

    look = inspect_file(REAL / name, kind)
    assert look.mapping
    shown = preview_file(REAL / name, look.mapping)
    assert told <= set(shown.fields)
    assert len(shown.rows) == 6
    assert not any(row.refused for row in shown.rows)


def _send(pages: PageChecker, member: int, rows: list[str], kind: str = "leases") -> Page:
    content = "\r\n".join(rows).encode("cp1252")
    return pages.submit(
        pages.get("/estate/imports"),
        "/estate/imports",
        holding="file",
        member=str(member),
        kind=kind,
        file=(BytesIO(content), "export.csv"),
    )


def _run(page: Page) -> int:
    return int(page.response.request.path.rsplit("/", 1)[1])


def test_a_file_nobody_understands_is_mapped_by_hand_then_read(
    manager: PageChecker, world: World, client: FlaskClient
) -> None:
    sent = _send(manager, world.a.id, [ODD, *ODD_ROWS])
    run = _run(sent)
    imports.run(run)
    failed = manager.get(f"/estate/imports/{run}")
    assert "Corriger la correspondance" in failed.text
    address = f"/estate/imports/{run}/mapping"
    page = manager.get(address)
    for words in ("LOGT", "AQ0001602", "MME DURAND Zoé", "Nom et prénom en une cellule"):
        assert words in page.text
    chosen = {
        "field-0": "dwelling",
        "field-1": "whole_name",
        "field-2": "entry_date",
        "field-3": "phones",
    }
    half = manager.submit(page, address, status=422, **{"field-0": "dwelling"})
    assert "Il manque une colonne pour" in half.text
    values = page.values(page.form(address)) | chosen
    shown = client.post(f"{address}/preview", data=values, headers={"HX-Request": "true"})
    text = shown.get_data(as_text=True)
    for words in ("DURAND", "Zoé", "01/02/2015", "+33639981234 (fils)", "refusée", "32/13/2015"):
        assert words in text
    done = manager.submit(page, address, **chosen)  # type: ignore[arg-type]
    again = _run(done)
    assert again != run
    imports.run(again)
    page = manager.get(f"/estate/imports/{again}")
    assert "Essai terminé" in page.text
    assert one(world.a.id, "SELECT version FROM import_mapping") == 1
    trace = "SELECT actor_label FROM audit_entry WHERE action = 'import_mapping.changed'"
    assert one(world.a.id, trace)
    # The next file needs nothing any more.
    next_run = _run(_send(manager, world.a.id, [ODD, ODD_ROWS[0]]))
    imports.run(next_run)
    assert "Essai terminé" in manager.get(f"/estate/imports/{next_run}").text


def test_two_managers_on_one_mapping(manager: PageChecker, world: World) -> None:
    run = _run(_send(manager, world.a.id, [LEASES, lease(1)]))
    address = f"/estate/imports/{run}/mapping"
    first, second = manager.get(address), manager.get(address)
    manager.submit(first, address, **{"field-8": ""})  # type: ignore[arg-type]
    refused = manager.submit(second, address, status=422, **{"field-2": ""})
    assert "modifiée pendant" in refused.text
    kept = one(world.a.id, "SELECT id FROM import_mapping")
    page = manager.get(f"/estate/mappings/{kept}")
    assert "Correspondance gardée" in page.text
    manager.submit(page, f"/estate/mappings/{kept}", **{"field-8": "email"})  # type: ignore[arg-type]
    assert "baux et occupants" in manager.get("/estate/imports").text
    manager.submit(page, f"/estate/mappings/{kept}/forget")
    assert one(world.a.id, "SELECT count(*) FROM import_mapping") == 0


def test_a_mapping_is_its_member_s_own(client: FlaskClient, world: World) -> None:
    sign_in(client, world.user("manager-a"))
    pages = PageChecker(client)
    run = _run(_send(pages, world.a.id, [LEASES, lease(1)]))
    address = f"/estate/imports/{run}/mapping"
    pages.submit(pages.get(address), address)
    kept = one(world.a.id, "SELECT id FROM import_mapping")
    sign_in(client, world.user("manager-b"))
    pages.get(address, status=404)
    pages.get(f"/estate/mappings/{kept}", status=404)
    sign_in(client, world.user("staff-a"))
    pages.get(f"/estate/mappings/{kept}", status=404)


def test_a_proposal_is_shown_as_it_would_be_kept() -> None:
    mapping = propose_mapping(LEASES.split(";"), FileKind.LEASES)
    rows = rows_of(mapping, LEASES.split(";"), {}, CODE_VALUES)
    assert mapping_of(FileKind.LEASES, rows, CODE_VALUES) == mapping
