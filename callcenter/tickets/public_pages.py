"""What the pages behind private links have in common: forms without a session, photographs."""

from typing import Final
from urllib.parse import urlsplit

from flask import Response, make_response, request
from flask_babel import gettext as _

from callcenter.core.errors import UserError
from callcenter.core.pictures import BYTES_MAX, Picture, clean_picture
from callcenter.core.rates import allowed
from callcenter.tickets.models import Photo

_PHOTOS: Final = "30 per hour"


def from_here() -> bool:
    """Say whether the form stood on this very site; browsers that don't say are believed."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    source = request.headers.get("Origin") or request.headers.get("Referer")
    return source is None or urlsplit(source).netloc == request.host


def sent_picture(whose: str) -> Picture | None:
    """Return the photograph that came with a form, made anew, or None when none came.

    ``whose`` counts how many one link sends. Raises UserError for what is no photograph.
    """
    file = request.files.get("photo")
    if file is None or not file.filename:
        return None
    if not allowed(_PHOTOS, "photo", whose):
        raise UserError(_("Trop de photos en une heure : réessayez plus tard."), field="photo")
    return clean_picture(file.stream.read(BYTES_MAX + 1))


def photo_response(photo: Photo) -> Response:
    """Return a photograph as a file that is shown, never run, never kept by others."""
    response = make_response(photo.content)
    response.headers["Content-Type"] = "image/jpeg"
    response.headers["Content-Disposition"] = f'inline; filename="photo-{photo.id}.jpg"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response
