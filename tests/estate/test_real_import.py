"""The members' real files, from end to end, with exact figures."""

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from callcenter.estate.states import ImportKind, ImportState
from tests.estate.scenes import REAL, Desk, needs_real, one, snapshot
from tests.world import World


@needs_real
def test_aquitanis_from_end_to_end(desk: Desk) -> None:
    homes = desk.run(REAL / "aquitanis-patrimoine.csv", ImportKind.DWELLINGS, confirmed=True)
    assert homes.state is ImportState.DONE
    figures = {
        name: homes.counts[name] for name in ("rows", "added", "refused", "identical", "empty")
    }
    assert figures == {"rows": 20400, "added": 20376, "refused": 6, "identical": 18, "empty": 5}
    leases = desk.run(REAL / "aquitanis-locataires.csv", ImportKind.LEASES)
    figures = {name: leases.counts[name] for name in ("rows", "added", "refused", "people_added")}
    assert figures == {"rows": 27782, "added": 27764, "refused": 18, "people_added": 27764}
    assert leases.counts["causes"] == {"unknown_dwelling": 18}
    contracts = desk.run(REAL / "aquitanis-contrats.csv", ImportKind.CONTRACTS)
    assert (contracts.counts["added"], contracts.counts["refused"]) == (18, 0)
    before = snapshot(desk.member_id)
    for name, kind in (
        ("aquitanis-patrimoine.csv", ImportKind.DWELLINGS),
        ("aquitanis-locataires.csv", ImportKind.LEASES),
        ("aquitanis-contrats.csv", ImportKind.CONTRACTS),
    ):
        again = desk.run(REAL / name, kind)
        assert again.state is ImportState.DONE
        assert not again.counts.get("added")
        assert not again.counts.get("changed")
        assert not again.counts.get("closed")
    assert snapshot(desk.member_id) == before
    searched = "SELECT count(*) FROM contact WHERE search = ''"
    assert one(desk.member_id, searched) == 0


@needs_real
def test_the_command_imports_with_a_summary(app: Flask, world: World, tmp_path: Path) -> None:
    runner = app.test_cli_runner()

    def told(*arguments: Any) -> tuple[int, str]:
        result = runner.invoke(args=["estate", "import", *map(str, arguments)])
        return result.exit_code, re.sub(r"\s+", " ", result.output)

    files = (REAL / "tgh_locataires.xlsx", REAL / "tgh_rpls.csv", REAL / "tgh_contrats.csv")
    code, output = told(*files, "--member", "mesolia", "--dry-run", "--confirm")
    assert code == 0, output
    assert "4779 ajoutées" in output
    assert "6493 ajoutées" in output
    assert one(world.b.id, "SELECT count(*) FROM dwelling") == 2
    code, output = told(REAL / "tgh_rpls.csv", "--member", "ME")
    assert code == 1
    assert "--confirm" in output
    code, output = told(*files, "--member", "Mésolia", "--confirm", "--report", tmp_path)
    assert code == 0, output
    assert one(world.b.id, "SELECT count(*) FROM occupancy WHERE import_key <> ''") == 6493


def test_the_command_says_what_is_wrong(app: Flask, world: World, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_bytes(b"%PDF-1.4")
    runner = app.test_cli_runner()
    result = runner.invoke(args=["estate", "import", str(bad), "--member", "Aquitanis"])
    assert result.exit_code != 0
    assert "PDF" in result.output
    result = runner.invoke(args=["estate", "import", str(bad), "--member", "nobody"])
    assert "bailleur inconnu" in result.output


@pytest.mark.parametrize("kind", ["dwellings", "leases"])
@needs_real
def test_another_member_s_real_file_changes_nothing(desk: Desk, kind: str) -> None:
    desk.run(REAL / "tgh_rpls.csv", ImportKind.DWELLINGS, confirmed=True)
    before = snapshot(desk.member_id)
    name = {"dwellings": "mesolia_logements.csv", "leases": "mesolia_contrats.csv"}[kind]
    result = desk.run(REAL / name, ImportKind(kind))
    assert result.state in {ImportState.TO_CONFIRM, ImportState.FAILED}
    assert snapshot(desk.member_id) == before
