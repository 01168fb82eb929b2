"""Fixtures of the estate's tests."""

from pathlib import Path

import pytest
from flask import Flask

from tests.estate.scenes import Desk
from tests.world import World


@pytest.fixture
def desk(world: World, tmp_path: Path) -> Desk:
    """Imports for member A."""
    return Desk(tmp_path, world.a.id)


@pytest.fixture(autouse=True)
def _own_folder(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Keep files sent by the tests out of the checkout's own folder."""
    if "app" in request.fixturenames:
        app: Flask = request.getfixturevalue("app")
        settings = app.config["SETTINGS"]
        app.config["SETTINGS"] = settings.model_copy(update={"var_dir": tmp_path / "var"})
