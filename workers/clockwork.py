"""The clockwork: hands out messages at once, and does what the passing of time asks for.

Several may run; the one that holds a PostgreSQL advisory lock works and the others wait to
take over, at once if its connection falls. All that it does is harmless when done twice.
"""

import logging
import select
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

import psycopg
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from callcenter.core.db import db
from workers import calls, emails, imports, ledger, oncall, periodic, watch, what_ifs
from workers.dispatcher import Dispatcher
from workers.process import settings_of
from workers.recordings import delete_old_recordings, hand_out_steps

log = logging.getLogger(__name__)

_LOCK = 7_302_030
# Without a word from the database (a message falls due by time alone), look this often.
_LOOK_SECONDS = 0.2
_RETRY_SECONDS = 1.0
# What a chore may still take after we were told to stop; each step of it is a transaction.
_LAST_CHORE_SECONDS = 3.0


@dataclass(slots=True)
class Chore:
    """Something to do every ``seconds``; ``due`` is on the monotonic clock."""

    name: str
    seconds: float
    work: Callable[[Flask], int]
    due: float = 0.0
    # Beside the others: nothing slow may hold it back.
    urgent: bool = False


def chores() -> list[Chore]:
    """Return what the clockwork does, and how often."""
    return [
        Chore("people on call asked", 1, oncall.ask_people_on_call, urgent=True),
        Chore("lost", 5, periodic.mark_lost_messages),
        Chore("expired", 5, periodic.expire_messages),
        Chore("reconciled", 20, periodic.reconcile_messages),
        Chore("statuses asked", 60, periodic.ask_statuses),
        Chore("drafts purged", 3600, periodic.purge_drafts),
        Chore("flags purged", 900, periodic.purge_place_flags),
        Chore("incidents finished", 5, periodic.finish_incidents),
        Chore("offers taken back", 10, watch.take_back_unanswered),
        Chore("tenants reassured", 300, watch.reassure_silent),
        Chore("tickets closed", 600, periodic.close_silent_tickets),
        Chore("delays told", 120, periodic.tell_of_delays),
        Chore("silent calls ended", 30, calls.end_silent_calls),
        Chore("recordings handed out", 2, hand_out_steps),
        Chore("recordings deleted", 300, delete_old_recordings),
        Chore("imports looked after", 30, imports.look_after_imports),
        Chore("alerts on deliveries", 300, ledger.watch_delivery),
        Chore("months of the ledger counted", 600, ledger.count_months),
        Chore("what-ifs looked after", 10, what_ifs.look_after_what_ifs),
        Chore("e-mails handed out", 1, emails.hand_out_emails),
        Chore("gaps in rotas told", 900, oncall.tell_managers_of_gaps),
        Chore("ends of contracts told", 1800, periodic.tell_managers_of_ends),
        Chore("e-mails looked after", 30, emails.look_after_emails),
    ]


class Clockwork:
    """The loop of one process."""

    def __init__(self, app: Flask) -> None:
        settings = settings_of(app)
        self.app = app
        self._dispatcher = Dispatcher(
            settings.redis_url, settings.sms_per_second, settings.sms_per_second_per_sender
        )
        self._database_url = settings.database_url.replace("+psycopg", "", 1)
        self._chores = chores()
        self._stop = threading.Event()

    def stop(self, *_signal: object) -> None:
        """Ask it to end after the present step."""
        self._stop.set()

    def run(self) -> None:
        """Work until `stop`; a database that goes away is waited for."""
        while not self._stop.is_set():
            try:
                with psycopg.connect(self._database_url, autocommit=True) as connection:
                    self._lead(connection)
            except (psycopg.Error, SQLAlchemyError, OSError) as error:
                log.warning("the database is away: %s", type(error).__name__)
                self._stop.wait(_RETRY_SECONDS)

    def _lead(self, connection: psycopg.Connection) -> None:
        """Wait for the lock, then work as long as the connection that holds it lives."""
        while not self._has_lock(connection):
            if self._stop.wait(_RETRY_SECONDS):
                return
        log.info("this clockwork leads")
        connection.execute("LISTEN outbox")
        led = threading.Event()
        # Beside the dispatching: a slow provider's list must not hold an emergency back.
        threads = [
            threading.Thread(target=self._look_after, args=(led, urgent), daemon=True)
            for urgent in (False, True)
        ]
        for thread in threads:
            thread.start()
        try:
            while not self._stop.is_set():
                handed = self._dispatch()
                if handed:
                    self._stop.wait(self._dispatcher.rest())
                else:
                    _wait(connection, _LOOK_SECONDS if handed == 0 else _RETRY_SECONDS)
                connection.execute("SELECT 1")  # raises when the lock fell with the server
        finally:
            led.set()
            for thread in threads:
                thread.join(_LAST_CHORE_SECONDS)

    def _has_lock(self, connection: psycopg.Connection) -> bool:
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK]).fetchone()
        return bool(row and row[0])

    def _dispatch(self) -> int | None:
        with self.app.app_context():
            try:
                return self._dispatcher.step()
            finally:
                db.session.remove()

    def _look_after(self, led: threading.Event, urgent: bool) -> None:  # noqa: FBT001 - a thread's
        """Do the chores of one kind when they are due, until this process no longer leads."""
        while not led.wait(_LOOK_SECONDS):
            now = time.monotonic()
            for chore in self._chores:
                if chore.urgent is urgent and chore.due <= now and not led.is_set():
                    chore.due = now + chore.seconds
                    self._do(chore)

    def _do(self, chore: Chore) -> None:
        with self.app.app_context():
            try:
                done = chore.work(self.app)
                if done:
                    log.info("%s: %s", chore.name, done)
            except SQLAlchemyError as error:
                log.warning("%s: the database is away: %s", chore.name, type(error).__name__)
            except Exception:
                # One chore that fails must not stop the others.
                log.exception("chore failed: %s", chore.name)
            finally:
                db.session.remove()


def _wait(connection: psycopg.Connection, seconds: float) -> None:
    """Return when the outbox changed, or after some time."""
    select.select([connection.fileno()], [], [], seconds)
    for _heard in connection.notifies(timeout=0):
        pass


def run(app: Flask) -> int:
    """Run until SIGTERM or Ctrl-C; return the exit code."""
    clockwork = Clockwork(app)

    def stop(_number: int, _frame: FrameType | None) -> None:
        clockwork.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    clockwork.run()
    with app.app_context():
        db.engine.dispose()
    return 0
