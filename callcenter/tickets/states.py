"""States of tickets, assignments and visits, with their transitions."""

from enum import StrEnum


class TicketState(StrEnum):
    """Where a ticket stands, whoever has it."""

    OPEN = "open"
    PLANNED = "planned"
    ON_HOLD = "on_hold"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"


OPEN_STATES = frozenset({TicketState.OPEN, TicketState.PLANNED, TicketState.ON_HOLD})
ENDED_STATES = frozenset(TicketState) - OPEN_STATES

TICKET_TRANSITIONS: dict[TicketState, frozenset[TicketState]] = {
    TicketState.OPEN: frozenset(
        {TicketState.PLANNED, TicketState.ON_HOLD, TicketState.RESOLVED, TicketState.CANCELLED}
    ),
    TicketState.PLANNED: frozenset(
        {TicketState.OPEN, TicketState.ON_HOLD, TicketState.RESOLVED, TicketState.CANCELLED}
    ),
    TicketState.ON_HOLD: frozenset(
        {TicketState.OPEN, TicketState.PLANNED, TicketState.RESOLVED, TicketState.CANCELLED}
    ),
    TicketState.RESOLVED: frozenset({TicketState.OPEN, TicketState.CLOSED}),
    TicketState.CLOSED: frozenset({TicketState.OPEN}),
    TicketState.CANCELLED: frozenset({TicketState.OPEN}),
}


class AssignmentState(StrEnum):
    """What one organisation has said of a ticket that was sent to it."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    DONE = "done"


LIVE_ASSIGNMENT_STATES = frozenset({AssignmentState.OFFERED, AssignmentState.ACCEPTED})

ASSIGNMENT_TRANSITIONS: dict[AssignmentState, frozenset[AssignmentState]] = {
    AssignmentState.OFFERED: frozenset(
        {
            AssignmentState.ACCEPTED,
            AssignmentState.REFUSED,
            AssignmentState.WITHDRAWN,
            AssignmentState.DONE,
        }
    ),
    AssignmentState.ACCEPTED: frozenset(
        {AssignmentState.REFUSED, AssignmentState.WITHDRAWN, AssignmentState.DONE}
    ),
    AssignmentState.REFUSED: frozenset({AssignmentState.OFFERED}),
    AssignmentState.WITHDRAWN: frozenset({AssignmentState.OFFERED}),
    AssignmentState.DONE: frozenset({AssignmentState.ACCEPTED, AssignmentState.WITHDRAWN}),
}


class RefusalReason(StrEnum):
    """Why an organisation sends a ticket back."""

    NOT_OURS = "not_ours"
    OUT_OF_AREA = "out_of_area"
    DUPLICATE = "duplicate"
    INFORMATION_MISSING = "information_missing"
    OTHER = "other"


# Kept as the reason of an assignment that ran out: nobody chooses it.
NO_ANSWER = "no_answer"


class HoldCause(StrEnum):
    """Why a ticket waits; the clock is paused and says so."""

    TENANT = "tenant"
    PART = "part"
    INSURER = "insurer"
    ACCESS = "access"


class ResolutionCode(StrEnum):
    """How a ticket ended for the organisation that had it."""

    REPAIRED = "repaired"
    TEMPORARY = "temporary"
    ANSWERED = "answered"
    TENANT_COST = "tenant_cost"
    NOTHING_FOUND = "nothing_found"
    NO_ACCESS = "no_access"


class VisitState(StrEnum):
    """Where a visit stands."""

    PLANNED = "planned"
    MOVED = "moved"
    CANCELLED = "cancelled"
    DONE = "done"


class VisitAnswer(StrEnum):
    """What the tenant says of a planned visit on the private page."""

    YES = "yes"
    OTHER = "other"


class EventKind(StrEnum):
    """What a line of the ticket's timeline tells."""

    OPENED = "opened"
    HANDED_OVER = "handed_over"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    ASSIGNED = "assigned"
    VISIT_PLANNED = "visit_planned"
    VISIT_MOVED = "visit_moved"
    VISIT_CANCELLED = "visit_cancelled"
    VISIT_ANSWERED = "visit_answered"
    COMMENT = "comment"
    HELD = "held"
    RESUMED = "resumed"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    CHASE = "chase"
    TENANT_WORD = "tenant_word"
    TENANT_CONFIRMED = "tenant_confirmed"
    TENANT_DENIED = "tenant_denied"
    TENANT_OPTED_OUT = "tenant_opted_out"
    TENANT_CORRECTED = "tenant_corrected"
    RATED = "rated"
    LINK_REVOKED = "link_revoked"
    LINK_RENEWED = "link_renewed"
    ESCALATED = "escalated"
    INCIDENT_JOINED = "incident_joined"
    INCIDENT_LEFT = "incident_left"
    INCIDENT_NEWS = "incident_news"
    ON_CALL = "on_call"
    UNANSWERED = "unanswered"
    REASSURED = "reassured"


# What the tenant learns from somebody: an open ticket without one of these for some days is
# silent. A database trigger notes the instant on the ticket (migration "watch"), whoever writes.
NEWS_KINDS = frozenset(
    {
        EventKind.ACCEPTED,
        EventKind.VISIT_PLANNED,
        EventKind.VISIT_MOVED,
        EventKind.VISIT_CANCELLED,
        EventKind.COMMENT,
        EventKind.HELD,
        EventKind.RESUMED,
        EventKind.RESOLVED,
        EventKind.REOPENED,
        EventKind.CLOSED,
        EventKind.CANCELLED,
        EventKind.INCIDENT_JOINED,
        EventKind.INCIDENT_NEWS,
    }
)


class Visibility(StrEnum):
    """Who may read an event: the organisations alone, or the tenant as well."""

    INTERNAL = "internal"
    TENANT = "tenant"
