"""The embedded PostgreSQL and Valkey servers, shared by every process of one checkout.

Used when `DATABASE_URL` or `REDIS_URL` is unset. Whoever needs the servers holds a shared lock on
`var/servers.users`; the first one starts them, the last one stops them, whatever order processes
come and go in, and a killed process leaves no lock behind. Both listen on 127.0.0.1 only, on a port
that is kept, and let nobody in without a password drawn for this checkout (`var/secrets.json`).
"""

import atexit
import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self, cast

import psutil
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from callcenter.core import database_roles as roles
from callcenter.core import embedded_processes as processes
from callcenter.core.embedded_processes import EmbeddedError
from callcenter.settings import Settings, keep_once, private_directory

__all__ = ["Addresses", "EmbeddedError", "EmbeddedServers", "for_this_process", "serving"]

VALKEY_DATABASES = 64
_SUPERUSER = "postgres"

# For two cores and a few hundred thousand tickets; the data fits in memory many times over.
_POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path may have 107 bytes, a checkout's path any
    "max_connections": "150",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
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
_HASTE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Addresses:
    """Where the running servers answer; `superuser_url` is for making databases only."""

    database_url: str
    database_owner_url: str
    superuser_url: str
    redis_url: str


# Whoever has acquired is kept here: the lock would be gone with a forgotten object.
_held: set["EmbeddedServers"] = set()


