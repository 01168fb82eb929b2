"""What a telephone's leg asks of the program, signed as the provider signs it."""

import logging
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.etree import ElementTree as ET

import urllib3
from twilio.request_validator import RequestValidator

from sandbox.delivery import Account
from sandbox.voice import Leg, Switchboard

log = logging.getLogger(__name__)

_TRIES = 6
_SERVER_ERROR = 500


class Caller:
    """Posts for legs, and reads the instructions that come back."""

    def __init__(self, board: Switchboard, account: Account) -> None:
        self.board = board
        self._account = account
        self._validator = RequestValidator(account.token)
        self._http = urllib3.PoolManager(
            maxsize=64, retries=False, timeout=urllib3.Timeout(connect=3, read=15)
        )

    def fetch(self, leg: Leg, url: str, more: dict[str, str] | None = None) -> list[ET.Element]:
        """Ask for instructions; none when the program is away or answers badly."""
        facts = dict(more or {})
        if leg.queue:
            place = [one.sid for one in self.board.in_queue(leg.queue)]
            facts |= {
                "QueuePosition": str(place.index(leg.sid) + 1 if leg.sid in place else 1),
                "QueueTime": str(int(time.time() - leg.queued)),
                "CurrentQueueSize": str(len(place)),
            }
        status, text = self.post(leg, url, {"CallStatus": leg.status} | facts)
        if status is None or status >= _SERVER_ERROR:
            self.board.note(leg, "info", "La plateforme ne répond pas.")
            return []
        try:
            root = ET.fromstring(text)  # noqa: S314 - see the import
        except ET.ParseError:
            return []
        with self.board.changed:
            leg.twiml = text
            self.board.tell(leg)
        return list(root)

    def tell_end(self, leg: Leg) -> None:
        """Tell how a leg ended, again and again until it is heard."""
        if not leg.status_callback:
            return
        duration = int((leg.ended or time.time()) - (leg.answered or leg.ended or time.time()))
        facts = {"CallStatus": leg.status, "CallDuration": str(max(0, duration))} | stamp()
        for turn in range(_TRIES):
            status, _text = self.post(leg, leg.status_callback, facts)
            if status is not None and status < _SERVER_ERROR:
                return
            time.sleep(0.5 * 2**turn)

    def post(self, leg: Leg, url: str, more: dict[str, str]) -> tuple[int | None, str]:
        """Post a signed form; return the status (None: no answer) and the text."""
        from_, to = (leg.phone, leg.line) if leg.inbound else (leg.line, leg.phone)
        form = {
            "CallSid": leg.sid,
            "AccountSid": self._account.sid,
            "From": from_,
            "To": to,
            "Caller": from_,
            "Called": to,
            "Direction": "inbound" if leg.inbound else "outbound-api",
            "ApiVersion": "2010-04-01",
        } | more
        headers = {"X-Twilio-Signature": self._validator.compute_signature(url, form)}
        try:
            answer = self._http.request(
                "POST", url, fields=form, encode_multipart=False, headers=headers, redirect=False
            )
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            log.warning("no answer from %s: %s", url.partition("?")[0], type(error).__name__)
            return None, ""
        return int(answer.status), answer.data.decode("utf-8", "replace")


def stamp() -> dict[str, str]:
    """Return the provider's own instant, as it writes it."""
    return {"Timestamp": format_datetime(datetime.now(UTC))}
