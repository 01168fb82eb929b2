"""Rules of incidents: when reports look alike, which chase is one too many, who may act."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from callcenter.core.isolation import Actor
from callcenter.core.permissions import Permission, Role

WORD_MAX: Final = 300  # an SMS of three segments at most, with the subject and the link
EXPECTED_MAX: Final = 60
TITLE_MAX: Final = 120
# What a request ends at once; the clockwork takes the rest, so many at a time.
END_BATCH: Final = 100
WARN_MAX: Final = 2000

_MOST: Final = 999


@dataclass(frozen=True, slots=True)
class IncidentSettings:
    """A member's own limits.

    ``alike`` tickets within ``window`` propose an incident; ``chases`` of one ticket call for
    somebody to look.
    """

    alike: int = 3
    window: timedelta = timedelta(hours=24)
    chases: int = 3


def read_settings(settings: Mapping[str, Any] | None) -> IncidentSettings:
    """Return the limits of a member's settings; what is absent or makes no sense is ours."""
    kept = settings or {}
    default = IncidentSettings()
    return IncidentSettings(
        alike=_whole(kept.get("incident_alike"), 2, default.alike),
        window=timedelta(hours=_whole(kept.get("incident_hours"), 1, 24)),
        chases=_whole(kept.get("chase_limit"), 1, default.chases),
    )


def _whole(value: Any, least: int, otherwise: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        return otherwise
    return value if least <= value <= _MOST else otherwise


def is_too_many(chases: int, limit: int) -> bool:
    """Say whether the tenant has asked again so often that somebody must look at it now."""
    return chases >= limit


def can_be_collective(*, restricted: bool, code: str) -> bool:
    """Say whether a category may become an incident.

    Never what is read by few (rent, violence), never a matter between two people: only what
    breaks (T, and S for a syndic's building).
    """
    return not restricted and code[:1] in {"T", "S"}


def may_lead(actor: Actor) -> bool:
    """Say whether the person may open an incident, gather its tickets and choose its owner."""
    return actor.may(Permission.TICKETS_OPEN)


def may_speak(actor: Actor, owner_organisation_id: int | None) -> bool:
    """Say whether the person may publish the news of an incident: its owner, or who leads it."""
    if may_lead(actor):
        return True
    return actor.may(Permission.TICKETS_HANDLE) and owner_organisation_id == actor.organisation_id


def may_end(actor: Actor, owner_organisation_id: int | None) -> bool:
    """Say whether the person may declare an incident over.

    Its owner; the landlord's staff and the supervisor for whoever owns it; any of the
    platform's people while nobody does.
    """
    if actor.role in {Role.MANAGER, Role.STAFF, Role.SUPERVISOR}:
        return True
    if owner_organisation_id is None:
        return actor.may(Permission.TICKETS_TRIAGE)
    return actor.may(Permission.TICKETS_HANDLE) and owner_organisation_id == actor.organisation_id
