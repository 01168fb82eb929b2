"""The launcher as a person meets it: its errors, its processes, its end."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from callcenter.cli.children import Child, ChildFailed, Children
from callcenter.cli.launcher import answers
from callcenter.core.embedded import EmbeddedServers
from callcenter.core.embedded_processes import free_port
from callcenter.settings import PROJECT_ROOT, Settings

_SERVERS = ("postgres", "valkey-server")


def eventually(what: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if what():
            return True
        time.sleep(0.05)
    return False


def free_pair() -> int:
    """A free port whose next one is free too (the sandbox's)."""
    while True:
        port = free_port()
        if port < 65535 and free_port(port + 1) == port + 1:
            return port


@pytest.fixture
def environment(var_dir: Path) -> dict[str, str]:
    """A test platform of its own: no demonstration data, nothing taken from our terminal."""
    ours = {name.upper() for name in Settings.model_fields}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return kept | {
        "VAR_DIR": str(var_dir / "var"),
        "ENVIRONMENT": "test",
        "PORT": str(free_pair()),
        "WEB_THREADS": "8",
        "WORKER_COUNT": "1",
    }


def failed_start(environment: dict[str, str]) -> str:
    """What the launcher says when it can't start; it must end with 1 and one line."""
    result = subprocess.run(
        [sys.executable, "-m", "callcenter.cli.launcher"],
        env=environment,
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 1
    assert "Traceback" not in result.stdout + result.stderr
    lines = result.stderr.splitlines()
    assert len(lines) == 1
    return lines[0]


def test_a_port_in_use_is_one_line_before_anything_starts(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", int(environment["PORT"]))):
        line = failed_start(environment)
    assert line.startswith(f"error: port {environment['PORT']} of 127.0.0.1 is used by another")
    assert not Path(environment["VAR_DIR"], "postgres").exists()


def test_the_sandbox_port_in_use_too(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", int(environment["PORT"]) + 1)):
        assert "SANDBOX_URL" in failed_start(environment)


def test_a_wrong_setting_is_one_line(environment: dict[str, str]) -> None:
    assert failed_start(environment | {"WEB_THREADS": "many"}).startswith("error: WEB_THREADS: ")


def test_a_database_that_does_not_answer_is_one_line(environment: dict[str, str]) -> None:
    url = f"postgresql://a:b@127.0.0.1:{free_port()}/c"
    assert failed_start(environment | {"DATABASE_URL": url}).startswith("error: DATABASE_URL: ")


@contextmanager
def started(environment: dict[str, str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "callcenter.cli.launcher"],
            env=environment,
            cwd=PROJECT_ROOT,
            stdout=output,
            stderr=output,
        )
    try:
        assert eventually(lambda: "is ready" in log.read_text() or process.poll() is not None, 60)
        assert process.poll() is None, log.read_text()
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def relatives(process: "subprocess.Popen[bytes]", var_dir: Path) -> list[psutil.Process]:
    """The launcher's processes and the servers of this `var_dir`."""
    servers = [
        other
        for other in psutil.process_iter(["cmdline"])
        if str(var_dir) in " ".join(other.info["cmdline"] or [])
    ]
    return [*psutil.Process(process.pid).children(recursive=True), *servers]


def has_ended(process: psutil.Process) -> bool:
    """Also when nobody has reaped it yet (a container's first process may not)."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.faults
def test_the_whole_platform_starts_heals_and_stops(
    environment: dict[str, str], tmp_path: Path
) -> None:
    var_dir, log = Path(environment["VAR_DIR"]), tmp_path / "launcher.log"
    origin = f"http://127.0.0.1:{environment['PORT']}"
    with started(environment, log) as process:
        assert answers(origin)
        assert "already runs from this folder" in failed_start(environment)

        web = next(
            child
            for child in psutil.Process(process.pid).children()
            if "gunicorn" in " ".join(child.cmdline())
        )
        web.kill()
        assert eventually(lambda: "web ended (signal 9)" in log.read_text())
        assert eventually(lambda: answers(origin))

        family = relatives(process, var_dir)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert "Stopped." in log.read_text()
    assert "Traceback" not in log.read_text()
    assert eventually(lambda: all(has_ended(one) for one in family), 5)

    # The second start finds its data, and a terminated one stops as cleanly.
    with started(environment, log) as process:
        assert "migrations" not in log.read_text()
        process.terminate()
        assert process.wait(30) == 0


@pytest.mark.faults
def test_a_killed_launcher_leaves_no_process_in_the_way(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with started(environment, tmp_path / "launcher.log") as process:
        children = psutil.Process(process.pid).children()
        names = {one.pid: one.name() for one in children}
        process.kill()
    own = [one for one in children if names[one.pid] not in _SERVERS]
    assert own
    assert eventually(lambda: all(has_ended(one) for one in own))
    assert EmbeddedServers(Path(environment["VAR_DIR"])).stop_if_unused()


def child(tmp_path: Path, code: str, ready: Callable[[], bool] = lambda: True) -> Child:
    command = [sys.executable, "-c", code]
    return Child("thing", command, dict(os.environ), tmp_path / "log" / "a.log", ready, tmp_path)


def test_a_child_that_does_not_start_tells_its_last_words(tmp_path: Path) -> None:
    children = Children(print)
    bad = child(tmp_path, "raise SystemExit('no such table')", lambda: False)
    children.start([bad])
    with pytest.raises(ChildFailed, match=r"^thing did not start: no such table \(log: .*\)$"):
        children.wait_ready(bad)
    children.stop()


def test_a_child_that_dies_again_and_again_is_given_longer_pauses(tmp_path: Path) -> None:
    said: list[str] = []
    children = Children(said.append)
    bad = child(tmp_path, "raise SystemExit(3)")
    children.start([bad])
    assert bad.process
    for _ in range(3):
        bad.process.wait()
        children._look_after(bad)
        assert bad.restart_at
        bad.restart_at = 0.0
        children._look_after(bad)
    assert [line.rpartition(" in ")[2] for line in said] == ["1 s", "2 s", "4 s"]
    assert said[0].startswith("thing ended (code 3): ")
    children.stop()


def test_a_child_that_does_not_listen_is_killed_in_a_hurry(tmp_path: Path) -> None:
    said: list[str] = []
    deaf = child(
        tmp_path,
        "import signal, time, pathlib\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "pathlib.Path('up').touch(); time.sleep(60)",
        (tmp_path / "up").exists,
    )
    children = Children(said.append, hurry=True)
    children.start([deaf])
    children.wait_ready(deaf)
    children.stop()
    assert said == ["thing does not stop: killed"]
    assert not deaf.alive
