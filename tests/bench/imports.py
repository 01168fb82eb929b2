"""The members' nine files, as they sent them, into an empty base; then the same files again.

The files are not in the repository: ``IMPORT_SAMPLES`` says where they are, else they are looked
for beside it, as by the tests. Without them nothing is measured.
"""

import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from callcenter.cli.launcher import child_environment
from callcenter.core import database_roles as roles
from callcenter.core.db import db, session_scope, transaction
from callcenter.core.embedded import Addresses
from callcenter.core.isolation import Scope
from callcenter.core.migrate import upgrade
from callcenter.members.services import found_organisation
from callcenter.members.states import OrganisationKind
from callcenter.settings import PROJECT_ROOT
from tests.bench.base import Base, base_of, say
from tests.bench.measures import Results
from tests.estate.scenes import REAL

_SUFFIXES = {".csv", ".xlsx"}
_KB = 1024


def measure(addresses: Addresses, results: Results, *, port: int) -> None:
    """Print how long the nine files take and the most memory that a process needed."""
    files = _files()
    if not files:
        say("no files to import: set IMPORT_SAMPLES")
        return
    base = _empty(addresses, port, list(files))
    try:
        for op in ("import_nine_files", "import_nine_files_again"):
            start, server = time.monotonic(), _server_seconds(base)
            used = [_import(base, member, paths) for member, paths in files.items()]
            results.tell(
                op,
                seconds=round(time.monotonic() - start, 1),
                # Processor time: what holds on a busy machine too.
                cpu_seconds=round(sum(one.ru_utime + one.ru_stime for one in used), 1),
                server_cpu_seconds=round(_server_seconds(base) - server, 1),
                memory_mb=round(max(one.ru_maxrss for one in used) / _KB),
                files=sum(map(len, files.values())),
            )
    finally:
        roles.drop_database(addresses.superuser_url, base.database)


def _files() -> dict[str, list[Path]]:
    """The files of each member, by the first word of their names."""
    found: dict[str, list[Path]] = {}
    for path in sorted(REAL.glob("*")) if REAL.is_dir() else ():
        word = re.match(r"[a-z]+", path.name)
        if word and path.suffix in _SUFFIXES:
            found.setdefault(word.group(), []).append(path)
    return found


def _empty(addresses: Addresses, port: int, members: list[str]) -> Base:
    """An empty base with the members alone."""
    base = base_of(addresses, 0, 0, port)
    roles.drop_database(addresses.superuser_url, base.database)
    roles.create_database(addresses.superuser_url, base.database)
    roles.prepare_inside(base.superuser_url)
    upgrade(base.owner_url)
    with base.app().app_context():
        for member in members:
            with session_scope(Scope()), transaction():
                found_organisation(
                    OrganisationKind.LANDLORD, member, reference_prefix=member[:2].upper()
                )
        db.session.remove()
        db.engine.dispose()
    return base


def _server_seconds(base: Base) -> float:
    """Processor time of the database's processes so far, those that have ended included."""
    with psycopg.connect(base.owner_url.replace("+psycopg", "")) as connection:
        mine = connection.info.backend_pid
        parent = _stat(mine)[1]
        return sum(map(int, _stat(parent)[11:15])) / os.sysconf("SC_CLK_TCK")


def _stat(pid: int | str) -> list[str]:
    """What proc(5) tells of a process after its name: state, parent, …, utime, stime, …"""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _import(base: Base, member: str, paths: list[Path]) -> resource.struct_rusage:
    """Import one member's files as the command does; return what its process used."""
    log = base.settings.var_dir / "log" / "bench-import.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "wsgi", "estate", "import",
             *map(str, paths), "--member", member, "--confirm"],
            env=child_environment(base.settings),
            cwd=PROJECT_ROOT,
            stdout=out,
            stderr=out,
        )  # fmt: skip
        _pid, status, used = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"error: the import of {member} failed, see {log}")
    return used
