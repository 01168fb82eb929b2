"""Addresses: static files under one that changes with their content.

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
    """Give templates a ``url_for`` that asks the URL map no more than once for the same address.

    A page names forty of them; those of static files and those without values never change.
    """
    known: dict[str, str] = {}

    def url_for(endpoint: str, **values: object) -> str:
        if request.root_path or endpoint.startswith("."):
            return str(app.url_for(endpoint, **values))  # type: ignore[arg-type]
        if endpoint == "static" and len(values) == 1:
            return f"{app.static_url_path}/{values['filename']}"
        if values:
            return str(app.url_for(endpoint, **values))  # type: ignore[arg-type]
        if endpoint not in known:
            known[endpoint] = str(app.url_for(endpoint))
        return known[endpoint]

    app.jinja_env.globals["url_for"] = url_for
