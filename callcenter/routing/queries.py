"""A member's routing book and categories, loaded once and kept until something changes.

A decision at the desk must not read hundreds of rows each time. The book is kept in the
process under the member's routing stamp, a number that database triggers raise whenever a
rule, category, team, contract, calendar or organisation of that member changes, whoever changes it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, bindparam, select

from callcenter.core import stamps
from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.estate.models import ContractResidence, MaintenanceContract
from callcenter.members.calendar_rules import ALWAYS_OPEN, Calendar
from callcenter.members.clock_rules import Target, TargetUnit
from callcenter.members.hours_rules import WeeklyHours
from callcenter.members.models import Calendar as CalendarRow
from callcenter.members.models import ClosingDay, Organisation, Team
from callcenter.members.queries import calendar_of
from callcenter.routing.catalogue_types import Category
from callcenter.routing.category_rows import category_from
from callcenter.routing.destinations import RoutingBook, build_book
from callcenter.routing.models import Category as CategoryRow
from callcenter.routing.models import RoutingRule, RoutingStamp, RoutingVersion, ServiceTarget
from callcenter.routing.promises import OwnTarget, OwnTargets, main_targets
from callcenter.routing.rule_rows import rule_from, rule_from_snapshot
from callcenter.routing.rule_types import Contract, OrganisationRef, TeamRef
from callcenter.routing.states import Equipment, Priority, Service, Stage, TeamKind

# The platform's triage stands behind another wall; in a decision it is a place, not a row.
TRIAGE = OrganisationRef(0, "Plateforme")


@dataclass(frozen=True, slots=True)
class OfferedCategory:
    """A category in service, with its row's number."""

    id: int
    active: bool
    category: Category


@dataclass(frozen=True, slots=True)
class MemberRouting:
    """All that routing knows of a member at one stamp.

    ``version`` is the number of the rules in force; 0 for a draft.
    """

    stamp: int
    book: RoutingBook
    categories: tuple[OfferedCategory, ...]
    organisations: Mapping[int, OrganisationRef]
    version: int
    own_targets: OwnTargets = field(default_factory=dict)
    # By number, and the main one under None.
    calendars: Mapping[int | None, Calendar] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def category(self, category_id: int) -> OfferedCategory:
        """Return a category of this member; NotFound for another's, or one switched off."""
        for offered in self.categories:
            if offered.id == category_id and offered.active:
                return offered
        raise NotFound


_kept: WeakKeyDictionary[Engine, dict[int, MemberRouting]] = WeakKeyDictionary()


_STAMP: Final = select(RoutingStamp.version).where(RoutingStamp.member_id == bindparam("member_id"))


def get_routing(member_id: int) -> MemberRouting:
    """Return the member's routing, from memory when nothing changed: no statement, or eight."""
    stamp = stamps.known(member_id)
    if stamp is None:
        stamp = db.session.scalar(_STAMP, {"member_id": member_id}) or 0
    return _at_stamp(member_id, stamp)


def _at_stamp(member_id: int, stamp: int) -> MemberRouting:
    engine = db.engine
    kept = _kept.setdefault(engine, {}).get(member_id)
    if kept is not None and kept.stamp == stamp:
        return kept
    loaded = _load(member_id, stamp)
    _kept[engine][member_id] = loaded
    return loaded


def get_draft_routing(member_id: int) -> MemberRouting:
    """Return the member's routing under its unpublished rules. One statement more."""
    routing = get_routing(member_id)
    rows = db.session.scalars(
        select(RoutingRule).where(RoutingRule.member_id == member_id, RoutingRule.active)
    )
    rules = [rule_from(row, routing.organisations) for row in rows]
    return replace(routing, book=routing.book.with_rules(rules), version=0)


def get_routings(member_ids: Iterable[int]) -> dict[int, MemberRouting]:
    """Return the routing of several members: one statement at most when nothing changed."""
    wanted = list(member_ids)
    known = {number: stamp for number in wanted if (stamp := stamps.known(number)) is not None}
    unknown = [number for number in wanted if number not in known]
    if unknown:
        known |= {
            row.member_id: row.version
            for row in db.session.execute(
                select(RoutingStamp.member_id, RoutingStamp.version).where(
                    RoutingStamp.member_id.in_(unknown)
                )
            )
        }
    return {number: _at_stamp(number, known.get(number, 0)) for number in wanted}


def list_categories(member_id: int, service: Service) -> Sequence[OfferedCategory]:
    """Return the categories that a line of this service offers, in the catalogue's order."""
    return [
        offered
        for offered in get_routing(member_id).categories
        if offered.active and service in offered.category.services
    ]


