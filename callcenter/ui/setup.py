"""Starting the shell on an application, in the order that matters."""

from flask import Flask
from flask_bootstrap import Bootstrap5

from callcenter.ui import (
    assets,
    errors,
    filters,
    headers,
    htmx,
    i18n,
    navigation,
    options,
    reading,
    script_config,
    templates,
    theme,
    visits,
    words,
)


def init_app(app: Flask) -> None:
    """Put the shell on ``app``: call it once, before the rooms' blueprints.

    Reads ``SIGN_IN_ENDPOINT`` (default ``security.login``). CSRF protection
    (``flask_wtf.CSRFProtect``) and the actor in ``g.actor`` are the application's part.
    """
    templates.init_app(app)
    app.jinja_env.add_extension("jinja2.ext.do")
    app.config.setdefault("BOOTSTRAP_FORM_GROUP_CLASSES", "field")
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)  # the token lives as long as the session
    if "bootstrap" not in app.extensions:
        Bootstrap5(app)
    parts = (
        visits, assets, headers, htmx, i18n, filters, theme, words, navigation, options, reading,
        script_config, errors,
    )  # fmt: skip
    for part in parts:
        part.init_app(app)
