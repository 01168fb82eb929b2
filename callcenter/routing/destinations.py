"""From a kind of destination to an organisation and a team, or the reason why there is none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from heapq import merge
from operator import itemgetter
from typing import Final

from callcenter.members.calendar_rules import Calendar, is_open, next_open
from callcenter.members.clock_rules import due_at
from callcenter.routing.catalogue_types import Category, lineage, target_for
from callcenter.routing.rule_sets import paris_date, precedence
from callcenter.routing.rule_types import (
    Contract,
    OrganisationRef,
    Rule,
    Situation,
    Step,
    TeamRef,
)
from callcenter.routing.states import DestinationKind, Equipment, Priority, TeamKind

_ANY: Final = ""


@dataclass(frozen=True, slots=True)
class RoutingBook:
    """All a member's routing rests on, indexed. Made by ``build_book``."""

    member: OrganisationRef
    triage: OrganisationRef
    triage_team: TeamRef | None
    calendar: Calendar
    rules: Mapping[str, tuple[tuple[int, Rule], ...]]  # with their place in the order
    contracts: Mapping[Equipment, tuple[Contract, ...]]
    teams: Mapping[TeamKind, tuple[TeamRef, ...]]
    teams_by_id: Mapping[int, TeamRef]

    def candidates(self, category: Category) -> Iterator[Rule]:
        """Rules that may apply to the category, in order of precedence."""
        keys = (
            *lineage(category.code), f"{category.family}-*", f"={category.equipment}", _ANY
        )  # fmt: skip
        places = merge(*(self.rules.get(key, ()) for key in keys), key=itemgetter(0))
        return (rule for _, rule in places)

    def with_rules(self, rules: Iterable[Rule]) -> RoutingBook:
        """The same member's book under other rules: a draft, or a version of long ago."""
        return replace(self, rules=_indexed(rules))


@dataclass(frozen=True, slots=True)
class Found:
    """A destination. ``awake``: it answers at the instant of the call, even at night."""

    kind: DestinationKind
    organisation: OrganisationRef
    team: TeamRef | None
    awake: bool
    contract: Contract | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was found, if anything, and what was set aside on the way."""

    found: Found | None
    rejected: tuple[Step, ...] = ()


def build_book(
    *,
    member: OrganisationRef,
    triage: OrganisationRef,
    calendar: Calendar,
    rules: Iterable[Rule],
    contracts: Iterable[Contract] = (),
    teams: Iterable[TeamRef] = (),
    triage_team: TeamRef | None = None,
) -> RoutingBook:
    """Index a member's rules by category, contracts by equipment, teams by kind.

    ``triage`` is the platform; ``teams`` are those that may receive a ticket.
    """
    by_equipment: dict[Equipment, list[Contract]] = defaultdict(list)
    for contract in contracts:
        by_equipment[contract.equipment].append(contract)
    every_team = tuple(teams)
    by_kind: dict[TeamKind, list[TeamRef]] = defaultdict(list)
    for team in every_team:
        by_kind[team.kind].append(team)
    return RoutingBook(
        member=member,
        triage=triage,
        triage_team=triage_team,
        calendar=calendar,
        rules=_indexed(rules),
        contracts={
            key: tuple(sorted(group, key=_best_first)) for key, group in by_equipment.items()
        },
        teams={key: tuple(group) for key, group in by_kind.items()},
        teams_by_id={team.id: team for team in every_team},
    )


def resolve(  # noqa: PLR0911 - one return a kind
    way: tuple[DestinationKind, TeamKind | None],
    situation: Situation,
    book: RoutingBook,
    rule: Rule | None,
    priority: Priority,
) -> Attempt:
    """Find who a kind of destination is for this call; ``rule`` may name it outright."""
    kind, team_kind = way
    if kind is DestinationKind.CONTRACTOR_BY_CONTRACT:
        return find_contract(situation, book, priority)
    if kind is DestinationKind.SYNDIC:
        return _find_syndic(situation, book)
    if kind in {DestinationKind.ORGANISATION, DestinationKind.OTHER_MEMBER}:
        named = rule.organisation if rule else None
        return _found_or(kind, named, None, "organisation_missing")
    if kind in {DestinationKind.CALL_AGENT, DestinationKind.SIGNPOST, DestinationKind.TRIAGE}:
        team = book.triage_team if kind is DestinationKind.TRIAGE else None
        return Attempt(Found(kind, book.triage, team, awake=True))
    if kind is DestinationKind.AGENCY:
        code = "agency_without_team" if situation.agency else "agency_unknown"
        name = situation.agency.name if situation.agency else ""
        return _team_or(kind, agency_team(situation, book), Step(code, {"agency": name}))
    if kind is DestinationKind.CARETAKER:
        caretaker = pick_team(TeamKind.CARETAKER, situation, book)
        missing = Step("caretaker_missing", {"residence": situation.residence_name})
        return _team_or(kind, caretaker, missing)
    return _find_team(kind, team_kind, situation, book, rule)


def pick_team(kind: TeamKind, situation: Situation, book: RoutingBook) -> TeamRef | None:
    """The member's team of that kind for this place: its residence, its agency, or all."""
    agency_id = situation.agency.id if situation.agency else None
    fitting = [
        team
        for team in book.teams.get(kind, ())
        if team.organisation.id == book.member.id
        and team.agency_id in {None, agency_id}
        and (team.residence_ids is None or situation.residence_id in team.residence_ids)
    ]
    # The nearest first: its own residences, then its own agency, then the whole member.
    return min(
        fitting,
        key=lambda team: (team.residence_ids is None, team.agency_id is None, team.id),
        default=None,
    )


