"""Static files under an address that changes with their content.

``/static/v-<hash>/js/app.js`` may be kept by browsers for ever, and an ES module that
imports ``./dialogs.js`` gets the same version without being told.
"""

import hashlib
from pathlib import Path

from flask import Flask, request


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


def init_app(app: Flask) -> None:
    """Give templates a ``url_for`` that knows the address of static files without the URL map.

    A page names a dozen of them, and their address only depends on the folder's version.
    """

    def url_for(endpoint: str, **values: object) -> str:
        if endpoint == "static" and len(values) == 1 and not request.root_path:
            return f"{app.static_url_path}/{values['filename']}"
        return str(app.url_for(endpoint, **values))  # type: ignore[arg-type]

    app.jinja_env.globals["url_for"] = url_for
