"""Maintenance contracts by the day they end: what a manager must renew in time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Select, exists, func, or_, select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.estate.care import Care
from callcenter.estate.models import ContractResidence, MaintenanceContract
from callcenter.members.models import Organisation

# Days before a contract's end from which it is flagged: time for a short tender.
NOTICE_DAYS = 90
MAX_CONTRACTS = 1000


@dataclass(frozen=True, slots=True)
class ContractLine:
    """A contract as the list shows it; ``residences`` is how many it names."""

    contract_id: int
    member_id: int
    contractor_name: str
    equipment: str
    reference: str
    starts_on: date
    ends_on: date | None
    around_the_clock: bool
    on_call: bool
    every_residence: bool
    residences: int

    def expired(self, today: date) -> bool:
        """Say whether its last day is past."""
        return self.ends_on is not None and self.ends_on < today

    def ending(self, today: date) -> bool:
        """Say whether it still runs but ends within the notice."""
        if self.ends_on is None or self.ends_on < today:
            return False
        return self.ends_on <= today + timedelta(days=NOTICE_DAYS)


def list_contracts(member_ids: Collection[int], care: Care = None) -> tuple[ContractLine, ...]:
    """Return the members' contracts, the first to end first, those without an end last.

    ``care``: the residences that a caretaker is limited to. One statement.
    """
    covered = (
        ContractResidence.member_id == MaintenanceContract.member_id,
        ContractResidence.contract_id == MaintenanceContract.id,
    )
    statement = (
        select(
            MaintenanceContract.id,
            MaintenanceContract.member_id,
            Organisation.name,
            MaintenanceContract.equipment,
            MaintenanceContract.reference,
            MaintenanceContract.starts_on,
            MaintenanceContract.ends_on,
            MaintenanceContract.around_the_clock,
            MaintenanceContract.on_call,
            MaintenanceContract.every_residence,
            select(func.count(ContractResidence.id))
            .where(*covered)
            .correlate(MaintenanceContract)
            .scalar_subquery(),
        )
        .join(Organisation, Organisation.id == MaintenanceContract.contractor_id)
        .where(MaintenanceContract.member_id.in_(member_ids))
        .order_by(MaintenanceContract.ends_on.asc().nulls_last(), MaintenanceContract.id)
        .limit(MAX_CONTRACTS)
    )
    if care is not None:
        statement = statement.where(
            or_(
                MaintenanceContract.every_residence,
                exists().where(*covered, ContractResidence.residence_id.in_(care)),
            )
        )
    return tuple(ContractLine(*row) for row in db.session.execute(statement))


def contracts_to_renew(member_ids: Collection[int]) -> Select[int]:
    """Return the count of contracts that end within the notice, or ended as short a time ago.

    An older one has been dealt with or never will be: it stays in the list, not in the count.
    """
    today, notice = clock.today(), timedelta(days=NOTICE_DAYS)
    return select(func.count()).where(
        MaintenanceContract.member_id.in_(member_ids),
        MaintenanceContract.ends_on.between(today - notice, today + notice),
    )
