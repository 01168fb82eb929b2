"""The page of contracts, and the count of those to renew in a manager's menu."""

from typing import cast

from flask import Blueprint, Flask, render_template
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from callcenter.core import clock
from callcenter.core.permissions import Permission, Role
from callcenter.estate import words
from callcenter.estate.care import get_care
from callcenter.estate.contract_queries import (
    NOTICE_DAYS,
    count_contracts_to_renew,
    list_contracts,
)
from callcenter.members.queries import list_members
from callcenter.ui.access import current_actor, requires
from callcenter.ui.navigation import register_badge


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
    )


def _to_renew() -> int:
    """Count for managers: renewing is theirs to do."""
    actor = current_actor()
    return count_contracts_to_renew(actor.member_ids) if actor.role is Role.MANAGER else 0


def _badge(state: BlueprintSetupState) -> None:
    register_badge(cast("Flask", state.app), "contracts", _to_renew)


def add_contract_routes(blueprint: Blueprint) -> None:
    """Put the page of contracts on the estate's blueprint."""
    blueprint.add_url_rule("/contracts", "contracts", contracts, methods=["GET"])
    blueprint.record_once(_badge)
