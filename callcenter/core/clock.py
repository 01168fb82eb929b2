"""The one place that reads the time, so that tests can move it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")

_frozen: ContextVar[datetime | None] = ContextVar("frozen_clock", default=None)


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return _frozen.get() or datetime.now(UTC)


def today() -> date:
    """Return today's date in Paris: the day people mean when they say "today"."""
    return now().astimezone(PARIS).date()


def in_paris(instant: datetime) -> datetime:
    """Return the same instant in Paris wall-clock time."""
    return instant.astimezone(PARIS)


@contextmanager
def frozen_at(instant: datetime) -> Iterator[None]:
    """Hold the clock at ``instant`` in this context (tests and simulations only)."""
    if instant.tzinfo is None:
        raise ValueError("an aware datetime is needed")
    token = _frozen.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)
