"""Bringing an answer by SMS to its ticket, from the desk's list of what is to be sorted."""

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core.db import transaction
from callcenter.core.errors import UserError
from callcenter.core.permissions import Permission
from callcenter.tickets.services.answers import link_answer
from callcenter.ui.access import current_actor, requires
from callcenter.ui.htmx import go_to

blueprint = Blueprint("answers", __name__, url_prefix="/messages/inbound")


@blueprint.post("/<int:inbound_message_id>/link")
@requires(Permission.TICKETS_OPEN)
def link(inbound_message_id: int) -> ResponseReturnValue:
    """Write an answer on the ticket whose reference was typed."""
    try:
        with transaction():
            ticket = link_answer(
                inbound_message_id, request.form.get("reference", "")[:40], current_actor()
            )
    except UserError as error:
        flash(error.message, "warning")
    else:
        flash(
            _("Message ajouté à la demande %(reference)s.", reference=ticket.reference), "success"
        )
    return go_to(url_for("messaging.inbound"))
