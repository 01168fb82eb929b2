"""Verbs of routing: decide where a ticket goes, and give a new member its catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import aliased

from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.estate.models import Building, Dwelling, Residence
from callcenter.members.calendar_rules import is_on_call_time
from callcenter.members.models import Agency, Organisation
from callcenter.routing import category_rows, rule_rows
from callcenter.routing.catalogue import CATALOGUE
from callcenter.routing.queries import MemberRouting, get_routing
from callcenter.routing.rule_sets import default_rules
from callcenter.routing.rule_types import (
    AgencyRef,
    Decision,
    Informed,
    OrganisationRef,
    Situation,
)
from callcenter.routing.rule_versions import publish_first
from callcenter.routing.rules import decide
from callcenter.routing.states import (
    CallerRole,
    DestinationKind,
    Location,
    Ownership,
    Priority,
    Service,
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
    # Decided while the member's offices are closed: what is not urgent waits for the morning.
    at_night: bool = False

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
    situation = _situation(request, routing)
    decision = decide(situation, routing.book)
    platform = decision.destination_kind in PLATFORM_KINDS
    sentences = explain(decision, lang)
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
            "target": {"amount": decision.target.amount, "unit": decision.target.unit},
        },
        at_night=situation.is_on_call_time,
    )


def _situation(request: RouteRequest, routing: MemberRouting) -> Situation:
    category = routing.category(request.category_id).category
    place = _place(request)
    residence: Residence | None = place.residence if place else None
    ownership = residence.ownership if residence else None
    if place is not None and place.dwelling is not None:
        ownership = place.dwelling.ownership if ownership != Ownership.CONDO else ownership
    return Situation(
        member=routing.book.member,
        service=request.service,
        category=category,
        instant=request.at,
        is_on_call_time=is_on_call_time(routing.book.calendar, request.at),
        location=request.location if category.locations else None,
        residence_id=residence.id if residence else None,
        residence_name=residence.name if residence else "",
        building_id=place.building_id if place else None,
        building=place.building_name if place else "",
        dwelling_number=place.dwelling.number if place and place.dwelling else "",
        ownership=Ownership(ownership) if ownership else None,
        syndic=place.syndic if place else None,
        agency=place.agency if place else None,
        completed_on=residence.completed_on if residence else None,
        caller_role=request.caller_role,
        answers=request.answers,
    )


@dataclass(frozen=True, slots=True)
class _Place:
    residence: Residence
    dwelling: Dwelling | None
    building_id: int | None
    building_name: str
    agency: AgencyRef | None
    syndic: OrganisationRef | None


def _place(request: RouteRequest) -> _Place | None:
    """Load the place of a request in one statement; NotFound when it isn't the member's."""
    if request.dwelling_id is None and request.residence_id is None:
        return None
    syndic = aliased(Organisation)
    columns = (
        Residence, Agency.name, Building.id, Building.name,
        syndic.name, syndic.active, syndic.answers_at_night,
    )  # fmt: skip
    # The lots of one residence may have several syndics: the home's own comes first.
    whose: Any = Residence.syndic_id
    if request.dwelling_id is not None:
        whose = func.coalesce(Dwelling.syndic_id, Residence.syndic_id)
    joins = (
        (Agency, and_(Agency.member_id == Residence.member_id, Agency.id == Residence.agency_id)),
        (syndic, and_(syndic.member_id == Residence.member_id, syndic.id == whose)),
    )
    query: Select[*tuple[Any, ...]]
    if request.dwelling_id is not None:
        query = (
            select(*columns, Dwelling)
            .select_from(Dwelling)
            .join(
                Residence,
                and_(
                    Residence.member_id == Dwelling.member_id,
                    Residence.id == Dwelling.residence_id,
                ),
            )
            .where(Dwelling.member_id == request.member_id, Dwelling.id == request.dwelling_id)
        )
    else:
        query = select(*columns).where(
            Residence.member_id == request.member_id, Residence.id == request.residence_id
        )
    for target, condition in joins:
        query = query.outerjoin(target, condition)
    query = query.outerjoin(
        Building,
        and_(
            Building.member_id == Residence.member_id,
            Building.residence_id == Residence.id,
            Building.id == (Dwelling.building_id if request.dwelling_id else request.building_id),
        ),
    )
    row = db.session.execute(query).first()
    if row is None:
        raise NotFound
    residence: Residence = row[0]
    dwelling: Dwelling | None = row[7] if request.dwelling_id is not None else None
    syndic_id = (dwelling.syndic_id if dwelling else None) or residence.syndic_id
    return _Place(
        residence=residence,
        dwelling=dwelling,
        building_id=row[2],
        building_name=row[3] or "",
        agency=AgencyRef(residence.agency_id, row[1]) if residence.agency_id else None,
        syndic=OrganisationRef(syndic_id, row[4], row[6], row[5]) if syndic_id else None,
    )


def install_catalogue(member_id: int) -> None:
    """Give a new member the default catalogue and a rule for each category, in force at once."""
    for position, category in enumerate(CATALOGUE):
        db.session.add(category_rows.row_from(category, member_id, position))
    for rule in default_rules(CATALOGUE):
        db.session.add(rule_rows.row_from(rule, member_id))
    db.session.flush()
    publish_first(member_id)
