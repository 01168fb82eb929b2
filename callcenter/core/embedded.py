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
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from callcenter.core import database_roles as roles
from callcenter.core import embedded_processes as processes
from callcenter.core import embedded_servers as servers
from callcenter.core.embedded_processes import EmbeddedError
from callcenter.settings import Settings, private_directory

__all__ = ["Addresses", "EmbeddedError", "EmbeddedServers", "for_this_process", "serving"]


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
        place = servers.Place(self.var_dir, processes.layout(self.var_dir))
        private_directory(self.var_dir / "log")
        keys = servers.Keys.kept_in(self.var_dir)
        ports = self._ports()
        if self.want_valkey:
            ports["valkey"] = servers.start_valkey(place, keys, ports.get("valkey", 0))
            self._keep(ports)  # at once: should PostgreSQL not start, this one has to be stopped
        if self.want_postgres:
            ports["postgres"] = servers.start_postgres(
                place, keys, ports.get("postgres", 0), durable=self.durable
            )
            self._keep(ports)
        addresses = _addresses(ports, keys)
        if self.want_postgres:
            _ensure_database(addresses, keys)
        return addresses

    def _keep(self, ports: dict[str, int]) -> None:
        (self.var_dir / "servers.json").write_text(json.dumps(ports), encoding="ascii")

    def _ports(self) -> dict[str, int]:
        try:
            ports = json.loads((self.var_dir / "servers.json").read_text(encoding="ascii"))
            return {name: int(port) for name, port in ports.items()}
        except (OSError, ValueError):
            return {}

    def _stop(self) -> None:
        """Stop both in order; Valkey first, as nothing in it matters."""
        if port := self._ports().get("valkey"):
            servers.stop_valkey(port, servers.Keys.kept_in(self.var_dir))
        servers.stop_postgres(self.var_dir)


def _addresses(ports: dict[str, int], keys: servers.Keys) -> Addresses:
    superuser = servers.superuser_url(ports.get("postgres", 0), keys)
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


def _ensure_database(addresses: Addresses, keys: servers.Keys) -> None:
    """Roles, database and extensions: made on the first start, checked on the others."""
    with roles.connect(addresses.superuser_url) as connection:
        row = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [roles.DATABASE]
        ).fetchone()
    roles.ensure_roles(addresses.superuser_url, keys.owner, keys.app)
    if row is None:
        roles.create_database(addresses.superuser_url, roles.DATABASE)
    inside = roles.url_for(addresses.superuser_url, database=roles.DATABASE)
    roles.prepare_inside(inside)


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
    embedded = EmbeddedServers(
        settings.var_dir, want_postgres=want_postgres, want_valkey=want_valkey
    )
    with embedded as addresses:
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
