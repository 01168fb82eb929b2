"""Where the program is reached from outside, and the key its private addresses are drawn from."""

from dataclasses import dataclass, field

from flask import current_app


@dataclass(frozen=True, slots=True)
class Site:
    """``origin`` is the public address without a path; ``secret`` never leaves the process."""

    origin: str
    secret: str = field(repr=False)


def current_site() -> Site:
    """Return the site of the present application; RuntimeError outside an application context."""
    settings = current_app.config["SETTINGS"]
    return Site(settings.public_origin, settings.secret_key.get_secret_value())
