"""What the pages behind private links have in common: the address is the key.

No account, no session, no script. The key is looked up by digest under the scope of the
machinery, then the rest of the request sees that one member alone. A form carries its own token
(a double click acts once); what stops another site from sending one is the secret in the
address and the browser's word on where the form stood.
"""

from collections.abc import Callable, Sequence
from typing import Final, Generic, Protocol, TypeVar
from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core.db import db, session_scope, transaction
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Scope, enter_scope
from callcenter.core.pictures import BYTES_MAX, Picture, clean_picture
from callcenter.core.rates import allowed
from callcenter.tickets.models import Photo
from callcenter.ui.theme import Face

# Generous: a whole town may share one address of a mobile operator.
_PER_ADDRESS: Final = "300 per minute"
_MISSES_PER_ADDRESS: Final = "60 per minute"
_PER_LINK: Final = "60 per minute"
_PHOTOS: Final = "30 per hour"
_PHOTOS_AT_ONCE: Final = 5


class ClosedLinkError(Exception):
    """Unknown, revoked or expired: one and the same answer."""


class _TooManyError(Exception):
    """More requests than a person makes."""


class Key(Protocol):
    """What a private address opens: a row of a member's."""

    @property
    def member_id(self) -> int:
        """Whose row it is."""

    @property
    def link_id(self) -> int:
        """The row's own number: how often one address is asked for is counted by it."""


K = TypeVar("K", bound=Key)


class PrivatePages(Generic[K]):
    """The door of one kind of private page: finds the key, counts, refuses, carries out.

    ``find`` is called with the token, under the scope of every member; what it returns must
    outlive its Session. ``closed`` is the page for an address that opens nothing.
    """

    def __init__(
        self,
        blueprint: Blueprint,
        find: Callable[[str], K | None],
        closed: str = "tenant/closed.html",
    ) -> None:
        """Give the blueprint its errors, its headers and its freedom from sessions."""
        self._blueprint = blueprint
        self._find = find
        self._closed = closed
        blueprint.register_error_handler(ClosedLinkError, self._closed_link)
        # A row that is gone behind a good link: the same answer.
        blueprint.register_error_handler(NotFound, self._closed_link)
        blueprint.register_error_handler(_TooManyError, _too_many)
        blueprint.after_request(_keep_out)
        blueprint.record_once(self._without_session)

    def open(self, token: str) -> K:
        """Return what the address opens, and see that member alone from now on."""
        name, address = self._blueprint.name, request.remote_addr or "?"
        if not allowed(_PER_ADDRESS, name, address):
            raise _TooManyError
        with session_scope(Scope(everything=True)):
            found = self._find(token)
        if found is None:
            if not allowed(_MISSES_PER_ADDRESS, f"{name}-miss", address):
                raise _TooManyError
            raise ClosedLinkError
        if not allowed(_PER_LINK, f"{name}-link", str(found.link_id)):
            raise _TooManyError
        enter_scope(Scope(member_ids=frozenset({found.member_id})))
        return found

    def act(
        self,
        token: str,
        run: Callable[[K, str], object],
        show: Callable[..., Response],
        done: str,
    ) -> ResponseReturnValue:
        """Carry out a form: ``run`` gets the key and the form's token, in one transaction.

        Then the page again, which thanks by ``done``; a refusal is shown on the page by
        ``show(token, key, error=…, status=…)``, with what was typed.
        """
        key = self.open(token)
        if not from_here():
            message = _("Ouvrez cette page depuis le lien reçu, puis recommencez.")
            return show(token, key, error=message, status=400)
        try:
            with transaction():
                run(key, request.form.get("form_token", "")[:64])
        except UserError as error:
            db.session.expire_all()
            return show(token, key, error=error.message, status=422)
        return redirect(url_for(f"{self._blueprint.name}.page", token=token, done=done), code=303)

    def _closed_link(self, _error: Exception) -> Response:
        """Answer for a link that opens nothing: what to do, and nothing about why."""
        return make_response(render_template(self._closed, face=Face(name="Coo.Pairs")), 404)

    def _without_session(self, state: BlueprintSetupState) -> None:
        """These forms have no session, hence no token of it (see the module's words)."""
        protection = state.app.extensions.get("csrf")
        if protection is not None:
            protection.exempt(self._blueprint)


def _too_many(_error: Exception) -> Response:
    """Answer somebody who asks too often."""
    shown = render_template("tenant/too_many.html", face=Face(name="Coo.Pairs"))
    response = make_response(shown, 429)
    response.headers["Retry-After"] = "60"
    return response


def _keep_out(response: Response) -> Response:
    """Keep the page out of search engines and of other sites' referrers."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def from_here() -> bool:
    """Say whether the form stood on this very site; browsers that don't say are believed."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    source = request.headers.get("Origin") or request.headers.get("Referer")
    return source is None or urlsplit(source).netloc == request.host


def sent_picture(whose: str) -> Picture | None:
    """Return the first photograph that came with a form, made anew, or None when none came."""
    return next(iter(sent_pictures(whose, at_most=1)), None)


def sent_pictures(whose: str, at_most: int = _PHOTOS_AT_ONCE) -> Sequence[Picture]:
    """Return the photographs that came with a form, made anew.

    ``whose`` counts how many one link sends. Raises UserError for what is no photograph, and
    for too many.
    """
    files = [file for file in request.files.getlist("photo") if file.filename]
    if len(files) > at_most > 1:
        raise UserError(_("Envoyez %(count)s photos au plus à la fois.", count=at_most))
    pictures = []
    for file in files[:at_most]:
        if not allowed(_PHOTOS, "photo", whose):
            raise UserError(_("Trop de photos en une heure : réessayez plus tard."), field="photo")
        pictures.append(clean_picture(file.stream.read(BYTES_MAX + 1)))
    return pictures


def photo_response(photo: Photo) -> Response:
    """Return a photograph as a file that is shown, never run, never kept by others."""
    response = make_response(photo.content)
    response.headers["Content-Type"] = "image/jpeg"
    response.headers["Content-Disposition"] = f'inline; filename="photo-{photo.id}.jpg"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response
