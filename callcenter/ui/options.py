"""The options of a select, written once for all who are offered the same."""

from collections.abc import Iterable
from functools import lru_cache

from flask import Flask
from markupsafe import Markup, escape

from callcenter.ui.i18n import language

Choice = tuple[object, str]


@lru_cache(maxsize=256)
def _written(_language: str, choices: tuple[Choice, ...]) -> str:
    return "".join(
        f'<option value="{escape(value)}">{escape(words)}</option>' for value, words in choices
    )


def options(choices: Iterable[Choice], selected: object = "") -> Markup:
    """Return the ``<option>`` of each (value, words), the selected one marked.

    A list of tickets offers an agent hundreds: they differ from one page to the next by what
    is selected alone.
    """
    written = _written(language(), tuple((value, words) for value, words in choices))
    mark = f'value="{escape(selected)}"'
    return Markup(written.replace(mark, f"{mark} selected", 1))  # noqa: S704 - escaped above


def init_app(app: Flask) -> None:
    """Give templates ``options(choices, selected)``."""
    app.jinja_env.globals["options"] = options
