"""Jinja's environment, with one set of globals for all templates."""

from collections.abc import MutableMapping
from typing import Any

from flask import Flask
from flask.templating import Environment


class Templates(Environment):
    """Flask's environment. No template of ours has globals of its own."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the environment's globals themselves.

        Each import compares them with those of the page that imports: between dictionaries
        that is done in C, between the layers that Jinja puts on top of them it is not.
        """
        return super().make_globals(d) if d else self.globals


def init_app(app: Flask) -> None:
    """Have ``app`` use it; call before anything asks for ``app.jinja_env``."""
    app.jinja_environment = Templates
