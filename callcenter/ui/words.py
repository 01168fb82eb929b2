"""Words that every screen says the same way."""

from flask import Flask
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

PRIORITY_WORDS: dict[str, LazyString] = {
    "P0": _l("Danger"),
    "P1": _l("Urgent"),
    "P2": _l("Prioritaire"),
    "P3": _l("Courant"),
    "P4": _l("Non urgent"),
}


def priority_word(code: str) -> str:
    """Return a priority as a word; an unknown code is shown as it is."""
    return str(PRIORITY_WORDS.get(str(code).upper(), code))


def init_app(app: Flask) -> None:
    """Give templates ``priority_word(code)``."""
    app.jinja_env.globals["priority_word"] = priority_word
