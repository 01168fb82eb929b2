"""What people see when something goes wrong, by family.

What the person can mend (422), what is not there (404, also across a wall), an expired
session or form (401, 400), too much (413, 429), what we broke (500), the database away
(503). A script gets a small alert that leaves the page, and what was typed, as it was.
"""

import logging
import secrets
from http import HTTPStatus
from urllib.parse import quote

from flask import (
    Flask,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    session,
)
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from callcenter.core.errors import NotFound, UserError
from callcenter.ui.htmx import came_by_script, safe_next, vary_on_htmx
from callcenter.ui.navigation import url_if_exists
from callcenter.ui.uploads import sent_too_much

log = logging.getLogger(__name__)

_WITH_PAGE = frozenset({400, 403, 404, 405, 409, 413, 422, 429, 500, 503})
_SECRET_WORDS = ("password", "passwd", "csrf", "token", "secret", "code", "version")
_SHOWN_BACK = 20
_KNOWN = frozenset(int(status) for status in HTTPStatus)


def typed_text() -> list[tuple[str, str]]:
    """Return what the person typed in the refused form (name, text), to be shown back.

    Nothing secret, nothing hidden by name, and only for a form of this very site.
    """
    if request.method != "POST" or not _same_origin():
        return []
    try:
        fields = list(request.form.items(multi=True))
    except HTTPException:
        return []
    kept = [
        (name, value)
        for name, value in fields
        if value.strip() and not any(word in name.lower() for word in _SECRET_WORDS)
    ]
    return kept[:_SHOWN_BACK]


def _same_origin() -> bool:
    origin = request.headers.get("Origin") or request.headers.get("Referer", "")
    return origin == request.host_url.rstrip("/") or origin.startswith(request.host_url)


def back_url() -> str:
    """Return the page the person came from if it is ours, else the home page."""
    referrer = request.referrer or ""
    if referrer.startswith(request.host_url):
        return safe_next("/" + referrer[len(request.host_url) :], "/")
    return "/"


def wants_json() -> bool:
    """Say whether a program, not a person, asks."""
    accepts = request.accept_mimetypes
    return request.path.startswith("/api/") or (accepts["application/json"] > accepts["text/html"])


def alert(message: str, status: int, *, reference: str = "") -> Response:
    """Return an alert that htmx puts in the page's ``#flash``, leaving all else untouched."""
    body = render_template("components/_alert.html", message=message, reference=reference)
    response = make_response(body, status)
    response.headers["HX-Retarget"] = "#flash"
    response.headers["HX-Reswap"] = "innerHTML show:none"
    response.headers["HX-Push-Url"] = "false"
    return vary_on_htmx(response)


def error_response(
    status: int, *, message: str = "", reference: str = "", template: str = ""
) -> Response:
    """Return the error as its reader can use it: JSON, alert or page."""
    words = message or default_message(status)
    if wants_json():
        response = make_response({"error": {"status": status, "message": words}}, status)
        if reference:
            response.headers["X-Error-Reference"] = reference
        return response
    if came_by_script():
        return alert(words, status, reference=reference)
    page = template or f"errors/{status if status in _WITH_PAGE else 400}.html"
    return make_response(
        render_template(
            page, message=words, reference=reference, typed=typed_text(), back=back_url()
        ),
        status,
    )


def default_message(status: int) -> str:
    """Return what to tell a person about an HTTP status when nothing better is known."""
    messages: dict[int, str] = {
        401: _(
            "Votre session a expiré. Reconnectez-vous : rien de ce que vous avez saisi n'est perdu."
        ),
        403: _("Cette action n'est pas ouverte à votre compte."),
        404: _("Cette page n'existe pas, ou n'existe plus."),
        405: _("Cette adresse ne s'ouvre pas de cette façon. Revenez à la page précédente."),
        409: _("Quelqu'un a modifié cette page entre-temps. Rechargez-la avant de recommencer."),
        413: _("L'envoi est trop volumineux. Choisissez un fichier plus petit."),
        429: _("Trop de demandes en peu de temps. Patientez une minute, puis recommencez."),
        500: _("Une erreur est survenue de notre côté. Rien n'a été enregistré à moitié."),
        503: _("Le service est momentanément indisponible. Réessayez dans un instant."),
    }
    return messages.get(status) or str(_("La demande n'a pas pu être comprise."))


