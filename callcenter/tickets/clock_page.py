"""The promises of a ticket as its page shows them: who promised what, until when, kept or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _

from callcenter.core import clock
from callcenter.members.clock_rules import Target, TargetUnit
from callcenter.routing.rule_types import steps_from_json
from callcenter.routing.screen_words import STAGES
from callcenter.routing.states import Location, Priority, Stage
from callcenter.routing.wording import delay_text
from callcenter.tickets import words
from callcenter.tickets.models import Assignment, Ticket
from callcenter.tickets.rules import is_open
from callcenter.tickets.states import AssignmentState, HoldCause, TicketState

_PLACED = frozenset({Location.PRIVATE, Location.COMMON})


class Standing(StrEnum):
    """How a promise stands. ``VOID``: nobody has to keep it any more."""

    RUNNING = "running"
    PAUSED = "paused"
    KEPT = "kept"
    BROKEN = "broken"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Clock:
    """One promise with its clock; ``why`` says how it is counted."""

    stage: Stage
    name: str
    who: str
    due_at: datetime
    met_at: datetime | None
    standing: Standing
    why: str


def standing_of(
    due_at: datetime, met_at: datetime | None, now: datetime, *, live: bool, paused: bool = False
) -> Standing:
    """Return how a promise stands: judged when it is met, or when its time is over."""
    if met_at is not None:
        return Standing.KEPT if met_at <= due_at else Standing.BROKEN
    if not live:
        return Standing.VOID
    if paused:
        return Standing.PAUSED
    return Standing.RUNNING if now <= due_at else Standing.BROKEN


def clocks_of(
    ticket: Ticket, assignments: Sequence[Assignment], member: str, now: datetime, language: str
) -> tuple[Clock, ...]:
    """Return the promises of a ticket in the order in which they fall due in its life."""
    live = is_open(ticket.state)
    paused = ticket.state == TicketState.ON_HOLD
    kept: dict[str, Any] = ticket.routing.get("promises", {})
    found: list[Clock] = []

    def add(
        stage: Stage, who: str, due: datetime | None, met: datetime | None, *, stops: bool
    ) -> None:
        if due is None:
            return
        standing = standing_of(due, met, now, live=live, paused=paused and stops)
        if standing is Standing.VOID:
            return
        why = _why(kept.get(str(stage)), ticket.priority, language)
        found.append(Clock(stage, str(STAGES[stage]), who, due, met, standing, why))

    for one in assignments:
        if one.state in {AssignmentState.OFFERED, AssignmentState.ACCEPTED}:
            add(
                Stage.ACCEPTANCE, one.organisation_name, one.accept_by, one.accepted_at, stops=False
            )
    add(Stage.NEWS, _("la plateforme"), ticket.news_due_at, ticket.first_news_at, stops=False)
    add(Stage.FIRST_VISIT, member, ticket.visit_due_at, ticket.visited_at, stops=True)
    main = Stage.RESOLUTION if ticket.location in _PLACED else Stage.ANSWER
    standing = (
        standing_of(ticket.due_at, ticket.resolved_at, now, live=live, paused=paused)
        if ticket.due_at is not None
        else Standing.VOID
    )
    if ticket.due_at is not None and standing is not Standing.VOID:
        why = _why(_main(ticket), ticket.priority, language)
        found.append(
            Clock(
                main, str(STAGES[main]), member, ticket.due_at, ticket.resolved_at,
                standing, why,
            )
        )  # fmt: skip
    return tuple(found)


def next_due(clocks: Sequence[Clock]) -> Clock | None:
    """Return the running promise that falls due first; None when none runs."""
    running = [one for one in clocks if one.standing is Standing.RUNNING]
    return min(running, key=lambda one: one.due_at, default=None)


def pauses_in_words(ticket: Ticket) -> list[str]:
    """Return each pause: "une pièce est commandée, du 3 nov. au 9 nov."."""
    found = []
    for pause in ticket.pauses:
        cause = words.HOLD_CAUSES[HoldCause(pause["cause"])]
        start = f"{clock.in_paris(datetime.fromisoformat(pause['from'])):%d/%m}"
        if pause["to"]:
            end = f"{clock.in_paris(datetime.fromisoformat(pause['to'])):%d/%m}"
            found.append(_("%(cause)s, du %(start)s au %(end)s", cause=cause, start=start, end=end))
        else:
            found.append(_("%(cause)s, depuis le %(start)s", cause=cause, start=start))
    return found


def _main(ticket: Ticket) -> dict[str, Any] | None:
    kept = ticket.routing.get("target")
    if not kept:
        return None
    steps = steps_from_json(ticket.routing.get("steps", []))
    calendar = next((one.params.get("calendar", "") for one in steps if one.code == "promise"), "")
    return {**kept, "calendar": "" if calendar == "24/7" else calendar}


def _why(kept: dict[str, Any] | None, priority: str, language: str) -> str:
    if not kept:
        return ""
    target = Target(int(kept["amount"]), TargetUnit(kept["unit"]))
    delay = delay_text(target, Priority(priority), language)
    calendar = kept.get("calendar") or ""
    if target.around_the_clock:
        return str(_("%(delay)s, jour et nuit", delay=delay))
    if not calendar:
        return delay
    return str(_("%(delay)s, calendrier « %(name)s »", delay=delay, name=calendar))
