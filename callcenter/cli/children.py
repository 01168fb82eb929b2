"""The platform's processes: started, watched, restarted when they die, stopped in order."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

STOP_SECONDS = 15
_SETTLED_SECONDS = 60  # a child that lived this long is restarted at once again
_LONGEST_PAUSE_SECONDS = 30
_KEPT_LOG_BYTES = 10 * 1024 * 1024
_PR_SET_PDEATHSIG = 1


class ChildFailed(SystemExit):
    """A process did not start; the message is one line for the person who starts us."""


@dataclass
class Child:
    """One process and what is needed to start it again."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    ready: Callable[[], bool]
    cwd: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause: float = 1.0
    restart_at: float | None = None

    def start(self) -> None:
        """Start it in a session of its own: Ctrl-C reaches us only, and we stop it in order."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _KEPT_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".previous.log"))
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self.environment,
                cwd=self.cwd,
                start_new_session=True,
                # unsafe with threads only, of which we have none
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
            )
        self.started_at = time.monotonic()
        self.restart_at = None

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self.process is not None and self.process.poll() is None

    def last_words(self) -> str:
        """The last line of its log that says something."""
        with contextlib.suppress(OSError):
            tail = self.log.read_bytes()[-4000:].decode(errors="replace").strip().splitlines()
            if tail:
                return tail[-1].strip()
        return "it said nothing"


@dataclass
class Children:
    """All processes, in the order in which they are started (and stopped, backwards)."""

    say: Callable[[str], None]
    members: list[Child] = field(default_factory=list)
    hurry: bool = False

    def start(self, children: Sequence[Child]) -> None:
        """Start them side by side."""
        for child in children:
            child.start()
            self.members.append(child)

    def wait_ready(self, child: Child, seconds: float = 60) -> None:
        """Wait for one to serve.

        Raises:
            ChildFailed: it ended before, or is not ready in time.
        """
        deadline = time.monotonic() + seconds
        while not child.ready():
            if not child.alive:
                raise ChildFailed(
                    f"{child.name} did not start: {child.last_words()} (log: {child.log})"
                )
            if time.monotonic() > deadline:
                raise ChildFailed(f"{child.name} is not ready after {seconds:.0f} s: {child.log}")
            time.sleep(0.05)

    def watch(self) -> NoReturn:
        """Restart what dies, until an exception (Ctrl-C) ends it."""
        while True:
            for child in self.members:
                self._look_after(child)
            time.sleep(0.25)

    def stop(self) -> None:
        """Stop all, last started first; whoever does not listen in time is killed."""
        for child in reversed(self.members):
            if child.alive and child.process:
                child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in reversed(self.members):
            while child.alive and time.monotonic() < deadline and not self.hurry:
                time.sleep(0.05)
            if child.alive and child.process:
                self.say(f"{child.name} does not stop: killed")
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.process.pid, signal.SIGKILL)
                child.process.wait()
        self.members.clear()

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.alive:
            if now - child.started_at > _SETTLED_SECONDS:
                child.pause = 1.0
            return
        if child.restart_at is None:
            code = child.process.returncode if child.process else 0
            reason = f"signal {-code}" if code < 0 else f"code {code}"
            self.say(
                f"{child.name} ended ({reason}): {child.last_words()};"
                f" starting it again in {child.pause:.0f} s"
            )
            child.restart_at = now + child.pause
            child.pause = min(child.pause * 2, _LONGEST_PAUSE_SECONDS)
        elif now >= child.restart_at:
            child.start()


def _die_with_parent() -> None:
    """Have the kernel stop this process when the launcher is killed without a chance to."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
