"""Live events: from whoever committed something to the screens it concerns.

Nothing rests on them. An event is told to this process's own screens and, through Redis, to
those of other processes. While Redis is away, or when a screen could not keep up, the screen is
told to look at the database again ("resync"): what it then shows is the truth, whatever was lost.

One thread listens to Redis for the whole process; a screen's stream waits on a queue of its own
and holds neither a database connection nor a connection to Redis.
"""

import contextlib
import json
import logging
import queue
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import redis
from flask import Flask, current_app

from callcenter.core.isolation import Actor
from callcenter.core.permissions import Permission

log = logging.getLogger(__name__)

CHANNEL: Final = "live"
HEARTBEAT_SECONDS: Final = 8.0
# A stream ends after this and the browser opens another: rights are looked at again.
STREAM_SECONDS: Final = 300.0
# While Redis is away the screens look at the database this often.
RESYNC_SECONDS: Final = 5.0

_KEPT_EVENTS = 1000
_PENDING_EVENTS = 256
_TIMEOUT_SECONDS = 0.25
_LISTEN_SECONDS = 1.0
_REST_SECONDS = 3.0
_TOUCH_SECONDS = 30.0
_EXTENSION = "live"


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """Something that screens should show now.

    It goes to the agents who serve ``member_id``; with ``user_id`` to that person and, within
    the same wall, to supervisors. ``uid`` makes it the same event whichever way it came.
    """

    kind: str
    member_id: int
    data: dict[str, Any]
    user_id: int | None = None
    uid: str = field(default_factory=lambda: secrets.token_hex(8))

    def concerns(self, actor: Actor) -> bool:
        """Say whether this person may see it."""
        if self.user_id is not None:
            if self.user_id == actor.user_id:
                return True
            return actor.home_id == self.member_id and actor.may(Permission.SUPERVISE)
        return self.member_id in actor.member_ids and actor.may(Permission.DESK_USE)


@dataclass(frozen=True, slots=True)
class Sent:
    """An event as streams send it: its id here, and the text made once for all."""

    number: int
    event: LiveEvent
    text: str


RESYNC: Final = None  # what a stream finds in its queue when it should look again


class Stream:
    """One screen that listens. ``next`` gives an event, RESYNC, or raises ``queue.Empty``."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self._pending: queue.Queue[Sent | None] = queue.Queue(_PENDING_EVENTS)

    def offer(self, sent: Sent | None) -> None:
        """Hand an event over; a screen that can't keep up forgets it all and looks again."""
        try:
            self._pending.put_nowait(sent)
        except queue.Full:
            with contextlib.suppress(queue.Empty):
                while True:
                    self._pending.get_nowait()
            self._pending.put_nowait(RESYNC)

    def next(self, seconds: float) -> Sent | None:
        """Return what comes next, waiting at most so long."""
        return self._pending.get(timeout=max(0.0, seconds))


