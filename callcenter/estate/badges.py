"""What waits for a member's manager in the estate: the menu's counts, in one statement."""

from typing import cast

from flask import Flask, g
from flask.blueprints import BlueprintSetupState
from sqlalchemy import select

from callcenter.core.db import db
from callcenter.core.permissions import Role
from callcenter.estate.contract_queries import contracts_to_renew
from callcenter.estate.history_queries import differences_to_bring_back
from callcenter.ui.access import current_actor
from callcenter.ui.navigation import register_badge


def _waiting() -> tuple[int, int]:
    """Return the contracts to renew and the corrections to bring back: both a manager's to do."""
    actor = current_actor()
    if actor.role is not Role.MANAGER:
        return 0, 0
    found: tuple[int, int] | None = g.get("estate_waiting")
    if found is None:
        contracts, differences = db.session.execute(
            select(
                contracts_to_renew(actor.member_ids).scalar_subquery(),
                differences_to_bring_back(actor.member_ids).scalar_subquery(),
            )
        ).one()
        found = g.estate_waiting = contracts, differences
    return found


def register_badges(state: BlueprintSetupState) -> None:
    """Tell the menu how to count, when the estate's blueprint is registered."""
    app = cast("Flask", state.app)
    register_badge(app, "contracts", lambda: _waiting()[0])
    register_badge(app, "differences", lambda: _waiting()[1])