def unauthenticated() -> BaseResponse:
    """Answer somebody who is not signed in, or no longer.

    A script gets 401, so that the page keeps the form and offers to sign in again beside
    it; a browser goes to the sign-in page and comes back after.
    """
    if wants_json() and not came_by_script():
        return error_response(401)
    if came_by_script():
        response = alert(default_message(401), 401)
        response.headers["HX-Reswap"] = "none"
        return response
    url = sign_in_url()
    if request.method == "GET":
        joint = "&" if "?" in url else "?"
        return redirect(f"{url}{joint}next={_quoted_here()}")
    # A form sent without script after the session's end: what was typed is shown back.
    return error_response(401, template="errors/401.html")


def _quoted_here() -> str:
    return quote(request.full_path.rstrip("?"), safe="/")


def sign_in_url() -> str:
    """Return the address of the sign-in page (``SIGN_IN_ENDPOINT``, Flask-Security's)."""
    return url_if_exists(current_app.config.get("SIGN_IN_ENDPOINT", "security.login")) or "/"


def on_csrf_error(_error: CSRFError) -> BaseResponse:
    """Answer a form whose token is missing or too old: nothing was done, nothing is lost.

    Most often the session has ended, and signing in again is what helps.
    """
    # Read from the cookie alone: the check runs before anybody's rows may be seen.
    if came_by_script() and "_user_id" not in session:
        return unauthenticated()
    message = _(
        "Ce formulaire a attendu trop longtemps et n'a pas été enregistré. "
        "Rechargez la page, puis recommencez : votre saisie est reprise ci-dessous."
    )
    response = error_response(400, message=message, template="errors/csrf.html")
    response.headers["X-Csrf-Failed"] = "1"
    return response


def on_user_error(error: UserError) -> BaseResponse:
    """Tell the person what to mend (422)."""
    return error_response(422, message=str(error))


def on_not_found(_error: NotFound) -> BaseResponse:
    """Answer "not found", the same words whether the row is missing or another member's."""
    return error_response(404)


def on_http_error(error: HTTPException) -> BaseResponse:
    """Answer an HTTP error of Flask or Werkzeug with our words."""
    status = HTTPStatus(error.code or 500) if error.code in _KNOWN else HTTPStatus.BAD_REQUEST
    if error.response is not None or status < HTTPStatus.BAD_REQUEST:
        return error.get_response()  # type: ignore[return-value, unused-ignore]
    if status == HTTPStatus.UNAUTHORIZED:
        return unauthenticated()
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return error_response(500, reference=_logged(error))
    message = ""
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and (limit := sent_too_much()) is not None:
        message = _("L'envoi est trop volumineux : la limite est de %(limit)s Mo.", limit=limit)
    response = error_response(status, message=message)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _logged(error: BaseException) -> str:
    """Log an unexpected error under a short reference that a person can read out."""
    reference = secrets.token_hex(3).upper()
    cause = getattr(error, "original_exception", None) or error
    log.error("error %s on %s %s", reference, request.method, request.path, exc_info=cause)
    return reference


def on_database_away(error: Exception) -> BaseResponse:
    """Answer 503 when the database does not: webhooks are sent again, people try again."""
    log.error("database unavailable on %s %s: %s", request.method, request.path, error)
    response = error_response(503)
    response.headers["Retry-After"] = "5"
    return response


def on_anything(error: Exception) -> BaseResponse:
    """Answer 500 with a reference; the whole error is in the log under it."""
    return error_response(500, reference=_logged(error))


def init_app(app: Flask) -> None:
    """Register every handler. In debug and test an unexpected error is left to surface."""
    app.register_error_handler(CSRFError, on_csrf_error)
    app.register_error_handler(UserError, on_user_error)
    app.register_error_handler(NotFound, on_not_found)
    app.register_error_handler(HTTPException, on_http_error)
    for away in (OperationalError, InterfaceError, PoolTimeoutError):
        app.register_error_handler(away, on_database_away)
    app.register_error_handler(500, on_anything)
    app.jinja_env.globals["sign_in_url"] = sign_in_url
