"""What stands around a ticket's page: its photographs, and what was sent to firms without accounts."""

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.core.errors import NotFound, UserError
from callcenter.core.permissions import Permission, Role
from callcenter.messaging import words as sms_words
from callcenter.messaging.email_states import EmailState
from callcenter.messaging.rules import explain_error
from callcenter.tickets import services
from callcenter.tickets.public_pages import photo_response
from callcenter.tickets.queries.pages import get_ticket
from callcenter.tickets.queries.partners import get_dispatch, get_link
from callcenter.tickets.queries.photos import get_photo, list_photos
from callcenter.tickets.queries.thread import get_thread
from callcenter.tickets.rules import is_open
from callcenter.tickets.services import Act
from callcenter.ui.access import current_actor, requires
from callcenter.ui.htmx import go_to

blueprint = Blueprint("ticket_around", __name__, url_prefix="/tickets")

EMAIL_WORDS: dict[str, tuple[LazyString, str]] = {
    EmailState.QUEUED: (_l("En attente d'envoi"), "neutral"),
    EmailState.SENDING: (_l("Envoi en cours"), "neutral"),
    EmailState.UNCERTAIN: (_l("Envoi incertain"), "wait"),
    EmailState.SENT: (_l("Envoyé"), "good"),
    EmailState.FAILED: (_l("Échec"), "danger"),
    EmailState.EXPIRED: (_l("Trop tard : non envoyé"), "wait"),
    EmailState.SKIPPED: (_l("Non envoyé"), "wait"),
}


@blueprint.get("/<int:ticket_id>/around")
@requires(Permission.TICKETS_READ)
def around(ticket_id: int) -> ResponseReturnValue:
    """Show the photographs, and for the landlord and the platform the links and e-mails."""
    actor = current_actor()
    ticket = get_ticket(actor, ticket_id)
    dispatch = None if actor.role is Role.CONTRACTOR else get_dispatch(ticket)
    return render_template(
        "tickets/_around.html",
        ticket=ticket,
        photos=list_photos(ticket),
        dispatch=dispatch,
        email_words=EMAIL_WORDS,
        may_send=actor.may(Permission.TICKETS_OPEN) and is_open(ticket.state),
        # A link outlives the work by some days: it can be closed as long as it opens.
        may_close=actor.may(Permission.TICKETS_OPEN),
        at=clock.now(),
    )


@blueprint.get("/<int:ticket_id>/sms")
@requires(Permission.TICKETS_READ)
def thread(ticket_id: int) -> ResponseReturnValue:
    """Show the SMS as a conversation; it is between the landlord and the tenant."""
    actor = current_actor()
    ticket = get_ticket(actor, ticket_id)
    if actor.role is Role.CONTRACTOR:
        raise NotFound
    return render_template(
        "tickets/thread.html",
        ticket=ticket,
        thread=get_thread(ticket),
        states=sms_words.STATES,
        tones=sms_words.TONES,
        trigger_word=sms_words.trigger_word,
        masked=sms_words.masked,
        explain=explain_error,
        reason_words=sms_words.reason_words,
        second=lambda at: clock.in_paris(at).strftime("%H:%M:%S"),
        accent_id=ticket.member_id,
    )


@blueprint.get("/<int:ticket_id>/photos/<int:photo_id>")
@requires(Permission.TICKETS_READ)
def photo(ticket_id: int, photo_id: int) -> ResponseReturnValue:
    """Show one photograph of a ticket that the actor sees."""
    ticket = get_ticket(current_actor(), ticket_id)
    return photo_response(get_photo(ticket.member_id, ticket.id, photo_id))


@blueprint.post("/<int:ticket_id>/partner-links")
@requires(Permission.TICKETS_OPEN)
def renew(ticket_id: int) -> ResponseReturnValue:
    """Send a new link to the organisation that has the ticket; the former ones are closed."""
    actor = current_actor()
    try:
        with transaction():
            services.renew_partner_link(Act(actor, get_ticket(actor, ticket_id).id))
    except UserError as error:
        flash(error.message, "warning")
    else:
        flash(_("Un nouveau lien est envoyé."), "success")
    return go_to(url_for("tickets.detail", ticket_id=ticket_id))


@blueprint.post("/<int:ticket_id>/partner-links/<int:partner_link_id>/revoke")
@requires(Permission.TICKETS_OPEN)
def revoke(ticket_id: int, partner_link_id: int) -> ResponseReturnValue:
    """Close the links of an organisation at once."""
    actor = current_actor()
    ticket = get_ticket(actor, ticket_id)
    link = get_link(ticket, partner_link_id)
    try:
        with transaction():
            services.revoke_partner_link(Act(actor, ticket_id), link.assignment_id)
    except UserError as error:
        flash(error.message, "warning")
    else:
        flash(_("Le lien est fermé."), "success")
    return go_to(url_for("tickets.detail", ticket_id=ticket_id))
