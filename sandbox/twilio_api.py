"""The provider's API for messages, as far as our program and its tests use it.

Source: https://www.twilio.com/docs/messaging/api/message-resource
"""

import base64
import binascii
import hmac
import re
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, jsonify, request

from sandbox.behaviour import Behaviour, Outcome
from sandbox.state import State, state
from sandbox.store import Message, new_sid

api = Blueprint("twilio_api", __name__)

MAX_BODY = 1600
MAX_VALIDITY = 36_000
MAX_PAGE = 1000
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_FRENCH_LANDLINE = re.compile(r"\+33[1-59]\d{8}")
_SENDER = re.compile(r"\+[1-9]\d{6,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
# Twilio's test credentials answer so to these numbers.
_MAGIC = {"+15005550001": 21211, "+15005550009": 21614, "+15005550004": 21610}
_STATUS_OF_CODE = {20003: 401, 20404: 404, 20429: 429, 20500: 500, 63038: 429}
_WORDS = {
    20003: "Authenticate",
    20404: "The requested resource was not found",
    20429: "Too Many Requests",
    20500: "An internal server error has occurred",
    21211: "Invalid 'To' Phone Number",
    21220: "Unable to update record. Call is not in-progress.",
    21212: "Invalid 'From' Number (caller ID)",
    21602: "Message body is required",
    21603: "A 'From' phone number is required",
    21604: "A 'To' phone number is required",
    21609: "The 'StatusCallback' URL is not a valid URL",
    21610: "Attempt to send to unsubscribed recipient",
    21611: "This 'From' number has exceeded the maximum number of queued messages",
    21614: "'To' number is not a valid mobile number",
    21617: "The concatenated message body exceeds the 1600 character limit",
    63038: "Account exceeded the daily messages limit",
}


class ApiError(Exception):
    """A refusal, with the provider's code."""

    def __init__(self, code: int, headers: dict[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.headers = headers or {}


@api.errorhandler(ApiError)
def refuse(error: ApiError) -> Response:
    """Answer a refusal in the provider's form."""
    status = _STATUS_OF_CODE.get(error.code, 400)
    response = jsonify(
        code=error.code,
        message=_WORDS.get(error.code, f"Error {error.code}"),
        more_info=f"https://www.twilio.com/docs/errors/{error.code}",
        status=status,
    )
    response.status_code = status
    response.headers.extend(error.headers)
    return response


@api.before_request
def check_credentials() -> None:
    """Refuse whoever is not the account."""
    account = state().account
    scheme, _space, value = request.headers.get("Authorization", "").partition(" ")
    try:
        given = base64.b64decode(value, validate=True) if scheme.lower() == "basic" else b""
    except binascii.Error:
        given = b""
    if not hmac.compare_digest(given, f"{account.sid}:{account.token}".encode()):
        raise ApiError(20003)
    if (request.view_args or {}).get("account_sid") != account.sid:
        raise ApiError(20404)


@api.post("/2010-04-01/Accounts/<account_sid>/Messages.json")
def create_message(account_sid: str) -> Response:
    """Take a message, or fail in the way that was chosen for it."""
    here = state()
    behaviour = here.behaviours.choose(request.form.get("To", ""))
    if behaviour.delay_ms:
        time.sleep(behaviour.delay_ms / 1000)
    if behaviour.outcome is Outcome.ERROR and not behaviour.is_taken:
        raise ApiError(behaviour.code or 20500, _retry_after(behaviour))
    message = _new_message(here)
    if behaviour.is_taken:
        here.store.add(message)
        here.delivery.begin(message, behaviour)
    match behaviour.outcome:
        case Outcome.RATE_LIMITED:
            raise ApiError(20429, _retry_after(behaviour))
        case Outcome.SERVER_ERROR:
            raise ApiError(20500)
        case Outcome.TIMEOUT:
            here.stopping.wait(behaviour.hold_ms / 1000)
            return _hang_up()
        case Outcome.DROPPED:
            return _hang_up()
        case Outcome.NO_SID:
            return _created({})
    return _created(_resource(message, account_sid))


@api.get("/2010-04-01/Accounts/<account_sid>/Messages.json")
def list_messages(account_sid: str) -> Response:
    """List messages, newest first, by To, From and DateSent, page by page."""
    here = state()
    size = min(max(request.args.get("PageSize", 50, type=int), 1), MAX_PAGE)
    page = max(request.args.get("Page", 0, type=int), 0)
    sender = request.args.get("From", "")
    found = [
        message
        for message in here.store.messages(phone=request.args.get("To", ""), sender=sender)
        if _in_dates(message) and not (message.inbound and request.args.get("To"))
    ]
    shown = found[page * size : (page + 1) * size]
    more = len(found) > (page + 1) * size
    path = f"/2010-04-01/Accounts/{account_sid}/Messages.json"
    return jsonify(
        messages=[_resource(message, account_sid) for message in shown],
        page=page,
        page_size=size,
        start=page * size,
        end=page * size + max(len(shown) - 1, 0),
        uri=f"{path}?{request.query_string.decode()}",
        first_page_uri=f"{path}?{_query(page=0, size=size)}",
        next_page_uri=f"{path}?{_query(page=page + 1, size=size)}" if more else None,
        previous_page_uri=f"{path}?{_query(page=page - 1, size=size)}" if page else None,
    )


@api.get("/2010-04-01/Accounts/<account_sid>/Messages/<sid>.json")
def fetch_message(account_sid: str, sid: str) -> Response:
    """Return one message."""
    message = state().store.get(sid)
    if message is None:
        raise ApiError(20404)
    return jsonify(_resource(message, account_sid))


def _new_message(here: State) -> Message:
    """Read the request as the provider does; raise ApiError with its code."""
    form = request.form
    to, body = form.get("To", "").strip(), form.get("Body", "")
    service, sender = form.get("MessagingServiceSid", ""), form.get("From", "").strip()
    callback = form.get("StatusCallback", "")
    checks = (
        (not to, 21604),
        (not (sender or service), 21603),
        (not body, 21602),
        (len(body) > MAX_BODY, 21617),
        (bool(sender) and not _SENDER.fullmatch(sender), 21212),
        (bool(callback) and not callback.startswith(("http://", "https://")), 21609),
        (to in _MAGIC, _MAGIC.get(to, 0)),
        (not _NUMBER.fullmatch(to), 21211),
        (bool(_FRENCH_LANDLINE.fullmatch(to)), 21614),
    )
    for wrong, code in checks:
        if wrong:
            raise ApiError(code)
    sender = sender or here.account.service_sender
    if here.store.opted_out(to, sender):
        raise ApiError(21610)
    now = datetime.now(UTC).timestamp()
    return Message(
        sid=new_sid(),
        phone=to,
        sender=sender,
        body=body,
        direction="outbound-api",
        status="accepted",
        created=now,
        updated=now,
        status_callback=callback,
        messaging_service_sid=service,
    )


def _resource(message: Message, account_sid: str) -> dict[str, Any]:
    uri = f"/2010-04-01/Accounts/{account_sid}/Messages/{message.sid}"
    ours, theirs = message.sender, message.phone
    return {
        "sid": message.sid,
        "account_sid": account_sid,
        "messaging_service_sid": message.messaging_service_sid or None,
        "to": ours if message.inbound else theirs,
        "from": theirs if message.inbound else ours,
        "body": message.body,
        "status": message.status,
        "direction": message.direction,
        # The provider counts segments only once a service has picked the sender.
        "num_segments": "0" if message.messaging_service_sid else "1",
        "num_media": "0",
        "error_code": message.error_code,
        "error_message": None,
        "price": None,
        "price_unit": "USD",
        "api_version": "2010-04-01",
        "date_created": _date(message.created),
        "date_updated": _date(message.updated),
        "date_sent": _date(message.sent),
        "uri": f"{uri}.json",
        "subresource_uris": {"media": f"{uri}/Media.json"},
    }


def _date(epoch: float | None) -> str | None:
    return None if epoch is None else format_datetime(datetime.fromtimestamp(epoch, UTC))


def _in_dates(message: Message) -> bool:
    """Apply the filters DateSent, DateSent> and DateSent< (days or instants, both inclusive)."""
    bounds = {name: request.args.get(f"DateSent{name}") for name in ("", "<", ">")}
    if not any(bounds.values()):
        return True
    if message.sent is None:
        return False
    sent = datetime.fromtimestamp(message.sent, UTC).replace(microsecond=0)
    for name, value in bounds.items():
        if not value:
            continue
        try:
            bound = datetime.fromisoformat(value)
        except ValueError:
            raise ApiError(20404) from None
        day_only = len(value) == len("2026-01-31")
        left, right = (sent.date(), bound.date()) if day_only else (sent, bound.astimezone(UTC))
        if (name == "" and left != right) or (name == "<" and left > right):
            return False
        if name == ">" and left < right:
            return False
    return True


def _query(page: int, size: int) -> str:
    kept = {key: value for key, value in request.args.items() if not key.startswith("Page")}
    return urlencode(kept | {"PageSize": size, "Page": page, "PageToken": f"PASM{page}"})


def _created(resource: dict[str, Any]) -> Response:
    response = jsonify(resource)
    response.status_code = 201
    return response


def _retry_after(behaviour: Behaviour) -> dict[str, str]:
    return {} if behaviour.retry_after is None else {"Retry-After": str(behaviour.retry_after)}


def _hang_up() -> Response:
    """Cut the line without an answer."""
    current_app.extensions["hang_up"](request.environ)
    return Response(status=500)
