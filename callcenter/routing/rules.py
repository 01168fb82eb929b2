"""The routing decision: where a ticket goes, by when, and why, as a pure function.

``RoutingBook`` is a member's rules, contracts and teams, indexed once; ``decide`` reads it. The
order of things, as the trade has it:

1. the home of another member is handed over to that member;
2. the answers to the triage questions set the priority; the most specific rule that applies
   (see ``rule_sets``) names a kind of destination and may change the priority;
3. a fault in the common parts of a co-owned building is its syndic's, the landlord informed,
   unless the rule itself speaks of ownership or of that one residence, and unless it is a P0;
4. a kind becomes an organisation and a team (see ``destinations``). What can't be found, is
   expired, or sleeps at night while P0-P1 can't wait, is set aside with its reason, and the next
   of its fall-backs is tried. P0-P1 at night end with the on-call service, P2-P4 never do;
5. last of all comes the platform's triage: there is always a destination.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from callcenter.members.calendar_rules import is_open, next_open
from callcenter.members.clock_rules import SAME_CALL, Target, due_at
from callcenter.routing.catalogue_types import AnswerOutcome, apply_answers, target_for
from callcenter.routing.destinations import (
    Found,
    RoutingBook,
    agency_team,
    build_book,
    find_contract,
    pick_team,
    resolve,
)
from callcenter.routing.rule_sets import (
    failed_condition,
    is_syndics,
    specificity,
    under_warranty,
    warranty_end,
    warranty_of,
)
from callcenter.routing.rule_types import Decision, Informed, Rule, Situation, Step
from callcenter.routing.states import (
    DestinationKind,
    Family,
    Hours,
    Priority,
    Service,
    TeamKind,
    Warranty,
)

__all__ = ["RoutingBook", "build_book", "decide"]

# Near misses are worth telling only while they can be read.
_MOST_REJECTED_RULES: Final = 5

_MAINTENANCE: Final = (DestinationKind.MEMBER_TEAM, TeamKind.MAINTENANCE)
_CO_OWNERSHIP: Final = (DestinationKind.MEMBER_TEAM, TeamKind.CO_OWNERSHIP)
_AGENCY: Final = (DestinationKind.AGENCY, None)
_ON_CALL: Final = (DestinationKind.ON_CALL, None)
_TRIAGE: Final = (DestinationKind.TRIAGE, None)

# Who stands in, in working hours, when a destination can't be found.
_STAND_INS: Final[dict[DestinationKind, tuple[tuple[DestinationKind, TeamKind | None], ...]]] = {
    DestinationKind.CONTRACTOR_BY_CONTRACT: (_MAINTENANCE, _AGENCY),
    DestinationKind.ORGANISATION: (_MAINTENANCE, _AGENCY),
    DestinationKind.ON_CALL: (_MAINTENANCE, _AGENCY),
    DestinationKind.SYNDIC: (_CO_OWNERSHIP, _AGENCY),
    DestinationKind.CARETAKER: (_AGENCY,),
    DestinationKind.MEMBER_TEAM: (_AGENCY,),
}
_AWAKE_KINDS: Final = frozenset(
    {DestinationKind.CALL_AGENT, DestinationKind.SIGNPOST, DestinationKind.TRIAGE}
)


@dataclass(slots=True)
class _Trail:
    """What the decision wants to say, gathered on the way."""

    steps: list[Step] = field(default_factory=list)
    rejected: list[Step] = field(default_factory=list)
    inform: list[Informed] = field(default_factory=list)

    def step(self, code: str, **params: Any) -> None:
        self.steps.append(Step(code, params))


def decide(situation: Situation, book: RoutingBook) -> Decision:
    """Route one call; never fails to find a destination. See the module for the order."""
    trail = _Trail()
    trail.steps.append(_subject(situation))
    outcome = apply_answers(situation.category, situation.answers)
    if situation.other_member is not None and situation.other_member.id != situation.member.id:
        found = Found(DestinationKind.OTHER_MEMBER, situation.other_member, None, awake=True)
        return _conclude(situation, book, outcome, outcome.priority, None, found, trail, SAME_CALL)
    for question, answer in outcome.changed_by:
        trail.step("answer", question=question, answer=answer, priority=outcome.priority)
    rule = _choose_rule(situation, book, outcome.priority, trail)
    priority = outcome.priority
    if rule is not None and rule.priority_override not in {None, priority}:
        priority = rule.priority_override or priority
        trail.step("priority_by_rule", priority=priority, rule=rule.name)
    kind = _kind_for(situation, rule, priority, trail)
    found = _first_found(situation, book, rule, kind, priority, trail)
    _inform(situation, book, found, priority, trail)
    return _conclude(situation, book, outcome, priority, rule, found, trail, None)


def _subject(situation: Situation) -> Step:
    category = situation.category
    return Step(
        "subject",
        {
            "category": category.short_label,
            "code": category.code,
            "location": situation.location,
            "residence": situation.residence_name,
            "building": situation.building,
            "dwelling": situation.dwelling_number,
            "ownership": situation.ownership,
            "member": situation.member.name,
            "syndic": situation.syndic.name if situation.syndic else None,
        },
    )


def _choose_rule(
    situation: Situation, book: RoutingBook, priority: Priority, trail: _Trail
) -> Rule | None:
    """The first rule that applies, in order of precedence; near misses are noted."""
    chosen: Rule | None = None
    misses: list[Step] = []
    for rule in book.candidates(situation.category):
        reason = failed_condition(rule, situation, priority)
        if reason is None and rule.contract_required:
            attempt = find_contract(situation, book, priority)
            reason = None if attempt.found else "contract_required"
        if reason is None and chosen is None:
            chosen = rule
        elif reason is None and specificity(rule) > 0:
            misses.append(Step("rule_less_specific", {"id": rule.id, "rule": rule.name}))
        elif reason is not None and rule.category is not None:
            misses.append(
                Step("rule_not_met", {"id": rule.id, "rule": rule.name, "condition": reason})
            )
        if len(misses) >= _MOST_REJECTED_RULES and chosen is not None:
            break
    trail.rejected.extend(misses[:_MOST_REJECTED_RULES])
    if chosen is None:
        trail.step("no_rule")
    else:
        trail.step("rule", id=chosen.id, rule=chosen.name)
    return chosen


def _kind_for(
    situation: Situation, rule: Rule | None, priority: Priority, trail: _Trail
) -> DestinationKind:
    """The rule's kind of destination, unless the common parts are a syndic's."""
    if rule is None:
        return DestinationKind.TRIAGE
    if under_warranty(situation) and rule.under_warranty and situation.completed_on:
        trail.step("warranty", until=warranty_end(situation.completed_on).isoformat())
    if not is_syndics(situation):
        return rule.kind
    if rule.ownership is not None or rule.residence_id is not None:
        trail.step("condo_rule", rule=rule.name)
        return rule.kind
    if priority is Priority.P0:
        return rule.kind
    trail.step("condo_common", syndic=situation.syndic.name if situation.syndic else None)
    if rule.kind is not DestinationKind.SYNDIC:
        trail.rejected.append(Step("common_parts", {"kind": rule.kind}))
    return DestinationKind.SYNDIC


def _ways(
    situation: Situation, rule: Rule | None, kind: DestinationKind, priority: Priority
) -> Iterator[tuple[DestinationKind, TeamKind | None]]:
    """The destination wanted, then its stand-ins in order, the triage last."""
    yield kind, rule.team_kind if rule and rule.kind is kind else None
    if priority.is_urgent and (situation.is_on_call_time or priority is Priority.P0):
        yield _ON_CALL
    if not (priority.is_urgent and situation.is_on_call_time):
        if situation.service is Service.SYNDIC:
            yield _CO_OWNERSHIP
        elif situation.service is Service.TENANTS and not situation.category.restricted:
            yield from _STAND_INS.get(kind, ())
    yield _TRIAGE


def _first_found(
    situation: Situation,
    book: RoutingBook,
    rule: Rule | None,
    kind: DestinationKind,
    priority: Priority,
    trail: _Trail,
) -> Found:
    """Try each way; what is set aside leaves its reason. The triage always answers."""
    at_night = priority.is_urgent and situation.is_on_call_time
    tried: set[tuple[DestinationKind, TeamKind | None]] = set()
    for way in _ways(situation, rule, kind, priority):
        if way in tried:
            continue
        first = not tried
        tried.add(way)
        if way[0] is DestinationKind.ON_CALL and not priority.is_urgent:
            trail.rejected.append(Step("never_on_call", {"priority": priority}))
            continue
        attempt = resolve(way, situation, book, rule if first else None, priority)
        trail.rejected.extend(attempt.rejected)
        if attempt.found is None:
            continue
        asked_at_night = first and rule is not None and rule.hours is Hours.ON_CALL
        if at_night and not attempt.found.awake and not asked_at_night:
            _set_aside_for_the_night(attempt.found, trail)
            continue
        if not first:
            trail.step("stand_in", kind=way[0])
        return attempt.found
    return Found(DestinationKind.TRIAGE, book.triage, book.triage_team, awake=True)


def _set_aside_for_the_night(found: Found, trail: _Trail) -> None:
    name = found.team.name if found.team else found.organisation.name
    trail.rejected.append(Step("asleep", {"name": name}))
    trail.inform.append(Informed(found.organisation, found.team, "day_handler"))


def _inform(
    situation: Situation, book: RoutingBook, found: Found, priority: Priority, trail: _Trail
) -> None:
    """Who must be told: landlord, syndic, development department."""
    told = {
        (entry.organisation.id, entry.team.id if entry.team else None) for entry in trail.inform
    }

    def tell(entry: Informed) -> None:
        key = (entry.organisation.id, entry.team.id if entry.team else None)
        handles = (found.organisation.id, found.team.id if found.team else None)
        if key not in told and key != handles:
            told.add(key)
            trail.inform.append(entry)

    if found.kind is DestinationKind.SYNDIC and found.organisation.id != situation.member.id:
        tell(Informed(situation.member, agency_team(situation, book), "landlord"))
    elif is_syndics(situation) and situation.syndic is not None and situation.syndic.active:
        tell(Informed(situation.syndic, None, "syndic"))
    reason = _warranty_told(situation, priority, trail)
    team = pick_team(TeamKind.DEVELOPMENT, situation, book) if reason else None
    if reason and team is not None:
        tell(Informed(team.organisation, team, reason))


def _warranty_told(situation: Situation, priority: Priority, trail: _Trail) -> str:
    """Why the development department is told: works under warranty. "" when they aren't.

    What the completion warranty covers and can wait goes to it by rule.
    """
    if situation.category.family is not Family.TECHNICAL or situation.completed_on is None:
        return ""
    warranty = warranty_of(situation)
    if warranty in {Warranty.EQUIPMENT, Warranty.STRUCTURE}:
        until = warranty_end(situation.completed_on, warranty).isoformat()
        trail.step(f"warranty_{warranty}", until=until)
        return f"warranty_{warranty}"
    return "warranty" if priority.is_urgent and under_warranty(situation) else ""


def _conclude(
    situation: Situation,
    book: RoutingBook,
    outcome: AnswerOutcome,
    priority: Priority,
    rule: Rule | None,
    found: Found,
    trail: _Trail,
    target: Target | None,
) -> Decision:
    target = target or target_for(situation.category, priority)
    due = due_at(target, situation.instant, (), book.calendar)
    trail.steps.append(_destination(found))
    waits = not target.around_the_clock and not is_open(book.calendar, situation.instant)
    if waits:
        opens = next_open(book.calendar, situation.instant)
        trail.step("waits", priority=priority, opens=opens.isoformat())
    trail.step(
        "promise",
        amount=target.amount,
        unit=target.unit,
        priority=priority,
        due=due.isoformat(),
        calendar="24/7" if target.around_the_clock else book.calendar.name,
    )
    for entry in trail.inform:
        name = entry.team.name if entry.team else entry.organisation.name
        trail.step("inform", name=name, member=entry.organisation.name, reason=entry.reason)
    warranty = rule is not None and bool(rule.under_warranty) and under_warranty(situation)
    return Decision(
        destination_kind=found.kind,
        organisation_id=found.organisation.id,
        organisation_name=found.organisation.name,
        team_id=found.team.id if found.team else None,
        team_name=found.team.name if found.team else "",
        priority=priority,
        target=target,
        due_at=due,
        rule_id=rule.id if rule else None,
        contract_id=found.contract.id if found.contract else None,
        steps=tuple(trail.steps),
        rejected=tuple(trail.rejected),
        inform=tuple(trail.inform),
        suggested_category=outcome.switch_to or ("T-GPA" if warranty else None),
        advice=(*outcome.urgent_advice, *outcome.advice),
        no_ticket=outcome.no_ticket or not situation.category.opens_ticket,
    )


def _destination(found: Found) -> Step:
    params: dict[str, Any] = {
        "kind": found.kind,
        "organisation": found.organisation.name,
        "team": found.team.name if found.team else "",
    }
    if found.contract is not None:
        params |= {
            "contract": found.contract.id,
            "always": found.contract.calendar.always_open,
            "on_call": found.contract.on_call,
            "until": found.contract.ends_on.isoformat() if found.contract.ends_on else None,
        }
    return Step("destination", params)
