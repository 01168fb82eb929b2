"""The whole platform as real processes: web, worker, clockwork and the SMS sandbox.

For tests that a person's story or a killed process needs: nothing is stood in for.
"""

import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from callcenter.settings import Settings
from tests import processes
from tests.processes import Started
from tests.sandbox_process import SandboxProcess

# Generous: other programs may want the machine too.
_PATIENCE = 120.0


def free_port() -> int:
    """Return a TCP port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(condition: Callable[[], bool], what: str, seconds: float = _PATIENCE) -> None:
    """Wait for a condition, or fail saying what did not come."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {seconds:.0f} s")


class PlatformProcess:
    """Processes of one platform on the test's own database and cache."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = tempfile.TemporaryDirectory(prefix="callcenter-platform-")
        # What is compiled once serves every platform of the run.
        Path(self.folder.name, "templates").symlink_to(settings.var_dir / "templates")
        self.sandbox = SandboxProcess(
            webhook_origin=self.url,
            account_sid=settings.sms_account_sid,
            auth_token=settings.sms_auth_token,
        )
        self.processes: dict[str, Started] = {}

    def environment(self) -> dict[str, str]:
        """What the processes read: addresses of the test's own servers, and nothing else of ours."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("TWILIO", "SMTP"))}
        return kept | {
            "ENVIRONMENT": "test",
            "DATABASE_URL": self.settings.database_url,
            "DATABASE_OWNER_URL": self.settings.database_owner_url,
            "REDIS_URL": self.settings.redis_url,
            "SECRET_KEY": self.settings.secret_key.get_secret_value(),
            "PUBLIC_ORIGIN": self.url,
            "SANDBOX_URL": self.sandbox.url,
            "VAR_DIR": self.folder.name,
            "PYTHONUNBUFFERED": "1",
        }

    def start(self, name: str, *arguments: str) -> Started:
        """Start one process under a name; its output goes to a file of the test's folder."""
        log = Path(self.folder.name, f"{name}.log")
        process = self.processes[name] = processes.start(arguments, self.environment(), log)
        return process

    def start_web(self) -> None:
        """Start the web server and wait for its first answer."""
        self.start(
            "web", "gunicorn", "-b", f"127.0.0.1:{self.port}", "-k", "gthread",
            # Screens that still listen would be waited for.
            "--threads", "64", "--graceful-timeout", "1", "wsgi:app",
        )  # fmt: skip
        wait_until(self._answers, "the web server")

    def start_workers(self) -> None:
        """Start the worker and the clockwork."""
        self.start("worker", "workers", "worker")
        self.start("clockwork", "workers", "clockwork")

    def kill(self, name: str) -> None:
        """Kill a process and its children at once, as a failing machine would."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def log(self, name: str) -> str:
        """Return what a process has said."""
        return Path(self.folder.name, f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def __enter__(self) -> Self:
        self.sandbox.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
        self.sandbox.stop()
        self.folder.cleanup()

    def _answers(self) -> bool:
        if self.processes["web"].poll() is not None:
            raise AssertionError(f"the web server has ended: {self.log('web')[-2000:]}")
        with suppress(OSError), urllib.request.urlopen(f"{self.url}/sign-in", timeout=2) as answer:
            return bool(answer.status == 200)
        return False
