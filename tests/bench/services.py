"""What has no page of its own: the look-up inside the database, one routing decision."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import delete, func, select, text

from callcenter.core import clock
from callcenter.core.db import db, session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.estate.models import ContractResidence, MaintenanceContract, Residence
from callcenter.estate.queries import find_callers
from callcenter.members.models import Organisation
from callcenter.members.states import OrganisationKind, Service
from callcenter.routing.models import Category, RoutingRule
from callcenter.routing.rule_versions import publish_first
from callcenter.routing.services import RouteRequest, decide_route
from callcenter.routing.states import Location
from tests.bench.base import Base
from tests.bench.measures import Results, timed
from tests.bench.samples import Caller, Samples

RULES, CONTRACTS = 500, 300
_MARK = "bench"


def measure(base: Base, samples: Samples, results: Results, repeat: int) -> None:
    """Print the lines of the look-up by phone and of routing decisions."""
    app = base.app()
    members = frozenset(samples.lines)
    with app.app_context():
        with session_scope(Scope(member_ids=members)):
            results.times(
                "caller_lookup_query",
                timed([_lookup(caller, members) for caller in samples.callers[: repeat + 8]]),
            )
            results.times("caller_lookup_in_database", _in_database(samples, members, repeat))
        member = samples.callers[0].member_id
        callers = [caller for caller in samples.callers if caller.member_id == member]
        with _many_rules(member), session_scope(Scope(member_ids=frozenset({member}))):
            categories = db.session.scalars(
                select(Category.id).where(Category.member_id == member, Category.active)
            ).all()
            acts = [
                _decision(callers[n % len(callers)], categories[n % len(categories)])
                for n in range(repeat * 3 + 8)
            ]
            results.times("routing_decision", timed(acts), rules=RULES, contracts=CONTRACTS)
        db.session.remove()
        db.engine.dispose()


def _lookup(caller: Caller, members: frozenset[int]) -> Callable[[], object]:
    return lambda: find_callers(caller.number, members, caller.member_id)


def _in_database(samples: Samples, members: frozenset[int], repeat: int) -> list[float]:
    """The database's own time for finding who a number is, in seconds."""
    seconds = []
    for caller in samples.callers[:repeat]:
        plan = db.session.execute(
            text(
                "EXPLAIN (ANALYZE, FORMAT JSON) SELECT c.* FROM contact_phone AS p"
                " JOIN contact AS c ON c.member_id = p.member_id AND c.id = p.contact_id"
                " WHERE p.number = :number AND p.member_id = ANY (:members)"
            ),
            {"number": caller.number, "members": list(members)},
        ).scalar_one()
        seconds.append((plan[0]["Planning Time"] + plan[0]["Execution Time"]) / 1000)
    return seconds


def _decision(caller: Caller, category_id: int) -> Callable[[], object]:
    request = RouteRequest(
        member_id=caller.member_id,
        service=Service.TENANTS,
        category_id=category_id,
        location=Location.PRIVATE,
        dwelling_id=caller.dwelling_id,
        at=clock.now(),
    )
    return lambda: decide_route(request)


@contextmanager
def _many_rules(member: int) -> Iterator[None]:
    """Bring the member to 500 rules and 300 contracts; take the added ones away afterwards."""
    own = Scope(member_ids=frozenset({member}))
    with session_scope(own), transaction() as session:
        residences = session.scalars(
            select(Residence.id).where(Residence.member_id == member).order_by(Residence.id)
        ).all()
        codes = session.scalars(select(Category.code).where(Category.member_id == member)).all()
        contractors = session.scalars(
            select(Organisation.id).where(
                Organisation.member_id == member,
                Organisation.kind == OrganisationKind.CONTRACTOR,
            )
        ).all()
        have = session.scalar(
            select(func.count()).select_from(RoutingRule).where(RoutingRule.member_id == member)
        )
        for number in range(RULES - (have or 0)):
            session.add(
                RoutingRule(
                    member_id=member,
                    name=_MARK,
                    conditions={
                        "category": codes[number % len(codes)],
                        "residence_id": residences[number % len(residences)],
                    },
                    destination="organisation",
                    organisation_id=contractors[number % len(contractors)],
                )
            )
        have = session.scalar(
            select(func.count())
            .select_from(MaintenanceContract)
            .where(MaintenanceContract.member_id == member)
        )
        equipments = session.scalars(select(MaintenanceContract.equipment).distinct()).all()
        for number in range(CONTRACTS - (have or 0)):
            contract = MaintenanceContract(
                member_id=member,
                contractor_id=contractors[number % len(contractors)],
                equipment=equipments[number % len(equipments)],
                reference=_MARK,
                starts_on=clock.today() - timedelta(days=30),
            )
            session.add(contract)
            session.flush()
            session.add(
                ContractResidence(
                    member_id=member,
                    contract_id=contract.id,
                    residence_id=residences[number % len(residences)],
                )
            )
        session.flush()
        publish_first(member)
    try:
        yield
    finally:
        with session_scope(own), transaction() as session:
            session.execute(delete(RoutingRule).where(RoutingRule.name == _MARK))
            publish_first(member)
            session.execute(
                delete(MaintenanceContract).where(MaintenanceContract.reference == _MARK)
            )
