"""What an agent or the landlord's staff do about a page: somebody was reached, ask the next."""

from collections.abc import Callable

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core.db import transaction
from callcenter.core.errors import UserError
from callcenter.core.permissions import Permission
from callcenter.oncall.models import OnCallPage
from callcenter.tickets import services
from callcenter.tickets.queries.pages import get_ticket
from callcenter.tickets.services import Act
from callcenter.ui.access import current_actor, requires
from callcenter.ui.forms import clean_line
from callcenter.ui.htmx import go_to

blueprint = Blueprint("on_call_acts", __name__, url_prefix="/tickets")


@blueprint.post("/<int:ticket_id>/on-call/take")
@requires(Permission.TICKETS_OPEN)
def take(ticket_id: int) -> ResponseReturnValue:
    """Note that somebody was reached by telephone and has taken it."""
    name = clean_line(request.form.get("name")) or ""
    return _do(
        ticket_id,
        lambda act: services.take_by_phone(act, name),
        _("%(name)s prend l'intervention.", name=name),
    )


@blueprint.post("/<int:ticket_id>/on-call/next")
@requires(Permission.TICKETS_OPEN)
def ask_next(ticket_id: int) -> ResponseReturnValue:
    """Have the next person asked now."""
    return _do(ticket_id, services.ask_the_next, _("La personne suivante est prévenue."))


def _do(ticket_id: int, run: Callable[[Act], OnCallPage], said: str) -> ResponseReturnValue:
    actor = current_actor()
    get_ticket(actor, ticket_id)
    try:
        with transaction():
            run(Act(actor, ticket_id))
    except UserError as error:
        flash(error.message, "danger")
    else:
        flash(said, "success")
    return go_to(url_for("tickets.detail", ticket_id=ticket_id))
