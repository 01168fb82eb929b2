"""Processes forked from one that has the whole program imported: each is there at once.

A test of faults or of the browser starts two to four of them; importing the program for each
would take most of the time of all these tests together. What runs is what the command line would
run.
"""

import importlib
import multiprocessing
import os
import pkgutil
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__])

if multiprocessing.parent_process() is None and sys.argv[:1] == ["-c"]:
    # Here the fork server itself imports us.
    import callcenter
    import workers

    for package in (callcenter, workers):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__") and ".cli" not in found.name:
                importlib.import_module(found.name)
    importlib.import_module("gunicorn.app.wsgiapp")
    importlib.import_module("gunicorn.workers.gthread")


class Started:
    """A running process, spoken to as `subprocess.Popen` is."""

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """Its number; it leads a session of its own, so that its group has the same."""
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Its exit code, None while it runs; minus a signal's number if that ended it."""
        return self._process.exitcode

    def wait(self, seconds: float) -> int:
        """Wait for its end and return its exit code."""
        self._process.join(seconds)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(self._process.name, seconds)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it still runs."""
        if self._process.pid and self.poll() is None:
            os.kill(self._process.pid, number)

    def terminate(self) -> None:
        """Ask it to stop."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it at once."""
        self.send_signal(signal.SIGKILL)


def start(
    arguments: Sequence[str], environment: Mapping[str, str], log: Path | None = None
) -> Started:
    """Run ``python -m arguments…`` with this environment; what it says is added to ``log``."""
    process = _context.Process(
        target=_run, args=(list(arguments), dict(environment), log), name=arguments[0]
    )
    process.start()
    return Started(process)


def _run(arguments: list[str], environment: dict[str, str], log: Path | None) -> None:
    os.setsid()
    if log is not None:
        said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(said, sys.stdout.fileno())
        os.dup2(said, sys.stderr.fileno())
        os.close(said)
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = list(arguments)
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
