"""Verbs of e-mails: put one in the outbox, send again one that a person decides on."""

import secrets

from flask_babel import force_locale
from flask_babel import gettext as _

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.writing import add_named
from callcenter.messaging.email_rules import USEFUL_LIFE, is_address, subject_line
from callcenter.messaging.email_states import EmailKind, EmailState, can_become
from callcenter.messaging.models import EmailMessage


def queue_email(
    *,
    member_id: int,
    kind: EmailKind,
    to_address: str,
    subject: str,
    body: str,
    to_name: str = "",
    ticket_id: int | None = None,
    urgent: bool = False,
) -> EmailMessage:
    """Put an e-mail in the outbox (its number is known): it leaves once the transaction commits.

    An address that is missing or wrong gives a ``skipped`` row that says so; nothing fails.
    ``body`` is plain text.
    """
    at = clock.now()
    address = to_address.strip()
    reason = ""
    with force_locale("fr"):  # kept on the row, in the language of the trade
        if not address:
            reason = _("Aucune adresse e-mail.")
        elif not is_address(address):
            reason = _("Cette adresse e-mail n'est pas valable.")
    email = EmailMessage(
        member_id=member_id,
        kind=kind,
        ticket_id=ticket_id,
        to_address=address[:254],
        to_name=" ".join(to_name.split()),
        subject=subject_line(subject),
        body=body,
        urgent=urgent,
        state=EmailState.SKIPPED if reason else EmailState.QUEUED,
        state_at=at,
        reason=reason,
        message_key=secrets.token_hex(16),
        not_before=at,
        expires_at=at + USEFUL_LIFE,
    )
    add_named(email)
    return email


def send_email_again(email_message_id: int) -> EmailMessage:
    """Put a failed or uncertain e-mail back in the outbox because a person decided so."""
    email = db.session.get(EmailMessage, email_message_id, with_for_update=True)
    if email is None:
        raise NotFound
    if not can_become(email.state, EmailState.QUEUED) or email.state == EmailState.SENDING:
        raise UserError(_("Ce courriel est déjà parti, ou part en ce moment."))
    at = clock.now()
    email.state, email.state_at, email.reason = EmailState.QUEUED, at, ""
    email.not_before, email.expires_at = at, at + USEFUL_LIFE
    email.enqueued_at = email.claimed_at = email.attempt_id = None
    email.attempts = 0
    db.session.flush()
    return email
