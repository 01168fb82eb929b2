"""Fixtures of the estate's tests."""

from pathlib import Path

import pytest

from tests.estate.scenes import Desk
from tests.world import World


@pytest.fixture
def desk(world: World, tmp_path: Path) -> Desk:
    """Imports for member A."""
    return Desk(tmp_path, world.a.id)
