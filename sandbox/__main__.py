"""`python -m sandbox --port 8001 --webhook-origin http://127.0.0.1:8000`."""

import argparse
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from sandbox.app import create_app
from sandbox.delivery import Account, Delivery
from sandbox.mail import MailBox, MailServer
from sandbox.server import serve_on
from sandbox.state import State
from sandbox.store import Store

DEFAULT_ACCOUNT_SID = "AC" + "0" * 31 + "1"
DEFAULT_TOKEN = "sandbox"  # noqa: S105 - guards nothing: a machine's own toy


def main(arguments: list[str] | None = None) -> int:
    """Run the sandbox until it is told to stop; return the exit code."""
    given = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="sandbox: %(message)s")
    account = Account(
        os.environ.get("SANDBOX_ACCOUNT_SID") or DEFAULT_ACCOUNT_SID,
        os.environ.get("SANDBOX_AUTH_TOKEN") or DEFAULT_TOKEN,
        given.service_sender,
    )
    store = Store(given.data)
    delivery = Delivery(store, account, given.callback_ms)
    mails = MailBox(given.data.with_suffix(".mails.jsonl") if given.data else None)
    state = State(account, store, delivery, given.webhook_origin.rstrip("/"), mail=mails)
    port = given.port
    try:
        server = serve_on(given.host, port, create_app(state))
        port = given.smtp_port
        postman = MailServer(mails, given.host, port) if port is not None else None
    except OSError as error:
        sys.stderr.write(f"sandbox: port {port}: {os.strerror(error.errno or 0)}\n")
        return 1
    delivery.resume()
    for name in (signal.SIGINT, signal.SIGTERM):
        # shutdown() waits for the loop that this very thread runs: it needs another one.
        signal.signal(name, lambda *_args: threading.Thread(target=server.shutdown).start())
    sys.stdout.write(f"sandbox: http://{given.host}:{server.port}/\n")
    if postman:
        sys.stdout.write(f"sandbox: smtp://{given.host}:{postman.port}\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.1)
    if postman:
        postman.stop()
    state.stop()
    server.server_close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="A local look-alike of Twilio. SANDBOX_ACCOUNT_SID and SANDBOX_AUTH_TOKEN"
        " name the account it answers for.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001, help="0 picks a free one")
    parser.add_argument("--webhook-origin", default="http://127.0.0.1:8000")
    parser.add_argument("--service-sender", default="38100", help="sender of messaging services")
    parser.add_argument("--callback-ms", type=int, default=150, help="time between two statuses")
    parser.add_argument("--smtp-port", type=int, help="catch e-mails there; 0 picks a free one")
    parser.add_argument("--data", type=Path, help="file that keeps the phones over a restart")
    return parser


if __name__ == "__main__":
    sys.exit(main())