def _load(member_id: int, stamp: int) -> MemberRouting:
    organisations = {
        row.id: row
        for row in db.session.scalars(
            select(Organisation).where(Organisation.member_id == member_id)
        )
    }
    if member_id not in organisations:
        raise NotFound
    refs = {
        number: OrganisationRef(number, row.name, row.answers_at_night, row.active)
        for number, row in organisations.items()
    }
    calendars = _calendars(member_id)
    main = next((calendar for row, calendar in calendars.values() if row.main), ALWAYS_OPEN)
    in_force = db.session.scalar(
        select(RoutingVersion)
        .where(RoutingVersion.member_id == member_id)
        .order_by(RoutingVersion.number.desc())
        .limit(1)
    )
    rows = db.session.scalars(
        select(CategoryRow).where(CategoryRow.member_id == member_id).order_by(CategoryRow.position)
    ).all()
    book = build_book(
        member=refs[member_id],
        triage=TRIAGE,
        calendar=main,
        rules=[rule_from_snapshot(kept, refs) for kept in in_force.rules] if in_force else [],
        contracts=_contracts(member_id, refs, {n: c for n, (_, c) in calendars.items()}),
        teams=_teams(member_id, refs),
    )
    own = get_own_targets(member_id, {row.id: row.code for row in rows})
    categories = tuple(
        OfferedCategory(row.id, row.active, with_own_targets(category_from(row), own))
        for row in rows
    )
    version = in_force.number if in_force else 0
    return MemberRouting(
        stamp,
        book,
        categories,
        refs,
        version,
        own,
        {None: main} | {number: calendar for number, (_, calendar) in calendars.items()},
        organisations[member_id].settings,
    )


def with_own_targets(category: Category, own: OwnTargets) -> Category:
    """Return the category with the main promise as the member makes it."""
    return replace(category, targets=main_targets(own, category)) if own else category


def get_own_targets(member_id: int, codes: Mapping[int, str]) -> OwnTargets:
    """Return a member's own targets; ``codes`` of its categories by their number."""
    return {
        (
            Stage(row.stage),
            codes[row.category_id] if row.category_id is not None else "",
            Priority(row.priority),
        ): OwnTarget(
            Target(row.amount, TargetUnit(row.unit)) if row.amount is not None else None,
            row.calendar_id,
        )
        for row in db.session.scalars(
            select(ServiceTarget).where(ServiceTarget.member_id == member_id)
        )
    }


def _calendars(member_id: int) -> dict[int, tuple[CalendarRow, Calendar]]:
    rows = db.session.scalars(select(CalendarRow).where(CalendarRow.member_id == member_id)).all()
    days = db.session.scalars(select(ClosingDay).where(ClosingDay.member_id == member_id)).all()
    return {row.id: (row, calendar_of(row, days)) for row in rows}


def _teams(member_id: int, refs: dict[int, OrganisationRef]) -> list[TeamRef]:
    rows = db.session.scalars(
        select(Team).where(Team.member_id == member_id, Team.active).order_by(Team.id)
    )
    return [
        TeamRef(
            row.id,
            row.name,
            refs[row.organisation_id],
            TeamKind(row.kind),
            agency_id=row.agency_id,
            on_call=row.kind == TeamKind.ON_CALL,
        )
        for row in rows
    ]


def _contracts(
    member_id: int, refs: dict[int, OrganisationRef], calendars: dict[int, Calendar]
) -> list[Contract]:
    covered: dict[int, set[int]] = {}
    for contract_id, residence_id in db.session.execute(
        select(ContractResidence.contract_id, ContractResidence.residence_id).where(
            ContractResidence.member_id == member_id
        )
    ):
        covered.setdefault(contract_id, set()).add(residence_id)
    known = {equipment.value for equipment in Equipment}
    return [
        Contract(
            row.id,
            refs[row.contractor_id],
            Equipment(row.equipment),
            row.starts_on,
            row.ends_on,
            _contract_hours(row, calendars),
            None if row.every_residence else frozenset(covered.get(row.id, ())),
            row.on_call,
        )
        for row in db.session.scalars(
            select(MaintenanceContract).where(MaintenanceContract.member_id == member_id)
        )
        if row.equipment in known
    ]


def _contract_hours(row: MaintenanceContract, calendars: dict[int, Calendar]) -> Calendar:
    if row.around_the_clock:
        return ALWAYS_OPEN
    if row.calendar_id is not None and row.calendar_id in calendars:
        return calendars[row.calendar_id]
    if row.weekly_hours:
        return Calendar(WeeklyHours.from_json(row.weekly_hours))
    return ALWAYS_OPEN
