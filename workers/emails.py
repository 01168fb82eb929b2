"""E-mails in the background: handed out, claimed, given to the mail server, written down."""

from flask import Flask, current_app

from callcenter.core import queues
from callcenter.core.db import session_scope, transaction
from callcenter.core.errors import ProviderError
from callcenter.core.isolation import Scope
from callcenter.core.queues import Job, Task
from callcenter.messaging import email_sending
from callcenter.messaging.mail_gateway import MailServer
from callcenter.settings import Settings
from workers.process import settings_of

_EVERYTHING = Scope(everything=True)
_BATCH = 100


def send(email_ids: list[int]) -> None:
    """Send these e-mails, if they are still to be sent."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    server = server_of(settings_of(app))
    if server is None:
        return  # they wait: somebody may set SMTP_HOST before they are stale
    for email_id in email_ids:
        send_one(server, email_id)


def send_one(server: MailServer, email_id: int) -> None:
    """Send one e-mail: the claim is committed before the mail server is asked."""
    with session_scope(_EVERYTHING), transaction():
        claim = email_sending.claim_email(email_id)
    if claim is None:
        return
    own = Scope(member_ids=frozenset({claim.member_id}))
    try:
        server.send(claim)
    except ProviderError as error:
        with session_scope(own), transaction():
            email_sending.store_email_failure(claim, error)
        return
    with session_scope(own), transaction():
        email_sending.store_sent(claim)


def hand_out_emails(app: Flask) -> int:
    """Hand due e-mails to the workers; give them back while Redis is away."""
    settings = settings_of(app)
    if settings.mail_server is None:
        return 0
    with session_scope(_EVERYTHING), transaction():
        due = email_sending.take_due_emails(_BATCH)
    if not due:
        return 0
    tasks = [Task(Job.SEND_EMAILS, [[number]]) for number in due]
    if not queues.enqueue_all(settings.redis_url, tasks):
        with session_scope(_EVERYTHING), transaction():
            email_sending.give_back_emails(due)
        return 0
    return len(due)


def look_after_emails(_app: Flask) -> int:
    """Declare uncertain what a dead worker left, end what is stale."""
    with session_scope(_EVERYTHING), transaction():
        return email_sending.mark_lost_emails() + email_sending.expire_emails()


def server_of(settings: Settings) -> MailServer | None:
    """Return the mail server of the settings: a real one, the sandbox's, or none."""
    where = settings.mail_server
    if where is None:
        return None
    own = bool(settings.smtp_host)
    return MailServer(
        *where,
        sender=settings.mail_sender,
        user=settings.smtp_user if own else "",
        password=settings.smtp_password.get_secret_value() if own else "",
    )
