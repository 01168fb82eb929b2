"""Kinds and states of calls."""

from enum import StrEnum


class Direction(StrEnum):
    """Who called whom."""

    IN = "in"
    OUT = "out"


class CallState(StrEnum):
    """Where a call stands. Forward only, whatever order the exchange reports in."""

    RINGING = "ringing"
    WAITING = "waiting"
    ANSWERED = "answered"
    WRAP_UP = "wrap_up"
    ENDED = "ended"
    ABANDONED = "abandoned"


class CallerKind(StrEnum):
    """Who was on the line, as far as anybody knows."""

    CONTACT = "contact"
    THIRD_PARTY = "third_party"
    ANONYMOUS = "anonymous"


class Disposition(StrEnum):
    """How a call ended for the caller."""

    TICKET_OPENED = "ticket_opened"
    TICKET_CHASED = "ticket_chased"
    INCIDENT_JOINED = "incident_joined"
    ANSWERED = "answered"
    SIGNPOSTED = "signposted"
    HANDED_OVER = "handed_over"
    CALL_BACK = "call_back"
    CUT_OFF = "cut_off"
    WRONG_NUMBER = "wrong_number"


class CallTicketLink(StrEnum):
    """What a call was to a ticket."""

    OPENED = "opened"
    CHASE = "chase"
    ABOUT = "about"


class CallProvider(StrEnum):
    """Who told us about a call: the agent by hand, or an exchange."""

    DESK = "desk"
    TWILIO = "twilio"
    CTI = "cti"


class CallPath(StrEnum):
    """Which way a caller was led."""

    NONE = "none"
    QUEUE = "queue"
    ON_CALL = "on_call"
    CLOSED = "closed"
    OVERFLOW = "overflow"
    CALLBACK = "callback"
    VOICEMAIL = "voicemail"


class LegKind(StrEnum):
    """Whose telephone one leg of a call is."""

    AGENT = "agent"
    TRANSFER = "transfer"
    ON_CALL = "on_call"


class PresenceState(StrEnum):
    """What an agent is doing."""

    AVAILABLE = "available"
    ON_CALL = "on_call"
    WRAP_UP = "wrap_up"
    BREAK = "break"
    AWAY = "away"


class BreakReason(StrEnum):
    """Why an agent takes no calls for a while."""

    NONE = ""
    REST = "rest"
    LUNCH = "lunch"
    MEETING = "meeting"
    TRAINING = "training"
    PAPERWORK = "paperwork"


class TaskKind(StrEnum):
    """Why somebody is to be called back; a later one does not lower what was asked for."""

    MISSED = "missed"
    ABANDONED = "abandoned"
    VOICEMAIL = "voicemail"
    CALLBACK = "callback"


class TaskState(StrEnum):
    """Whether the person is still to be called back."""

    OPEN = "open"
    DONE = "done"


class Overflow(StrEnum):
    """What becomes of a caller whom the queue can't take."""

    CALLBACK = "callback"
    NUMBER = "number"
    HANG_UP = "hang_up"


class RecordingMark(StrEnum):
    """Whether a conversation is recorded; only that of a caller who was told may be."""

    NONE = ""
    TOLD = "told"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


class RecordingKind(StrEnum):
    """What was recorded: a conversation, or a message left for us."""

    CONVERSATION = "conversation"
    VOICEMAIL = "voicemail"


class RecordingState(StrEnum):
    """Where a recording stands, from being asked for to being deleted."""

    WANTED = "wanted"  # the provider is still to be asked to record
    STARTED = "started"  # it was asked, and will tell when it is done
    READY = "ready"  # the provider has it, we don't
    STORED = "stored"  # we have it
    FAILED = "failed"
    DELETED = "deleted"


# Calls that somebody may still have to do something about.
LIVE_CALL_STATES = (
    CallState.RINGING,
    CallState.WAITING,
    CallState.ANSWERED,
    CallState.WRAP_UP,
)