class Hub:
    """All the screens of one process."""

    def __init__(self, redis_url: str, touch: Callable[[list[int]], None] | None = None) -> None:
        self._url = redis_url
        self._touch = touch
        self._lock = threading.Lock()
        self._streams: set[Stream] = set()
        self._recent: deque[Sent] = deque(maxlen=_KEPT_EVENTS)
        self._known: deque[str] = deque(maxlen=_KEPT_EVENTS)
        self._epoch = secrets.token_hex(4)
        self._number = 0
        self._listener: threading.Thread | None = None
        self._stopped = threading.Event()
        self._client = _client(redis_url)
        self._channel = channel_of(redis_url)
        self._silent_until = 0.0
        self.linked = False

    # Publishing

    def publish(self, event: LiveEvent) -> None:
        """Tell the screens of this process, and the others through Redis. Never raises."""
        self.deliver(event)
        if self._client is None or time.monotonic() < self._silent_until:
            return
        message = json.dumps([event.kind, event.member_id, event.data, event.user_id, event.uid])
        try:
            self._client.publish(self._channel, message)
        except (redis.RedisError, OSError) as error:
            log.info("live events stay in this process: %s", type(error).__name__)
            self._silent_until = time.monotonic() + _REST_SECONDS

    def deliver(self, event: LiveEvent) -> None:
        """Tell the screens of this process, once."""
        with self._lock:
            if event.uid in self._known:
                return
            self._known.append(event.uid)
            self._number += 1
            text = frame(event.kind, event.data, f"{self._epoch}-{self._number}")
            sent = Sent(self._number, event, text)
            self._recent.append(sent)
            concerned = [stream for stream in self._streams if event.concerns(stream.actor)]
        for stream in concerned:
            stream.offer(sent)

    # Listening

    @contextlib.contextmanager
    def listening(
        self, actor: Actor, last_id: str = ""
    ) -> Iterator[tuple[Stream, list[str] | None]]:
        """Open a stream. Yields it with what was missed since ``last_id``.

        ``None`` instead: nobody can tell what was missed, so the screen needs a snapshot.
        """
        self._start()
        stream = Stream(actor)
        with self._lock:
            self._streams.add(stream)
            missed = self._missed(actor, last_id)
        try:
            yield stream, missed
        finally:
            with self._lock:
                self._streams.discard(stream)

    def position(self) -> str:
        """Return the id of the last event, to hand in later as ``last_id``."""
        self._start()
        with self._lock:
            return f"{self._epoch}-{self._number}"

    def missed(self, actor: Actor, last_id: str) -> list[str] | None:
        """Return the texts of what ``actor`` missed since ``last_id``; ``None`` if not known."""
        with self._lock:
            return self._missed(actor, last_id)

    def _missed(self, actor: Actor, last_id: str) -> list[str] | None:
        epoch, _, number = last_id.partition("-")
        if epoch != self._epoch or not number.isdigit() or not self.linked:
            return None
        since = int(number)
        oldest = self._recent[0].number if self._recent else self._number + 1
        if since > self._number or since + 1 < oldest:
            return None
        return [
            sent.text for sent in self._recent if sent.number > since and sent.event.concerns(actor)
        ]

    def count(self) -> int:
        """Return how many screens listen to this process."""
        with self._lock:
            return len(self._streams)

    def resync(self) -> None:
        """Have every screen look at the database again; ids given so far mean nothing now."""
        with self._lock:
            self._epoch = secrets.token_hex(4)
            self._recent.clear()
            streams = list(self._streams)
        for stream in streams:
            stream.offer(RESYNC)

    def stop(self) -> None:
        """Stop listening to Redis (tests)."""
        self._stopped.set()

    def _start(self) -> None:
        with self._lock:
            if self._listener is not None and self._listener.is_alive():
                return
            self._stopped.clear()
            self._listener = threading.Thread(target=self._listen, name="live", daemon=True)
            self._listener.start()

    def _listen(self) -> None:
        """Follow Redis for ever; while it is away the screens follow the database."""
        while not self._stopped.is_set():
            try:
                self._follow()
            except (redis.RedisError, OSError, ValueError) as error:
                log.warning("live events: no Redis (%s)", type(error).__name__)
            except Exception:
                log.exception("live events: the listener stumbled")
            self.linked = False
            if self._stopped.wait(RESYNC_SECONDS):
                return
            self._look_after()
            self.resync()

    def _follow(self) -> None:
        client = _client(self._url)
        if client is None:
            raise redis.ConnectionError("no address")
        heard: Any = client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        with contextlib.closing(client), heard:
            heard.subscribe(self._channel)
            self.linked = True
            self._silent_until = 0.0
            self.resync()  # what was said before we listened is lost
            touched = time.monotonic()
            while not self._stopped.is_set():
                message = heard.get_message(timeout=_LISTEN_SECONDS)
                if message is not None and message["type"] == "message":
                    self._heard(message["data"])
                if time.monotonic() - touched > _TOUCH_SECONDS:
                    touched = time.monotonic()
                    heard.ping()
                    self._look_after()

    def _heard(self, data: Any) -> None:
        try:
            kind, member_id, content, user_id, uid = json.loads(data)
            event = LiveEvent(str(kind), int(member_id), dict(content), user_id, str(uid))
        except (ValueError, TypeError):
            log.warning("an unreadable live event was left out")
            return
        self.deliver(event)

    def _look_after(self) -> None:
        """Note, in one statement, whose screens are there."""
        with self._lock:
            present = sorted({stream.actor.user_id for stream in self._streams})
        if present and self._touch is not None:
            try:
                self._touch(present)
            except Exception:
                log.exception("live events: presence not noted")


def frame(kind: str, data: object, event_id: str = "") -> str:
    """Return one event in the form of the event stream."""
    head = f"id: {event_id}\n" if event_id else ""
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"{head}event: {kind}\ndata: {body}\n\n"


def channel_of(url: str) -> str:
    """Return where the platform that uses this database of Redis tells its events.

    Redis keeps keys apart by database, channels not: two platforms on one server would hear
    each other.
    """
    return f"{CHANNEL}:{urlsplit(url).path.strip('/') or 0}"


def _client(url: str) -> "redis.Redis | None":
    if not url:
        return None
    return redis.Redis.from_url(
        url,
        decode_responses=True,
        socket_connect_timeout=_TIMEOUT_SECONDS,
        socket_timeout=_TIMEOUT_SECONDS + _LISTEN_SECONDS,
    )


def hub() -> Hub:
    """Return the present application's hub."""
    found: Hub = current_app.extensions[_EXTENSION]
    return found


def publish(event: LiveEvent) -> None:
    """Tell the screens concerned; call it after the commit. Never raises, loses nothing."""
    found: Hub | None = current_app.extensions.get(_EXTENSION)
    if found is not None:
        found.publish(event)


def init_app(app: Flask, touch: Callable[[list[int]], None] | None = None) -> Hub:
    """Give the application its hub; ``touch`` notes the accounts whose screens are there."""
    made = Hub(app.config["SETTINGS"].redis_url, touch)
    app.extensions[_EXTENSION] = made
    return made
