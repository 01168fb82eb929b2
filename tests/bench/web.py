"""The real web process over loopback, and a browser that keeps its connection and its cookies."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self
from urllib.parse import urlencode

from callcenter.cli.launcher import WEB_MEMORY, answers, child_environment, web_command
from callcenter.settings import PROJECT_ROOT
from tests.bench.base import PASSWORD, Base
from tests.bench.measures import Results

_TOKEN = re.compile(r'name="csrf[_-]token"[^>]*(?:value|content)="([^"]+)"')
_START_SECONDS = 120


class Process:
    """A child with the environment that the launcher gives; its output goes to a log."""

    def __init__(self, base: Base, name: str, command: list[str], **environment: str) -> None:
        self.base, self.name, self.command = base, name, command
        self.environment = child_environment(base.settings) | environment
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        log = self.base.settings.var_dir / "log" / f"bench-{self.name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as out:
            self._child = subprocess.Popen(
                [sys.executable, *self.command],
                env=self.environment,
                cwd=PROJECT_ROOT,
                stdout=out,
                stderr=out,
            )
        return self

    def __exit__(self, *_error: object) -> None:
        if self._child is not None:
            self._child.terminate()
            try:
                self._child.wait(15)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()

    @property
    def pid(self) -> int:
        """The child's process number."""
        return self._child.pid if self._child else 0

    def wait_for(self, origin: str) -> None:
        """Wait until an HTTP server answers there."""
        limit = time.monotonic() + _START_SECONDS
        while not answers(origin):
            if time.monotonic() > limit or (self._child and self._child.poll() is not None):
                raise SystemExit(f"error: {self.name} did not start, see var/bench/log")
            time.sleep(0.1)

    def memory_mb(self) -> float:
        """Resident memory of the process and its children, shared pages counted once each."""
        return sum(_pss_kb(pid) for pid in (self.pid, *_children(self.pid))) / 1024

    def tell_memory(self, results: Results, op: str) -> None:
        """Print what each of the web's processes takes, what they share spread over them."""
        processes = self.base.settings.web_processes
        mb = self.memory_mb() / processes
        results.tell(op, mb=round(mb, 1), web_processes=processes)

    def cpu_seconds(self) -> float:
        """Processor time that the process and its children have used so far."""
        return cpu_seconds(self.pid)


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and its children so far, those that have ended included."""
    return _cpu_seconds(pid, 4) + sum(_cpu_seconds(child, 2) for child in _children(pid))


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


def _pss_kb(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def _cpu_seconds(pid: int, fields: int) -> float:
    """Its own user and system time (2 fields), and that of the children it has buried (4)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):  # it has just ended: its parent has it
        return 0.0
    return sum(map(int, stat[11 : 11 + fields])) / os.sysconf("SC_CLK_TCK")


def web(base: Base) -> Process:
    """The web process as `make run` starts it."""
    port = base.settings.public_origin.rpartition(":")[2]
    command = web_command(base.settings, f"127.0.0.1:{port}")
    return Process(base, "web", command, PORT=port, **WEB_MEMORY)


class Browser:
    """One signed-in person. Every answer that is not the expected one stops the measure.

    It speaks HTTP by hand: a library's milliseconds would be counted as the server's, and eight
    of its browsers would want the processors that the server is measured on.
    """

    def __init__(self, origin: str, email: str) -> None:
        host, _, port = origin.removeprefix("http://").partition(":")
        self._address = (host, int(port))
        self._connect()
        self._cookies: dict[str, str] = {}
        self.token = ""
        self.get("/sign-in")
        self.post("/sign-in", {"email": email, "password": PASSWORD})
        if "/sign-in" in self.last_location:
            raise SystemExit(f"error: {email} can't sign in")
        self.get("/account")

    def _connect(self) -> None:
        self._line = socket.create_connection(self._address, timeout=60)
        self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._read = self._line.makefile("rb")

    last_location = ""

    def get(self, path: str, **headers: str) -> str:
        """Open a page, which must be there."""
        return self._ask("GET", path, "", headers, {200})

    def fragment(self, path: str) -> str:
        """Ask for a fragment as htmx does."""
        return self.get(path, **{"HX-Request": "true"})

    def post(self, path: str, fields: Mapping[str, str], **headers: str) -> str:
        """Send a form with the page's token."""
        body = urlencode({"csrf_token": self.token, **fields})
        sent = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        return self._ask("POST", path, body, sent, {200, 204, 302, 303})

    def act(self, path: str, fields: Mapping[str, str]) -> str:
        """Send a form whose answer leads to a page: what that one says is forgotten by the next."""
        before = dict(self._cookies)
        said = self.post(path, fields)
        self._cookies = before
        return said

    def _ask(
        self, method: str, path: str, body: str, headers: Mapping[str, str], good: set[int]
    ) -> str:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        told = {
            "Host": "{}:{}".format(*self._address),
            "Cookie": cookies,
            "Content-Length": str(len(body)),
            **headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        sent = f"{method} {path} HTTP/1.1\r\n{lines}\r\n{body}".encode()
        answer = self._exchange(sent)
        if answer is None:  # it rested too long: open another, as browsers do
            self._connect()
            answer = self._exchange(sent)
        if answer is None:
            raise SystemExit(f"error: {method} {path}: no answer")
        status, text = answer
        if status not in good:
            raise SystemExit(f"error: {method} {path}: {status}\n{text[:1500]}")
        found = _TOKEN.search(text)
        if found:
            self.token = found.group(1)
        return text

    def _exchange(self, sent: bytes) -> tuple[int, str] | None:
        """Send a request and read its answer to the last byte; None from a closed line."""
        try:
            self._line.sendall(sent)
            first = self._read.readline()
        except ConnectionError:
            return None
        if not first:
            return None
        length, self.last_location = 0, ""
        while (line := self._read.readline()) != b"\r\n":
            name, _, value = line.decode().partition(": ")
            name, value = name.lower(), value.rstrip()
            if name == "content-length":
                length = int(value)
            elif name == "set-cookie":
                key, _, rest = value.partition("=")
                self._cookies[key] = rest.partition(";")[0]
            elif name in {"location", "hx-redirect"}:
                self.last_location = value
            elif name == "transfer-encoding":
                raise SystemExit("error: an answer in pieces is not read here")
        return int(first.split()[1]), self._read.read(length).decode()


def cpu_count() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0))
