"""A database with the demonstration in it, played once for all of these tests."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from callcenter.app import create_app
from callcenter.core import database_roles
from callcenter.core.db import db
from callcenter.core.isolation import NOBODY, enter_scope
from callcenter.settings import Settings
from tests import servers
from tests.conftest import _settings


@pytest.fixture(scope="session")
def demo_settings(migrated: None, worker_id: str) -> Iterator[Settings]:
    """Addresses of a migrated database with nothing in it."""
    name = f"demo{worker_id}"
    app_url, owner_url = servers.worker_database(name)
    with database_roles.connect(owner_url) as connection:
        connection.execute("TRUNCATE organisation RESTART IDENTITY CASCADE")
    yield _settings(app_url, owner_url, servers.worker_redis_url(worker_id))
    servers.drop_worker_database(name)


@pytest.fixture(scope="session")
def told(demo_settings: Settings) -> str:
    """What ``flask demo seed`` says while it fills the database."""
    app = create_app(demo_settings)
    result = app.test_cli_runner().invoke(args=["demo", "seed"])
    assert result.exit_code == 0, result.output
    with app.app_context():
        db.engine.dispose()
    return result.output


@pytest.fixture
def app(demo_settings: Settings, told: str) -> Iterator[Flask]:
    """The application on the demonstration's database; it is read only, by agreement."""
    application = create_app(demo_settings)
    application.config["WTF_CSRF_ENABLED"] = False
    enter_scope(NOBODY)
    with application.app_context():
        yield application
        db.session.remove()
        db.engine.dispose()
    enter_scope(NOBODY)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that is nobody yet."""
    return app.test_client()
