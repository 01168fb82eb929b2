"""Serving on threads, one per connection, kept alive as the provider keeps its own."""

import contextlib
import socket
from collections.abc import Callable
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server


class _Handler(WSGIRequestHandler):
    # Small answers must not wait for the other side's acknowledgement.
    disable_nagle_algorithm = True

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
