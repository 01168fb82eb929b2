"""What the SMS provider tells us: statuses of our messages, and people's answers.

Store, then work: what is stored is committed before anything is made of it, and nothing that
goes wrong later loses it. Without the database the answer is 503, so that it is sent again.
"""

import logging
from collections.abc import Mapping

from flask import Blueprint, Response, request
from flask_babel import force_locale

from callcenter.core.db import session_scope, transaction
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Scope
from callcenter.messaging.inbound import Incoming, store_inbound
from callcenter.messaging.receipts import record_receipt, record_usual
from callcenter.tickets.services.answers import apply_answer
from callcenter.ui.access import public
from callcenter.webhooks.signature import signed_by_provider

log = logging.getLogger(__name__)

blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks")
# Signed by the provider instead of carrying a form's token.
blueprint.record_once(lambda state: state.app.extensions["csrf"].exempt(blueprint))

_EVERYTHING = Scope(everything=True)
_MAX_BIGINT = 2**63 - 1
_DONE = 204
# An empty answer: nothing is to be sent back.
_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
# What is kept of a callback: no text, no number.
_KEPT = ("MessageStatus", "SmsStatus", "ErrorCode", "MessagingServiceSid", "RawDlrDoneDate")


@blueprint.post("/twilio/status")
@public
@signed_by_provider
def status() -> Response:
    """A status of one of our messages; unknown ones are logged and answered all the same."""
    form = request.form
    provider_id = form.get("MessageSid") or form.get("SmsSid", "")
    word = form.get("MessageStatus") or form.get("SmsStatus", "")
    if not provider_id or not word:
        log.warning("a status callback without id or status")
        return Response(status=_DONE)
    kept = {name: form[name][:200] for name in _KEPT if name in form}
    store_status(
        _number(request.args.get("message")),
        provider_id[:64],
        word[:40].lower(),
        _number(form.get("ErrorCode")),
        kept,
    )
    return Response(status=_DONE)


@blueprint.post("/twilio/sms")
@public
@signed_by_provider
def sms() -> Response:
    """Somebody wrote to one of our senders."""
    form = request.form
    provider_id = form.get("MessageSid") or form.get("SmsSid", "")
    if provider_id:
        incoming = Incoming(
            provider_id=provider_id[:64],
            from_number=form.get("From", ""),
            to_number=form.get("To", ""),
            body=form.get("Body", ""),
            media_count=min(_number(form.get("NumMedia")) or 0, 100),
            opt_out_type=form.get("OptOutType", ""),
        )
        with session_scope(_EVERYTHING), transaction():
            stored = store_inbound(incoming)
        if stored is not None:
            _bring_to_ticket(stored.id, stored.member_id)
    return Response(_TWIML, mimetype="text/xml")


def store_status(
    message_id: int | None,
    provider_id: str,
    status: str,
    error_code: int | None,
    raw: Mapping[str, str],
) -> None:
    """Commit a status: the usual ones by the short way."""
    if error_code is None and record_usual(message_id, provider_id, status, raw):
        return
    with session_scope(_EVERYTHING), transaction():
        record_receipt(message_id, provider_id, status, error_code, raw)


def _bring_to_ticket(inbound_message_id: int, member_id: int) -> None:
    """Act on an answer; whatever keeps us from it leaves it on the desk's list."""
    try:
        with (
            session_scope(Scope(member_ids=frozenset({member_id}))),
            transaction(),
            force_locale("fr"),
        ):
            apply_answer(inbound_message_id)
    except (UserError, NotFound) as error:
        log.info("answer %s is left for the desk: %s", inbound_message_id, error)
    except Exception:
        # It is stored: a fault of ours must not have the provider send it again.
        log.exception("answer %s is left for the desk", inbound_message_id)


def _number(text: str | None) -> int | None:
    """Return a whole number that a column can hold, or None."""
    if text and text.isascii() and text.isdigit() and int(text) <= _MAX_BIGINT:
        return int(text)
    return None
