"""Real PostgreSQL and Valkey servers for one pytest run, shared by its xdist workers.

The process that the person starts (no `PYTEST_XDIST_WORKER`) starts and stops the servers; workers
inherit their addresses through the environment. Every worker has a database of its own, cloned from
one migrated template, and a Valkey database number of its own.

`TEST_DATABASE_URL` (a superuser's address) and `TEST_REDIS_URL` name other servers to use instead.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from callcenter.core import database_roles as roles
from callcenter.core.embedded import EmbeddedServers

_SUPERUSER = "CALLCENTER_TESTS_SUPERUSER_URL"
_REDIS = "CALLCENTER_TESTS_REDIS_URL"
_RUN = "CALLCENTER_TESTS_RUN"
_PASSWORD = "CALLCENTER_TESTS_PASSWORD"
_FOLDER = "CALLCENTER_TESTS_FOLDER"
_FOLDER_PREFIX = "callcenter-tests-"
_MEMORY = Path("/dev/shm")
_ROOM = 3 << 30  # bytes
_LOCK_NUMBER = 7_302_024

_embedded: EmbeddedServers | None = None


def start_servers() -> None:
    """Start the servers, once per run; call it in `pytest_configure`. Nothing in xdist workers."""
    global _embedded  # noqa: PLW0603 - pytest hooks share no object to keep this in
    if "PYTEST_XDIST_WORKER" in os.environ or _embedded is not None:
        return
    superuser_url = os.environ.get("TEST_DATABASE_URL", "")
    redis_url = os.environ.get("TEST_REDIS_URL", "")
    _sweep_left_behind()
    folder = new_folder()
    _embedded = EmbeddedServers(
        folder, durable=False, want_postgres=not superuser_url, want_valkey=not redis_url
    )
    addresses = _embedded.acquire()
    os.environ[_SUPERUSER] = roles.url_for(superuser_url or addresses.superuser_url)
    os.environ[_REDIS] = redis_url or addresses.redis_url
    os.environ[_RUN] = secrets.token_hex(4)
    os.environ[_PASSWORD] = secrets.token_hex(16)
    os.environ[_FOLDER] = str(folder)


def stop_servers() -> None:
    """Stop what `start_servers` started and leave no trace; call it in `pytest_unconfigure`."""
    global _embedded  # noqa: PLW0603 - as above
    if _embedded is None:
        return
    if "TEST_DATABASE_URL" in os.environ:
        _drop_databases()
    _embedded.release()
    remove(_embedded.var_dir)
    _embedded = None
    for name in (_SUPERUSER, _REDIS, _RUN, _PASSWORD, _FOLDER):
        os.environ.pop(name, None)


def new_folder() -> Path:
    """Make a folder for servers; in memory if there is room: a clone is a thousand small files."""
    roomy = os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM
    folder = Path(tempfile.mkdtemp(prefix=_FOLDER_PREFIX, dir=_MEMORY if roomy else None))
    folder.chmod(0o711)  # root's servers run under another account, which must get in
    return folder


def var_dir() -> Path:
    """Where the applications of this run keep their files: compiled templates, for one."""
    return Path(os.environ[_FOLDER]) / "var"


def template_database(migrate: Callable[[str], None]) -> None:
    """Make the migrated template once per run; whichever worker comes first does, others wait.

    `migrate` is given the owner's address of the new database and must leave no connection open.
    """
    superuser_url = os.environ[_SUPERUSER]
    name = _database_name("template")
    with _alone(superuser_url) as connection:
        row = connection.execute(
            "SELECT datistemplate FROM pg_database WHERE datname = %s", [name]
        ).fetchone()
        if row is not None and row[0]:
            return
        roles.drop_database(superuser_url, name)
        _roles_with_our_password(superuser_url)
        roles.create_database(superuser_url, name)
        owner_url = _role_url(roles.OWNER_ROLE, name)
        roles.prepare_inside(roles.url_for(superuser_url, database=name))
        migrate(owner_url)
        connection.execute("UPDATE pg_database SET datistemplate = true WHERE datname = %s", [name])


def worker_database(worker_id: str) -> tuple[str, str]:
    """A fresh clone of the template for this worker; (application's address, owner's address).

    Any name does for `worker_id`: a test that changes the schema can have a clone for itself.
    """
    superuser_url = os.environ[_SUPERUSER]
    name = _database_name(worker_id)
    with _alone(superuser_url):
        roles.drop_database(superuser_url, name)
        roles.create_database(superuser_url, name, template=_database_name("template"))
    return _role_url(roles.APP_ROLE, name), _role_url(roles.OWNER_ROLE, name)


def drop_worker_database(worker_id: str) -> None:
    """Drop a clone made by `worker_database`, with whoever is connected to it."""
    roles.drop_database(os.environ[_SUPERUSER], _database_name(worker_id))


def worker_redis_url(worker_id: str) -> str:
    """Address of this worker's own Valkey database (`gw3` has number 4, no xdist has 0)."""
    number = int(worker_id.removeprefix("gw")) + 1 if worker_id.startswith("gw") else 0
    return urlunsplit(urlsplit(os.environ[_REDIS])._replace(path=f"/{number}"))


def superuser_url() -> str:
    """The superuser's address, for the few tests about the server itself."""
    return os.environ[_SUPERUSER]


def _database_name(part: str) -> str:
    return f"callcenter_test_{os.environ[_RUN]}_{part}"


def _role_url(role: str, database: str) -> str:
    return roles.url_for(
        os.environ[_SUPERUSER], user=role, password=os.environ[_PASSWORD], database=database
    )


def _roles_with_our_password(superuser_url: str) -> None:
    """On a server that other runs have used, the roles exist with another run's password."""
    password = os.environ[_PASSWORD]
    roles.ensure_roles(superuser_url, password, password)
    for role in (roles.OWNER_ROLE, roles.APP_ROLE):
        roles.set_password(superuser_url, role, password)


@contextmanager
def _alone(superuser_url: str) -> Iterator[roles.Connection]:
    with roles.connect(superuser_url) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK_NUMBER])
        yield connection


def _drop_databases() -> None:
    superuser_url = os.environ[_SUPERUSER]
    with roles.connect(superuser_url) as connection:
        connection.execute(
            "UPDATE pg_database SET datistemplate = false WHERE datname = %s",
            [_database_name("template")],
        )
        names = connection.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname::text, %s)",
            [_database_name("")],
        ).fetchall()
    for (name,) in names:
        roles.drop_database(superuser_url, str(name))


def _sweep_left_behind() -> None:
    """Servers of runs that were killed: nobody holds their lock any more."""
    for folder in chain.from_iterable(
        Path(place).glob(f"{_FOLDER_PREFIX}*") for place in (tempfile.gettempdir(), _MEMORY)
    ):
        try:
            if EmbeddedServers(folder).stop_if_unused():
                remove(folder)
        except OSError:
            continue  # another user's


def remove(folder: Path) -> None:
    """Take away the folder of servers that have stopped, and their data."""
    data = (folder / "postgres").resolve()
    shutil.rmtree(folder, ignore_errors=True)
    if data.exists():  # placed elsewhere, see embedded_processes
        shutil.rmtree(data.parent, ignore_errors=True)
