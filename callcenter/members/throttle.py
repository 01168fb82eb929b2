"""How often one may try: strict for one account, generous for one address.

A whole office, or the whole platform behind one proxy, shares an address: the limit per
address only stops a machine that walks through accounts. The strict one is per account.
Redis holds the counts; without it each process counts in its own memory.
"""

import hashlib
import logging
import time
from collections.abc import Callable

from flask import Flask, Response, g, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_limiter import Limiter, RequestLimit
from flask_limiter.util import get_remote_address

from callcenter.ui.errors import error_response

log = logging.getLogger(__name__)

View = Callable[..., ResponseReturnValue]

# Failures only are counted for sign-in; a person who knows the password is never slowed.
PER_ADDRESS_AND_ACCOUNT = "8 per 15 minutes"
PER_ACCOUNT = "40 per hour"
PER_ADDRESS = "300 per 15 minutes"
CODES = "8 per 15 minutes"
CONFIRMATIONS = "10 per 15 minutes"
RESET_PER_ACCOUNT = "5 per hour"
RESET_PER_ADDRESS = "60 per hour"


def make_limiter(app: Flask, redis_url: str) -> Limiter:
    """Return a limiter of ``app``'s own that counts in Redis, in memory while Redis is away."""
    uri = redis_url.replace("unix://", "redis+unix://", 1) if redis_url else "memory://"
    timeouts: dict[str, str | int] = (
        {"socket_connect_timeout": 1, "socket_timeout": 1} if redis_url else {}
    )
    limiter = Limiter(
        key_func=get_remote_address,
        storage_uri=uri,
        storage_options=timeouts,
        in_memory_fallback_enabled=True,
        key_prefix="callcenter-limit",
    )
    limiter.init_app(app)
    return limiter


def failed(response: Response) -> bool:
    """Say whether a POST was refused: the form came back instead of a redirect."""
    return response.status_code < 300 or response.status_code >= 400  # noqa: PLR2004


def account_typed() -> str:
    """Return a key for the account named in the form, whether it exists or not."""
    typed = request.form.get("email", "").strip().lower()
    return "account:" + hashlib.sha256(typed.encode()).hexdigest()[:24]


def account_and_address() -> str:
    """Return a key for this account tried from this address."""
    return f"{account_typed()}:{get_remote_address()}"


def pending_account() -> str:
    """Return a key for the account whose password was right and whose code is awaited."""
    return f"pending:{session.get('tf_user_id', '')}"


def own_account() -> str:
    """Return a key for the account that is signed in."""
    actor = g.get("actor")
    return f"own:{actor.user_id if actor else get_remote_address()}"


def too_many(limit: RequestLimit) -> Response:
    """Answer somebody who has tried too often, saying when to come back."""
    seconds = max(1, limit.reset_at - int(time.time()))
    minutes = -(-seconds // 60)
    message = _(
        "Trop d'essais de suite. Par sécurité, attendez %(minutes)s min avant de recommencer. "
        "Si vous avez oublié votre mot de passe, demandez-en un nouveau.",
        minutes=minutes,
    )
    response = error_response(429, message=message)
    response.headers["Retry-After"] = str(seconds)
    return response


def guard(
    limiter: Limiter, view: View, rate: str, key: Callable[[], str], *, failures: bool = True
) -> View:
    """Return ``view`` with POSTs limited to ``rate`` per ``key``; only failed ones if asked."""
    decorate = limiter.limit(
        rate,
        key_func=key,
        methods=["POST"],
        deduct_when=failed if failures else None,
        on_breach=too_many,
        override_defaults=False,
    )
    limited: View = decorate(view)
    return limited


def first_use(limiter: Limiter, key: str, seconds: int) -> bool:
    """Say whether ``key`` is seen for the first time in ``seconds``: a one-time code is used once.

    When Redis is away the process's own memory decides.
    """
    try:
        return limiter.limiter.storage.incr(f"callcenter-once:{key}", seconds) == 1
    except Exception:  # noqa: BLE001 - whatever Redis raises: sign-in must go on without it
        log.warning("Redis is away: one-time codes are remembered in memory")
    memory = getattr(limiter, "_fallback_storage", None)
    return memory is None or memory.incr(f"callcenter-once:{key}", seconds) == 1
