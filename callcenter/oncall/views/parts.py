"""What the screens of this room share: the blueprint, the badge, the member shown."""

from typing import cast

from flask import Blueprint, Flask, flash, g, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from callcenter.core.errors import NotFound
from callcenter.core.isolation import Actor
from callcenter.core.permissions import Permission
from callcenter.members.models import Organisation
from callcenter.members.queries import list_members
from callcenter.oncall.gaps import count_known_gaps
from callcenter.ui.htmx import go_to
from callcenter.ui.navigation import register_badge

blueprint = Blueprint("on_call", __name__, url_prefix="/on-call")


def _gaps_to_fill() -> int:
    """Count what the manager has to fill; nobody else pays for the statement."""
    actor: Actor | None = g.get("actor")
    if actor is None or actor.is_platform or not actor.may(Permission.ON_CALL_EDIT):
        return 0
    return count_known_gaps([actor.home_id])


@blueprint.record_once
def _badge(state: BlueprintSetupState) -> None:
    register_badge(cast("Flask", state.app), "on_call", _gaps_to_fill)


def shown_member(members: list[Organisation]) -> Organisation | None:
    """Return the member that the address names, else the first; NotFound for a stranger's."""
    wanted = request.args.get("member", "")
    if not wanted:
        return members[0] if members else None
    found = next((one for one in members if str(one.id) == wanted), None)
    if found is None:
        raise NotFound
    return found


def served_members() -> list[Organisation]:
    """Return the members that the signed-in person serves, by name."""
    return list(list_members())


def done(message: str, url: str) -> ResponseReturnValue:
    """Say that it is done and go on."""
    flash(message, "success")
    return go_to(url)


def refused(message: str, url: str) -> ResponseReturnValue:
    """Say why it could not be done and go back."""
    flash(message, "danger")
    return go_to(url)
