"""The clockwork's chores, done by several at once, or by one that kills itself."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

from flask import Flask

from callcenter.core.db import db
from tests.processes import ROOT


def four_at_once(app: Flask, *chores: Callable[[Flask], object]) -> None:
    """Have four threads do the chores three times over, begun together."""
    ready = threading.Barrier(4)

    def work() -> None:
        with app.app_context():
            ready.wait()
            for _round in range(3):
                for chore in chores:
                    chore(app)
            db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def run_until_killed(app: Flask, script: str) -> None:
    """Run a program that kills itself, on the test's own servers."""
    settings = app.config["SETTINGS"]
    environment = os.environ | {
        "ENVIRONMENT": "test",
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "PUBLIC_ORIGIN": "http://localhost",
        "VAR_DIR": str(settings.var_dir),
    }
    environment.pop("DATABASE_OWNER_URL", None)
    dead = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, timeout=120, check=False
    )
    assert dead.returncode == -signal.SIGKILL
