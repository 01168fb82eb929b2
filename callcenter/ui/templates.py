"""Jinja's environment, with one set of globals for all templates, compiled once and kept."""

import os
from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from flask import Flask
from flask.templating import Environment
from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket


class Templates(Environment):
    """Flask's environment. No template of ours has globals of its own."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the environment's globals themselves.

        Each import compares them with those of the page that imports: between dictionaries
        that is done in C, between the layers that Jinja puts on top of them it is not.
        """
        return super().make_globals(d) if d else self.globals


class Kept(FileSystemBytecodeCache):
    """Compiled templates in a folder. What can't be kept (a full disk) is compiled again."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep one, if that works."""
        with suppress(OSError):
            super().dump_bytecode(bucket)


def load_all(app: Flask) -> None:
    """Load every template of ours, so that nobody's first page waits for it."""
    loader = app.jinja_loader
    for name in loader.list_templates() if loader else ():
        app.jinja_env.get_template(name)


def init_app(app: Flask) -> None:
    """Have ``app`` use it; call before anything asks for ``app.jinja_env``."""
    app.jinja_environment = Templates
    kept = _kept(app.config["SETTINGS"].var_dir / "templates") if "SETTINGS" in app.config else None
    app.jinja_options = app.jinja_options | {"bytecode_cache": kept}


def _kept(folder: Path) -> Kept | None:
    """Return where compiled templates are kept: a folder of our own, for it is code; else none."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ours = folder.stat().st_uid == os.getuid() and os.access(folder, os.W_OK)
    except OSError:
        return None
    return Kept(str(folder)) if ours else None
