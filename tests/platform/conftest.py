"""Servers and settings of their own for the tests of the platform's start."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from callcenter.settings import Settings

_VARIABLES = [*Settings.model_fields, "listen_host"]


@pytest.fixture
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No variable of ours is set but VAR_DIR; gives that folder."""
    for name in _VARIABLES:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    return tmp_path / "var"


@pytest.fixture
def var_dir() -> Iterator[Path]:
    """A folder that root's server account may enter (pytest's own is closed to others)."""
    folder = Path(tempfile.mkdtemp(prefix="callcenter-platform-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)
