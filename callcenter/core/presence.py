"""Who else looks at the same thing: kept in Redis for a minute, lost without harm.

Nothing rests on it: while Redis is away nobody is seen, and no page waits for it.
"""

import logging
import time
from dataclasses import dataclass

import redis
from flask import Flask, current_app

log = logging.getLogger(__name__)

SEEN_SECONDS = 40
_KEPT_SECONDS = 120
# After a failure Redis is left alone for a while, so that a page waits for it once only.
_REST_SECONDS = 10.0
_TIMEOUT_SECONDS = 0.25
_EXTENSION = "presence"


@dataclass(slots=True)
class _Store:
    client: redis.Redis
    silent_until: float = 0.0


def look_at(thing: str, user_id: int, name: str) -> list[str]:
    """Note that a person looks at ``thing`` (``ticket:12``) and return who else does, by name."""
    store = _store()
    if store is None or time.monotonic() < store.silent_until:
        return []
    key, now = f"presence:{thing}", time.time()
    try:
        pipe = store.client.pipeline(transaction=False)
        pipe.zadd(key, {f"{user_id}:{name}": now})
        pipe.expire(key, _KEPT_SECONDS)
        pipe.zremrangebyscore(key, "-inf", now - _KEPT_SECONDS)
        pipe.zrangebyscore(key, now - SEEN_SECONDS, "+inf")
        found = pipe.execute()[-1]
    except redis.RedisError as error:
        log.info("no presence: %s", error)
        store.silent_until = time.monotonic() + _REST_SECONDS
        return []
    others = (str(one).split(":", 1) for one in found)
    return sorted({who for number, who in others if number != str(user_id)})


def _store() -> _Store | None:
    found: _Store | None = current_app.extensions.get(_EXTENSION)
    if found is None:
        url = current_app.config["SETTINGS"].redis_url
        if not url:
            return None
        found = _make(current_app, url)
    return found


def _make(app: Flask, url: str) -> _Store:
    client = redis.Redis.from_url(
        url,
        decode_responses=True,
        socket_connect_timeout=_TIMEOUT_SECONDS,
        socket_timeout=_TIMEOUT_SECONDS,
    )
    store = _Store(client)
    app.extensions[_EXTENSION] = store
    return store
