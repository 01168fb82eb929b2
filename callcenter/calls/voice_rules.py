"""What a caller is led to when a line rings. Pure: hours, queue, choices in; one decision out."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from callcenter.calls.states import CallPath, Overflow
from callcenter.members.calendar_rules import Calendar, is_on_call_time, is_open

# Keys that always mean the same where they are offered.
URGENT_KEY = "1"
CALLBACK_KEY = "2"
VOICEMAIL_KEY = "3"
# How often somebody who pressed nothing, or nonsense, is asked again.
MOST_ASKED = 2


@dataclass(frozen=True, slots=True)
class Choice:
    """One key that a line offers: leads to ``queue``, ``urgent``, ``callback``, ``voicemail`` or ``line``."""

    digit: str
    words: str
    action: str
    line_number: str = ""


@dataclass(frozen=True, slots=True)
class DialledLine:
    """A line as the telephone needs it."""

    line_id: int
    member_id: int
    platform_id: int
    member: str
    service: str
    name: str
    number: str
    calendar: Calendar | None = None
    notice: str = ""
    welcome: str = ""
    closed_message: str = ""
    choices: tuple[Choice, ...] = field(default=())
    max_waiting: int = 30
    max_wait_seconds: int = 900
    overflow: Overflow = Overflow.CALLBACK
    overflow_number: str = ""
    # Whom to ring at night, in order: on duty first (the plan's own number alone, if it has one).
    on_call_numbers: tuple[str, ...] = ()
    wrap_up_seconds: int = 60
    recording: bool = False
    voicemail: bool = False
    recording_days: int = 30

    @property
    def on_call_number(self) -> str:
        """The first to ring at night; "" when there is nobody."""
        return self.on_call_numbers[0] if self.on_call_numbers else ""

    @property
    def queue(self) -> str:
        """The name of the line's queue at the provider."""
        return f"line-{self.line_id}"


class Next(StrEnum):
    """Where a caller goes."""

    ASK = "ask"
    QUEUE = "queue"
    ON_CALL = "on_call"
    OVERFLOW = "overflow"
    OFFER_CALLBACK = "offer_callback"
    NOTE_CALLBACK = "note_callback"
    VOICEMAIL = "voicemail"
    OTHER_LINE = "other_line"
    CLOSED = "closed"
    CLOSED_URGENT = "closed_urgent"
    SORRY = "sorry"


PATHS = {
    Next.QUEUE: CallPath.QUEUE,
    Next.ON_CALL: CallPath.ON_CALL,
    Next.OVERFLOW: CallPath.OVERFLOW,
    Next.CLOSED: CallPath.CLOSED,
    Next.CLOSED_URGENT: CallPath.CLOSED,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """Where to, and for another line its number."""

    next: Next
    line_number: str = ""


def on_arrival(line: DialledLine, now: datetime, waiting: int | None) -> Decision:
    """Decide for a call that has just come in. ``waiting`` is ``None`` when nobody can tell."""
    if line.calendar is not None and not is_open(line.calendar, now):
        urgent = line.on_call_number and is_on_call_time(line.calendar, now)
        return Decision(Next.CLOSED_URGENT if urgent else Next.CLOSED)
    if line.choices:
        return Decision(Next.ASK)
    return to_queue(line, waiting)


def to_queue(line: DialledLine, waiting: int | None) -> Decision:
    """Decide for somebody who wants to speak to an agent."""
    if waiting is not None and waiting >= line.max_waiting:
        return when_full(line)
    return Decision(Next.QUEUE)


def when_full(line: DialledLine) -> Decision:
    """Decide for somebody whom the queue can't take, or has kept too long."""
    if line.overflow is Overflow.NUMBER and line.overflow_number:
        return Decision(Next.OVERFLOW)
    if line.overflow is Overflow.HANG_UP:
        return Decision(Next.SORRY)
    return Decision(Next.OFFER_CALLBACK)


def on_choice(  # noqa: PLR0911 - one return for each way a call may go
    line: DialledLine, digits: str, waiting: int | None, asked: int
) -> Decision:
    """Decide for a key pressed while the line is open; nothing pressed leads to an agent."""
    chosen = next((choice for choice in line.choices if choice.digit == digits), None)
    if chosen is None:
        if asked < MOST_ASKED and digits:
            return Decision(Next.ASK)
        return to_queue(line, waiting)
    match chosen.action:
        case "urgent" if line.on_call_number:
            return Decision(Next.ON_CALL)
        case "callback":
            return Decision(Next.NOTE_CALLBACK)
        case "voicemail" if line.voicemail:
            return Decision(Next.VOICEMAIL)
        case "line" if chosen.line_number:
            return Decision(Next.OTHER_LINE, chosen.line_number)
    return to_queue(line, waiting)


def on_night_choice(line: DialledLine, digits: str) -> Decision:
    """Decide for a key pressed outside hours: an emergency goes to the on-call service."""
    if digits == URGENT_KEY and line.on_call_number:
        return Decision(Next.ON_CALL)
    return on_offer(line, digits)


def on_offer(line: DialledLine, digits: str) -> Decision:
    """Decide for a key pressed by somebody whom nobody can answer: a call back, or a message."""
    if digits == CALLBACK_KEY:
        return Decision(Next.NOTE_CALLBACK)
    if digits == VOICEMAIL_KEY and line.voicemail:
        return Decision(Next.VOICEMAIL)
    return Decision(Next.SORRY)


def waited_too_long(line: DialledLine, seconds: int) -> bool:
    """Say whether somebody has waited for as long as the line allows."""
    return seconds >= line.max_wait_seconds
