"""States of collective incidents: one cause, many callers."""

from enum import StrEnum


class IncidentState(StrEnum):
    """Whether the cause is still there."""

    OPEN = "open"
    RESOLVED = "resolved"


class IncidentEventKind(StrEnum):
    """What a line of the incident's own history tells."""

    OPENED = "opened"
    NEWS = "news"
    OWNER = "owner"
    ATTACHED = "attached"
    SPLIT = "split"
    WARNED = "warned"
    RESOLVED = "resolved"
    REOPENED = "reopened"


class SubscriberSource(StrEnum):
    """How somebody came to hear the news of an incident."""

    TICKET = "ticket"
    CALL = "call"
    WARNING = "warning"


class SubscriberAnswer(StrEnum):
    """What a person said when asked whether it is fixed."""

    NONE = ""
    FIXED = "fixed"
    NOT_FIXED = "not_fixed"
