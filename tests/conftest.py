"""Fixtures of every test: real servers, a database of its own, a small world of two members."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import create_engine, pool
from werkzeug.routing import Rule

from callcenter.app import create_app
from callcenter.core.db import db
from callcenter.core.isolation import NOBODY, enter_scope
from callcenter.core.migrate import upgrade
from callcenter.settings import Environment, Settings
from tests import servers
from tests.fill import fill_every_table
from tests.world import World, build_world, load_world

# Examples are judged by what they show, not by how busy the machine is.
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")


def _build_urls_once() -> None:
    """Have the same rule of two applications share the function that builds its URLs.

    Each test has an application of its own, and compiling these functions was nine tenths of
    making one: 0.2 s a test.
    """
    compiled = Rule._compile_builder
    known: dict[object, Any] = {}

    def compile_once(rule: Rule, append_unknown: bool = True) -> Any:  # noqa: FBT001, FBT002
        whole = (rule.rule, rule.merge_slashes, rule.subdomain, rule.host, append_unknown)
        key = (*whole, repr(rule.defaults))
        if key not in known:
            known[key] = compiled(rule, append_unknown)
        return known[key]

    Rule._compile_builder = compile_once  # type: ignore[assignment, method-assign]


def pytest_configure(config: pytest.Config) -> None:
    _build_urls_once()
    servers.start_servers()


def pytest_unconfigure(config: pytest.Config) -> None:
    servers.stop_servers()


@pytest.fixture(scope="session")
def worker_id() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def _settings(database_url: str, owner_url: str, redis_url: str) -> Settings:
    return Settings(
        environment=Environment.TEST,
        database_url=database_url,
        database_owner_url=owner_url,
        redis_url=redis_url,
        secret_key="test-secret-key-of-more-than-thirty-two-characters",
        public_origin="http://localhost",
        sandbox_url="http://127.0.0.1:9",  # nobody listens: a test that sends starts a sandbox
        var_dir=servers.var_dir(),
    )


@pytest.fixture(scope="session")
def migrated() -> None:
    """The template database: migrated, with the small world in it."""

    def prepare(owner_url: str) -> None:
        upgrade(owner_url)
        build_world(owner_url)

    servers.template_database(prepare)


class _Statements(dict[Any, Any]):
    """What SQLAlchemy has compiled, whichever engine of this process asks: all are of one kind.

    Each test has an engine of its own, and would compile some hundred statements anew.
    """

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(key[1:], default)  # the first part is the engine's dialect

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(key[1:], compiled)


_STATEMENTS = _Statements()


class Database:
    """One database per pytest worker, cloned anew from the template after a test that used it."""

    def __init__(self, worker_id: str) -> None:
        self.worker_id = worker_id
        self.app_url = ""
        self.owner_url = ""
        self.clean = False

    def ready(self) -> "Database":
        if not self.clean:
            self.app_url, self.owner_url = servers.worker_database(self.worker_id)
        self.clean = False
        return self


@pytest.fixture(scope="session")
def _database(migrated: None, worker_id: str) -> Database:
    return Database(worker_id)


@pytest.fixture
def database(_database: Database) -> Database:
    """A database of the test's own, holding the small world (see ``tests.world``)."""
    return _database.ready()


@pytest.fixture
def settings(database: Database, worker_id: str) -> Settings:
    return _settings(database.app_url, database.owner_url, servers.worker_redis_url(worker_id))


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application on the test's database, with an application context open."""
    application = create_app(settings)
    application.config["WTF_CSRF_ENABLED"] = False  # its own tests switch it on
    enter_scope(NOBODY)
    with application.app_context():
        db.engine.update_execution_options(compiled_cache=_STATEMENTS)
        yield application
        db.session.remove()
        db.engine.dispose()
    enter_scope(NOBODY)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that is nobody yet: see ``tests.world.sign_in``."""
    return app.test_client()


@pytest.fixture
def world(app: Flask) -> World:
    """The numbers of the small world's rows: members A and B, their people and places."""
    return load_world(app)


@pytest.fixture
def full_world(app: Flask, world: World) -> World:
    """The small world with at least one row of each member in every table."""
    fill_every_table(world)
    return world


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The one browser of this process: Playwright starts once in it."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "Chromium is missing: install Debian's chromium, or name it in CHROMIUM"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def owner_connection(database: Database) -> Iterator[object]:
    """A connection as the tables' owner, for tests about the wall itself."""
    engine = create_engine(database.owner_url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        yield connection
