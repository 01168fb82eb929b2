"""What the page's script needs to know, handed over as data: nothing inline runs."""

from functools import lru_cache

from flask import Flask
from flask.json import dumps
from flask_babel import gettext as _
from markupsafe import Markup, escape

from callcenter.ui.i18n import language
from callcenter.ui.timewords import unbroken


def htmx_config() -> dict[str, object]:
    """Return htmx's settings: no ``eval``, no style of its own, requests to this site only.

    A 422 (a form to correct) is swapped in like a success; other errors are swapped only
    when the server says where (``HX-Retarget``), see static/js/ui/requests.js. Settling does
    not wait: a focus set 20 ms after the swap is taken from whoever has pressed a key by then.
    """
    return {
        "defaultSettleDelay": 0,
        "allowEval": False,
        "includeIndicatorStyles": False,
        "selfRequestsOnly": True,
        "historyCacheSize": 0,
        "refreshOnHistoryMiss": True,
        "scrollIntoViewOnBoost": False,
        "timeout": 20000,
        "responseHandling": [
            {"code": "204", "swap": False},
            {"code": "[23]..", "swap": True},
            {"code": "422", "swap": True},
            {"code": "[45]..", "swap": False, "error": True},
        ],
    }


def script_words() -> dict[str, str]:
    """Return the few words that the script itself says, in the page's language."""
    return {
        "min": unbroken(_("%(count)s min", count="#")),
        "h": unbroken(_("%(count)s h", count="#")),
        "d": unbroken(_("%(count)s j", count="#")),
        "in": _("dans %(span)s", span="#"),
        "late": _("en retard de %(span)s", span="#"),
        "ago": _("il y a %(span)s", span="#"),
        "now": _("à l'instant"),
        "copied": _("Copié"),
        "draftSaved": _("Brouillon enregistré"),
        "draftNotSaved": _("Brouillon non enregistré : connexion interrompue"),
        "offline": _("Le serveur ne répond pas. Rien n'est perdu : réessayez dans un instant."),
        "failed": _("Une erreur est survenue. Rien n'a été enregistré à moitié ; réessayez."),
        "close": _("Fermer"),
        "characters": _("%(count)s caractères restants", count="#"),
    }


@lru_cache(maxsize=4)
def _written(_language: str) -> Markup:
    """The configuration in meta tags, written once per language."""
    said = (("htmx-config", htmx_config()), ("app-words", script_words()))
    lines = (f'<meta name="{name}" content="{escape(dumps(value))}">' for name, value in said)
    return Markup("\n  ".join(lines))  # noqa: S704 - escaped above


def init_app(app: Flask) -> None:
    """Give templates ``script_config()``."""
    app.jinja_env.globals["script_config"] = lambda: _written(language())
