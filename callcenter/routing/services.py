"""Verbs of routing: decide where a ticket goes, and give a new member its catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from callcenter.core.db import db
from callcenter.members.calendar_rules import is_on_call_time
from callcenter.routing import category_rows, rule_rows
from callcenter.routing.catalogue import CATALOGUE
from callcenter.routing.catalogue_types import Category
from callcenter.routing.destinations import find_contract
from callcenter.routing.payment_rules import Guidance, who_pays
from callcenter.routing.place_queries import NOWHERE, Place, get_place
from callcenter.routing.promises import Promise, promises_for
from callcenter.routing.queries import MemberRouting, get_routing
from callcenter.routing.rule_sets import default_rules
from callcenter.routing.rule_types import Decision, Informed, Situation
from callcenter.routing.rule_versions import publish_first
from callcenter.routing.rules import decide
from callcenter.routing.states import (
    CallerRole,
    DestinationKind,
    Location,
    Priority,
    Service,
    Stage,
)
from callcenter.routing.wording import explain, explain_rejected

# Destinations that are nobody's assignment: the platform itself sees to them.
PLATFORM_KINDS = frozenset(
    {DestinationKind.TRIAGE, DestinationKind.CALL_AGENT, DestinationKind.SIGNPOST}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRequest:
    """What the agent knows when asking where a ticket would go."""

    member_id: int
    service: Service
    category_id: int
    at: datetime
    location: Location | None = None
    residence_id: int | None = None
    building_id: int | None = None
    dwelling_id: int | None = None
    caller_role: CallerRole = CallerRole.TENANT
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePreview:
    """Where a ticket goes, why and by when, ready to be shown and kept.

    ``organisation_id`` and ``team_id`` are ``None`` when the platform itself keeps the ticket
    (triage). ``explanation`` and ``rejected`` are sentences in the asked language; ``kept`` is
    what the ticket keeps for ever.
    """

    decision: Decision
    organisation_id: int | None
    organisation_name: str
    team_id: int | None
    team_name: str
    priority: Priority
    due_at: datetime
    explanation: list[str]
    rejected: list[str]
    inform: tuple[Informed, ...]
    kept: dict[str, Any]
    # Who pays, as far as the call tells; None where nothing is to be paid.
    payment: Guidance | None = None
    # The promises beside the main one, their clocks started.
    promises: Mapping[Stage, Promise] = field(default_factory=dict)
    # Decided while the member's offices are closed: what is not urgent waits for the morning.
    at_night: bool = False
    place: Place = NOWHERE

    @property
    def needs_triage(self) -> bool:
        """Say whether no organisation gets the ticket: the platform sees to it."""
        return self.organisation_id is None

    @property
    def destination(self) -> str:
        """Return the organisation and team in one line."""
        if self.team_name and self.team_name != self.organisation_name:
            return f"{self.organisation_name} · {self.team_name}"
        return self.organisation_name


def decide_route(
    request: RouteRequest, lang: str = "fr", routing: MemberRouting | None = None
) -> RoutePreview:
    """Decide where a call's ticket goes. Reads only; two statements when nothing changed.

    ``routing`` stands for the rules in force: a draft to be tried. Raises NotFound for a place
    or category that is not this member's.
    """
    routing = routing or get_routing(request.member_id)
    category = routing.category(request.category_id).category
    place = _place(request)
    situation = situation_of(request, category, routing, place)
    decision = decide(situation, routing.book)
    platform = decision.destination_kind in PLATFORM_KINDS
    sentences = explain(decision, lang)
    covered = find_contract(situation, routing.book, Priority.P4).found is not None
    payment = who_pays(situation, contract_found=covered)
    promises = promises_for(
        routing.own_targets, situation.category, decision.priority, request.at, routing.calendars
    )
    return RoutePreview(
        decision=decision,
        organisation_id=None if platform else decision.organisation_id,
        organisation_name=decision.organisation_name,
        team_id=None if platform else decision.team_id,
        team_name=decision.team_name,
        priority=decision.priority,
        due_at=decision.due_at,
        explanation=sentences,
        rejected=explain_rejected(decision.rejected, lang),
        inform=decision.inform,
        kept={
            **decision.explanation_to_json(),
            "rule_id": decision.rule_id,
            "rules_version": routing.version,
            "caller_role": str(request.caller_role),
            "contract_id": decision.contract_id,
            "payment": payment.to_json() if payment else None,
            "target": {"amount": decision.target.amount, "unit": decision.target.unit},
            "promises": {str(stage): one.to_json() for stage, one in promises.items()},
        },
        payment=payment,
        promises=promises,
        at_night=situation.is_on_call_time,
        place=place or NOWHERE,
    )


def _place(request: RouteRequest) -> Place | None:
    if request.dwelling_id is None and request.residence_id is None:
        return None
    return get_place(
        request.member_id,
        residence_id=request.residence_id,
        building_id=request.building_id,
        dwelling_id=request.dwelling_id,
    )


def situation_of(
    request: RouteRequest, category: Category, routing: MemberRouting, place: Place | None
) -> Situation:
    """Put together what the decision reads: the request, the category and the place."""
    here = place or NOWHERE
    return Situation(
        member=routing.book.member,
        service=request.service,
        category=category,
        instant=request.at,
        is_on_call_time=is_on_call_time(routing.book.calendar, request.at),
        location=request.location if category.locations else None,
        residence_id=here.residence_id,
        residence_name=here.residence_name,
        building_id=here.building_id,
        building=here.building_name,
        dwelling_number=here.dwelling_number,
        ownership=here.ownership,
        syndic=here.syndic,
        agency=here.agency,
        completed_on=here.completed_on,
        caller_role=request.caller_role,
        answers=request.answers,
    )


def install_catalogue(member_id: int) -> None:
    """Give a new member the default catalogue and a rule for each category, in force at once."""
    for position, category in enumerate(CATALOGUE):
        db.session.add(category_rows.row_from(category, member_id, position))
    for rule in default_rules(CATALOGUE):
        db.session.add(rule_rows.row_from(rule, member_id))
    db.session.flush()
    publish_first(member_id)
