"""Pooled connections: looked at before they are used, asked only when there is a doubt.

A `SELECT 1` before each use costs a round trip twice a page. A server that went away has closed
its end of the line, which the socket shows at once and for nothing; a line that has rested long
may have been cut without a word, and is asked.
"""

import select
import time
from typing import Any, Final

from sqlalchemy import Engine, event, exc

# A line is asked after this rest (seconds); firewalls forget one after minutes.
_RESTED: Final = 30.0
_KEY: Final = "rests_since"


def look_before_use(engine: Engine) -> None:
    """Have ``engine``'s pool hand out only connections that still lead to the server."""

    def rest(_connection: Any, record: Any) -> None:
        record.info[_KEY] = time.monotonic()

    def look(connection: Any, record: Any, _proxy: Any) -> None:
        since = record.info.get(_KEY)
        if since is None:  # just made
            return
        if time.monotonic() - since < _RESTED and not _has_news(connection):
            return
        try:
            engine.dialect.do_ping(connection)
        except Exception as error:
            raise exc.InvalidatePoolError from error

    event.listen(engine, "checkin", rest)
    event.listen(engine, "checkout", look)


def _has_news(connection: Any) -> bool:
    """Say whether a line on which nothing was asked has something to read: mostly its end."""
    if connection.closed:
        return True
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return bool(waiting.poll(0))
