"""Verbs of maintenance contracts written by hand. Flush at most.

The routing reads contracts from a book that the database stamps when one changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, insert, select

from callcenter.core.db import db
from callcenter.core.editing import create_once, lock_version, note, plain
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.estate.models import ContractResidence, MaintenanceContract, Residence
from callcenter.members.models import Organisation
from callcenter.members.states import OrganisationKind

MOST_CODES = 2_000


@dataclass(frozen=True, slots=True)
class ContractDetails:
    """What somebody writes of a contract. ``contractor`` names a firm that may be new."""

    contractor_id: int | None
    contractor: str
    equipment: str
    reference: str
    starts_on: date
    ends_on: date | None
    weekly_hours: dict[str, Any]
    around_the_clock: bool
    on_call: bool
    every_residence: bool
    codes: Sequence[str] = field(default=())
    phone: str = ""
    email: str = ""


def get_contract(contract_id: int) -> MaintenanceContract:
    """Return a contract of the actor's members; NotFound otherwise."""
    found = db.session.scalar(
        select(MaintenanceContract).where(MaintenanceContract.id == contract_id)
    )
    if found is None:
        raise NotFound
    return found


def list_codes(contract: MaintenanceContract) -> list[str]:
    """Return the codes of the residences that a contract names."""
    return list(
        db.session.scalars(
            select(Residence.code)
            .join(ContractResidence, ContractResidence.residence_id == Residence.id)
            .where(
                ContractResidence.member_id == contract.member_id,
                ContractResidence.contract_id == contract.id,
            )
            .order_by(Residence.code)
        )
    )


def list_contractors(member_id: int) -> dict[int, str]:
    """Return the member's contractors by number."""
    rows = db.session.execute(
        select(Organisation.id, Organisation.name)
        .where(
            Organisation.member_id == member_id, Organisation.kind == OrganisationKind.CONTRACTOR
        )
        .order_by(Organisation.name)
        .limit(1_000)
    )
    return {row.id: row.name for row in rows}


def add_contract(
    member_id: int, told: ContractDetails, token: UUID, actor: Actor
) -> MaintenanceContract:
    """Write a new contract; the same form again finds it.

    Raises UserError with its field for what can't be.
    """
    places = _check(member_id, told)

    def make() -> MaintenanceContract:
        contract = MaintenanceContract(
            member_id=member_id, contractor_id=_contractor(member_id, told), **_said(told)
        )
        db.session.add(contract)
        db.session.flush()
        _cover(contract, places)
        return contract

    return create_once(
        make,
        MaintenanceContract,
        token=token,
        actor=actor,
        action="contract.added",
        object_type="maintenance_contract",
        shown=("equipment", "starts_on", "ends_on"),
    )


def edit_contract(
    contract_id: int, seen_version: int, told: ContractDetails, actor: Actor
) -> MaintenanceContract:
    """Change a contract. Raises StaleError when somebody changed it since it was shown."""
    contract = get_contract(contract_id)
    lock_version(contract, seen_version, "maintenance_contract")
    places = _check(contract.member_id, told)
    changes: dict[str, Any] = {}
    said = {"contractor_id": _contractor(contract.member_id, told), **_said(told)}
    for name, value in said.items():
        before = getattr(contract, name)
        if before != value:
            changes[name] = [plain(before), plain(value)]
            setattr(contract, name, value)
    before_codes = list_codes(contract)
    if sorted(places) != before_codes:
        changes["residences"] = [len(before_codes), len(places)]
        db.session.execute(
            delete(ContractResidence).where(
                ContractResidence.member_id == contract.member_id,
                ContractResidence.contract_id == contract.id,
            )
        )
        _cover(contract, places)
    if changes:
        contract.version += 1
        db.session.flush()
        note(contract, actor, "contract.changed", "maintenance_contract", changes)
    return contract


def _said(told: ContractDetails) -> dict[str, Any]:
    return {
        "equipment": told.equipment,
        "reference": told.reference,
        "starts_on": told.starts_on,
        "ends_on": told.ends_on,
        "weekly_hours": {} if told.around_the_clock else told.weekly_hours,
        "around_the_clock": told.around_the_clock,
        "on_call": told.on_call,
        "every_residence": told.every_residence,
        "phone": told.phone,
        "email": told.email,
    }


def _check(member_id: int, told: ContractDetails) -> dict[str, int]:
    """Return the residences by code; UserError for a code that is nobody's, or an impossible span."""
    if told.ends_on and told.ends_on < told.starts_on:
        raise UserError(_("Le dernier jour est avant le premier."), field="ends_on")
    if told.every_residence:
        return {}
    codes = list(dict.fromkeys(told.codes))[:MOST_CODES]
    if not codes:
        raise UserError(
            _("Nommez au moins une résidence, ou cochez « Toutes les résidences »."),
            field="residences",
        )
    rows = db.session.execute(
        select(Residence.code, Residence.id).where(
            Residence.member_id == member_id, Residence.code.in_(codes)
        )
    )
    places = {row.code: row.id for row in rows}
    unknown = [code for code in codes if code not in places]
    if unknown:
        raise UserError(
            _("Codes de résidence inconnus : %(codes)s.", codes=", ".join(unknown[:10])),
            field="residences",
        )
    return places


def _contractor(member_id: int, told: ContractDetails) -> int:
    if told.contractor_id is not None and told.contractor_id in list_contractors(member_id):
        return told.contractor_id
    if not told.contractor:
        raise UserError(_("Choisissez le prestataire, ou nommez-en un."), field="contractor")
    known = db.session.scalar(
        select(Organisation.id).where(
            Organisation.member_id == member_id, Organisation.name == told.contractor
        )
    )
    if known is not None:
        return known
    firm = Organisation(
        member_id=member_id,
        kind=OrganisationKind.CONTRACTOR,
        name=told.contractor,
        short_name=told.contractor,
        phone=told.phone,
        email=told.email,
    )
    db.session.add(firm)
    db.session.flush()
    return firm.id


def _cover(contract: MaintenanceContract, places: dict[str, int]) -> None:
    if places:
        db.session.execute(
            insert(ContractResidence),
            [
                {
                    "member_id": contract.member_id,
                    "contract_id": contract.id,
                    "residence_id": residence_id,
                }
                for residence_id in places.values()
            ],
        )
