"""How often something may happen: counted in Redis, in this process's memory while it is away."""

import logging
import time
from dataclasses import dataclass, field

from flask import current_app
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

log = logging.getLogger(__name__)

_EXTENSION = "rates"
_REST_SECONDS = 10.0


@dataclass(slots=True)
class _Counters:
    shared: FixedWindowRateLimiter | None
    own: FixedWindowRateLimiter = field(
        default_factory=lambda: FixedWindowRateLimiter(MemoryStorage())
    )
    silent_until: float = 0.0


def allowed(limit: str, *who: str) -> bool:
    """Count one more for ``who`` and say whether it stays within ``limit`` ("30 per minute")."""
    counters = _counters()
    item: RateLimitItem = parse(limit)
    if counters.shared is not None and time.monotonic() >= counters.silent_until:
        try:
            return counters.shared.hit(item, *who)
        except (StorageError, OSError) as error:
            log.info("rates are counted in memory: %s", error)
            counters.silent_until = time.monotonic() + _REST_SECONDS
    return counters.own.hit(item, *who)


def _counters() -> _Counters:
    found: _Counters | None = current_app.extensions.get(_EXTENSION)
    if found is None:
        found = _Counters(_shared(current_app.config["SETTINGS"].redis_url))
        current_app.extensions[_EXTENSION] = found
    return found


def _shared(url: str) -> FixedWindowRateLimiter | None:
    if not url:
        return None
    storage: Storage = storage_from_string(
        url.replace("unix://", "redis+unix://", 1),
        socket_connect_timeout=0.25,
        socket_timeout=0.25,
        wrap_exceptions=True,
        key_prefix="rates",
    )  # type: ignore[assignment]
    return FixedWindowRateLimiter(storage)
