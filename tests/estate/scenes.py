"""What the tests of the estate stand on: small files of a member, imports of them, the real ones."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from callcenter.core.db import db
from callcenter.core.isolation import Actor
from callcenter.core.permissions import PERMISSIONS, Role
from callcenter.estate.import_runner import ImportOrder, ImportResult, run_import
from callcenter.estate.import_services import find_kind
from callcenter.estate.states import ImportKind
from tests.world import World, as_member

REAL = Path(
    os.environ.get("IMPORT_SAMPLES")
    or Path(__file__).resolve().parents[3] / "shared" / "data" / "import"
)
needs_real = pytest.mark.skipif(
    not (REAL / "aquitanis-patrimoine.csv").exists(), reason="the members' files are not here"
)

HOMES = "CODE_UG;CODE_RES;LIB_RESIDENCE;BATIMENT;ETAGE;PORTE;NUM_VOIE;TYPE_VOIE;NOM_VOIE;CODE_POSTAL;COMMUNE;AGENCE;COPROPRIETE;SYNDIC"
LEASES = "CODE_UG;NUM_BAIL;CIVILITE;NOM;PRENOM;DATE_ENTREE;DATE_SORTIE;TEL_PORTABLE;EMAIL;QUALITE"
CONTRACTS = "PRESTATAIRE;LOT;RESIDENCES;DEBUT;FIN;HORAIRES;ASTREINTE;TELEPHONE;EMAIL"


def home(number: int, **changes: str) -> str:
    """Return a row of a home: number ``TS0000``…, ten to a residence."""
    row = {
        "CODE_UG": f"TS{number:04d}",
        "CODE_RES": f"R{number // 10:03d}",
        "LIB_RESIDENCE": f"Les Tilleuls {number // 10}",
        "BATIMENT": "A",
        "ETAGE": str(number % 5),
        "PORTE": f"{number % 10:03d}",
        "NUM_VOIE": str(number + 1),
        "TYPE_VOIE": "RUE",
        "NOM_VOIE": "DES ACACIAS",
        "CODE_POSTAL": "33000",
        "COMMUNE": "BORDEAUX",
        "AGENCE": "Agence Test",
        "COPROPRIETE": "N",
        "SYNDIC": "",
    } | changes
    return ";".join(row[name] for name in HOMES.split(";"))


def lease(number: int, **changes: str) -> str:
    """Return a row of a lease on home ``number``."""
    row = {
        "CODE_UG": f"TS{number:04d}",
        "NUM_BAIL": f"L{number:04d}",
        "CIVILITE": "MME",
        "NOM": f"DURAND{chr(65 + number % 26)}",
        "PRENOM": "Zoé",
        "DATE_ENTREE": "01/02/2015",
        "DATE_SORTIE": "",
        "TEL_PORTABLE": f"06 39 98 {number // 100:02d} {number % 100:02d}",
        "EMAIL": "",
        "QUALITE": "TITULAIRE",
    } | changes
    return ";".join(row[name] for name in LEASES.split(";"))


class Desk:
    """Imports files of one member in a folder of the test's own."""

    def __init__(self, folder: Path, member_id: int) -> None:
        self.folder = folder
        self.member_id = member_id
        self._files = 0

    def write(self, header: str, rows: list[str], encoding: str = "cp1252") -> Path:
        """Write a file as the member's software would."""
        self._files += 1
        path = self.folder / f"file-{self._files}.csv"
        path.write_bytes(("\r\n".join([header, *rows]) + "\r\n").encode(encoding))
        return path

    def run(self, path: Path, kind: ImportKind | None = None, **order: Any) -> ImportResult:
        """Import a file."""
        return run_import(
            ImportOrder(
                member_id=self.member_id,
                path=path,
                file_name=path.name,
                kind=kind or find_kind(path),
                folder=self.folder / "kept",
                **order,
            )
        )

    def homes(self, rows: list[str], **order: Any) -> ImportResult:
        """Import homes."""
        return self.run(self.write(HOMES, rows), ImportKind.DWELLINGS, **order)

    def leases(self, rows: list[str], **order: Any) -> ImportResult:
        """Import leases."""
        return self.run(self.write(LEASES, rows), ImportKind.LEASES, **order)

    def contracts(self, rows: list[str], **order: Any) -> ImportResult:
        """Import contracts."""
        return self.run(self.write(CONTRACTS, rows), ImportKind.CONTRACTS, **order)


TABLES = (
    "agency",
    "building",
    "contact",
    "contact_phone",
    "contract_residence",
    "dwelling",
    "entrance",
    "maintenance_contract",
    "occupancy",
    "organisation",
    "residence",
    "search_word",
)


def snapshot(member_id: int) -> dict[str, str]:
    """Return a digest of every row of every table that an import may touch."""
    with as_member(member_id):
        return {
            table: str(
                db.session.execute(
                    text(
                        f"SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|'"
                        f" ORDER BY t.id)), '') FROM {table} AS t WHERE member_id = :m"
                    ),
                    {"m": member_id},
                ).scalar_one()
            )
            for table in TABLES
        }


def one(member_id: int, statement: str, **values: Any) -> Any:
    """Return what one statement answers, as the member sees it."""
    with as_member(member_id):
        return db.session.execute(text(statement), values).scalar_one_or_none()


def actor(world: World, member_id: int, name: str = "agent", role: Role = Role.AGENT) -> Actor:
    """Return somebody who acts for a member."""
    return Actor(
        user_id=world.users[name],
        name="Camille Roux",
        role=role,
        home_id=world.platform,
        organisation_id=world.platform,
        member_ids=frozenset({member_id}),
        permissions=PERMISSIONS[role],
    )


Importer = Callable[..., ImportResult]
