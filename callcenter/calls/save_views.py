"""Saving at the desk: which button was pressed, what it writes, and on to the next call."""

from flask import flash, g, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Row

from callcenter.calls.desk import (
    Desk,
    build_desk,
    build_request,
)
from callcenter.calls.desk_incidents import listener_of, open_incident_at, require_readable
from callcenter.calls.forms import DeskForm, desk_values
from callcenter.calls.live_cards import LineWords
from callcenter.calls.live_desk import caller_of, next_of_stack
from callcenter.calls.live_edge import tell_call, tell_incident, tell_presence
from callcenter.calls.services import LoggedCall, NewCall, log_call
from callcenter.calls.states import CallerKind, Disposition
from callcenter.calls.views import (
    also_call_of_request,
    blueprint,
    call_id_of_request,
    desk_line,
    draft_key,
    live_call_on,
    number_of_request,
    render_desk,
)
from callcenter.core.db import db, transaction
from callcenter.core.errors import UserError
from callcenter.core.permissions import Permission
from callcenter.estate.services import add_phone
from callcenter.members.drafts import drop_draft
from callcenter.tickets.services.incident_news import Listener
from callcenter.tickets.services.opening import NewTicket
from callcenter.ui.access import current_actor, requires
from callcenter.ui.htmx import go_to

_OUT_OF_SCOPE = "X-OTH"


__all__ = ["blueprint"]


@blueprint.post("/desk/<int:line_id>/save")
@requires(Permission.DESK_USE)
def desk_save(line_id: int) -> ResponseReturnValue:
    """Log the call, with a ticket, on an open one, or without; then on to the next call."""
    line = desk_line(line_id)
    form = DeskForm()
    valid = form.validate()
    values = desk_values(form)
    actor = current_actor()
    call_id = call_id_of_request()
    also = also_call_of_request(line_id)
    if valid:
        try:
            # The cheap half: what goes on around the home is for the eyes, not for saving.
            desk = build_request(line, values)
            with transaction():
                logged = log_call(_new_call(desk, form))
                if form.keep_number.data and desk.new_number and desk.contact_id:
                    add_phone(desk.contact_id, desk.new_number, "", actor)
                drop_draft(actor, draft_key(line_id, also.id if also else call_id))
                tell_call(logged.call, LineWords(line.member_name, line.name))
                if logged.incident is not None:
                    tell_incident(logged.incident)
                tell_presence(actor.home_id, logged.freed)
                following = next_of_stack(actor)
        except UserError as error:
            form.add_error(error.field, error.message)
        else:
            _say_what_was_done(logged)
            if request.form.get("then") == "another":
                return go_to(
                    url_for("calls.line_desk", line_id=line_id, also_call_id=logged.call.id)
                )
            return _go_to(following, line_id)
    db.session.remove()
    desk = build_desk(line, values, actor)
    call = live_call_on(line_id)
    caller = caller_of(call, actor)
    return render_desk(desk, form, caller=caller, status=422, call=call, also=also)


def _go_to(call: Row[int, int | None] | None, line_id: int) -> ResponseReturnValue:
    """Go on to the next call of the stack, else to the line's empty desk."""
    if call is None:
        return go_to(url_for("calls.line_desk", line_id=line_id))
    return go_to(url_for("calls.line_desk", line_id=call.line_id, call_id=call.id))


def _new_call(desk: Desk, form: DeskForm) -> NewCall:
    """Read the button that was pressed. Raises UserError for what the agent still has to say."""
    actor = g.actor
    wanted = request.form.get("outcome", "")
    category = desk.offered.category if desk.offered else None
    signpost = category is not None and category.code == _OUT_OF_SCOPE
    ticket = None
    chased: int | None = None
    incident_id: int | None = None
    listener: Listener | None = None
    disposition: Disposition | None = None
    if wanted == "ticket":
        ticket = _wanted_ticket(desk, form)
    elif wanted.startswith("chase-") and wanted[6:].isdigit():
        chased = int(wanted[6:])
    elif wanted.startswith("join-") and wanted[5:].isdigit():
        listener, incident_id = listener_of(desk), int(wanted[5:])
    elif wanted == "incident":
        listener, incident_id = (
            listener_of(desk),
            open_incident_at(desk, actor, form.form_token.data).id,
        )
    elif form.disposition.data:
        disposition = Disposition(form.disposition.data)
    else:
        raise UserError(
            _("Indiquez comment l'appel se termine, ou enregistrez une demande."), "disposition"
        )
    own_category = desk.offered if desk.offered and not desk.handed_over else None
    known = desk.caller_kind is CallerKind.CONTACT and not desk.handed_over
    return NewCall(
        line=desk.line,
        actor=actor,
        form_token=form.form_token.data,
        started_at=desk.started_at,
        direction=desk.direction,
        caller_kind=desk.caller_kind,
        caller_number=desk.values.get("caller_number", ""),
        caller_name=desk.person.name if desk.person else desk.values.get("caller_name", ""),
        contact_id=desk.contact_id if known or ticket or listener else None,
        dwelling_id=desk.dwelling_id if known or ticket or listener else None,
        category_id=own_category.id if own_category else None,
        note=desk.values.get("note", ""),
        disposition=disposition,
        ticket=ticket,
        chased_ticket_id=chased,
        incident_id=incident_id,
        listener=listener,
        keep_identity=not (signpost and ticket is None),
        call_id=call_id_of_request(),
        also_call_id=number_of_request("also_call_id"),
    )


def _wanted_ticket(desk: Desk, form: DeskForm) -> NewTicket | None:
    if desk.offered is None:
        raise UserError(_("Choisissez un motif."), "category")
    if desk.safety_pending:
        raise UserError(
            _("Lisez d'abord les consignes de sécurité, puis confirmez-le."), "category"
        )
    if desk.offered.category.locations and desk.location is None:
        raise UserError(_("Dites si c'est une partie privative ou commune."), "location")
    require_readable(desk)
    return desk.new_ticket(g.actor, form.form_token.data)


def _say_what_was_done(logged: LoggedCall) -> None:
    if logged.incident is not None:
        said = (
            _("Relance notée : cet appelant avait déjà signalé « %(title)s ».",
              title=logged.incident.title)
            if logged.called_before
            else _("Appelant rattaché à « %(title)s » : il recevra les nouvelles par SMS.",
                   title=logged.incident.title)
        )  # fmt: skip
        flash(said, "success")
    elif logged.ticket is None:
        flash(_("Appel enregistré. À l'appel suivant."), "success")
    elif logged.handed_to:
        flash(
            _(
                "%(reference)s ouverte et remise à %(member)s.",
                reference=logged.ticket.reference,
                member=logged.handed_to,
            ),
            "success",
        )
    elif logged.call.disposition == Disposition.TICKET_CHASED:
        flash(_("Relance notée sur %(reference)s.", reference=logged.ticket.reference), "success")
    else:
        flash(_("%(reference)s enregistrée.", reference=logged.ticket.reference), "success")
