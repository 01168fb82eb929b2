"""States of a page and of each person asked, with their transitions."""

from enum import StrEnum
from typing import Final


class ContractRule(StrEnum):
    """What a rota does when a contractor who answers around the clock has the ticket already."""

    AT_ONCE = "at_once"  # the person on duty is asked all the same
    IF_SILENT = "if_silent"  # asked when the contractor has not accepted in time


class PageState(StrEnum):
    """Where a page stands. ``escalated``: everybody was asked, the supervisor has it."""

    CALLING = "calling"
    ESCALATED = "escalated"
    ACKNOWLEDGED = "acknowledged"
    DONE = "done"
    STOOD_DOWN = "stood_down"


# Somebody must still answer.
UNANSWERED: Final = frozenset({PageState.CALLING, PageState.ESCALATED})
# The night's work on it goes on.
LIVE: Final = UNANSWERED | {PageState.ACKNOWLEDGED}

PAGE_TRANSITIONS: Final[dict[PageState, frozenset[PageState]]] = {
    PageState.CALLING: frozenset(
        {PageState.ESCALATED, PageState.ACKNOWLEDGED, PageState.STOOD_DOWN}
    ),
    PageState.ESCALATED: frozenset({PageState.ACKNOWLEDGED, PageState.STOOD_DOWN}),
    # Whoever took it may have to give it back: then the next person is asked.
    PageState.ACKNOWLEDGED: frozenset({PageState.DONE, PageState.CALLING, PageState.STOOD_DOWN}),
    PageState.DONE: frozenset(),
    PageState.STOOD_DOWN: frozenset(),
}


def can_become(now: str, to: PageState) -> bool:
    """Say whether a page in state ``now`` may become ``to``."""
    return to in PAGE_TRANSITIONS[PageState(now)]


class AttemptRole(StrEnum):
    """Why this person was asked."""

    DUTY = "duty"
    NEXT = "next"
    SUPERVISOR = "supervisor"


class AttemptState(StrEnum):
    """What became of asking one person."""

    ASKED = "asked"
    ACKNOWLEDGED = "acknowledged"
    DECLINED = "declined"
    SILENT = "silent"  # no answer within the rota's delay
    FAILED = "failed"  # the SMS did not reach the telephone
    SPARED = "spared"  # somebody else took it


class PageStep(StrEnum):
    """What a line of the ticket's timeline tells of its page."""

    OPENED = "opened"
    ASKED = "asked"
    ACKNOWLEDGED = "acknowledged"
    DECLINED = "declined"
    SILENT = "silent"
    FAILED = "failed"
    ESCALATED = "escalated"
    AGAIN = "again"
    NOBODY = "nobody"
    ARRIVED = "arrived"
    NOTE = "note"
    DONE = "done"
    STOOD_DOWN = "stood_down"


class Turn(StrEnum):
    """How a pattern goes round: a person a week, or a person a night."""

    WEEK = "week"
    NIGHT = "night"
