"""Pooled connections: looked at before they are used, and left with what they have prepared.

A `SELECT 1` before each use costs a round trip twice a page. A server that went away has closed
its end of the line, which the socket shows at once and for nothing; a line that has rested long
may have been cut without a word, and is asked.
"""

import select
import time
from typing import Any, Final

from psycopg import pq
from sqlalchemy import Engine, event, exc

# A line is asked after this rest (seconds); firewalls forget one after minutes.
_RESTED: Final = 30.0
_KEY: Final = "rests_since"
# Statements that a connection keeps prepared. The rooms ask some hundreds; the driver's own
# limit is 100, and what is put out is parsed and planned anew.
_PREPARED_MAX: Final = 500


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


def keep_prepared(engine: Engine) -> None:
    """Have ``engine``'s connections keep what they have prepared when a transaction is undone.

    Each page that only reads ends with a rollback, and at each the driver throws away every
    prepared statement, in case a type or table that they name was made in that transaction. We
    make none there, so that all these statements would be parsed and planned anew, page by page.
    A transaction that failed is undone by the driver itself.
    """
    by_the_driver = engine.dialect.do_rollback

    def do_rollback(connection: Any) -> None:
        line: pq.abc.PGconn = connection.pgconn
        if (
            line.transaction_status != pq.TransactionStatus.INTRANS
            or line.exec_(b"ROLLBACK").status != pq.ExecStatus.COMMAND_OK
        ):
            by_the_driver(connection)

    def remember_more(connection: Any, _record: Any) -> None:
        connection.prepared_max = _PREPARED_MAX

    engine.dialect.do_rollback = do_rollback  # type: ignore[assignment, method-assign]
    event.listen(engine, "connect", remember_more)


def _has_news(connection: Any) -> bool:
    """Say whether a line on which nothing was asked has something to read: mostly its end."""
    if connection.closed:
        return True
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return bool(waiting.poll(0))
