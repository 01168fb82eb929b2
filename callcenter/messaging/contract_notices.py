"""Telling a member's managers, by e-mail, of the contracts that are about to end."""

from collections.abc import Sequence
from datetime import timedelta

from flask_babel import force_locale, format_date, ngettext
from flask_babel import gettext as _
from sqlalchemy import or_, select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.permissions import Role
from callcenter.core.site import current_site
from callcenter.estate.contract_rules import FIRST_NOTICE, LAST_NOTICE, due_notice
from callcenter.estate.models import MaintenanceContract
from callcenter.estate.words import EQUIPMENT
from callcenter.members.accounts import User
from callcenter.members.models import Organisation
from callcenter.messaging.email_services import queue_email
from callcenter.messaging.email_states import EmailKind


def tell_ending_contracts(member_id: int) -> int:
    """Write to the managers of a member about contracts that end soon, once at each notice.

    Returns how many contracts were told of. What was told stands on the contract, in the
    transaction of the e-mail: nothing is told twice, and a new last day is news again. With
    nobody to tell, it waits for the first manager.
    """
    managers = db.session.scalars(
        select(User)
        .where(User.member_id == member_id, User.role == Role.MANAGER, User.active)
        .order_by(User.id)
    ).all()
    if not managers:
        return 0
    today = clock.today()
    contracts = []
    # Locked, and looked at again once locked: two clockworks tell it once.
    for contract in db.session.scalars(
        select(MaintenanceContract)
        .where(
            MaintenanceContract.member_id == member_id,
            MaintenanceContract.ends_on.between(today, today + timedelta(days=FIRST_NOTICE)),
            or_(
                MaintenanceContract.told_end.is_distinct_from(MaintenanceContract.ends_on),
                MaintenanceContract.told_days > LAST_NOTICE,
            ),
        )
        .order_by(MaintenanceContract.ends_on, MaintenanceContract.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ):
        notice = due_notice(today, contract.ends_on, contract.told_end, contract.told_days)
        if notice is not None:
            contract.told_end, contract.told_days = contract.ends_on, notice
            contracts.append(contract)
    if contracts:
        _write(member_id, managers, contracts)
    return len(contracts)


def _write(
    member_id: int, managers: Sequence[User], contracts: Sequence[MaintenanceContract]
) -> None:
    names = {
        row.id: row.name
        for row in db.session.execute(
            select(Organisation.id, Organisation.name).where(
                Organisation.id.in_({contract.contractor_id for contract in contracts})
            )
        )
    }
    address = f"{current_site().origin}/estate/contracts"
    for manager in managers:
        with force_locale(manager.locale or "fr"):
            queue_email(
                member_id=member_id,
                kind=EmailKind.CONTRACT_ENDING,
                to_address=manager.email,
                to_name=manager.full_name,
                subject=ngettext(
                    "Un contrat d'entretien se termine bientôt",
                    "%(num)s contrats d'entretien se terminent bientôt",
                    len(contracts),
                ),
                body="\n".join(
                    [
                        _("Bonjour %(name)s,", name=manager.first_name),
                        "",
                        *(f"- {_line(one, names[one.contractor_id])}" for one in contracts),
                        "",
                        _(
                            "Après cette date, les demandes n'iront plus à ce prestataire. "
                            "Renouvelez le contrat, ou dites qui prend la suite :"
                        ),
                        address,
                    ]
                ),
            )


def _line(contract: MaintenanceContract, contractor: str) -> str:
    if contract.ends_on is None:
        raise ValueError("a contract without an end is never told of")
    days = (contract.ends_on - clock.today()).days
    equipment = str(EQUIPMENT.get(contract.equipment, contract.equipment))
    what = " · ".join(part for part in (equipment, contractor, contract.reference) if part)
    until = format_date(contract.ends_on, "d MMMM yyyy")
    if not days:
        return str(_("%(what)s : se termine aujourd'hui, %(day)s", what=what, day=until))
    return str(
        ngettext(
            "%(what)s : jusqu'au %(day)s, dans %(num)s jour",
            "%(what)s : jusqu'au %(day)s, dans %(num)s jours",
            days,
            what=what,
            day=until,
        )
    )
