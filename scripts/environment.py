"""Build the Python environment in .venv from a lock file with hashes.

Run by `make` with any Python 3.11 or newer, standard library only. Every fault is one line. A lock
file that has been installed already (its digest is kept in .venv) costs nothing.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import venv
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venv"
PYTHON = FOLDER / "bin" / "python"

# Only wheels, so that no compiler is needed; these few are pure Python and have no wheel.
WITHOUT_WHEEL = "flask-principal"


def works() -> bool:
    """Whether .venv holds a Python that runs (the one it was made from may be gone)."""
    if not PYTHON.exists():
        return False
    command = [str(PYTHON), "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def make_folder() -> list[str]:
    """Make .venv if it does not work; the command that runs pip for it."""
    inside = [str(PYTHON), "-m", "pip"]
    if not works():
        shutil.rmtree(FOLDER, ignore_errors=True)
        print(f"Making .venv with Python {sys.version.split()[0]}", flush=True)
        venv.create(FOLDER, with_pip=find_spec("ensurepip") is not None)
    if subprocess.run([*inside, "--version"], capture_output=True, check=False).returncode == 0:
        return inside
    if find_spec("pip") is not None:  # this Python's own pip can install into another environment
        return [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    sys.exit(
        f"error: this Python has neither ensurepip nor pip: install python{version}-venv"
        f" (Debian, Ubuntu: apt install python{version}-venv)"
    )


def install(pip: list[str], lock: Path) -> None:
    """Install what the lock names, showing how far it is."""
    total = len(re.findall(r"^[a-z0-9]", lock.read_text(encoding="utf-8"), re.MULTILINE))
    print(f"Installing the {total} packages of {lock.name}", flush=True)
    command = [
        *(*pip, "install", "--disable-pip-version-check", "--require-hashes", "--no-deps"),
        *("--only-binary", ":all:", "--no-binary", WITHOUT_WHEEL, "-r", str(lock)),
    ]
    # Frozen, so that no line is lost whatever language the terminal speaks.
    environment = os.environ | {"LC_ALL": "C.UTF-8", "PYTHONUNBUFFERED": "1"}
    faults: list[str] = []
    seen = 0
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        errors="replace",
        env=environment,
    ) as process:
        for line in process.stdout or ():
            if line.startswith("ERROR:"):
                faults.append(line.removeprefix("ERROR:").strip())
            elif line.startswith(("Collecting", "Requirement already satisfied")):
                seen += 1
                show(f"  {min(seen, total)}/{total} fetched", every=20, count=seen)
            elif line.startswith("Installing collected packages"):
                show("  unpacking, about half a minute", every=1, count=1)
    if sys.stdout.isatty():
        print()
    if process.returncode:
        sys.exit(f"error: {explain(faults)}")


def show(text: str, *, every: int, count: int) -> None:
    """Progress: on one line in a terminal, now and then a line elsewhere."""
    if sys.stdout.isatty():
        print(f"\r{text:<40}", end="", flush=True)
    elif count % every == 0:
        print(text, flush=True)


def explain(faults: list[str]) -> str:
    """One line for the person, from pip's own."""
    said = " ".join(faults)
    if "No space left" in said:
        return "the disk is full: free about 1 GB and run make again"
    if "No matching distribution" in said and "(from versions: none)" not in said:
        name = said.rpartition("found for ")[2]
        return f"{name} has no ready-made package for this machine and Python {sys.version[:4]}"
    if "No matching distribution" in said:
        return f"the package index can't be reached, or lacks {said.rpartition('found for ')[2]}"
    return faults[-1] if faults else "pip failed without saying why"


def main() -> None:
    """`environment.py LOCK`: bring .venv to what the lock says."""
    lock = ROOT / sys.argv[1]
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = FOLDER / f".installed-{lock.stem}"
    if works() and stamp.exists() and stamp.read_text(encoding="ascii") == digest:
        stamp.touch()
        return
    try:
        install(make_folder(), lock)
        stamp.write_text(digest, encoding="ascii")
    except OSError as error:
        sys.exit(f"error: .venv can't be made: {error.strerror or error}")
    except subprocess.CalledProcessError as error:
        sys.exit(f"error: .venv can't be made: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
