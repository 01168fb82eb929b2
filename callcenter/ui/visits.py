"""The session's cookie is renewed by visits, not by what a page asks for beside them.

Two answers on their way at once each carry the whole session. A part fetched before a form was
saved may arrive after its answer: renewing the cookie, it would put the former session back, and
the message that says what was saved would be lost.
"""

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin


class VisitedSession(SecureCookieSessionInterface):
    """Flask's own session, sent back when it changed, or to renew it on a visit."""

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        """Say whether the answer carries the cookie; a browser tells what it fetches for."""
        # Fetch Metadata (W3C): "document" for a visit, "empty" for a script's request.
        visit = request.headers.get("Sec-Fetch-Dest", "document") == "document"
        return session.modified or (visit and super().should_set_cookie(app, session))


def init_app(app: Flask) -> None:
    """Have the application's sessions renewed by visits."""
    app.session_interface = VisitedSession()
