"""Who saw whose data: a page that shows a person's affairs says so, and the journal keeps it.

Written once the answer is made, without waiting for the disk: what matters is a true picture
of a day, not the last second before a power cut. Looking again within ten minutes is the same
look.
"""

import time

from flask import Flask, Response, current_app, g
from sqlalchemy import func, insert

from callcenter.core import clock
from callcenter.core.audit import AuditEntry
from callcenter.core.db import transaction

_SAME_LOOK = 600.0  # seconds
_MOST_KEPT = 20_000

_EXTENSION = "ui_readings"

_TABLE = AuditEntry.__table__
# The row, and in the same breath that this commit waits for no disk.
_WRITE = insert(_TABLE).returning(func.set_config("synchronous_commit", "off", True))  # type: ignore[arg-type]


def note_reading(object_type: str, object_id: int, member_id: int) -> None:
    """Say that the person signed in is being shown this row; harmless when nobody is."""
    readings: list[tuple[str, int, int]] = g.setdefault("readings", [])
    readings.append((object_type, object_id, member_id))


def _is_new(user_id: int, object_type: str, object_id: int, now: float) -> bool:
    recent: dict[tuple[int, str, int], float] = current_app.extensions[_EXTENSION]
    key = (user_id, object_type, object_id)
    last = recent.get(key)
    if last is not None and now - last < _SAME_LOOK:
        return False
    if len(recent) >= _MOST_KEPT:
        recent.clear()
    recent[key] = now
    return True


def write_readings(response: Response) -> Response:
    """Put what this request has shown in the journal (``after_request``)."""
    readings = g.pop("readings", None)
    actor = g.get("actor")
    if not readings or actor is None or response.status_code != 200:  # noqa: PLR2004 - OK
        return response
    now = time.monotonic()
    fresh = [
        (kind, number, member_id)
        for kind, number, member_id in dict.fromkeys(readings)
        if _is_new(actor.user_id, kind, number, now)
    ]
    if fresh:
        at = clock.now()
        rows = [
            {
                "member_id": member_id,
                "at": at,
                "actor_id": actor.user_id,
                "actor_label": actor.name,
                "action": f"{object_type}.read",
                "object_type": object_type,
                "object_id": str(object_id),
                "changes": {},
            }
            for object_type, object_id, member_id in fresh
        ]
        with transaction() as session:
            for row in rows:
                session.execute(_WRITE, row)
    return response


def init_app(app: Flask) -> None:
    """Keep the journal of readings."""
    app.extensions[_EXTENSION] = {}
    app.after_request(write_readings)
