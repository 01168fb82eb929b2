"""What a firm without accounts sees of a ticket, and until when. Pure rules."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from callcenter.routing.states import Priority
from callcenter.tickets.states import AssignmentState

# Time enough to add a photograph or a correction once the work is done.
SHOWN_AFTER_DONE: Final = timedelta(days=15)


class Part(StrEnum):
    """What the organisation has to do with the ticket now."""

    OFFERED = "offered"
    IN_HAND = "in_hand"
    DONE = "done"
    GONE = "gone"


def part_of(state: str, state_at: datetime, now: datetime) -> Part:
    """Return what the page of an assignment in ``state`` (since ``state_at``) shows."""
    match AssignmentState(state):
        case AssignmentState.OFFERED:
            return Part.OFFERED
        case AssignmentState.ACCEPTED:
            return Part.IN_HAND
        case AssignmentState.DONE if now - state_at < SHOWN_AFTER_DONE:
            return Part.DONE
        case _:
            return Part.GONE


def shows_contact(part: Part, priority: str) -> bool:
    """Say whether the tenant's name and number are shown: from acceptance to the end.

    In an emergency at once: the firm may have to ring before it leaves. A restricted subject
    changes nothing here: it is not said, and who lives there is needed for the visit.
    """
    return part is Part.IN_HAND or (part is Part.OFFERED and Priority(priority).is_urgent)
