"""After how many working days the watch calls somebody: a member's own numbers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import func, update

from callcenter.core.db import db
from callcenter.core.editing import note
from callcenter.core.isolation import Actor
from callcenter.members.models import Organisation
from callcenter.routing.models import RoutingStamp

SILENT_DAYS: Final = 3
HOLD_DAYS: Final = 10
MOST_DAYS: Final = 60
# Where they stand in the organisation's settings.
SETTING: Final = "watch"


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """Working days without news, and working days on hold."""

    silent_days: int = SILENT_DAYS
    hold_days: int = HOLD_DAYS


def read_watch(settings: Mapping[str, Any] | None) -> WatchSettings:
    """Return a member's numbers; what is missing or makes no sense is the default."""
    kept = (settings or {}).get(SETTING) or {}
    return WatchSettings(
        _days(kept.get("silent_days"), SILENT_DAYS), _days(kept.get("hold_days"), HOLD_DAYS)
    )


def save_watch(house: Organisation, wanted: WatchSettings, *, actor: Actor) -> None:
    """Change a member's numbers; the lists follow at once."""
    db.session.refresh(house, with_for_update=True)
    before, after = asdict(read_watch(house.settings)), asdict(wanted)
    changes = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if not changes:
        return
    house.settings = {**house.settings, SETTING: after}
    # Organisations are outside the stamp under which a member's routing is kept in memory.
    db.session.execute(
        update(RoutingStamp)
        .where(RoutingStamp.member_id == house.id)
        .values(version=func.nextval("routing_stamp_version"))
        .execution_options(synchronize_session=False)
    )
    note(house, actor, "watch.changed", "watch_settings", changes)
    db.session.flush()


def _days(value: Any, default: int) -> int:
    return value if isinstance(value, int) and 1 <= value <= MOST_DAYS else default
