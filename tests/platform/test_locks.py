"""The lock files and the scripts that install them."""

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

from callcenter.settings import PROJECT_ROOT

LOCKS = ("requirements.txt", "requirements-dev.txt")


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, PROJECT_ROOT / "scripts" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pins(lock: str) -> dict[str, str]:
    text = (PROJECT_ROOT / lock).read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[a-z0-9])", text)
    assert all("--hash=sha256:" in block for block in blocks)
    return {block.split()[0]: block for block in blocks}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_with_hashes_and_names_no_host(lock: str) -> None:
    names = pins(lock)
    assert all("==" in name for name in names)
    text = (PROJECT_ROOT / lock).read_text(encoding="utf-8")
    assert not re.search(r"://|--(extra-)?index-url|--find-links|@ ", text)


def test_the_tests_run_on_the_very_versions_that_serve() -> None:
    assert pins(LOCKS[0]).keys() <= pins(LOCKS[1]).keys()


def test_front_end_packages_have_digests_and_name_no_host() -> None:
    lock = json.loads((PROJECT_ROOT / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: facts for name, facts in lock["packages"].items() if name}
    assert packages
    for facts in packages.values():
        assert facts["integrity"].startswith("sha512-")
        assert "resolved" not in facts


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (["Could not install packages due to an OSError: [Errno 28] No space left"], "the disk is"),
        (["No matching distribution found for rq==3.0.0"], "rq==3.0.0 has no ready-made package"),
        (
            [
                "Could not find a version (from versions: none)",
                "No matching distribution found for rq==3.0.0",
            ],
            "the package index can't be reached, or lacks rq==3.0.0",
        ),
        (["Something else"], "Something else"),
        ([], "pip failed"),
    ],
)
def test_pip_faults_become_one_line(said: list[str], expected: str) -> None:
    assert script("environment").explain(said).startswith(expected)


def test_without_ensurepip_and_pip_the_missing_package_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment = script("environment")
    monkeypatch.setattr(environment, "FOLDER", tmp_path / ".venv")
    monkeypatch.setattr(environment, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(environment, "find_spec", lambda _name: None)
    with pytest.raises(SystemExit, match=r"apt install python3\.\d+-venv\)$"):
        environment.make_folder()
