"""Addresses: static files under one that changes with their content.

``/static/v-<hash>/js/app.js`` may be kept by browsers for ever, and an ES module that
imports ``./dialogs.js`` gets the same version without being told.
"""

import hashlib
from pathlib import Path

from flask import Flask, current_app, request
from flask import url_for as flask_url_for

_EXTENSION = "ui_addresses"
# A number that no address has of itself.
_STAND_IN = 910_000_000_000_000_000


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


def url_for(endpoint: str, **values: object) -> str:
    """Return an address as Flask does, asking the URL map once for all that differ by numbers.

    A page names forty of them, to look for each of which takes ten times as long.
    """
    if request.root_path or endpoint.startswith("."):
        return str(flask_url_for(endpoint, **values))  # type: ignore[arg-type]
    if endpoint == "static" and len(values) == 1:
        return f"{current_app.static_url_path}/{values['filename']}"
    for value in values.values():
        if type(value) is not int:
            return str(flask_url_for(endpoint, **values))  # type: ignore[arg-type]
    known: dict[tuple[str, ...], str] = current_app.extensions[_EXTENSION]
    shape = (endpoint, *values)
    if shape not in known:
        known[shape] = _pattern(endpoint, list(values))
    return known[shape] % values


def _pattern(endpoint: str, names: list[str]) -> str:
    """An address with a place for the number of each name."""
    numbers = {name: _STAND_IN + place for place, name in enumerate(names)}
    address = str(flask_url_for(endpoint, **numbers)).replace("%", "%%")  # type: ignore[arg-type]
    for name, number in numbers.items():
        address = address.replace(str(number), f"%({name})d")
    return address


def init_app(app: Flask) -> None:
    """Give templates our ``url_for``."""
    app.extensions[_EXTENSION] = {}
    app.jinja_env.globals["url_for"] = url_for
