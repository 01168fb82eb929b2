"""Letters about accounts: sent apart from the request, through the SMTP settings.

Without SMTP the sandbox catches the letter in development (or it goes to the log when there is no
sandbox), so that its link can be followed; in production it goes nowhere, and the page says whom to ask.
"""

import logging
import smtplib
import ssl
import threading
from collections.abc import Callable
from email.message import EmailMessage

from flask import Flask, current_app

from callcenter.settings import Environment, Settings

log = logging.getLogger(__name__)

_SECONDS = 20


def in_background(app: Flask, work: Callable[[], None]) -> None:
    """Do ``work`` apart from the request, so that its length tells nothing to who waits."""

    def run() -> None:
        with app.app_context():
            try:
                work()
            except Exception:
                log.exception("a letter about an account was not sent")

    if app.testing:
        run()
    else:
        threading.Thread(target=run, name="account-mail", daemon=True).start()


def send(recipient: str, subject: str, body: str) -> None:
    """Send a plain-text letter in the background; log it in development without SMTP."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    settings: Settings = app.config["SETTINGS"]
    if settings.mail_server is None:
        if settings.environment is not Environment.PRODUCTION:
            log.warning("no SMTP_HOST: letter to %s, “%s”\n%s", recipient, subject, body)
        return
    in_background(app, lambda: _deliver(settings, recipient, subject, body))


def _deliver(settings: Settings, recipient: str, subject: str, body: str) -> None:
    message = EmailMessage()
    message["From"] = settings.mail_sender
    message["To"] = recipient
    message["Subject"] = subject
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body)
    host, port = settings.mail_server or ("", 0)
    with smtplib.SMTP(host, port, timeout=_SECONDS) as server:
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
        if settings.smtp_host and settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        server.send_message(message)
