"""Flags on places: who may read which, how long they may last, what may be said. Pure.

Source: the RGPD (article 5: purpose, minimum, limited time; article 9: health) and the mission's
rule that health and vulnerability flags are dated, justified and minimal. So of a vulnerable
person we keep what to do, never why in medical terms, and no free text at all.
"""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Final

from callcenter.core.permissions import Permission
from callcenter.estate.states import FlagKind

# Which permission reads a kind; None: whoever reads the estate.
READ_BY: Final[dict[FlagKind, Permission | None]] = {
    FlagKind.WORKS: None,
    FlagKind.PROCEDURE: Permission.TICKETS_READ_RESTRICTED,
    FlagKind.VULNERABILITY: Permission.ESTATE_READ_VULNERABILITY,
}
SENSITIVE: Final = frozenset({FlagKind.PROCEDURE, FlagKind.VULNERABILITY})

# The longest a flag may last before somebody must look at it again, in days.
LONGEST: Final[dict[FlagKind, int]] = {
    FlagKind.WORKS: 730,
    FlagKind.PROCEDURE: 365,
    FlagKind.VULNERABILITY: 365,
}
PROPOSED: Final[dict[FlagKind, int]] = {
    FlagKind.WORKS: 90,
    FlagKind.PROCEDURE: 180,
    FlagKind.VULNERABILITY: 180,
}
# Days after its last day for which a flag's row is kept; sensitive ones go at once.
KEPT_AFTER: Final[dict[FlagKind, int]] = {
    FlagKind.WORKS: 365,
    FlagKind.PROCEDURE: 0,
    FlagKind.VULNERABILITY: 0,
}
# Days before the end from which a flag is shown as ending.
ENDING_SOON: Final = 15

# What to do for a vulnerable person, and on what ground it was written down.
MEASURES: Final = (
    "call_first",
    "take_time",
    "no_stairs",
    "no_power_cut",
    "urgent_heating",
    "with_helper",
)
GROUNDS: Final = ("asked", "helper", "social_service", "decision")


def readable_kinds(permissions: Collection[Permission]) -> frozenset[FlagKind]:
    """Return the kinds of flags that somebody with these permissions may read."""
    return frozenset(k for k, needed in READ_BY.items() if needed is None or needed in permissions)


def writable_kinds(
    permissions: Collection[Permission], *, whole_residence: bool
) -> frozenset[FlagKind]:
    """Return the kinds that somebody who edits the estate may write: those that they may read.

    A whole residence has works alone: the others speak of people.
    """
    readable = readable_kinds(permissions)
    return readable & {FlagKind.WORKS} if whole_residence else readable


def proposed_end(kind: FlagKind, starts_on: date) -> date:
    """Return the last day that a new flag is proposed with."""
    return starts_on + timedelta(days=PROPOSED[kind])


def latest_end(kind: FlagKind, today: date) -> date:
    """Return the last day that a flag may have, whether written or extended today."""
    return today + timedelta(days=LONGEST[kind])


def purged_before(kind: FlagKind, today: date) -> date:
    """Return the day such that flags of this kind that ended before it are erased."""
    return today - timedelta(days=KEPT_AFTER[kind])
