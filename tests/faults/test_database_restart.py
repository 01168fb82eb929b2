"""The database is restarted under a web server that holds connections to it."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import requests
from sqlalchemy import make_url

from callcenter.app import create_app
from callcenter.core import database_roles as roles
from callcenter.core.db import db
from callcenter.core.embedded import EmbeddedServers
from callcenter.core.migrate import upgrade
from callcenter.settings import Settings
from tests.conftest import _settings
from tests.faults.platform import Platform, wait_until
from tests.servers import new_folder, remove, worker_redis_url
from tests.world import PASSWORD, build_world, load_world

pytestmark = pytest.mark.faults

AT_ONCE = 6


class Server:
    """A PostgreSQL of this test's own, which may be stopped and started on the same port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._embedded = EmbeddedServers(folder, durable=True, want_valkey=False)
        self.addresses = self._embedded.acquire()
        # The small world is built with one password for both roles.
        password = make_url(self.addresses.database_owner_url).password or ""
        roles.set_password(self.addresses.superuser_url, roles.APP_ROLE, password)
        self.app_url = roles.url_for(
            self.addresses.database_url, user=roles.APP_ROLE, password=password
        )

    def stop(self) -> None:
        """Hang up on everybody, as an orderly restart does."""
        self._embedded.release()

    def kill(self) -> None:
        """As when the machine loses its current: nobody is told anything."""
        pidfile = (self.folder / "postgres").resolve() / "postmaster.pid"
        os.kill(int(pidfile.read_text().split()[0]), signal.SIGKILL)
        self._embedded.release()

    def start(self) -> None:
        """Start again where it was."""
        assert self._embedded.acquire().database_url == self.addresses.database_url


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    folder = new_folder()
    running = Server(folder)
    owner_url = running.addresses.database_owner_url
    upgrade(owner_url)
    build_world(owner_url)
    yield running
    running.stop()
    remove(folder)


@pytest.fixture
def settings(server: Server, worker_id: str) -> Settings:
    owner_url = server.addresses.database_owner_url
    return _settings(server.app_url, owner_url, worker_redis_url(worker_id))


@pytest.fixture
def platform(settings: Settings) -> Iterator[Platform]:
    app = create_app(settings)
    with app.app_context(), Platform(app, load_world(app)) as started:
        yield started
        db.session.remove()
        db.engine.dispose()


def signed_in(platform: Platform, account: str) -> requests.Session:
    browser = requests.Session()
    page = browser.get(f"{platform.origin}/sign-in", timeout=30).text
    token = page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
    browser.post(
        f"{platform.origin}/sign-in",
        data={"csrf_token": token, "email": account, "password": PASSWORD},
        headers={"Referer": f"{platform.origin}/sign-in"},
        timeout=30,
    )
    assert browser.get(f"{platform.origin}/tickets", timeout=30).url.endswith("/tickets")
    return browser


def statuses(platform: Platform, browser: requests.Session, rounds: int) -> list[int]:
    """What a page answers to several people at once, again and again."""

    def one(_number: int) -> int:
        cookies = browser.cookies.get_dict()
        return requests.get(
            f"{platform.origin}/tickets",
            cookies=cookies,
            headers={"User-Agent": str(browser.headers["User-Agent"])},
            allow_redirects=False,
            timeout=60,
        ).status_code

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE * rounds)))


@pytest.mark.parametrize("how", ["orderly", "killed"])
def test_pages_answer_after_the_database_came_back(
    platform: Platform, server: Server, how: str
) -> None:
    platform.web()
    browser = signed_in(platform, platform.world.user("manager-a").email)
    assert set(statuses(platform, browser, 4)) == {200}  # the pool holds connections by now
    server.stop() if how == "orderly" else server.kill()
    try:
        away = statuses(platform, browser, 1)
    finally:
        server.start()
    assert set(away) == {503}  # said in words, not with an error of ours
    assert set(statuses(platform, browser, 4)) == {200}


def test_a_restart_that_nobody_saw(platform: Platform, server: Server) -> None:
    """Not one page asks while it is away: each old connection is found dead before it is used."""
    platform.web()
    browser = signed_in(platform, platform.world.user("manager-a").email)
    statuses(platform, browser, 4)
    server.stop()
    server.start()
    assert set(statuses(platform, browser, 4)) == {200}


def test_one_connection_cut_by_an_administrator(platform: Platform, server: Server) -> None:
    platform.web()
    browser = signed_in(platform, platform.world.user("manager-a").email)
    statuses(platform, browser, 4)
    with psycopg.connect(
        server.addresses.superuser_url.replace("+psycopg", ""), autocommit=True
    ) as other:

        def cut() -> bool:
            row = other.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE usename = 'callcenter_app'"
            ).fetchone()
            return bool(row and row[0])

        assert cut()
        wait_until(
            lambda: (
                other.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE usename = 'callcenter_app'"
                ).fetchone()
                == (0,)
            ),
            "all its connections are gone",
        )
    assert set(statuses(platform, browser, 4)) == {200}
