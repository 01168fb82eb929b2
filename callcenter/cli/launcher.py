"""`make run`: start the whole platform, watch it, and stop it cleanly on Ctrl-C.

Servers, migrations, demo data on the first start, then the processes: web, workers, clockwork and
the SMS sandbox. Every fault that a person can mend is one line, and nothing is left running.
"""

import contextlib
import errno
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

import redis

from callcenter.cli.children import Child, Children
from callcenter.core import database_roles as roles
from callcenter.core.embedded import serving
from callcenter.core.embedded_processes import check_disk
from callcenter.core.migrate import is_current, upgrade
from callcenter.settings import (
    PROJECT_ROOT,
    Environment,
    Settings,
    load_settings,
    private_directory,
)

_GRACE_SECONDS = 3  # open event streams would keep the web process up for ever


class LauncherError(SystemExit):
    """A fault that the person who starts us can mend, in one line."""


def say(line: str) -> None:
    """Print a line at once, also into a pipe."""
    print(line, flush=True)


@contextlib.contextmanager
def step(what: str) -> Iterator[None]:
    """Show what is being done, then how long it took."""
    print(f"  {what} ...", end="", flush=True)
    start = time.monotonic()
    try:
        yield
    except BaseException as error:
        print(" stopped" if isinstance(error, KeyboardInterrupt) else " failed", flush=True)
        raise
    print(f" {time.monotonic() - start:.1f} s", flush=True)


def main() -> int:
    """Run the platform until Ctrl-C or SIGTERM; the exit code is 0 then, else 1."""
    children = Children(say)
    _handle_signals()
    try:
        settings = load_settings()
        private_directory(settings.var_dir)
        with _only_one(settings.var_dir):
            _run(settings, children)
    except KeyboardInterrupt:
        say("Stopped.")
        return 0
    except SystemExit as fault:
        for line in str(fault).splitlines():
            print(f"error: {line}", file=sys.stderr)
        return 1
    except OSError as fault:
        reason = "the disk is full" if fault.errno == errno.ENOSPC else str(fault)
        print(f"error: {reason}", file=sys.stderr)
        return 1
    return 0


def _run(settings: Settings, children: Children) -> None:
    check_disk(settings.var_dir)
    _check_ports(settings)
    _check_front_end()
    say("Starting the call platform")
    with contextlib.ExitStack() as stack:
        with step("PostgreSQL and Valkey"):
            ready = stack.enter_context(serving(settings))
        stack.callback(_begin_stop, children)
        _prepare_database(ready)
        processes = _processes(ready)
        children.start(processes)
        for child in processes:
            with step(child.name):
                children.wait_ready(child)
        _welcome(ready)
        children.watch()


def _begin_stop(children: Children) -> None:
    """Stop the processes before the servers; a second Ctrl-C kills them instead of waiting."""
    if children.members:
        say("\nStopping ...")

    def hurry(_number: int, _frame: FrameType | None) -> None:
        children.hurry = True

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, hurry)
    children.stop()


def _handle_signals() -> None:
    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)


