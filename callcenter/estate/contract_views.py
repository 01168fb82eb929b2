"""The pages of contracts, and the count of those to renew in a manager's menu."""

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core import clock
from callcenter.core.errors import NotFound
from callcenter.core.permissions import Permission
from callcenter.estate import contract_services, words
from callcenter.estate.care import get_care
from callcenter.estate.contract_forms import ContractForm
from callcenter.estate.contract_queries import (
    NOTICE_DAYS,
    list_contracts,
)
from callcenter.estate.contract_rules import renewed
from callcenter.estate.models import MaintenanceContract
from callcenter.members.queries import list_members
from callcenter.ui.access import current_actor, requires
from callcenter.ui.fields import saved, status_of
from callcenter.ui.htmx import go_to


@requires(Permission.ESTATE_READ)
def contracts() -> ResponseReturnValue:
    """List the contracts by the day they end."""
    actor = current_actor()
    return render_template(
        "estate/contracts.html",
        contracts=list_contracts(actor.member_ids, get_care(actor)),
        members={m.id: m.short_name for m in list_members() if m.id in actor.member_ids},
        words=words,
        today=clock.today(),
        notice=NOTICE_DAYS,
        may_edit=actor.may(Permission.ESTATE_IMPORT),
        view=request.args.get("view", ""),
    )


def _members() -> dict[int, str]:
    served = current_actor().member_ids
    return {m.id: m.short_name for m in list_members() if m.id in served}


def _page(
    form: ContractForm,
    member_id: int,
    contract: MaintenanceContract | None = None,
    renews: MaintenanceContract | None = None,
) -> ResponseReturnValue:
    form.contractor_id.offer(contract_services.list_contractors(member_id), _("— choisir —"))
    return (
        render_template(
            "estate/contract.html",
            form=form,
            member=_members().get(member_id, ""),
            member_id=member_id,
            contract=contract,
            renews=renews,
            words=words,
            today=clock.today(),
            accent_id=member_id,
        ),
        status_of(form),
    )


@requires(Permission.ESTATE_IMPORT)
def new_contract(member_id: int) -> ResponseReturnValue:
    """Write a new contract; ``renews`` proposes the successor of one that ends."""
    if member_id not in _members():
        raise NotFound
    form = ContractForm()
    renews_id = request.args.get("renews", type=int)
    renews = contract_services.get_contract(renews_id) if renews_id else None
    form.contractor_id.offer(contract_services.list_contractors(member_id), "")
    if form.is_submitted():
        added = saved(
            form,
            lambda: contract_services.add_contract(
                member_id, form.told(), form.token, current_actor()
            ),
        )
        if added is not None:
            flash(_("Contrat enregistré."), "good")
            return go_to(url_for("estate.contracts"))
    elif renews is not None:
        form.show(renews, contract_services.list_codes(renews))
        form.starts_on.data, form.ends_on.data = renewed(
            renews.starts_on, renews.ends_on, clock.today()
        )
        form.version.data = None
    return _page(form, member_id, renews=renews)


@requires(Permission.ESTATE_IMPORT)
def contract(contract_id: int) -> ResponseReturnValue:
    """See and change a contract."""
    found = contract_services.get_contract(contract_id)
    if found.member_id not in _members():
        raise NotFound
    form = ContractForm()
    form.contractor_id.offer(contract_services.list_contractors(found.member_id), "")
    if form.is_submitted():
        changed = saved(
            form,
            lambda: contract_services.edit_contract(
                contract_id, form.seen_version, form.told(), current_actor()
            ),
        )
        if changed is not None:
            flash(_("Contrat enregistré."), "good")
            return go_to(url_for("estate.contracts"))
        found = contract_services.get_contract(contract_id)
    else:
        form.show(found, contract_services.list_codes(found))
    return _page(form, found.member_id, found)


def add_contract_routes(blueprint: Blueprint) -> None:
    """Put the page of contracts on the estate's blueprint."""
    blueprint.add_url_rule("/contracts", "contracts", contracts, methods=["GET"])
    blueprint.add_url_rule(
        "/members/<int:member_id>/contracts/new",
        "new_contract",
        new_contract,
        methods=["GET", "POST"],
    )
    blueprint.add_url_rule(
        "/contracts/<int:contract_id>", "contract", contract, methods=["GET", "POST"]
    )
