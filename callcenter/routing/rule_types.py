"""What a routing decision reads and what it gives back: frozen data, no logic of the trade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from callcenter.members.calendar_rules import Calendar
from callcenter.members.clock_rules import Target
from callcenter.routing.catalogue_types import Category
from callcenter.routing.states import (
    CallerRole,
    DestinationKind,
    Equipment,
    Family,
    Hours,
    Location,
    Ownership,
    Priority,
    Service,
    TeamKind,
    Warranty,
)


@dataclass(frozen=True, slots=True)
class OrganisationRef:
    """An organisation; ``on_call`` means that it answers at night too.

    One that is not ``active`` was put out of service by the member: nothing is sent to it.
    """

    id: int
    name: str
    on_call: bool = False
    active: bool = True


@dataclass(frozen=True, slots=True)
class AgencyRef:
    """An agency of the member."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class TeamRef:
    """A team. ``residence_ids`` limits a caretaker to the buildings in their care (None: all)."""

    id: int
    name: str
    organisation: OrganisationRef
    kind: TeamKind
    agency_id: int | None = None
    residence_ids: frozenset[int] | None = None
    on_call: bool = False


@dataclass(frozen=True, slots=True)
class Contract:
    """A maintenance contract. ``residence_ids`` None covers every residence of the member."""

    id: int
    contractor: OrganisationRef
    equipment: Equipment
    starts_on: date
    ends_on: date | None
    calendar: Calendar
    residence_ids: frozenset[int] | None = None
    on_call: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One call, as far as routing needs to know it.

    ``agency`` and ``syndic`` are the residence's. ``completed_on`` is the handing-over of the
    works (réception), from which the completion warranty runs. ``other_member`` is set when the
    home belongs to another member. ``instant`` is aware; ``is_on_call_time`` comes from
    ``calendar_rules.is_on_call_time`` at that instant.
    """

    member: OrganisationRef
    service: Service
    category: Category
    instant: datetime
    is_on_call_time: bool
    location: Location | None = None
    residence_id: int | None = None
    residence_name: str = ""
    building_id: int | None = None
    building: str = ""
    dwelling_number: str = ""
    ownership: Ownership | None = None
    syndic: OrganisationRef | None = None
    agency: AgencyRef | None = None
    completed_on: date | None = None
    caller_role: CallerRole = CallerRole.TENANT
    answers: Mapping[str, str] = field(default_factory=dict)
    other_member: OrganisationRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Under these conditions (None: don't mind), to that destination.

    ``rank`` breaks ties between rules as specific as each other: the lowest passes first.
    ``category`` stands for that category and those below it (``lineage``).
    """

    id: int
    kind: DestinationKind
    name: str = ""
    organisation: OrganisationRef | None = None
    team_id: int | None = None
    team_kind: TeamKind | None = None
    priority_override: Priority | None = None
    rank: int = 0
    # conditions
    service: Service | None = None
    category: str | None = None
    family: Family | None = None
    location: Location | None = None
    ownership: Ownership | None = None
    agency_id: int | None = None
    residence_id: int | None = None
    building_id: int | None = None
    equipment: Equipment | None = None
    contract_required: bool = False
    under_warranty: bool | None = None
    warranty: Warranty | None = None
    priority: Priority | None = None
    hours: Hours | None = None
    caller_role: CallerRole | None = None
    answers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One reason, as a code and plain values (text, numbers, booleans) fit for JSON."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Informed:
    """An organisation that is told without having to act."""

    organisation: OrganisationRef
    team: TeamRef | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Where the ticket goes, why, by when, and why not elsewhere.

    ``steps`` and ``rejected`` are kept on the ticket; ``wording.explain`` puts them in words.
    ``no_ticket`` means that such a call normally ends without a ticket; ``suggested_category``
    is a code that the answers or the warranty point to.
    """

    destination_kind: DestinationKind
    organisation_id: int
    organisation_name: str
    team_id: int | None
    team_name: str
    priority: Priority
    target: Target
    due_at: datetime
    rule_id: int | None
    contract_id: int | None
    steps: tuple[Step, ...]
    rejected: tuple[Step, ...]
    inform: tuple[Informed, ...] = ()
    suggested_category: str | None = None
    advice: tuple[str, ...] = ()
    no_ticket: bool = False

    def explanation_to_json(self) -> dict[str, list[list[Any]]]:
        """Steps and rejections as JSON for the ticket; read back by ``steps_from_json``."""
        return {
            "steps": [[step.code, dict(step.params)] for step in self.steps],
            "rejected": [[step.code, dict(step.params)] for step in self.rejected],
        }


def steps_from_json(raw: list[list[Any]]) -> tuple[Step, ...]:
    """Give back the steps that ``Decision.explanation_to_json`` wrote."""
    return tuple(Step(code, params) for code, params in raw)