@dataclass(eq=False)
class EmbeddedServers:
    """The servers of one `var_dir`. `durable=False` trades safety for speed, for tests."""

    var_dir: Path
    durable: bool = True
    want_postgres: bool = True
    want_valkey: bool = True
    _users: IO[str] | None = None

    def acquire(self) -> Addresses:
        """Attach to the running servers, starting them when nobody has yet.

        Raises:
            EmbeddedError: they can't start; nothing that was started here is left running.
        """
        private_directory(self.var_dir)
        with self._alone():
            users = (self.var_dir / "servers.users").open("a", encoding="ascii")
            fcntl.flock(users, fcntl.LOCK_SH)
            self._users = users
            _held.add(self)
            try:
                return self._start_missing()
            except BaseException as error:
                self._leave()
                if isinstance(error, OSError):
                    raise EmbeddedError(f"embedded servers: {error}") from error
                raise

    def release(self) -> None:
        """Detach; the last one to do so stops the servers. Repeatable."""
        if self._users is not None:
            with self._alone():
                self._leave()

    def stop_if_unused(self) -> bool:
        """Stop what a killed process left running; False when somebody still uses it."""
        with self._alone(), (self.var_dir / "servers.users").open("a", encoding="ascii") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            self._stop()
            return True

    def __enter__(self) -> Addresses:
        """See `acquire`."""
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        """See `release`."""
        self.release()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Only one process starts or stops at a time."""
        with (self.var_dir / "servers.lock").open("a", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _leave(self) -> None:
        users = cast("IO[str]", self._users)
        self._users = None
        _held.discard(self)
        with users:
            fcntl.flock(users, fcntl.LOCK_UN)
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return  # somebody else still needs them
            self._stop()

    def _start_missing(self) -> Addresses:
        place = processes.layout(self.var_dir)
        private_directory(self.var_dir / "log")
        keys = Keys.kept_in(self.var_dir)
        ports = self._ports()
        if self.want_valkey:
            ports["valkey"] = self._start_valkey(place, keys, ports.get("valkey", 0))
        if self.want_postgres:
            ports["postgres"] = self._start_postgres(place, keys, ports.get("postgres", 0))
        (self.var_dir / "servers.json").write_text(json.dumps(ports), encoding="ascii")
        addresses = _addresses(ports, keys)
        if self.want_postgres:
            _ensure_database(addresses, keys)
        return addresses

    def _ports(self) -> dict[str, int]:
        try:
            ports = json.loads((self.var_dir / "servers.json").read_text(encoding="ascii"))
            return {name: int(port) for name, port in ports.items()}
        except (OSError, ValueError):
            return {}

    def _start_postgres(self, place: processes.Layout, keys: "Keys", port: int) -> int:
        data = place.data / "postgres"
        if place.data != self.var_dir and not (self.var_dir / "postgres").is_symlink():
            _set_aside(data)
        if data.exists() and not os.access(data, os.W_OK | os.X_OK):
            raise EmbeddedError(
                f"{data} belongs to another user: start as that user, or move it away"
            )
        running = _postmaster(data)
        if running is not None:
            if roles.accepts(_superuser_url(running.port, keys)):
                return running.port
            if psutil.pid_exists(running.pid) and _is_postgres(running.pid):
                raise EmbeddedError(f"a PostgreSQL server runs on {data} and refuses our password")
        if not (data / "PG_VERSION").exists():
            self._make_cluster(place, keys)
        if place.data != self.var_dir:
            _link(self.var_dir / "postgres", data)
        port = processes.free_port(port)
        settings = _POSTGRES_SETTINGS | {"port": str(port)} | ({} if self.durable else _HASTE)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        log = self.var_dir / "log" / "postgres.log"
        server = processes.start(
            [place.postgres_binaries / "postgres", "-D", data, *options], place.account, log
        )
        url = _superuser_url(port, keys)
        processes.wait_ready(server, lambda: roles.accepts(url), log, what="PostgreSQL")
        return port

    def _make_cluster(self, place: processes.Layout, keys: "Keys") -> None:
        """Run initdb in a draft folder, so that an interrupted first start leaves nothing half made."""
        draft = place.data / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        processes.own_directory(draft, place.account)
        password = place.data / "postgres.password"
        password.unlink(missing_ok=True)
        with os.fdopen(os.open(password, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(keys.superuser)
        try:
            if place.account is not None:
                os.chown(password, place.account.uid, place.account.gid)
            processes.run(
                [
                    place.postgres_binaries / "initdb",
                    *("-D", draft, "-U", _SUPERUSER, "--pwfile", password),
                    *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"),
                    *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                    *([] if self.durable else ["--no-sync"]),
                ],
                place.account,
                what="making the PostgreSQL data folder",
            )
        finally:
            password.unlink()
        draft.rename(place.data / "postgres")

    def _start_valkey(self, place: processes.Layout, keys: "Keys", port: int) -> int:
        if port and _valkey_answers(port, keys):
            return port
        port = processes.free_port(port)
        folder = place.data / "valkey"
        processes.own_directory(folder, place.account)
        log = self.var_dir / "log" / "valkey.log"
        settings = (
            f'bind 127.0.0.1\nport {port}\nrequirepass {keys.valkey}\ndir "{folder}"\n'
            f'databases {VALKEY_DATABASES}\nsave ""\nappendonly no\n'
            "maxmemory 256mb\nmaxmemory-policy noeviction\n"
        )
        server = processes.start([place.valkey_server, "-"], place.account, log, given=settings)
        processes.wait_ready(server, lambda: _valkey_answers(port, keys), log, what="Valkey")
        return port

    def _stop(self) -> None:
        """Stop both in order; Valkey first, as nothing in it matters."""
        ports = self._ports()
        keys = Keys.kept_in(self.var_dir)
        if port := ports.get("valkey"):
            with contextlib.suppress(redis.RedisError), _valkey(port, keys) as client:
                pid = int(client.info("server")["process_id"])
                client.shutdown(nosave=True)
                processes.wait_gone(pid, 5)
        running = _postmaster((self.var_dir / "postgres").resolve())
        if running is None or not _is_postgres(running.pid):
            return
        for order, seconds in ((signal.SIGINT, 30), (signal.SIGQUIT, 10)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(running.pid, order)
            if processes.wait_gone(running.pid, seconds):
                return


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


def _superuser_url(port: int, keys: Keys) -> str:
    return f"postgresql+psycopg://{_SUPERUSER}:{keys.superuser}@127.0.0.1:{port}/postgres"


def _addresses(ports: dict[str, int], keys: Keys) -> Addresses:
    superuser = _superuser_url(ports.get("postgres", 0), keys)
    return Addresses(
        database_url=roles.url_for(
            superuser, user=roles.APP_ROLE, password=keys.app, database=roles.DATABASE
        ),
        database_owner_url=roles.url_for(
            superuser, user=roles.OWNER_ROLE, password=keys.owner, database=roles.DATABASE
        ),
        superuser_url=superuser,
        redis_url=f"redis://:{keys.valkey}@127.0.0.1:{ports.get('valkey', 0)}/0",
    )


def _ensure_database(addresses: Addresses, keys: Keys) -> None:
    """Roles, database and extensions, on the first start (or one that was interrupted)."""
    with roles.connect(addresses.superuser_url) as connection:
        row = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [roles.DATABASE]
        ).fetchone()
    ready = "SELECT 1 FROM pg_default_acl"  # the last thing that prepare_inside makes
    if row is not None:
        with roles.connect(addresses.database_owner_url) as connection:
            if connection.execute(ready).fetchone():
                return
    roles.ensure_roles(addresses.superuser_url, keys.owner, keys.app)
    if row is None:
        roles.create_database(addresses.superuser_url, roles.DATABASE)
    inside = roles.url_for(addresses.superuser_url, database=roles.DATABASE)
    roles.prepare_inside(inside, addresses.database_owner_url)


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


@contextlib.contextmanager
def serving(settings: Settings) -> Iterator[Settings]:
    """`settings` with all addresses filled in, served as long as the block lasts.

    With both URLs set nothing is started. With only `DATABASE_URL` of the two PostgreSQL addresses,
    its role makes the platform's own two roles (see `database_roles.prepare_external`).

    Raises:
        EmbeddedError, DatabaseError: one line for the person who starts us.
    """
    changes: dict[str, object] = {}
    if settings.database_url and not settings.database_owner_url:
        app_url, owner_url = roles.prepare_external(settings.database_url)
        changes |= {"database_url": app_url, "database_owner_url": owner_url}
    want_postgres, want_valkey = not settings.database_url, not settings.redis_url
    if not (want_postgres or want_valkey):
        yield settings.model_copy(update=changes)
        return
    servers = EmbeddedServers(
        settings.var_dir, want_postgres=want_postgres, want_valkey=want_valkey
    )
    with servers as addresses:
        if want_postgres:
            changes |= {
                "database_url": addresses.database_url,
                "database_owner_url": addresses.database_owner_url,
            }
        if want_valkey:
            changes["redis_url"] = addresses.redis_url
        yield settings.model_copy(update=changes)


def for_this_process(settings: Settings) -> Settings:
    """`serving` for the life of this process: for commands, which end when they have run."""
    stack = contextlib.ExitStack()
    ready = stack.enter_context(serving(settings))
    atexit.register(stack.close)
    return ready
