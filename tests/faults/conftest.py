"""Real processes around a real database: what the fault tests kill, stop and flood."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.faults.platform import Platform
from tests.world import World


@pytest.fixture
def platform(app: Flask, world: World) -> Iterator[Platform]:
    """Web, sandbox and Redis of this test; workers and clockworks are started by the test."""
    with Platform(app, world) as started:
        yield started