def agency_team(situation: Situation, book: RoutingBook) -> TeamRef | None:
    """The team of the residence's agency; None when the agency or its team is unknown."""
    if situation.agency is None:
        return None
    return next(
        (
            team
            for team in book.teams.get(TeamKind.AGENCY, ())
            if team.agency_id == situation.agency.id
        ),
        None,
    )


def find_contract(situation: Situation, book: RoutingBook, priority: Priority) -> Attempt:
    """The contract in force for the category's equipment in that residence, on that date.

    A P0 needs a contractor who answers now, and so does a P1 at on-call time; a P1 by day may
    wait for an opening before its due instant (the lunch break). P2-P4 wait for the opening.
    """
    equipment = situation.category.equipment
    if equipment is None:
        return Attempt(None, (Step("no_equipment", {"category": situation.category.label}),))
    if situation.residence_id is None:
        return Attempt(None, (Step("residence_unknown", {"equipment": equipment}),))
    rejected: list[Step] = []
    for contract in book.contracts.get(equipment, ()):
        covered = contract.residence_ids
        if covered is not None and situation.residence_id not in covered:
            continue
        reason = _contract_unfit(contract, situation, priority)
        if reason is None:
            awake = _answers_now(contract, situation)
            found = Found(
                DestinationKind.CONTRACTOR_BY_CONTRACT,
                contract.contractor,
                None,
                awake=awake,
                contract=contract,
            )
            return Attempt(found, tuple(rejected))
        rejected.append(reason)
    if not rejected:
        params = {"equipment": equipment, "residence": situation.residence_name}
        rejected.append(Step("no_contract", params))
    return Attempt(None, tuple(rejected))


def _contract_unfit(contract: Contract, situation: Situation, priority: Priority) -> Step | None:
    called = paris_date(situation.instant)
    name = contract.contractor.name
    if not contract.contractor.active:
        return Step("contract_firm_off", {"name": name})
    if called < contract.starts_on:
        params = {"name": name, "from": contract.starts_on.isoformat()}
        return Step("contract_not_started", params)
    if contract.ends_on is not None and contract.ends_on < called:
        return Step("contract_expired", {"name": name, "until": contract.ends_on.isoformat()})
    if not priority.is_urgent or _answers_now(contract, situation):
        return None
    opens = next_open(contract.calendar, situation.instant)
    if priority is Priority.P1 and not situation.is_on_call_time:
        target = target_for(situation.category, priority)
        if opens < due_at(target, situation.instant, (), contract.calendar):
            return None
    return Step("contract_closed", {"name": name, "opens": opens.isoformat()})


def _answers_now(contract: Contract, situation: Situation) -> bool:
    return contract.on_call or is_open(contract.calendar, situation.instant)


def _find_syndic(situation: Situation, book: RoutingBook) -> Attempt:
    """The building's syndic; the landlord's own co-ownership team when it is its own syndic."""
    syndic = situation.syndic
    if syndic is None:
        return Attempt(None, (Step("syndic_unknown", {"residence": situation.residence_name}),))
    if syndic.id == book.member.id:
        team = pick_team(TeamKind.CO_OWNERSHIP, situation, book)
        missing = Step("team_missing", {"kind": TeamKind.CO_OWNERSHIP})
        return _team_or(DestinationKind.SYNDIC, team, missing)
    if not syndic.active:
        return Attempt(None, (Step("organisation_off", {"name": syndic.name}),))
    return Attempt(Found(DestinationKind.SYNDIC, syndic, None, awake=syndic.on_call))


def _find_team(
    kind: DestinationKind,
    team_kind: TeamKind | None,
    situation: Situation,
    book: RoutingBook,
    rule: Rule | None,
) -> Attempt:
    """A team named by the rule, else the member's team of that kind, else its on-call service."""
    if rule is not None and rule.kind is kind and rule.team_id is not None:
        named = book.teams_by_id.get(rule.team_id)
        return _team_or(kind, named, Step("team_gone", {"rule": rule.name}))
    wanted = TeamKind.ON_CALL if kind is DestinationKind.ON_CALL else team_kind
    if wanted is None:
        return Attempt(None, (Step("team_missing", {"kind": ""}),))
    missing = Step("team_missing", {"kind": wanted})
    return _team_or(kind, pick_team(wanted, situation, book), missing)


def _found_or(
    kind: DestinationKind, organisation: OrganisationRef | None, team: TeamRef | None, code: str
) -> Attempt:
    if organisation is None:
        return Attempt(None, (Step(code),))
    if not organisation.active:
        return Attempt(None, (Step("organisation_off", {"name": organisation.name}),))
    return Attempt(Found(kind, organisation, team, awake=organisation.on_call))


def _team_or(kind: DestinationKind, team: TeamRef | None, missing: Step) -> Attempt:
    if team is None:
        return Attempt(None, (missing,))
    awake = team.on_call or team.kind is TeamKind.ON_CALL or kind is DestinationKind.ON_CALL
    return Attempt(Found(kind, team.organisation, team, awake=awake))


def _indexed(rules: Iterable[Rule]) -> dict[str, tuple[tuple[int, Rule], ...]]:
    by_key: dict[str, list[tuple[int, Rule]]] = defaultdict(list)
    for place, rule in enumerate(sorted(rules, key=precedence)):
        by_key[_key(rule)].append((place, rule))
    return {key: tuple(group) for key, group in by_key.items()}


def _best_first(contract: Contract) -> tuple[bool, int, int]:
    """A contract for named residences before one for all; the latest start first."""
    return (contract.residence_ids is None, -contract.starts_on.toordinal(), contract.id)


def _key(rule: Rule) -> str:
    if rule.category is not None:
        return rule.category
    if rule.equipment is not None:
        return f"={rule.equipment}"
    if rule.family is not None:
        return f"{rule.family}-*"
    return _ANY
