"""What a person makes of an answer by SMS: its ticket, or the number that it gives."""

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core.db import transaction
from callcenter.core.errors import UserError
from callcenter.core.permissions import Permission
from callcenter.core.phone import format_phone
from callcenter.estate.people_queries import get_person
from callcenter.messaging.answer_rules import read_number
from callcenter.messaging.queries import list_waiting_corrections
from callcenter.tickets.services import new_numbers as services
from callcenter.tickets.services.answers import link_answer
from callcenter.ui.access import current_actor, requires
from callcenter.ui.htmx import go_to, safe_next

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


@blueprint.post("/<int:inbound_message_id>/number")
@requires(Permission.ESTATE_EDIT)
def use_number(inbound_message_id: int) -> ResponseReturnValue:
    """Reach the person at the number that the answer gives; ``replace``: no more at the former."""
    try:
        with transaction():
            number = services.use_number(
                inbound_message_id, current_actor(), replace=bool(request.form.get("replace"))
            )
    except UserError as error:
        flash(error.message, "warning")
    else:
        flash(
            _("Numéro retenu : %(number)s. Les prochains SMS y partent.", number=number.national)
            if number.can_receive_sms
            else _("Numéro retenu pour les appels : %(number)s.", number=number.national),
            "success",
        )
    return go_to(_origin())


@blueprint.post("/<int:inbound_message_id>/number/back")
@requires(Permission.ESTATE_EDIT)
def give_number_back(inbound_message_id: int) -> ResponseReturnValue:
    """Go back to the former number; the answer waits for a decision again."""
    try:
        with transaction():
            number = services.give_number_back(inbound_message_id, current_actor())
    except UserError as error:
        flash(error.message, "warning")
    else:
        flash(_("Retour au %(number)s.", number=format_phone(number)), "success")
    return go_to(_origin())


@blueprint.get("/of/<int:contact_id>")
@requires(Permission.ESTATE_EDIT)
def of_person(contact_id: int) -> ResponseReturnValue:
    """Show, on a person's page, the numbers that they gave by SMS and nobody decided on."""
    get_person(contact_id)  # nobody else's: not found
    found = [(one, read_number(one.body)) for one in list_waiting_corrections(contact_id)]
    return render_template(
        "tickets/_corrections.html",
        found=found,
        here=url_for("estate.contact", contact_id=contact_id),
    )


def _origin() -> str:
    """Return the page that the button stood on."""
    return safe_next(request.form.get("here"), url_for("messaging.inbound"))
