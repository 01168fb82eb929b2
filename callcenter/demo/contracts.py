"""The maintenance contracts of the demonstration: what each firm looks after, some run out."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.demo.cast import Firm
from callcenter.demo.founding import Founded
from callcenter.demo.places import Place
from callcenter.estate.models import ContractResidence, MaintenanceContract, Residence
from callcenter.members.models import Organisation

_OFFICE_WEEK: Final[dict[str, Any]] = {
    day: [["08:00", "12:00"], ["13:30", "17:30"]] for day in ("mon", "tue", "wed", "thu", "fri")
}


def write_contracts(
    member: Founded,
    residences: Sequence[tuple[Place, Residence]],
    firm: Firm,
    organisation: Organisation,
) -> None:
    """Write the firm's contracts, one for each equipment; some have run out."""
    today = clock.today()
    ends = date(today.year + 1, 12, 31)
    if firm.ended_days_ago is not None:
        ends = today - timedelta(days=firm.ended_days_ago)
    for equipment in firm.equipment:
        fitted = [residence for place, residence in residences if _needs(place, equipment)]
        contract = MaintenanceContract(
            member_id=member.id,
            contractor_id=organisation.id,
            equipment=equipment,
            reference=f"{equipment[:3].upper()}-{today.year - 2}-{organisation.id % 100:02}",
            starts_on=date(today.year - 2, 1, 1),
            ends_on=ends,
            around_the_clock=firm.around_the_clock,
            on_call=firm.on_call,
            weekly_hours={} if firm.around_the_clock else _OFFICE_WEEK,
            phone=firm.mobile or firm.phone,
            email=firm.email,
        )
        db.session.add(contract)
        db.session.flush()
        db.session.add_all(
            ContractResidence(
                member_id=member.id, contract_id=contract.id, residence_id=residence.id
            )
            for residence in fitted[firm.first :: firm.every]
        )


def _needs(place: Place, equipment: str) -> bool:
    """Say whether the residence has such equipment of the landlord's."""
    match equipment:
        case "lift":
            return place.has_lift
        case "collective_heating":
            return place.heating == "collective"
        case "individual_boiler":
            return place.heating != "collective"
        case "grounds":
            return place.buildings > 1
        case _:
            return True
