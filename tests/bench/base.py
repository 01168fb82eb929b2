"""The database that is measured: servers and data of its own under var/bench, made when missing."""

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask
from flask_security import hash_password
from pydantic import SecretStr
from redis import Redis

from callcenter.app import create_app
from callcenter.core import database_roles as roles
from callcenter.core.embedded import Addresses, EmbeddedServers
from callcenter.core.migrate import upgrade
from callcenter.core.site import Site
from callcenter.demo.bulk import fill
from callcenter.settings import PROJECT_ROOT, Environment, Settings

VAR = PROJECT_ROOT / "var" / "bench"
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Base:
    """A filled database and the settings of the program on it."""

    homes: int
    tickets: int
    settings: Settings
    owner_url: str
    superuser_url: str

    @property
    def database(self) -> str:
        """The database's name."""
        return f"bench_{self.homes}_{self.tickets}"

    @property
    def name(self) -> str:
        """What the lines of this base are called."""
        return f"{self.homes}-{self.tickets}"

    def app(self) -> Flask:
        """The application in this process, for what has no page."""
        return create_app(self.settings)


@contextmanager
def servers() -> Iterator[Addresses]:
    """The servers of all measured bases; fsync as in real use."""
    with EmbeddedServers(VAR) as addresses:
        yield addresses


def say(line: str) -> None:
    """Tell the person who waits; standard output is for the results."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - a program for people


def prepare(
    addresses: Addresses, homes: int, tickets: int, *, port: int, fresh: bool = False
) -> Base:
    """Find the base of this size and bring it up to date, or make it.

    Made anew when what fills it has changed, or when ``fresh`` says so.
    """
    base = base_of(addresses, homes, tickets, port)
    marker = VAR / f"base-{base.name}.json"
    digest = _digest()
    if not fresh and marker.exists() and json.loads(marker.read_text())["digest"] == digest:
        upgrade(base.owner_url)
        return base
    marker.unlink(missing_ok=True)
    start = time.monotonic()
    roles.drop_database(addresses.superuser_url, base.database)
    roles.create_database(addresses.superuser_url, base.database)
    roles.prepare_inside(base.superuser_url)
    upgrade(base.owner_url)
    app = base.app()
    with app.app_context():
        filled = fill(
            homes,
            tickets,
            owner_url=base.owner_url,
            site=Site(base.settings.public_origin, base.settings.secret_key.get_secret_value()),
            password_hash=hash_password(PASSWORD),
            progress=_progress,
        )
    seconds = round(time.monotonic() - start, 1)
    say(f"base of {homes} homes and {tickets} tickets made in {seconds} s: {filled.seconds}")
    marker.write_text(json.dumps({"digest": digest, "seconds": seconds, "parts": filled.seconds}))
    return base


def base_of(addresses: Addresses, homes: int, tickets: int, port: int) -> Base:
    """The addresses and settings of a base, made or not."""
    database = f"bench_{homes}_{tickets}"
    app_url = roles.url_for(addresses.database_url, database=database)
    owner_url = roles.url_for(addresses.database_owner_url, database=database)
    settings = Settings(
        environment=Environment.DEVELOPMENT,
        database_url=app_url,
        database_owner_url=owner_url,
        redis_url=addresses.redis_url,
        secret_key=SecretStr("bench-secret-key-of-more-than-thirty-two-characters"),
        public_origin=f"http://127.0.0.1:{port}",
        sandbox_url=f"http://127.0.0.1:{port + 1}",
        var_dir=VAR,
        web_processes=int(os.environ.get("WEB_PROCESSES", "2")),
    )
    superuser_url = roles.url_for(addresses.superuser_url, database=database)
    return Base(homes, tickets, settings, owner_url, superuser_url)


def server_pids(base: Base) -> dict[str, int]:
    """The process numbers of the measured servers."""
    postmaster = (VAR / "postgres" / "postmaster.pid").resolve().read_text().split("\n", 1)[0]
    with Redis.from_url(base.settings.redis_url) as redis:
        return {"postgres": int(postmaster), "valkey": int(redis.info("server")["process_id"])}


def _digest() -> str:
    """What the base rests on: the code that fills it."""
    found = hashlib.sha256()
    for path in sorted((PROJECT_ROOT / "callcenter" / "demo").glob("bulk*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()


_told: dict[str, float] = {}


def _progress(what: str, done: int, of: int) -> None:
    if time.monotonic() - _told.get(what, 0.0) > 5:
        _told[what] = time.monotonic()
        say(f"  {what}: {done} of {of}")
