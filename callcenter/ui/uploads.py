"""How much one request may bring: the application's limit, or what its view says it takes."""

from collections.abc import Callable
from typing import TypeVar

from flask import Flask, request
from flask.typing import ResponseReturnValue

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

_MARK = "_most_bytes"
# Beside the file itself: the form's other fields and the boundaries between them.
_ENVELOPE = 1 << 19
MEGABYTE = 1 << 20


def takes_files(most_bytes: int) -> Callable[[View], View]:
    """Mark a view as taking files of ``most_bytes`` in all, whatever the application's limit.

    Files go to the disk as they come (``TMPDIR``), never whole to memory.
    """

    def mark(view: View) -> View:
        setattr(view, _MARK, most_bytes + _ENVELOPE)
        return view

    return mark


def sent_too_much() -> int | None:
    """Return the limit in megabytes that the present request announced to be above, if it did."""
    limit, length = request.max_content_length, request.content_length
    return limit // MEGABYTE if limit and length and length > limit else None


def init_app(app: Flask) -> None:
    """Set each request's own limit; before anything reads its form."""

    @app.before_request
    def set_limit() -> None:
        most = getattr(app.view_functions.get(request.endpoint or ""), _MARK, None)
        if most is not None:
            request.max_content_length = most
