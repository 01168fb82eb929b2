"""Languages: French first, English second; times always in Paris."""

from functools import lru_cache
from typing import Any

from babel import Locale
from flask import (
    Blueprint,
    Flask,
    Response,
    g,
    has_request_context,
    redirect,
    request,
)
from flask_babel import Babel, Domain, get_locale
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from callcenter.ui.htmx import safe_next

LANGUAGES = {"fr": "Français", "en": "English"}
COOKIE = "language"
_HALF_YEAR = 15_552_000

blueprint = Blueprint("language", __name__)


class QuickDomain(Domain):  # type: ignore[misc]
    """Flask-Babel's catalogue, found without writing the locale's name out for each word.

    A list of tickets says some seven hundred words: at 15 µs each that was a third of the page.
    """

    def __init__(self) -> None:
        """Nothing is loaded before the first word is asked for."""
        super().__init__()
        self._by_language: dict[str, Any] = {}

    def forget(self) -> None:
        """Load anew what is asked for: another application may have other catalogues."""
        self.cache.clear()
        self._by_language.clear()

    def get_translations(self) -> Any:
        """Return the catalogue of the request's language, from memory after the first time."""
        locale = _spoken()
        if locale is None:
            return super().get_translations()
        found = self._by_language.get(locale.language)
        if found is None:
            found = self._by_language[locale.language] = super().get_translations()
        return found


# One for all: the catalogues are the program's.
_DOMAIN = QuickDomain()


def _spoken() -> Locale | None:
    """Return the locale in force, found with one look at the context instead of six."""
    try:
        held = g._get_current_object()  # noqa: SLF001 - the object itself, not its proxy
    except RuntimeError:  # outside any context
        held = {}
    kept: Locale | None = getattr(held.get("_flask_babel"), "babel_locale", None)
    found: Locale | None = kept or get_locale()
    return found


def language() -> str:
    """Return the language in force, ``fr`` or ``en``: what words kept in memory are kept under."""
    locale = _spoken()
    return str(locale.language) if locale else "fr"


@lru_cache(maxsize=8192)
def _said(catalogue: Any, message: str) -> Markup:
    """A message of ours in a catalogue's language, kept: templates say the same all day."""
    return Markup(catalogue.ugettext(message))  # noqa: S704 - our own catalogue


def say(message: str, **values: object) -> Markup:
    """Translate for a template; values are escaped, as Jinja's own newstyle gettext does."""
    said = _said(_DOMAIN.get_translations(), message)
    if not values and "%" not in said:
        return said
    return said % values


def chosen_language(person: str = "") -> str:
    """Return the language of this request.

    The browser's explicit choice (cookie) comes first, then the preference of the account, or
    of the ``person`` whose private page it is, then what the browser asks for, then French.
    Commands and jobs, outside a request, speak French.
    """
    if not has_request_context():
        return "fr"
    cookie = request.cookies.get(COOKIE, "")
    if cookie in LANGUAGES:
        return cookie
    preferred = person or getattr(g.get("actor"), "locale", "")
    if preferred in LANGUAGES:
        return str(preferred)
    return request.accept_languages.best_match(list(LANGUAGES), default="fr") or "fr"


@blueprint.post("/language")
def switch() -> BaseResponse:
    """Keep the chosen language in a cookie and go back where the person was."""
    response = redirect(safe_next(request.form.get("next"), "/"), code=303)
    return keep_language(response, request.form.get("language", ""))


def keep_language(response: BaseResponse, language: str) -> BaseResponse:
    """Have this browser remember the language, if it is one of ours."""
    if language in LANGUAGES:
        response.set_cookie(
            COOKIE,
            language,
            max_age=_HALF_YEAR,
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
        )
    return response


def content_language(response: Response) -> Response:
    """Say in which language a page is written."""
    if response.mimetype == "text/html":
        response.content_language.add(str(get_locale() or "fr"))
        response.vary.add("Accept-Language")
    return response


def init_app(app: Flask) -> None:
    """Start Flask-Babel with our choice of language; ``languages`` for the switch."""
    app.config.setdefault("BABEL_DEFAULT_LOCALE", "fr")
    app.config.setdefault("BABEL_DEFAULT_TIMEZONE", "Europe/Paris")
    if "babel" not in app.extensions:
        babel = Babel(app, locale_selector=chosen_language)
        babel.domain_instance = _DOMAIN
        _DOMAIN.forget()
    app.register_blueprint(blueprint)
    app.after_request(content_language)
    app.jinja_env.globals.update(languages=LANGUAGES, _=say, gettext=say)
