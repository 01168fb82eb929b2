"""The sandbox as a web application."""

from flask import Flask, request
from werkzeug.wrappers import Response

from sandbox import inbound, twilio_calls
from sandbox.control import control
from sandbox.mail_pages import mail_pages
from sandbox.pages import STATUS_WORDS, clock, linked, pages, shown_number
from sandbox.server import hang_up
from sandbox.state import State
from sandbox.twilio_api import api
from sandbox.voice_pages import voice

_CSP = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"


def create_app(state: State) -> Flask:
    """Build the application around a state; stopping the state is the caller's business."""
    app = Flask(__name__)
    # Only flashed words are signed, and the account's token is at hand.
    app.secret_key = state.account.token
    app.config["SESSION_COOKIE_NAME"] = "sandbox"
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.extensions["sandbox"] = state
    app.extensions["hang_up"] = hang_up
    # The calls' half of the API hangs on the same blueprint as the messages'.
    assert twilio_calls.api is api  # noqa: S101 - imported for its routes
    for blueprint in (api, control, pages, mail_pages, voice):
        app.register_blueprint(blueprint)
    app.jinja_env.filters.update(linked=linked, clock=clock, phone=shown_number)
    app.jinja_env.globals.update(
        one_way=inbound.one_way,
        status_words=STATUS_WORDS,
        thread=state.store.thread,
        call_on=state.board.live_on,
        service_sender=state.account.service_sender,
    )

    @app.before_request
    def read_all() -> None:
        """Leave nothing of the request on the line: the next one stands behind it."""
        request.get_data(parse_form_data=True)

    @app.after_request
    def harden(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", _CSP)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        return response

    return app
