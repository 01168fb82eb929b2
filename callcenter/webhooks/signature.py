"""Is this request the provider's? Checked on what was sent, byte for byte.

The provider signs the address it called and the whole form. The address is built from our
configured public origin (a proxy hides it from us) and the raw path and query: the framework's
own `request.url` decodes them, and the signature would not match.
Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

from collections.abc import Callable
from functools import wraps

from flask import abort, current_app, request
from flask.typing import ResponseReturnValue
from twilio.request_validator import RequestValidator

from callcenter.settings import Settings

View = Callable[..., ResponseReturnValue]
_FORM = "application/x-www-form-urlencoded"


def signed_by_provider(view: View) -> View:
    """Answer 403 to whatever the provider did not sign with our account's token."""

    @wraps(view)
    def checked(**values: object) -> ResponseReturnValue:
        if not is_signed():
            abort(403)
        return view(**values)

    return checked


def is_signed() -> bool:
    """Tell whether the present request carries the provider's signature of itself."""
    signature = request.headers.get("X-Twilio-Signature", "")
    if not signature or (request.mimetype != _FORM and request.content_length):
        return False
    settings: Settings = current_app.config["SETTINGS"]
    validator = RequestValidator(settings.sms_auth_token)
    return bool(validator.validate(called_url(settings.public_origin), request.form, signature))


def called_url(origin: str) -> str:
    """Return the address that the provider called, as it wrote it."""
    raw = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or ""
    if not raw.startswith("/"):  # an absolute form, through a proxy
        query = request.query_string.decode("latin-1")
        raw = request.path + (f"?{query}" if query else "")
    return origin + raw