@contextlib.contextmanager
def _only_one(var_dir: Path) -> Iterator[None]:
    """One platform per checkout; a killed one leaves no lock behind."""
    with (var_dir / "launcher.lock").open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise LauncherError(
                f"the platform already runs from this folder (process {lock.read().strip()})"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _check_ports(settings: Settings) -> None:
    _check_port(settings.host, settings.port, "PORT")
    if _own_sandbox(settings):
        sandbox = urlsplit(settings.sandbox_url)
        _check_port(sandbox.hostname or "127.0.0.1", sandbox.port or 80, "SANDBOX_URL")
        if settings.sandbox_smtp_port:
            _check_port(
                sandbox.hostname or "127.0.0.1", settings.sandbox_smtp_port, "SANDBOX_SMTP_PORT"
            )


def _check_port(host: str, port: int, variable: str) -> None:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        reasons = {
            errno.EADDRINUSE: "is used by another program: stop it, or choose another",
            errno.EACCES: "needs rights that this user lacks: choose one above 1023",
        }
        reason = reasons.get(error.errno or 0, str(error.strerror or error))
        example = "PORT=8010 make run" if variable == "PORT" else f"set {variable}"
        raise LauncherError(f"port {port} of {host} {reason} ({example})") from None


def _check_front_end() -> None:
    if not (PROJECT_ROOT / "static" / "vendor" / "bootstrap").is_dir():
        raise LauncherError("static/vendor is missing: run `make run`, which fetches it")


def _own_sandbox(settings: Settings) -> bool:
    """The sandbox is ours to start when it is in use and its address is on this machine."""
    host = urlsplit(settings.sandbox_url).hostname
    return settings.sms_sandbox and host in ("127.0.0.1", "localhost", "::1")


def _prepare_database(settings: Settings) -> None:
    fault = roles.app_role_fault(settings.database_url)
    if fault:
        raise LauncherError(fault)
    if not settings.database_owner_url:
        return  # the application's role alone: migrations are run elsewhere
    if not is_current(settings.database_owner_url):
        with step("migrations"):
            upgrade(settings.database_owner_url)
    if settings.environment is Environment.DEVELOPMENT:
        _seed_once(settings)


def _seed_once(settings: Settings) -> None:
    """Demonstration data for a database that has never had it."""
    with roles.connect(settings.database_owner_url) as connection:
        row = connection.execute(
            "SELECT format('%s/%s', system_identifier, (SELECT oid FROM pg_database"
            " WHERE datname = current_database())) FROM pg_control_system()"
        ).fetchone()
    database = str(row[0]) if row else ""
    marker = settings.var_dir / "demo-seeded"
    if marker.exists() and marker.read_text(encoding="ascii") == database:
        return
    if find_spec("callcenter.cli.demo") is None:
        say("  no demonstration data: there is no `flask demo seed` command")
        return
    say("  demonstration data (first start only):")
    _command(
        settings,
        [sys.executable, "-m", "flask", "--app", "wsgi", "demo", "seed"],
        "the demonstration data could not be made",
    )
    marker.write_text(database, encoding="ascii")


def _command(settings: Settings, command: list[str], fault: str) -> None:
    """Run a command to its end, its progress shown; a failure is one line after its own."""
    environment = child_environment(settings)
    result = subprocess.run(command, env=environment, cwd=PROJECT_ROOT, check=False)
    if result.returncode:
        raise LauncherError(f"{fault} (code {result.returncode})")


def child_environment(settings: Settings) -> dict[str, str]:
    """What every process is told. Only migrations get the owner's address."""
    environment = dict(os.environ)
    environment.pop("DATABASE_OWNER_URL", None)
    return environment | {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "PUBLIC_ORIGIN": settings.public_origin,
        "SANDBOX_URL": settings.sandbox_url,
        "SANDBOX_SMTP_PORT": str(settings.sandbox_smtp_port),
        "VAR_DIR": str(settings.var_dir),
        "PYTHONUNBUFFERED": "1",
    }


# The C library keeps what each thread once held: a password's 19 MB, for each that hashed one.
# Large blocks go back to the system at once, and threads share two arenas.
WEB_MEMORY = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": str(1024 * 1024)}


def web_command(settings: Settings, bind: str) -> list[str]:
    """Return Python's arguments for the web process, bound to ``host:port``."""
    return [
        *("-m", "gunicorn", "--worker-class", "gthread"),
        *(["--preload"] if settings.web_processes > 1 else []),  # they share what they load
        *("--workers", str(settings.web_processes), "--threads", str(settings.web_threads)),
        *("--bind", bind, "--keep-alive", "30"),
        *("--graceful-timeout", str(_GRACE_SECONDS), "--timeout", "60", "--no-control-socket"),
        "wsgi:app",  # no access log: tenants' private links would stand in it
    ]


def _processes(settings: Settings) -> list[Child]:
    environment = child_environment(settings)
    python = sys.executable
    rooms = {
        "web": [python, *web_command(settings, _bind_address(settings))],
    }
    if _own_sandbox(settings):
        sandbox = urlsplit(settings.sandbox_url)
        rooms["sandbox"] = [
            *(python, "-m", "sandbox", "--host", sandbox.hostname or "127.0.0.1"),
            *("--port", str(sandbox.port or 80), "--webhook-origin", settings.public_origin),
            *("--data", str(settings.var_dir / "sandbox.sqlite3")),
            *("--smtp-port", str(settings.sandbox_smtp_port)),
        ]
        environment |= {
            "SANDBOX_ACCOUNT_SID": settings.sms_account_sid,
            "SANDBOX_AUTH_TOKEN": settings.sms_auth_token,
        }
    rooms |= {
        f"worker {number}": [python, "-m", "workers", "worker"]
        for number in range(1, settings.worker_count + 1)
    }
    rooms["clockwork"] = [python, "-m", "workers", "clockwork"]
    children = []
    for name, command in rooms.items():
        own = environment | WEB_MEMORY if name == "web" else environment
        log = settings.var_dir / "log" / f"{name.replace(' ', '-')}.log"
        child = Child(name, command, own, log, lambda: True, PROJECT_ROOT)
        if name == "web":
            child.ready = lambda: answers(f"http://{_bind_address(settings)}")
        elif name == "sandbox":
            child.ready = lambda: answers(settings.sandbox_url)
        elif name == f"worker {settings.worker_count}":
            child.ready = lambda: _workers_listen(settings)
        children.append(child)
    return children


def _bind_address(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{host}:{settings.port}"


def answers(origin: str) -> bool:
    """Whether an HTTP server answers there, whatever it answers."""
    parts = urlsplit(origin)
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(parts.hostname or "", parts.hostname or "")  # noqa: S104 - asked, not bound
    connection = http.client.HTTPConnection(host, parts.port or 80, timeout=5)
    try:
        connection.request("HEAD", "/")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _workers_listen(settings: Settings) -> bool:
    """RQ's workers write themselves into a set of this name once they take jobs."""
    try:
        with redis.Redis.from_url(settings.redis_url) as client:
            return bool(client.scard("rq:workers") >= settings.worker_count)
    except redis.RedisError:
        return False


def _welcome(settings: Settings) -> None:
    say(f"\nThe call platform is ready: {settings.public_origin}")
    if settings.sms_sandbox:
        say(f"Phones and e-mails of the sandbox:  {settings.sandbox_url}")
    if settings.environment is Environment.DEVELOPMENT:
        for account in _demo_accounts():
            say("  " + "  ".join(str(part) for part in account))
    say("Ctrl-C stops everything; the data stays.")


def _demo_accounts() -> list[tuple[str, ...]]:
    """Who can sign in, as `callcenter.cli.demo.accounts()` tells; none without that module."""
    if find_spec("callcenter.cli.demo") is None:
        return []
    accounts = import_module("callcenter.cli.demo").accounts()
    return [tuple(account) for account in accounts]


if __name__ == "__main__":
    sys.exit(main())
