"""Stands where the application's webhooks would: keeps what the provider posts."""

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl

from twilio.request_validator import RequestValidator


@dataclass(frozen=True)
class Received:
    """One request: its address as called, its form, its signature."""

    url: str
    form: dict[str, str]
    signature: str

    def is_signed_with(self, token: str) -> bool:
        """Whether the signature is the account's."""
        return bool(RequestValidator(token).validate(self.url, self.form, self.signature))


class WebhookListener:
    """A small HTTP server. `answers` are the statuses of the next answers, 204 after them."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers: list[int] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                form = parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True)
                url = f"{listener.origin}{self.path}"
                signature = self.headers.get("X-Twilio-Signature", "")
                listener.received.append(Received(url, dict(form), signature))
                self.send_response(listener.answers.pop(0) if listener.answers else 204)
                self.end_headers()

            def log_message(self, *_args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def origin(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def statuses(self) -> list[str]:
        """The statuses told so far, in the order they came."""
        return [one.form["MessageStatus"] for one in self.received]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
