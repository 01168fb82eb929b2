"""Sending e-mails: claim, then write down what the mail server's answer proves.

The same steps as for SMS (see ``sending``), simpler where mail is: a mail server answers once
and tells nothing later. Every verb is one short transaction of the caller, over every member.
"""

import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import or_, select, update

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.errors import (
    ProviderError,
    ProviderRefusedError,
    ProviderUnavailableError,
    ProviderUncertainError,
)
from callcenter.members.models import Organisation
from callcenter.messaging.email_rules import retry_at
from callcenter.messaging.email_states import EmailState, can_become
from callcenter.messaging.models import EmailMessage

log = logging.getLogger(__name__)

FORGOTTEN_AFTER = timedelta(seconds=60)
LOST_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class EmailClaim:
    """The right, and the duty, to hand one e-mail to the mail server once."""

    email_id: int
    member_id: int
    attempt_id: str
    to_address: str
    to_name: str
    from_name: str
    reply_to: str
    subject: str
    body: str
    message_key: str


def take_due_emails(limit: int) -> list[int]:
    """Mark at most ``limit`` due e-mails as handed to the workers and return their numbers.

    One that was handed over long ago and is still queued is handed over again.
    """
    at = clock.now()
    ids = list(
        db.session.scalars(
            select(EmailMessage.id)
            .where(
                EmailMessage.state == EmailState.QUEUED,
                EmailMessage.not_before <= at,
                EmailMessage.expires_at > at,
                or_(
                    EmailMessage.enqueued_at.is_(None),
                    EmailMessage.enqueued_at < at - FORGOTTEN_AFTER,
                ),
            )
            .order_by(EmailMessage.urgent.desc(), EmailMessage.not_before, EmailMessage.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    )
    if ids:
        _set(ids, enqueued_at=at)
    return ids


def give_back_emails(ids: list[int]) -> None:
    """Forget that these were handed over: there was nobody to take them."""
    _set(ids, enqueued_at=None)


def claim_email(email_id: int) -> EmailClaim | None:
    """Take a queued e-mail for sending; None when it is not to be sent now, or not by us."""
    email = db.session.scalar(
        select(EmailMessage)
        .where(EmailMessage.id == email_id, EmailMessage.state == EmailState.QUEUED)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    at = clock.now()
    if email is None or email.not_before > at or email.expires_at <= at:
        return None
    email.state, email.state_at = EmailState.SENDING, at
    email.claimed_at, email.attempt_id = at, secrets.token_hex(8)
    email.attempts += 1
    member = db.session.get_one(Organisation, email.member_id)
    return EmailClaim(
        email_id=email.id,
        member_id=email.member_id,
        attempt_id=email.attempt_id,
        to_address=email.to_address,
        to_name=email.to_name,
        from_name=member.short_name or member.name,
        reply_to=member.email,
        subject=email.subject,
        body=email.body,
        message_key=email.message_key,
    )


def store_sent(claim: EmailClaim) -> None:
    """Note that the mail server took the e-mail."""
    email = _claimed(claim)
    if email is not None:
        email.sent_at = clock.now()
        _move(email, EmailState.SENT, "")


def store_email_failure(claim: EmailClaim, error: ProviderError) -> None:
    """Write down an exchange that did not end well; ``error`` says what it proves.

    Tried again only when the server certainly has nothing of it.
    """
    email = _claimed(claim)
    if email is None:
        return
    at = clock.now()
    with force_locale("fr"):
        match error:
            case ProviderUncertainError():
                _move(email, EmailState.UNCERTAIN, _("Réponse perdue : peut-être parti."))
                return
            case ProviderUnavailableError() if (again := retry_at(email.attempts, at)) is not None:
                email.not_before = again
                email.enqueued_at = email.claimed_at = email.attempt_id = None
                _move(email, EmailState.QUEUED, error.message)
                return
            case ProviderRefusedError() | ProviderUnavailableError():
                reason = error.message or _("Refusé par le serveur de messagerie.")
            case _:
                reason = error.message or _("Le serveur de messagerie refuse notre compte.")
    log.error("e-mail %s was not sent: %s", email.id, reason)
    _move(email, EmailState.FAILED, reason)


def mark_lost_emails(limit: int = 200) -> int:
    """Declare uncertain the e-mails whose worker died between the claim and the answer."""
    at = clock.now()
    found = db.session.scalars(
        select(EmailMessage)
        .where(EmailMessage.state == EmailState.SENDING, EmailMessage.claimed_at < at - LOST_AFTER)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    with force_locale("fr"):
        for email in found:
            _move(email, EmailState.UNCERTAIN, _("Envoi interrompu : peut-être parti."))
    return len(found)


def expire_emails(limit: int = 200) -> int:
    """End the queued e-mails whose useful life is over."""
    found = db.session.scalars(
        select(EmailMessage)
        .where(EmailMessage.state == EmailState.QUEUED, EmailMessage.expires_at <= clock.now())
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    with force_locale("fr"):
        for email in found:
            _move(email, EmailState.EXPIRED, _("Trop tard pour être utile : non envoyé."))
    return len(found)


def _claimed(claim: EmailClaim) -> EmailMessage | None:
    """The e-mail of a claim, locked, if it is still that claim's."""
    return db.session.scalar(
        select(EmailMessage)
        .where(
            EmailMessage.id == claim.email_id,
            EmailMessage.attempt_id == claim.attempt_id,
            EmailMessage.state.in_([EmailState.SENDING, EmailState.UNCERTAIN]),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _move(email: EmailMessage, to: EmailState, reason: str) -> None:
    if email.state == EmailState.UNCERTAIN and to is EmailState.SENT:
        pass  # the worker was slow, not dead: what it learnt stands
    elif not can_become(email.state, to):
        return
    email.state, email.state_at, email.reason = to, clock.now(), reason[:300]


def _set(ids: list[int], *, enqueued_at: datetime | None) -> None:
    db.session.execute(
        update(EmailMessage)
        .where(EmailMessage.id.in_(ids), EmailMessage.state == EmailState.QUEUED)
        .values(enqueued_at=enqueued_at)
        .execution_options(synchronize_session=False)
    )
