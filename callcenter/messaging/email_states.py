"""The life of one e-mail: simpler than an SMS's, since nobody reports what became of it.

``sent`` means that the mail server took it. ``uncertain``: the line fell while the server was
answering; it may have been taken, so it is never sent again blindly.
"""

from enum import StrEnum
from typing import Final


class EmailState(StrEnum):
    """Where an e-mail stands."""

    QUEUED = "queued"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    SENT = "sent"
    FAILED = "failed"
    EXPIRED = "expired"
    SKIPPED = "skipped"


class EmailKind(StrEnum):
    """What an e-mail is about."""

    WORK_ORDER = "work_order"
    REMINDER = "reminder"
    ESCALATION = "escalation"
    ON_CALL_GAP = "on_call_gap"
    CONTRACT_ENDING = "contract_ending"


EMAIL_TRANSITIONS: Final[dict[EmailState, frozenset[EmailState]]] = {
    EmailState.QUEUED: frozenset({EmailState.SENDING, EmailState.EXPIRED, EmailState.FAILED}),
    EmailState.SENDING: frozenset(
        {EmailState.SENT, EmailState.FAILED, EmailState.UNCERTAIN, EmailState.QUEUED}
    ),
    # Only a person who decides it leads back to the queue.
    EmailState.UNCERTAIN: frozenset({EmailState.QUEUED, EmailState.FAILED}),
    EmailState.FAILED: frozenset({EmailState.QUEUED}),
    EmailState.SENT: frozenset(),
    EmailState.EXPIRED: frozenset(),
    EmailState.SKIPPED: frozenset(),
}


def can_become(now: str, to: EmailState) -> bool:
    """Say whether an e-mail in state ``now`` may become ``to``."""
    return to in EMAIL_TRANSITIONS[EmailState(now)]
