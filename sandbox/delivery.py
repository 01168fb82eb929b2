"""What happens after a message is taken: its statuses, one after the other, told to the program.

Callbacks carry a real `X-Twilio-Signature`. An answer of 5xx, or none, is tried again a few
times, later and later.
"""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import urllib3
from twilio.request_validator import RequestValidator

from sandbox.behaviour import DELIVERY_CODES, Behaviour, Callbacks, Outcome
from sandbox.store import FINAL, PROGRESS, Message, Store

log = logging.getLogger(__name__)

TRIES = 6
FIRST_WAIT = 0.5
SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class Account:
    """The one account of the sandbox, and the sender behind its messaging services."""

    sid: str
    token: str
    service_sender: str = "38100"


class Delivery:
    """Runs the statuses of messages on threads of its own."""

    def __init__(self, store: Store, account: Account, callback_ms: int = 150) -> None:
        self.callback_ms = callback_ms
        self._store = store
        self._account = account
        self._validator = RequestValidator(account.token)
        self._http = urllib3.PoolManager(
            maxsize=32, retries=False, timeout=urllib3.Timeout(connect=3, read=15)
        )
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._wake = threading.Condition()
        self._stopped = False
        self._pool = ThreadPoolExecutor(16, thread_name_prefix="delivery")
        threading.Thread(target=self._run, name="delivery", daemon=True).start()

    def begin(self, message: Message, behaviour: Behaviour) -> None:
        """Take a message through its statuses, as the behaviour says."""
        statuses = _statuses(behaviour)
        code = behaviour.code if behaviour.outcome is Outcome.ERROR else None
        told = list(statuses)
        if behaviour.callbacks is Callbacks.REORDERED:
            told.reverse()
        elif behaviour.callbacks is Callbacks.REPEATED:
            told = [status for status in told for _twice in range(2)]
        elif behaviour.callbacks is Callbacks.NEVER or not message.status_callback:
            told = []
        wait = self.callback_ms if behaviour.callback_ms is None else behaviour.callback_ms
        self._later(
            wait / 1000, partial(self._step, message, statuses, told, code=code, wait=wait / 1000)
        )

    def resume(self) -> None:
        """Take up the messages that a stop had left on their way."""
        for message in self._store.messages(outbound=True):
            reached = PROGRESS.get(message.status, FINAL)
            if reached < FINAL:
                left = [
                    step for step in _statuses(Behaviour()) if PROGRESS.get(step, FINAL) > reached
                ]
                told = left if message.status_callback else []
                self._later(1, partial(self._step, message, left, told, code=None, wait=0.2))

    def inbound(self, message: Message, url: str, extra: dict[str, str]) -> int | None:
        """Tell the program what a person wrote; return its HTTP answer, None if none came."""
        params = {
            "MessageSid": message.sid,
            "SmsSid": message.sid,
            "SmsMessageSid": message.sid,
            "AccountSid": self._account.sid,
            "From": message.phone,
            "To": message.sender,
            "Body": message.body,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsStatus": "received",
            "FromCountry": "FR",
            "ToCountry": "FR",
            "ApiVersion": "2010-04-01",
        } | extra
        return self._tell(message.sid, "received", url, params, TRIES)

    def stop(self) -> None:
        """Stop; what is on its way stays where it is."""
        with self._wake:
            self._stopped = True
            self._wake.notify()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _step(
        self,
        message: Message,
        statuses: list[str],
        told: list[str],
        *,
        code: int | None,
        wait: float,
    ) -> None:
        """Reach the next status and tell the next one due, then come back for the rest."""
        if self._store.get(message.sid) is None:
            return  # forgotten by a reset
        if statuses:
            status = statuses[0]
            self._store.move(message.sid, status, code if _is_bad(status) else None)
        if told:
            self._call_back(message, told[0], code)
        if statuses[1:] or told[1:]:
            self._later(
                wait,
                partial(self._step, message, statuses[1:], told[1:], code=code, wait=wait),
            )

    def _call_back(self, message: Message, status: str, code: int | None) -> None:
        params = {
            "MessageSid": message.sid,
            "SmsSid": message.sid,
            "MessageStatus": status,
            "SmsStatus": status,
            "AccountSid": self._account.sid,
            "From": message.sender,
            "To": message.phone,
            "ApiVersion": "2010-04-01",
        }
        if message.messaging_service_sid:
            params["MessagingServiceSid"] = message.messaging_service_sid
        if code is not None and _is_bad(status):
            params["ErrorCode"] = str(code)
        self._tell(message.sid, status, message.status_callback, params, TRIES)

    def _tell(
        self, sid: str, status: str, url: str, params: dict[str, str], tries: int
    ) -> int | None:
        if self._store.get(sid) is None:
            return None
        headers = {"X-Twilio-Signature": self._validator.compute_signature(url, params)}
        answer: int | None = None
        try:
            response: Any = self._http.request(
                "POST", url, fields=params, encode_multipart=False, headers=headers, redirect=False
            )
            answer = int(response.status)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            log.warning("no answer from %s: %s", url.partition("?")[0], type(error).__name__)
        self._store.record_callback(sid, status, answer)
        if (answer is None or answer >= SERVER_ERROR) and tries > 1:
            wait = FIRST_WAIT * 2 ** (TRIES - tries)
            self._later(wait, partial(self._tell, sid, status, url, params, tries - 1))
        return answer

    def _later(self, seconds: float, work: Callable[[], object]) -> None:
        with self._wake:
            due = time.monotonic() + seconds
            heapq.heappush(self._due, (due, next(self._order), lambda: _quietly(work)))
            self._wake.notify()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._stopped and (not self._due or self._due[0][0] > time.monotonic()):
                    wait = self._due[0][0] - time.monotonic() if self._due else None
                    self._wake.wait(wait)
                if self._stopped:
                    return
                work = heapq.heappop(self._due)[2]
            try:
                self._pool.submit(work)
            except RuntimeError:  # the pool was closed by stop()
                return


def _quietly(work: Callable[[], object]) -> None:
    try:
        work()
    except Exception:
        log.exception("a delivery step failed")


def _statuses(behaviour: Behaviour) -> list[str]:
    if behaviour.outcome is Outcome.ERROR and behaviour.code in DELIVERY_CODES:
        return ["queued", "sent", "undelivered"]
    steps = ["queued", "sent", "delivered"]
    return steps[: steps.index(behaviour.final) + 1]


def _is_bad(status: str) -> bool:
    return status in {"undelivered", "failed"}
