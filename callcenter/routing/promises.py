"""What is promised at each stage of a ticket: the defaults, and a member's own targets.

Pure: a book of targets in, promises with their due instants out. The main promise (resolution,
or answer for a request without a place) is counted on the member's main calendar, where the
decision counts it; the others may have a calendar of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from callcenter.members.calendar_rules import Calendar
from callcenter.members.clock_rules import Target, TargetUnit, due_at
from callcenter.routing.catalogue_types import PRIORITY_TARGETS, Category
from callcenter.routing.states import CategoryLocation, Priority, Stage

P = Priority
_U = TargetUnit

# Resolution and answer: mission, "Categories". Acceptance and first news are the platform's
# usage: an emergency is taken within the quarter of an hour, "rappel sous 2 h", and a request of
# every day within a day or two. A first visit is promised only where the mission does.
DEFAULT_TARGETS: Final[Mapping[Stage, Mapping[Priority, Target]]] = {
    Stage.ACCEPTANCE: {
        P.P0: Target(15, _U.MINUTES),
        P.P1: Target(30, _U.MINUTES),
        P.P2: Target(4, _U.WORKING_HOURS),
        P.P3: Target(1, _U.WORKING_DAYS),
        P.P4: Target(2, _U.WORKING_DAYS),
    },
    Stage.NEWS: {
        P.P0: Target(1, _U.HOURS),
        P.P1: Target(2, _U.HOURS),
        P.P2: Target(4, _U.WORKING_HOURS),
        P.P3: Target(2, _U.WORKING_DAYS),
        P.P4: Target(5, _U.WORKING_DAYS),
    },
    Stage.FIRST_VISIT: {},
    Stage.RESOLUTION: PRIORITY_TARGETS,
    Stage.ANSWER: PRIORITY_TARGETS,
}
# Mission: T-HUM, "P3 (visit in 10 wd)".
DEFAULT_OF_CATEGORY: Final[Mapping[tuple[Stage, str], Target]] = {
    (Stage.FIRST_VISIT, "T-HUM"): Target(10, _U.WORKING_DAYS)
}


@dataclass(frozen=True, slots=True)
class OwnTarget:
    """A member's target; ``target`` None promises nothing. ``calendar_id`` None: the main one."""

    target: Target | None
    calendar_id: int | None = None


# (stage, category's code or "" for all, priority) -> what the member promises.
OwnTargets = Mapping[tuple[Stage, str, Priority], OwnTarget]


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise about one ticket, with its clock started."""

    stage: Stage
    target: Target
    due_at: datetime
    calendar_id: int | None
    calendar_name: str

    def to_json(self) -> dict[str, Any]:
        """What the ticket keeps of it, to count again after a pause and to explain it."""
        return {
            "amount": self.target.amount,
            "unit": str(self.target.unit),
            "calendar_id": self.calendar_id,
            "calendar": "" if self.target.around_the_clock else self.calendar_name,
        }


def main_stage(category: Category) -> Stage:
    """Return what the ticket's own due date promises."""
    nowhere = category.location is CategoryLocation.NONE
    return Stage.ANSWER if nowhere else Stage.RESOLUTION


class Origin(StrEnum):
    """Where a target comes from, the most particular first."""

    EXCEPTION = "exception"  # the member's, for this category
    CATEGORY = "category"  # the category's own delay: the main promise, at its own priority
    MEMBER = "member"  # the member's, for every category
    CATALOGUE = "catalogue"  # the catalogue's, for this category
    DEFAULT = "default"


def target_of_stage(
    own: OwnTargets, stage: Stage, category: Category, priority: Priority
) -> OwnTarget:
    """Return the target of a stage: the most particular that is known, else the default."""
    return target_and_origin(own, stage, category, priority)[0]


def target_and_origin(
    own: OwnTargets, stage: Stage, category: Category, priority: Priority
) -> tuple[OwnTarget, Origin]:
    """Return the target of a stage and where it comes from; see `Origin` for the order."""
    found = own.get((stage, category.code, priority))
    if found is not None:
        return found, Origin.EXCEPTION
    main = stage is main_stage(category)
    if main and category.target is not None and priority == category.priority:
        return OwnTarget(category.target), Origin.CATEGORY
    found = own.get((stage, "", priority))
    if found is not None:
        return found, Origin.MEMBER
    usual = DEFAULT_OF_CATEGORY.get((stage, category.code))
    if usual is not None:
        return OwnTarget(usual), Origin.CATALOGUE
    return OwnTarget(DEFAULT_TARGETS[stage].get(priority)), Origin.DEFAULT


def main_targets(own: OwnTargets, category: Category) -> dict[Priority, Target]:
    """Return the main promise at each priority where the member has one of its own."""
    stage = main_stage(category)
    found: dict[Priority, Target] = {}
    for priority in Priority:
        promised = target_of_stage(own, stage, category, priority).target
        if promised is not None:
            found[priority] = promised
    return found


def promises_for(
    own: OwnTargets,
    category: Category,
    priority: Priority,
    at: datetime,
    calendars: Mapping[int | None, Calendar],
) -> dict[Stage, Promise]:
    """Return the promises beside the main one, their clocks started at ``at``.

    ``calendars`` by number, the main one under None. No visit is promised for a request
    without a place; nothing at all for what is answered in the call.
    """
    main = main_stage(category)
    found: dict[Stage, Promise] = {}
    for stage in (Stage.ACCEPTANCE, Stage.NEWS, Stage.FIRST_VISIT):
        if stage is Stage.FIRST_VISIT and main is Stage.ANSWER:
            continue
        own_target = target_of_stage(own, stage, category, priority)
        target = own_target.target
        if target is None or target.unit is TargetUnit.SAME_CALL:
            continue
        number = own_target.calendar_id if own_target.calendar_id in calendars else None
        calendar = calendars[number]
        due = due_at(target, at, (), calendar)
        found[stage] = Promise(stage, target, due, number, calendar.name)
    return found
