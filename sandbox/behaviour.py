"""How the sandbox answers: well, late, wrongly, or not at all; for all, the next, or one number."""

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

# Codes from here on are told later, by the status callback; the others refuse the request.
DELIVERY_CODES = range(30_000, 40_000)
MAX_COUNT = 100_000
MAX_WAIT_MS = 10 * 60 * 1000


class Outcome(StrEnum):
    """What becomes of the request that sends a message."""

    OK = "ok"
    ERROR = "error"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    NO_SID = "no_sid"
    DROPPED = "dropped"


class Callbacks(StrEnum):
    """How statuses come back."""

    NORMAL = "normal"
    REPEATED = "repeated"
    REORDERED = "reordered"
    NEVER = "never"


class Scope(StrEnum):
    """Which messages a behaviour is for; the narrowest wins: next, then number, then all."""

    ALL = "all"
    NEXT = "next"
    NUMBER = "number"


class BehaviourError(ValueError):
    """A behaviour that makes no sense, with the reason in words."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One way to answer. Times in milliseconds.

    `accepted` says whether the message is taken although the answer is bad; left to None it is
    yes for a time-out and a body without sid, no otherwise. `delay_ms` holds back the answer,
    `callback_ms` stands between two statuses, `hold_ms` is how long a time-out keeps the line.
    `retry_after` is in seconds.
    """

    outcome: Outcome = Outcome.OK
    code: int | None = None
    accepted: bool | None = None
    delay_ms: int = 0
    hold_ms: int = 60_000
    retry_after: int | None = None
    callbacks: Callbacks = Callbacks.NORMAL
    callback_ms: int | None = None
    final: str = "delivered"

    @property
    def is_taken(self) -> bool:
        """Whether a message answered this way is kept and delivered."""
        if self.outcome is Outcome.OK:
            return True
        if self.outcome is Outcome.ERROR:
            return self.code in DELIVERY_CODES
        if self.accepted is not None:
            return self.accepted
        return self.outcome in {Outcome.TIMEOUT, Outcome.NO_SID}

    @classmethod
    def parse(cls, fields: Mapping[str, Any]) -> "Behaviour":
        """Build a behaviour from JSON or form fields; raise BehaviourError with the reason."""
        given = {key: value for key, value in fields.items() if value not in (None, "")}
        unknown = set(given) - set(cls.__dataclass_fields__)
        if unknown:
            raise BehaviourError(f"unknown fields: {', '.join(sorted(unknown))}")
        try:
            outcome = Outcome(given.get("outcome", Outcome.OK))
            callbacks = Callbacks(given.get("callbacks", Callbacks.NORMAL))
            numbers = {
                name: int(given[name])
                for name in ("code", "delay_ms", "hold_ms", "retry_after", "callback_ms")
                if name in given
            }
        except (ValueError, TypeError) as error:
            raise BehaviourError(str(error)) from error
        if any(not 0 <= value <= MAX_WAIT_MS for value in numbers.values()):
            raise BehaviourError(f"numbers go from 0 to {MAX_WAIT_MS}")
        if outcome is Outcome.ERROR and "code" not in numbers:
            raise BehaviourError("an error needs its code")
        final = str(given.get("final", "delivered"))
        if final not in {"queued", "sent", "delivered"}:
            raise BehaviourError("final is queued, sent or delivered")
        accepted = given.get("accepted")
        if accepted is not None and not isinstance(accepted, bool):
            accepted = str(accepted).lower() in {"1", "true", "on", "yes"}
        return cls(outcome=outcome, callbacks=callbacks, final=final, accepted=accepted, **numbers)

    def as_json(self) -> dict[str, Any]:
        """Return the behaviour as plain values."""
        return asdict(self)


class Behaviours:
    """The behaviours in force. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._general = Behaviour()
        self._following: deque[Behaviour] = deque()
        self._by_number: dict[str, Behaviour] = {}

    def set(
        self, behaviour: Behaviour, scope: Scope = Scope.ALL, *, number: str = "", count: int = 1
    ) -> None:
        """Put a behaviour in force for all messages, the next `count`, or one number."""
        with self._lock:
            if scope is Scope.ALL:
                self._general = behaviour
            elif scope is Scope.NEXT:
                if not 1 <= count <= MAX_COUNT:
                    raise BehaviourError(f"count goes from 1 to {MAX_COUNT}")
                self._following.extend([behaviour] * count)
            elif not number:
                raise BehaviourError("which number?")
            else:
                self._by_number[number] = behaviour

    def choose(self, number: str) -> Behaviour:
        """Return the behaviour for a message to `number`; uses up one of the next ones."""
        with self._lock:
            if self._following:
                return self._following.popleft()
            return self._by_number.get(number, self._general)

    def reset(self) -> None:
        """Go back to answering well."""
        with self._lock:
            self._general = Behaviour()
            self._following.clear()
            self._by_number.clear()

    def describe(self) -> dict[str, Any]:
        """Return what is in force, as plain values."""
        with self._lock:
            return {
                "all": self._general.as_json(),
                "next": [behaviour.as_json() for behaviour in list(self._following)[:20]],
                "next_count": len(self._following),
                "numbers": {
                    number: behaviour.as_json() for number, behaviour in self._by_number.items()
                },
            }
