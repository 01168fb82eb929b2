"""Starting and stopping one embedded PostgreSQL and one Valkey; who uses them is `embedded`'s.

Both listen on 127.0.0.1 only and let nobody in without a password drawn for this checkout.
"""

import contextlib
import json
import os
import secrets
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from callcenter.core import database_roles as roles
from callcenter.core import embedded_processes as processes
from callcenter.core.embedded_processes import EmbeddedError
from callcenter.settings import keep_once

VALKEY_DATABASES = 64
_SUPERUSER = "postgres"

_MB = 1024 * 1024

# For two cores and a million tickets.
_POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path may have 107 bytes, a checkout's path any
    "max_connections": "150",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "jit": "off",  # compiling costs more than our short statements
    "max_parallel_workers_per_gather": "0",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "1GB",
    "shared_preload_libraries": "pg_stat_statements",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_min_duration_statement": "500ms",
    "log_parameter_max_length": "0",  # no personal data in the log
    "log_parameter_max_length_on_error": "0",
    "idle_in_transaction_session_timeout": "10min",
}
_HASTE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "256MB",
    "max_wal_size": "128MB",
}


def _memory_settings() -> dict[str, str]:
    """Return how much PostgreSQL keeps in its own memory: an eighth of the machine's, 1 GB at most.

    A million tickets take 10 GB on disk; what is asked for again and again is a part of it.
    """
    own = min(1024, max(128, psutil.virtual_memory().total // 8 // _MB))
    return {"shared_buffers": f"{own}MB", "effective_cache_size": f"{4 * own}MB"}


@dataclass(frozen=True)
class Place:
    """Our folder, and where the servers' own files are."""

    var_dir: Path
    layout: processes.Layout


@dataclass(frozen=True)
class Keys:
    """Passwords of one checkout's servers."""

    superuser: str
    owner: str
    app: str
    valkey: str

    @classmethod
    def kept_in(cls, var_dir: Path) -> Self:
        """Read them; drawn on first use."""
        path = var_dir / "secrets.json"
        if not path.exists():
            names = ("superuser", "owner", "app", "valkey")
            keep_once(path, json.dumps({name: secrets.token_hex(24) for name in names}))
        try:
            return cls(**json.loads(path.read_text(encoding="ascii")))
        except PermissionError as error:
            raise EmbeddedError(
                f"{path} belongs to another user: start as that user, or move {var_dir} away"
            ) from error


def start_postgres(place: Place, keys: Keys, port: int, *, durable: bool) -> int:
    """Attach to PostgreSQL or start it, preferably on `port`; the port it listens on.

    `durable=False` trades safety for speed, for tests.

    Raises:
        EmbeddedError: it can't serve, in one line.
    """
    data = place.layout.data / "postgres"
    if place.layout.data != place.var_dir and not (place.var_dir / "postgres").is_symlink():
        _set_aside(data)
    if data.exists() and not os.access(data, os.W_OK | os.X_OK):
        raise EmbeddedError(f"{data} belongs to another user: start as that user, or move it away")
    running = _postmaster(data)
    if running is not None:
        if roles.accepts(superuser_url(running.port, keys)):
            return running.port
        if psutil.pid_exists(running.pid) and _is_postgres(running.pid):
            raise EmbeddedError(f"a PostgreSQL server runs on {data} and refuses our password")
    if not (data / "PG_VERSION").exists():
        _make_cluster(place, keys, durable=durable)
    if place.layout.data != place.var_dir:
        _link(place.var_dir / "postgres", data)
    port = processes.free_port(port)
    settings = _POSTGRES_SETTINGS | _memory_settings() | {"port": str(port)}
    settings |= {} if durable else _HASTE
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    log = place.var_dir / "log" / "postgres.log"
    server = processes.start(
        [place.layout.postgres_binaries / "postgres", "-D", data, *options],
        place.layout.account,
        log,
    )
    url = superuser_url(port, keys)
    processes.wait_ready(server, lambda: roles.accepts(url), log, what="PostgreSQL")
    return port


def _make_cluster(place: Place, keys: Keys, *, durable: bool) -> None:
    """Run initdb in a draft folder, so that an interrupted first start leaves nothing half made."""
    draft = place.layout.data / "postgres.new"
    shutil.rmtree(draft, ignore_errors=True)
    processes.own_directory(draft, place.layout.account)
    password = place.layout.data / "postgres.password"
    password.unlink(missing_ok=True)
    with os.fdopen(os.open(password, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(keys.superuser)
    try:
        if place.layout.account is not None:
            os.chown(password, place.layout.account.uid, place.layout.account.gid)
        processes.run(
            [
                place.layout.postgres_binaries / "initdb",
                *("-D", draft, "-U", _SUPERUSER, "--pwfile", password),
                *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *([] if durable else ["--no-sync"]),
            ],
            place.layout.account,
            what="making the PostgreSQL data folder",
        )
    finally:
        password.unlink()
    draft.rename(place.layout.data / "postgres")


def start_valkey(place: Place, keys: Keys, port: int) -> int:
    """Attach to Valkey or start it, preferably on `port`; the port it listens on.

    Raises:
        EmbeddedError: it can't serve, in one line.
    """
    if port and _valkey_answers(port, keys):
        return port
    port = processes.free_port(port)
    folder = place.layout.data / "valkey"
    processes.own_directory(folder, place.layout.account)
    log = place.var_dir / "log" / "valkey.log"
    settings = (
        f'bind 127.0.0.1\nport {port}\nrequirepass {keys.valkey}\ndir "{folder}"\n'
        f'databases {VALKEY_DATABASES}\nsave ""\nappendonly no\n'
        "maxmemory 256mb\nmaxmemory-policy noeviction\n"
    )
    server = processes.start(
        [place.layout.valkey_server, "-"], place.layout.account, log, given=settings
    )
    processes.wait_ready(server, lambda: _valkey_answers(port, keys), log, what="Valkey")
    return port


def stop_valkey(port: int, keys: Keys) -> None:
    """Stop Valkey, if it listens there; it keeps nothing."""
    with contextlib.suppress(redis.RedisError), _valkey(port, keys) as client:
        pid = int(client.info("server")["process_id"])
        client.shutdown(nosave=True)
        processes.wait_gone(pid, 5)


def stop_postgres(var_dir: Path) -> None:
    """Stop PostgreSQL as it likes to be stopped, hanging up on whoever is connected."""
    running = _postmaster((var_dir / "postgres").resolve())
    if running is None or not _is_postgres(running.pid):
        return
    for order, seconds in ((signal.SIGINT, 30), (signal.SIGQUIT, 10)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(running.pid, order)
        if processes.wait_gone(running.pid, seconds):
            return


@dataclass(frozen=True)
class _Postmaster:
    pid: int
    port: int


def _postmaster(data: Path) -> _Postmaster | None:
    """What PostgreSQL wrote about itself in its data folder; it may be out of date."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        return _Postmaster(pid=int(lines[0]), port=int(lines[3]))
    except (OSError, ValueError, IndexError):
        return None


def _is_postgres(pid: int) -> bool:
    """A process number may have been given to somebody else since."""
    try:
        return psutil.Process(pid).name() == "postgres"
    except psutil.Error:
        return False


def _link(place: Path, target: Path) -> None:
    """Show under var/ where the data really is."""
    if not place.is_symlink() and not place.exists():
        place.symlink_to(target)


def _set_aside(data: Path) -> None:
    """Data of a var/ that is gone: its password is lost with it, so it can't be served again."""
    if data.exists():
        old = data.with_name("postgres.old")
        shutil.rmtree(old, ignore_errors=True)
        data.rename(old)


def superuser_url(port: int, keys: Keys) -> str:
    """Address of the one who may do everything, on the server's own database."""
    return f"postgresql+psycopg://{_SUPERUSER}:{keys.superuser}@127.0.0.1:{port}/postgres"


def _valkey(port: int, keys: Keys) -> "redis.Redis":
    return redis.Redis(
        host="127.0.0.1",
        port=port,
        password=keys.valkey,
        socket_connect_timeout=1,
        socket_timeout=5,
        retry=Retry(NoBackoff(), 0),  # by default the client waits seconds for a server not up yet
    )


def _valkey_answers(port: int, keys: Keys) -> bool:
    try:
        with _valkey(port, keys) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
