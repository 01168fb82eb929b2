"""The watch's limits: from when a ticket is silent, on hold for too long, due soon. Pure."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from callcenter.members.calendar_rules import Calendar, add_working_days, working_days_ago
from callcenter.routing.watch_settings import WatchSettings


@dataclass(frozen=True, slots=True)
class Limits:
    """The instants that the lists compare with, for one member at one instant.

    ``silent_before``: the tenant's last news is older. ``held_before``: on hold since before.
    ``soon_until``: what is due by then is due soon (the end of the next working day).
    """

    silent_before: datetime
    held_before: datetime
    soon_until: datetime


def limits_at(settings: WatchSettings, calendar: Calendar, now: datetime) -> Limits:
    """Return the limits at ``now``, counted on the member's main calendar."""
    # Hours of opening are whole minutes: within one, the limits are the same.
    return _limits(settings, calendar, now.replace(second=0, microsecond=0))


@lru_cache(maxsize=256)
def _limits(settings: WatchSettings, calendar: Calendar, now: datetime) -> Limits:
    return Limits(
        silent_before=working_days_ago(calendar, now, settings.silent_days),
        held_before=working_days_ago(calendar, now, settings.hold_days),
        soon_until=add_working_days(calendar, now, 1),
    )
