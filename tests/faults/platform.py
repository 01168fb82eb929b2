"""The platform's processes as a fault test starts, kills and watches them."""

import os
import signal
import socket
import time
from collections.abc import Callable, Sequence
from typing import Self

import requests
from flask import Flask
from redis import Redis

from callcenter.settings import Settings
from tests import processes
from tests.processes import Started
from tests.sandbox_process import SandboxProcess
from tests.world import World


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(true: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Wait for something to become true, or fail saying what was waited for."""
    limit = time.monotonic() + seconds
    while not true():
        if time.monotonic() > limit:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


class Platform:
    """Web server and sandbox wired to each other, on the test's own database and Redis."""

    def __init__(self, app: Flask, world: World) -> None:
        self.app = app
        self.world = world
        self.settings: Settings = app.config["SETTINGS"]
        self.database_url = self.settings.database_url
        self.redis_url = self.settings.redis_url
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.sandbox = SandboxProcess(
            self.origin,
            callback_ms=10,
            account_sid=self.settings.sms_account_sid,
            auth_token=self.settings.sms_auth_token,
        )
        self._processes: list[Started] = []

    def __enter__(self) -> Self:
        self.flush_redis()
        self.sandbox.start()
        return self

    def __exit__(self, *_error: object) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait(60)
        self.sandbox.stop()
        self.flush_redis()

    def flush_redis(self) -> None:
        """Lose everything that Redis holds."""
        with Redis.from_url(self.redis_url) as client:
            client.flushdb()

    def web(self) -> Started:
        """Start the web server and wait until it answers."""
        process = self.start(
            ["gunicorn", "--worker-class", "gthread", "--threads", "8", "--bind",
             f"127.0.0.1:{self.port}", "--no-control-socket", "wsgi:app"]
        )  # fmt: skip

        def answers() -> bool:
            try:
                return (
                    requests.post(f"{self.origin}/webhooks/twilio/status", timeout=30).ok is False
                )
            except requests.ConnectionError:
                return False

        wait_until(answers, "the web server answers", 120)
        return process

    def worker(self, *arguments: str) -> Started:
        """Start a worker."""
        return self.start(["workers", "worker", *arguments])

    def hasty_worker(self, read_timeout: float) -> Started:
        """Start a worker that waits only so many seconds for the provider's answer."""
        return self.start(["tests.faults.hasty_worker", str(read_timeout)])

    def dying_worker(self, point: str) -> Started:
        """Start a worker that kills itself at a point of its first message."""
        return self.start(["tests.faults.dying_worker", point])

    def clockwork(self, **faster: float) -> Started:
        """Start a clockwork; ``faster`` shortens its waits (see ``hasty_clockwork``)."""
        if not faster:
            return self.start(["workers", "clockwork"])
        values = [f"{name}={value}" for name, value in faster.items()]
        return self.start(["tests.faults.hasty_clockwork", *values])

    def start(self, arguments: Sequence[str]) -> Started:
        """Start one process of the platform."""
        environment = os.environ | {
            "ENVIRONMENT": "test",
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "SECRET_KEY": self.settings.secret_key.get_secret_value(),
            "PUBLIC_ORIGIN": self.origin,
            "SANDBOX_URL": self.sandbox.url,
            "VAR_DIR": str(self.settings.var_dir),
            "PYTHONUNBUFFERED": "1",
        }
        environment.pop("DATABASE_OWNER_URL", None)
        process = processes.start(arguments, environment)
        self._processes.append(process)
        return process
