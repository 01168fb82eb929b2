"""Serving on threads, one per connection, kept alive as the provider keeps its own."""

import contextlib
import socket
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

_WITHOUT_BODY = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}


class _Handler(WSGIRequestHandler):
    # Small answers must not wait for the other side's acknowledgement.
    disable_nagle_algorithm = True
    # Head and body in one piece.
    wbufsize = -1

    def run_wsgi(self) -> None:
        """Answer, and keep the connection where all was well; werkzeug would close each.

        The application reads every request to its end, so that the next begins where it should.
        """
        answer = Response.from_app(self.server.app, self.make_environ(), buffered=True)
        body = answer.get_data()
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status_code not in _WITHOUT_BODY and "Content-Length" not in answer.headers:
            self.send_header("Content-Length", str(len(body)))
        if answer.status_code >= HTTPStatus.BAD_REQUEST:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write nothing: a load test makes hundreds of requests a second."""


def serve_on(host: str, port: int, app: Callable[..., Any]) -> BaseWSGIServer:
    """Return a threaded server bound to an address; OSError if the port is taken."""
    listening = socket.create_server((host, port), backlog=512)
    server = make_server(
        host, port, app, threaded=True, request_handler=_Handler, fd=listening.fileno()
    )
    server.daemon_threads = True  # type: ignore[attr-defined]
    # werkzeug has its own copy of the socket now.
    listening.close()
    return server


def hang_up(environ: dict[str, Any]) -> None:
    """Cut the connection of a request, so that its answer goes nowhere."""
    line = environ.get("werkzeug.socket")
    if isinstance(line, socket.socket):
        with contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
