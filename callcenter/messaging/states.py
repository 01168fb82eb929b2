"""The life of one SMS: its states, what may happen to it, and where that leads.

Forward only: callbacks repeat and come in any order, and each either moves the message on or
changes nothing. Only two moves lead back to the queue, both explicit: the provider certainly
never had the message (`released`), or a person decided to send again (`resend`).
"""

from enum import StrEnum


class MessageState(StrEnum):
    """Where a message stands. `uncertain`: the provider may or may not have taken it."""

    QUEUED = "queued"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


class MessageEvent(StrEnum):
    """What can happen to a message: by us first, then what the provider tells."""

    CLAIM = "claim"
    RELEASE = "release"
    LOSE = "lose"
    SKIP = "skip"
    EXPIRE = "expire"
    CANCEL = "cancel"
    RESEND = "resend"
    ABANDON = "abandon"
    ACCEPTED = "provider_accepted"
    SENT = "provider_sent"
    DELIVERED = "provider_delivered"
    UNDELIVERED = "provider_undelivered"
    FAILED = "provider_failed"
    CANCELLED = "provider_cancelled"


PROVIDER_EVENTS = frozenset(
    {
        MessageEvent.ACCEPTED,
        MessageEvent.SENT,
        MessageEvent.DELIVERED,
        MessageEvent.UNDELIVERED,
        MessageEvent.FAILED,
        MessageEvent.CANCELLED,
    }
)

FINAL_STATES = frozenset(
    {
        MessageState.DELIVERED,
        MessageState.UNDELIVERED,
        MessageState.FAILED,
        MessageState.EXPIRED,
        MessageState.CANCELLED,
        MessageState.SKIPPED,
    }
)

# How far along a message is; a provider's event never lowers it.
RANK = {
    MessageState.QUEUED: 0,
    MessageState.SENDING: 1,
    MessageState.UNCERTAIN: 2,
    MessageState.ACCEPTED: 3,
    MessageState.SENT: 4,
} | dict.fromkeys(FINAL_STATES, 5)

_ENDINGS = {
    MessageEvent.DELIVERED: MessageState.DELIVERED,
    MessageEvent.UNDELIVERED: MessageState.UNDELIVERED,
    MessageEvent.FAILED: MessageState.FAILED,
    MessageEvent.CANCELLED: MessageState.CANCELLED,
}
_TOLD = {
    MessageEvent.ACCEPTED: MessageState.ACCEPTED,
    MessageEvent.SENT: MessageState.SENT,
} | _ENDINGS

# A callback may come before we have stored the provider's answer, and even while a message is
# queued again after a person's decision: what the provider says of it stands at once, so that
# it is not sent a second time.
TRANSITIONS: dict[MessageState, dict[MessageEvent, MessageState]] = {
    MessageState.QUEUED: {
        MessageEvent.CLAIM: MessageState.SENDING,
        MessageEvent.SKIP: MessageState.SKIPPED,
        MessageEvent.EXPIRE: MessageState.EXPIRED,
        MessageEvent.CANCEL: MessageState.CANCELLED,
    }
    | _TOLD,
    MessageState.SENDING: {
        MessageEvent.RELEASE: MessageState.QUEUED,
        MessageEvent.LOSE: MessageState.UNCERTAIN,
    }
    | _TOLD,
    MessageState.UNCERTAIN: {
        MessageEvent.RESEND: MessageState.QUEUED,
        MessageEvent.ABANDON: MessageState.FAILED,
    }
    | _TOLD,
    MessageState.ACCEPTED: {MessageEvent.SENT: MessageState.SENT} | _ENDINGS,
    MessageState.SENT: dict(_ENDINGS),
} | {state: {} for state in FINAL_STATES}

# https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks
_PROVIDER_STATUS = {
    "accepted": MessageEvent.ACCEPTED,
    "scheduled": MessageEvent.ACCEPTED,
    "queued": MessageEvent.ACCEPTED,
    "sending": MessageEvent.ACCEPTED,
    "sent": MessageEvent.SENT,
    "delivered": MessageEvent.DELIVERED,
    "read": MessageEvent.DELIVERED,
    "undelivered": MessageEvent.UNDELIVERED,
    "failed": MessageEvent.FAILED,
    "canceled": MessageEvent.CANCELLED,
}


class TransitionRefusedError(Exception):
    """One of our own commands does not fit the message's state (somebody else was first)."""

    def __init__(self, state: MessageState, event: MessageEvent) -> None:
        super().__init__(f"{event.value} is not possible from {state.value}")
        self.state = state
        self.event = event


def advance(current: MessageState, event: MessageEvent) -> MessageState:
    """Return the state after `event`; `current` itself when the event tells nothing new."""
    return TRANSITIONS[current].get(event, current)


def can(current: MessageState, event: MessageEvent) -> bool:
    """Tell whether `event` moves a message that is in state `current`."""
    return event in TRANSITIONS[current]


def require(current: MessageState, event: MessageEvent) -> MessageState:
    """Return the state after one of our own commands; raise TransitionRefusedError if too late."""
    if not can(current, event):
        raise TransitionRefusedError(current, event)
    return TRANSITIONS[current][event]


def event_of_status(status: str | None) -> MessageEvent | None:
    """Translate the provider's status word; None for one we do not know (to be ignored)."""
    return _PROVIDER_STATUS.get((status or "").strip().lower())


class Trigger(StrEnum):
    """What happened that a tenant is told of; each has its template per member and language."""

    RECEIVED = "received"
    HANDED_OVER = "handed_over"
    ACCEPTED = "accepted"
    PLANNED = "planned"
    VISIT_MOVED = "visit_moved"
    VISIT_CANCELLED = "visit_cancelled"
    ON_HOLD = "on_hold"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    RECEIVED_AT_NIGHT = "received_at_night"
    SILENT = "silent"
    DELAYED = "delayed"
    NEARLY_LATE = "nearly_late"
    VISIT_REMINDER = "visit_reminder"
    TENANT_ABSENT = "tenant_absent"
    SATISFACTION = "satisfaction"
    # One SMS that tells several of a person's requests at once (see ``together``).
    SEVERAL = "several"
    # Answers to what somebody has just done, and not follow-ups.
    PHOTO_REFUSED = "photo_refused"
    NEW_LINK = "new_link"
    # Chosen people of a residence, on a person's decision.
    BULLETIN = "bulletin"
    # Not for tenants: the same engine writes to firms without accounts and to people on call.
    PARTNER_OFFER = "partner_offer"
    ON_CALL_PAGE = "on_call_page"
    INCIDENT_NEWS = "incident_news"
    INCIDENT_RESOLVED = "incident_resolved"
