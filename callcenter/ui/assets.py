"""Static files under an address that changes with their content.

``/static/v-<hash>/js/app.js`` may be kept by browsers for ever, and an ES module that
imports ``./dialogs.js`` gets the same version without being told.
"""

import hashlib
from pathlib import Path


def static_url_path(folder: Path) -> str:
    """Return the address under which ``folder`` is served, for ``Flask(static_url_path=…)``.

    The version is a hash of every file's name, size and time of change, read at the start
    of the process.
    """
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        status = path.stat()
        digest.update(f"{path.relative_to(folder)}:{status.st_size}:{status.st_mtime_ns};".encode())
    return f"/static/v-{digest.hexdigest()[:12]}"
