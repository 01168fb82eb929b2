"""Kinds and states of calls."""

from enum import StrEnum


class Direction(StrEnum):
    """Who called whom."""

    IN = "in"
    OUT = "out"


class CallState(StrEnum):
    """Where a call stands. Forward only, whatever order the exchange reports in."""

    RINGING = "ringing"
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
