"""What the page's script needs to know, handed over as data: nothing inline runs."""

from flask import Flask
from flask_babel import gettext as _

from callcenter.ui.timewords import unbroken


def htmx_config() -> dict[str, object]:
    """Return htmx's settings: no ``eval``, no style of its own, requests to this site only.

    A 422 (a form to correct) is swapped in like a success; other errors are swapped only
    when the server says where (``HX-Retarget``), see static/js/ui/requests.js.
    """
    return {
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


def init_app(app: Flask) -> None:
    """Give templates ``htmx_config()`` and ``script_words()``."""
    app.jinja_env.globals.update(htmx_config=htmx_config, script_words=script_words)
