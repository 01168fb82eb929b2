"""Work that a caller on the telephone can't wait for: done in time, or done later without us."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLateError
from typing import TypeVar

from flask import Flask
from flask_babel import force_locale

log = logging.getLogger(__name__)

T = TypeVar("T")

SECONDS = 2.0
_THREADS = 8
# With so many pieces of work waiting, one more would only be late too.
_MOST_WAITING = 32


class Bounded:
    """A few threads beside the web's own, so that a frozen database freezes no telephone."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="voice")
        self._lock = threading.Lock()
        self._waiting = 0

    def run(self, work: Callable[[], T], otherwise: T, seconds: float = SECONDS) -> T:
        """Return what ``work`` returns, or ``otherwise`` when it fails or takes too long.

        Work that is late goes on by itself: it must be harmless when it is done twice.
        """
        with self._lock:
            if self._waiting >= _MOST_WAITING:
                log.warning("voice: the database is too far behind to be asked")
                return otherwise
            self._waiting += 1
        try:
            return self._pool.submit(self._inside, work).result(seconds)
        except TooLateError:
            log.warning("voice: the database did not answer within %s s", seconds)
        except Exception as error:  # a caller hears a voice whatever happens
            log.warning("voice: not written down: %s", type(error).__name__, exc_info=error)
        return otherwise

    def _inside(self, work: Callable[[], T]) -> T:
        try:
            with self._app.app_context(), force_locale("fr"):
                return work()
        finally:
            with self._lock:
                self._waiting -= 1
