"""Apply a file of maintenance contracts: contractors on the way; what disappears is ended."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert, select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.estate.applying.outcome import SAMPLES, Applied, Doubt, Refusal
from callcenter.estate.applying.staging import VERSION, Progress
from callcenter.estate.importing.records import ContractRecord, fingerprint
from callcenter.estate.models import ContractResidence, MaintenanceContract, Residence
from callcenter.estate.words import EQUIPMENT
from callcenter.members.models import Organisation
from callcenter.members.states import OrganisationKind

SUSPICIOUS_SHARE = 0.2
_FEW = 3


def apply_contracts(
    member_id: int, records: Iterable[Any], progress: Progress, *, closes: bool = True
) -> Applied:
    """Bring the member's contracts to what the file says.

    Contracts are few (a contractor, an equipment, an area): they go through the session, one by
    one. A residence that nobody knows refuses the row as a whole: covering the others only
    would leave the missing one without its contractor, unseen.
    """
    done = Applied(samples={"added": [], "changed": [], "closed": []})
    residences = {
        row.code: row.id
        for row in db.session.execute(
            select(Residence.code, Residence.id).where(Residence.member_id == member_id)
        )
    }
    contractors = {
        o.name: o.id
        for o in db.session.execute(
            select(Organisation.name, Organisation.id).where(Organisation.member_id == member_id)
        )
    }
    known = {
        contract.import_key: contract
        for contract in db.session.scalars(
            select(MaintenanceContract).where(
                MaintenanceContract.member_id == member_id, MaintenanceContract.import_key != ""
            )
        )
    }
    seen: set[str] = set()
    for place, record in enumerate(records, start=1):
        progress(place)
        unknown = [code for code in record.residences if code not in residences]
        seen.add(record.key)
        if unknown:
            done.refusals.append(
                Refusal(record.line, "residences", ", ".join(unknown[:10]), "unknown_residence")
            )
            continue
        contractor_id = contractors.get(record.contractor)
        if contractor_id is None:
            contractor_id = contractors[record.contractor] = _contractor(member_id, record)
            done.count("contractors_added", 1)
        news = _write(member_id, record, contractor_id, residences, known.get(record.key))
        done.count(news, 1)
        if news in done.samples and len(done.samples[news]) < SAMPLES:
            done.samples[news].append(f"{record.contractor} · {_equipment(record.equipment)}")
    _end_missing(known, seen, done, closes=closes)
    db.session.flush()
    return done


def _equipment(code: str) -> str:
    return str(EQUIPMENT.get(code, code))


def _contractor(member_id: int, record: ContractRecord) -> int:
    contractor = Organisation(
        member_id=member_id,
        kind=OrganisationKind.CONTRACTOR,
        name=record.contractor,
        short_name=record.contractor,
        phone=record.phone,
        email=record.email,
    )
    db.session.add(contractor)
    db.session.flush()
    return contractor.id


def _write(
    member_id: int,
    record: ContractRecord,
    contractor_id: int,
    residences: dict[str, int],
    contract: MaintenanceContract | None,
) -> str:
    digest = VERSION + fingerprint(record)
    if contract is not None and contract.import_digest == digest:
        return "unchanged"
    said: dict[str, Any] = {
        "contractor_id": contractor_id,
        "equipment": record.equipment,
        "reference": record.reference,
        "starts_on": record.starts_on,
        "ends_on": record.ends_on,
        "weekly_hours": record.weekly_hours,
        "around_the_clock": record.around_the_clock,
        "on_call": bool(record.on_call),
        "every_residence": record.every_residence,
        "phone": record.phone,
        "email": record.email,
        "import_digest": digest,
    }
    if contract is None:
        news = "added"
        contract = MaintenanceContract(member_id=member_id, import_key=record.key, **said)
        db.session.add(contract)
        db.session.flush()
    else:
        news = "changed"
        for name, value in said.items():
            setattr(contract, name, value)
        contract.version += 1
        db.session.execute(
            delete(ContractResidence).where(
                ContractResidence.member_id == member_id,
                ContractResidence.contract_id == contract.id,
            )
        )
    if record.residences:
        db.session.execute(
            insert(ContractResidence),
            [
                {
                    "member_id": member_id,
                    "contract_id": contract.id,
                    "residence_id": residences[code],
                }
                for code in record.residences
            ],
        )
    return news


def _end_missing(
    known: dict[str, MaintenanceContract], seen: set[str], done: Applied, *, closes: bool
) -> None:
    today = clock.today()
    running = [c for c in known.values() if c.ends_on is None or c.ends_on >= today]
    gone = [c for c in running if c.import_key not in seen] if closes else []
    for contract in gone:
        contract.ends_on = max(contract.starts_on, today - timedelta(days=1))
        contract.import_digest = ""
        contract.version += 1
        if len(done.samples["closed"]) < SAMPLES:
            done.samples["closed"].append(_equipment(contract.equipment))
    done.count("closed", len(gone))
    if len(gone) > max(_FEW, len(running) * SUSPICIOUS_SHARE):
        done.doubts.append(Doubt("closes_many", {"closed": len(gone), "open": len(running)}))
