"""When an e-mail is tried again, and how its text is kept safe. Pure rules."""

import re
from datetime import datetime, timedelta
from typing import Final

# A mail server that is full, or asks who we are (greylisting), wants minutes, then hours.
_WAITS: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=20),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=8),
)
# A work order that comes two days late has been given to somebody else.
USEFUL_LIFE: Final = timedelta(hours=48)

_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+\.[^\s@<>,;:\"()\[\]\\.]{2,}")
_ADDRESS_MAX: Final = 254
SUBJECT_MAX: Final = 200


def retry_at(attempts: int, at: datetime) -> datetime | None:
    """Return when to try again after ``attempts`` tries that certainly sent nothing, or None."""
    if not 0 < attempts <= len(_WAITS):
        return None
    return at + _WAITS[attempts - 1]


def is_address(text: str) -> bool:
    """Say whether text is one e-mail address in its plain form."""
    return len(text) <= _ADDRESS_MAX and _ADDRESS.fullmatch(text) is not None


def subject_line(text: str) -> str:
    """Return a subject on one line, cut to a length that mail programs show."""
    plain = " ".join(text.split())
    return plain if len(plain) <= SUBJECT_MAX else plain[: SUBJECT_MAX - 1].rstrip() + "…"
