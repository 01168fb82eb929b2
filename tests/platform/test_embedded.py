import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest
import redis

from callcenter.core import database_roles as roles
from callcenter.core import embedded_processes as processes
from callcenter.core.embedded import EmbeddedError, EmbeddedServers, serving
from callcenter.settings import load_settings

HOLDER = """
import sys
from pathlib import Path
from callcenter.core.embedded import EmbeddedServers
addresses = EmbeddedServers(Path(sys.argv[1]), durable=False).acquire()
print(addresses.database_url, flush=True)
sys.stdin.read()
"""


def holder(var_dir: Path) -> "subprocess.Popen[str]":
    """Another process that uses the servers until it is killed."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(var_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def one(url: str, query: str) -> object:
    with roles.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def test_first_start_makes_roles_database_and_extensions(var_dir: Path) -> None:
    with EmbeddedServers(var_dir, durable=False) as addresses:
        app = addresses.database_url
        assert one(app, "SELECT current_user::text") == roles.APP_ROLE
        assert one(app, "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb"
                        " FROM pg_roles WHERE rolname = current_user") is False  # fmt: skip
        names = one(app, "SELECT array_agg(extname::text) FROM pg_extension")
        assert isinstance(names, list)
        assert {"pg_trgm", "unaccent", "btree_gist", "pg_stat_statements"} <= set(names)
        with roles.connect(addresses.database_owner_url) as owner:
            owner.execute("CREATE TABLE thing (id bigint GENERATED ALWAYS AS IDENTITY, name text)")
            owner.execute(f"GRANT SELECT, INSERT ON thing TO {roles.APP_ROLE}")
        with roles.connect(app) as connection:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("DELETE FROM thing")  # nothing is granted by default
            connection.execute("INSERT INTO thing (name) VALUES ('é')")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("DROP TABLE thing")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("CREATE TABLE other (id int)")
        with redis.Redis.from_url(addresses.redis_url) as client:
            assert client.set("key", "value")
    assert not roles.accepts(app)

    with EmbeddedServers(var_dir, durable=False) as again:
        assert one(again.database_url, "SELECT name FROM thing") == "é"


def test_nobody_on_the_machine_gets_in_without_the_password(var_dir: Path) -> None:
    with EmbeddedServers(var_dir, durable=False) as addresses:
        for role in ("postgres", roles.OWNER_ROLE, roles.APP_ROLE):
            assert not roles.accepts(
                roles.url_for(addresses.database_url, user=role, password="guess")
            )
        host = addresses.redis_url.rpartition("@")[2]
        with (
            redis.Redis.from_url(f"redis://{host}") as client,
            pytest.raises(redis.AuthenticationError),
        ):
            client.ping()
        assert stat.S_IMODE((var_dir / "secrets.json").stat().st_mode) == 0o600
        assert one(addresses.superuser_url, "SHOW unix_socket_directories") == ""
        assert one(addresses.superuser_url, "SHOW listen_addresses") == "127.0.0.1"


def test_the_last_user_stops_the_servers_whoever_started_them(var_dir: Path) -> None:
    ours = EmbeddedServers(var_dir, durable=False)
    url = ours.acquire().database_url
    with holder(var_dir) as other:
        assert other.stdout
        assert other.stdout.readline().strip() == url
        ours.release()
        assert roles.accepts(url)
        other.kill()  # it cannot clean up, yet leaves no lock behind
    assert EmbeddedServers(var_dir).stop_if_unused()
    assert not roles.accepts(url)


def test_servers_of_a_killed_process_are_taken_over(var_dir: Path) -> None:
    with holder(var_dir) as other:
        assert other.stdout
        url = other.stdout.readline().strip()
        other.kill()
    with EmbeddedServers(var_dir, durable=False) as addresses:
        assert addresses.database_url == url
    assert not roles.accepts(url)


def test_a_killed_server_starts_again_with_its_data(var_dir: Path) -> None:
    servers = EmbeddedServers(var_dir)
    with servers as addresses, roles.connect(addresses.database_owner_url) as owner:
        owner.execute("CREATE TABLE kept ()")
        pid = int(
            (var_dir / "postgres").resolve().joinpath("postmaster.pid").read_text().split()[0]
        )
        os.kill(pid, signal.SIGKILL)
        assert processes.wait_gone(pid, 5)
    with EmbeddedServers(var_dir) as again:
        assert one(again.database_url, "SELECT to_regclass('kept')::text") == "kept"


def test_a_path_longer_than_a_socket_may_have(var_dir: Path) -> None:
    deep = var_dir / ("é " + "long" * 20) / ("longer" * 20)
    deep.mkdir(parents=True)
    with EmbeddedServers(deep, durable=False) as addresses:
        assert one(addresses.database_url, "SELECT 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers run under another account")
def test_root_in_a_folder_closed_to_others_opens_nothing(
    var_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the environment's programs are out of reach too, as in a home closed to others
    monkeypatch.setattr(processes, "_reachable", lambda _path, _account: False)
    closed = var_dir / "closed"
    closed.mkdir(mode=0o700)
    with EmbeddedServers(closed / "var", durable=False) as addresses:
        assert one(addresses.database_url, "SELECT 1") == 1
        place = (closed / "var" / "postgres").resolve()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert not place.is_relative_to(closed)
    shutil.rmtree(place.parent)


def test_one_line_when_the_disk_is_full(var_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(var_dir)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=1000))
    with pytest.raises(EmbeddedError, match=r"^the disk of .* is full: 0 MB free.*$"):
        EmbeddedServers(var_dir).acquire()


def test_a_server_that_cannot_start_leaves_nothing_running(
    var_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with EmbeddedServers(var_dir, durable=False):
        pass
    version = (var_dir / "postgres" / "PG_VERSION").resolve()
    version.write_text("9\n", encoding="ascii")
    monkeypatch.setattr("callcenter.core.embedded_servers.roles.accepts", lambda _url: False)
    with pytest.raises(EmbeddedError, match=r"^PostgreSQL did not start: .*"):
        EmbeddedServers(var_dir, durable=False).acquire()
    assert EmbeddedServers(var_dir).stop_if_unused()


def test_a_first_start_that_fails_halfway_leaves_nothing_running(
    var_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise EmbeddedError("no room")

    monkeypatch.setattr(processes, "run", fail)
    with pytest.raises(EmbeddedError, match="no room"):
        EmbeddedServers(var_dir, durable=False).acquire()
    port = json.loads((var_dir / "servers.json").read_text())["valkey"]
    assert processes.free_port(port) == port
    assert not (var_dir / "postgres").exists()


class Admin(NamedTuple):
    url: str
    plain: str


@pytest.fixture
def external(var_dir: Path) -> Iterator[Admin]:
    """A server that we do not manage, with an administrator's and a plain role's address."""
    with EmbeddedServers(var_dir, durable=False, want_valkey=False) as addresses:
        url = addresses.superuser_url
        with roles.connect(url) as connection:
            connection.execute("DROP DATABASE callcenter")
            connection.execute("DROP ROLE callcenter_owner")
            connection.execute("DROP ROLE callcenter_app")
            connection.execute("CREATE DATABASE service")
            connection.execute("CREATE ROLE plain LOGIN PASSWORD 'plain'")
        service = roles.url_for(url, database="service")
        yield Admin(service, roles.url_for(service, user="plain", password="plain"))


def test_an_external_server_is_made_ready_and_twice_is_the_same(external: Admin) -> None:
    first = roles.prepare_external(external.url)
    assert roles.prepare_external(external.url) == first
    app_url, owner_url = first
    assert one(app_url, "SELECT current_user::text") == roles.APP_ROLE
    assert one(owner_url, "SELECT current_database()::text") == "service"
    assert roles.app_role_fault(app_url) == ""
    assert "row-level security" in roles.app_role_fault(external.url)


def test_a_plain_role_is_taken_as_it_is(external: Admin) -> None:
    assert roles.prepare_external(external.plain) == (external.plain, "")


def test_roles_of_somebody_else_are_not_taken_over(external: Admin) -> None:
    with roles.connect(external.url) as connection:
        connection.execute("CREATE ROLE callcenter_app LOGIN PASSWORD 'theirs'")
    with pytest.raises(roles.DatabaseError, match=r"^DATABASE_URL: role callcenter_app exists"):
        roles.prepare_external(external.url)


def test_a_server_that_does_not_answer_is_one_line() -> None:
    port = processes.free_port()
    with pytest.raises(roles.DatabaseError, match=r"^DATABASE_URL: [^\n]*$"):
        roles.prepare_external(f"postgresql://a:b@127.0.0.1:{port}/c")


def test_with_both_addresses_set_nothing_is_started(
    monkeypatch: pytest.MonkeyPatch, bare_environment: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://a:b@h/d")
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgresql://o:b@h/d")
    monkeypatch.setenv("REDIS_URL", "redis://h")
    settings = load_settings()
    with serving(settings) as ready:
        assert ready == settings
    assert not (bare_environment / "servers.lock").exists()
