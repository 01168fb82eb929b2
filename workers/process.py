"""What every process here has in common: the application, and its log."""

import logging
import sys

from flask import Flask

from callcenter.app import create_app
from callcenter.settings import Settings


def start_process(name: str) -> Flask:
    """Build the application once for the whole process, and log to its standard error."""
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format=f"%(asctime)s {name} %(name)s: %(message)s"
    )
    for ours in ("callcenter", "workers"):
        logging.getLogger(ours).setLevel(logging.INFO)
    return create_app()


def settings_of(app: Flask) -> Settings:
    """Return the application's settings."""
    settings: Settings = app.config["SETTINGS"]
    return settings
