"""The only place that sends through Twilio: one message in, one clear answer out.

Every exchange ends as exactly one of: `Accepted`, or an exception that says what is known of
the message. `NotSent`: the provider certainly does not have it (`Unreachable`: nor was it
there). `Ambiguous`: it may. `Rejected`:
it said no. `BadCredentials`: nothing of ours will pass. What follows is decided elsewhere, by
`messaging.rules`. Nothing here touches the database or the web framework.
"""

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from callcenter.core.errors import (
    ProviderError,
    ProviderRefusedError,
    ProviderUnavailableError,
    ProviderUncertainError,
    ProviderUnreachableError,
)
from callcenter.messaging.rules import SendOutcome, classify_http

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """How to reach the provider. Times in seconds.

    `base_url` set: a server that speaks Twilio's API (the sandbox) instead of Twilio itself.
    A message leaves by `messaging_service_sid`, or from `sender` (a name of at most eleven
    letters and digits, or a short code).
    """

    account_sid: str
    auth_token: str = field(repr=False)
    messaging_service_sid: str = ""
    sender: str = ""
    base_url: str = ""
    connect_timeout: float = 3.0
    read_timeout: float = 10.0
    pool_size: int = 32


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has the message, under its own id (sid)."""

    provider_id: str
    status: str


@dataclass(frozen=True, slots=True)
class SentMessage:
    """One message as the provider lists it."""

    provider_id: str
    to: str
    body: str
    status: str
    error_code: int | None
    created_at: datetime | None


class NotSent(ProviderUnavailableError):  # noqa: N818
    """The provider certainly does not have the message: it may be tried again.

    `retry_after` is the wait the provider asked for, if it did.
    """

    def __init__(
        self, message: str, code: int | None = None, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(message, code)
        self.retry_after = retry_after


class Unreachable(NotSent, ProviderUnreachableError):  # noqa: N818
    """No connection was made: the provider has nothing of ours, and is not there for others."""


class Rejected(ProviderRefusedError):  # noqa: N818
    """The provider refused the message, with its `code`."""


class Ambiguous(ProviderUncertainError):  # noqa: N818
    """The provider may have the message; `cause` says how the answer was lost."""

    def __init__(self, cause: str, code: int | None = None) -> None:
        super().__init__(cause, code)
        self.cause = cause


class BadCredentials(ProviderError):  # noqa: N818
    """The provider does not know us: stop sending and call somebody."""


class Gateway:
    """Sends SMS and lists what was sent. Safe to share between threads."""

    def __init__(self, config: GatewayConfig) -> None:
        self.config = config
        self._http = _HttpClient(config)
        self._client = Client(config.account_sid, config.auth_token, http_client=self._http)
        if config.base_url:
            self._client.api.base_url = config.base_url.rstrip("/")

    def send(
        self,
        to: str,
        body: str,
        message_id: int,
        callback_url: str,
        validity_seconds: int,
        sender: str = "",
    ) -> Accepted:
        """Send one SMS; return the provider's id, or raise what is known of the message.

        `callback_url` is our public address for statuses; `message=<message_id>` is added to
        its query, so that a callback finds our row even before the provider's id is stored.
        `sender` replaces the configured one (a member's own name). Raises NotSent, Rejected,
        Ambiguous or BadCredentials.
        """
        params: dict[str, Any] = {
            "to": to,
            "body": body,
            "status_callback": _with_query(callback_url, message=message_id),
            "validity_period": validity_seconds,
            "smart_encoded": False,
            "shorten_urls": False,
        }
        if self.config.messaging_service_sid:
            params["messaging_service_sid"] = self.config.messaging_service_sid
        if sender or not self.config.messaging_service_sid:
            params["from_"] = sender or self.config.sender
        self._http.forget()
        try:
            created = self._client.messages.create(**params)
        except Exception as error:
            raise self._translated(error) from error
        if not created.sid:
            raise Ambiguous("the answer holds no message id")
        return Accepted(created.sid, str(created.status or "accepted"))

    def find_by(self, to: str, since: datetime) -> list[SentMessage]:
        """List what the provider has for one number since an instant, newest first.

        Raises the same errors as `send`; reading is always safe to try again.
        """
        return self._listed(since, None, to=to)

    def fetch(self, provider_id: str) -> SentMessage:
        """Return one message as the provider knows it now. Raises the same errors as `send`."""
        try:
            found = self._client.messages(provider_id).fetch()
        except Exception as error:
            raise self._translated(error) from error
        return _as_sent(found)

    def list_recent(self, since: datetime, limit: int = 1000) -> list[SentMessage]:
        """List at most `limit` messages of the account since an instant, newest first."""
        return self._listed(since, limit)

    def close(self) -> None:
        """Close the connections kept open."""
        self._http.close()

    def _listed(self, since: datetime, limit: int | None, **filters: Any) -> list[SentMessage]:
        try:
            return list(islice(self._stream(since, filters), limit))
        except Exception as error:
            raise self._translated(error) from error

    def _stream(self, since: datetime, filters: dict[str, Any]) -> Iterator[SentMessage]:
        # Not the provider's own date filter: it reads the date of sending, which a message
        # still waiting there does not have.
        for found in self._client.messages.stream(page_size=100, **filters):
            created = found.date_created
            if created is not None and created < since.astimezone(UTC).replace(microsecond=0):
                return
            yield _as_sent(found)

    def _translated(self, error: Exception) -> Exception:
        """Turn whatever the client raised into the one answer it stands for."""
        answered = _answer_of(error)
        if answered is not None:
            status, code, message = answered
        elif isinstance(error, requests.RequestException):
            status, code, message = None, None, type(error).__name__
        else:
            # A success whose body is no JSON, or anything unforeseen once the request was made.
            if not isinstance(error, TwilioException | ValueError):
                log.error("unforeseen error from the SMS client", exc_info=error)
            return Ambiguous(f"unreadable answer: {type(error).__name__}")
        match classify_http(status, connected=not _never_connected(error), code=code):
            case SendOutcome.NOT_SENT if status is None:
                return Unreachable(message)
            case SendOutcome.NOT_SENT:
                return NotSent(message, code, self._http.retry_after())
            case SendOutcome.REJECTED:
                return Rejected(message, code)
            case SendOutcome.BAD_CREDENTIALS:
                return BadCredentials(message, code)
        return Ambiguous(message, code)


class _HttpClient(TwilioHttpClient):  # type: ignore[misc]
    """Twilio's client with both timeouts, a pool for our threads, and no body in the logs."""

    def __init__(self, config: GatewayConfig) -> None:
        super().__init__()
        # requests takes the pair; the parent's signature only knows one number.
        self.timeout = (config.connect_timeout, config.read_timeout)
        adapter = HTTPAdapter(pool_maxsize=config.pool_size, max_retries=0)
        assert self.session is not None  # noqa: S101 - the parent makes it by default
        self.session.mount("https://", adapter)
        self.session.mount("http://", adapter)
        # Proxies and certificates of the environment: looked up once, and not for each message.
        found = self.session.merge_environment_settings(
            config.base_url or "https://api.twilio.com", {}, None, None, None
        )
        self.session.proxies, self.session.verify = found["proxies"], found["verify"]
        self.session.trust_env = False
        self._last = threading.local()

    def request(self, *args: Any, **kwargs: Any) -> Any:
        """Make the request and remember, for this thread, how long we are asked to wait."""
        response = super().request(*args, **kwargs)
        self._last.retry_after = (response.headers or {}).get("Retry-After")
        return response

    def close(self) -> None:
        """Close the pool."""
        if self.session is not None:
            self.session.close()

    def forget(self) -> None:
        """Drop what the previous answer of this thread said."""
        self._last.retry_after = None

    def retry_after(self) -> timedelta | None:
        """Return the wait asked for by the last answer of this thread (seconds form only)."""
        value = getattr(self._last, "retry_after", None)
        return timedelta(seconds=int(value)) if value and value.isdigit() else None

    def log_request(self, kwargs: dict[str, Any]) -> None:
        """Log nothing: the parent writes the number and the text of the message."""

    def log_response(self, status_code: int, response: Any) -> None:
        """Log nothing, for the same reason."""


def _as_sent(found: Any) -> SentMessage:
    return SentMessage(
        provider_id=str(found.sid),
        to=str(found.to),
        body=str(found.body or ""),
        status=str(found.status or ""),
        error_code=int(found.error_code) if found.error_code else None,
        created_at=found.date_created,
    )


def _answer_of(error: Exception) -> tuple[int, int | None, str] | None:
    """Return the HTTP status, the provider's code and its words, if it answered with an error."""
    if isinstance(error, TwilioRestException | TwilioServiceException):
        code = int(error.code) if error.code else None
        # Without a body of its own the client repeats the HTTP status as code.
        code = None if code == int(error.status) else code
        return int(error.status), code, str(getattr(error, "msg", None) or error)
    # A list that fails raises the bare exception, with the response among its arguments.
    for given in error.args if isinstance(error, TwilioException) else ():
        if isinstance(given, Response):
            try:
                body = json.loads(given.text)
                return int(given.status_code), int(body["code"]), str(body.get("message", ""))
            except (ValueError, TypeError, KeyError):
                return int(given.status_code), None, f"HTTP {given.status_code}"
    return None


def _never_connected(error: BaseException | None) -> bool:
    """Tell whether the request certainly never left: the connection itself failed."""
    seen: set[int] = set()
    pending: list[object] = [error]
    while pending:
        current = pending.pop()
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        if isinstance(current, requests.ConnectTimeout | ConnectTimeoutError | NewConnectionError):
            return True
        pending += [current.__cause__, current.__context__, getattr(current, "reason", None)]
        pending += list(current.args)
    return False


def _with_query(url: str, **values: object) -> str:
    parts = urlsplit(url)
    query = "&".join(filter(None, [parts.query, urlencode(values)]))
    return urlunsplit(parts._replace(query=query))
