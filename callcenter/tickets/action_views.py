"""Acting on a ticket: for each action an address that shows its form and one that carries it out.

The form opens inside the ticket's page. When it is refused (a field, somebody was first) the
whole page comes back as it is now, with everything that was typed still in the form.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.fields.choices import SelectChoice

from callcenter.core.db import db, transaction
from callcenter.core.errors import NotFound, UserError
from callcenter.core.permissions import Permission
from callcenter.tickets import services
from callcenter.tickets.actions import Action
from callcenter.tickets.errors import ConflictError
from callcenter.tickets.forms import FORMS
from callcenter.tickets.models import Ticket
from callcenter.tickets.page_context import TicketPage, load_page, show_page
from callcenter.tickets.queries.pages import get_ticket, list_colleagues, list_destinations
from callcenter.tickets.rules import read_slot
from callcenter.tickets.services import Act
from callcenter.tickets.states import HoldCause, RefusalReason, ResolutionCode
from callcenter.ui.access import current_actor, requires
from callcenter.ui.forms import BaseForm, VersionedForm
from callcenter.ui.htmx import go_to

_DONE: Final[dict[Action, LazyString]] = {
    Action.ACCEPT: _l("Demande acceptée."),
    Action.PLAN: _l("Visite enregistrée : le locataire est prévenu."),
    Action.RESOLVE: _l("Demande résolue : le locataire est invité à confirmer."),
    Action.RESUME: _l("La demande reprend."),
    Action.HOLD: _l("Demande mise en attente : le locataire est prévenu."),
    Action.OFFER: _l("Demande envoyée."),
    Action.ASSIGN: _l("Demande confiée."),
    Action.REFUSE: _l("Demande renvoyée au triage de la plateforme."),
    Action.CANCEL_VISIT: _l("Visite annulée : le locataire est prévenu."),
    Action.CLOSE: _l("Demande close."),
    Action.REOPEN: _l("Demande rouverte."),
    Action.COMMENT: _l("Commentaire ajouté."),
    Action.CHASE: _l("Relance notée."),
    Action.CANCEL: _l("Demande annulée."),
    Action.REVOKE_LINK: _l("Le lien privé est fermé. Le prochain SMS en portera un nouveau."),
    Action.RENEW_LINK: _l("L'ancien lien est fermé, un nouveau part par SMS."),
    Action.READ: _l("Marqué comme lu."),
}

_NEEDED: Final[dict[Action, Permission]] = {
    Action.OFFER: Permission.TICKETS_READ,
    Action.RESOLVE: Permission.TICKETS_READ,
    Action.CLOSE: Permission.TICKETS_READ,
    Action.REOPEN: Permission.TICKETS_READ,
    Action.COMMENT: Permission.TICKETS_READ,
    Action.CANCEL: Permission.TICKETS_READ,
    Action.CHASE: Permission.TICKETS_OPEN,
    Action.REVOKE_LINK: Permission.TICKETS_OPEN,
    Action.RENEW_LINK: Permission.TICKETS_OPEN,
    Action.READ: Permission.TICKETS_READ,
}


def _offer(act: Act, form: Any, _page: TicketPage) -> Ticket:
    organisation, _dash, team = str(form.destination.data).partition("-")
    return services.offer_to(
        act,
        int(organisation),
        int(team) if team else None,
        form.note.data or "",
        also=bool(form.also and form.also.data),
    )


def _plan(act: Act, form: Any, _page: TicketPage) -> Ticket:
    slot = read_slot(form.slot.data)
    if slot is None:
        raise UserError(_("Choisissez un créneau."), field="slot")
    return services.plan_visit(act, form.day.data, slot, form.note.data or "")


def _cancel_visit(act: Act, form: Any, page: TicketPage) -> Ticket:
    if page.visit is None:
        raise UserError(_("Cette visite n'est plus prévue."))
    return services.cancel_visit(act, page.visit.id, form.note.data or "")


def _assign(act: Act, form: Any, _page: TicketPage) -> Ticket:
    return services.assign_to_colleague(act, int(form.user_id.data) or None)


_RUN: Final[Mapping[Action, Callable[[Act, Any, TicketPage], Ticket]]] = {
    Action.ACCEPT: lambda act, _f, _p: services.accept_assignment(act),
    Action.PLAN: _plan,
    Action.RESOLVE: lambda act, f, _p: services.resolve(
        act, ResolutionCode(f.code.data), f.note.data or ""
    ),
    Action.RESUME: lambda act, _f, _p: services.resume(act),
    Action.HOLD: lambda act, f, _p: services.put_on_hold(
        act, HoldCause(f.cause.data), f.note.data or ""
    ),
    Action.OFFER: _offer,
    Action.ASSIGN: _assign,
    Action.REFUSE: lambda act, f, _p: services.refuse_assignment(
        act, RefusalReason(f.reason.data), f.note.data or ""
    ),
    Action.CANCEL_VISIT: _cancel_visit,
    Action.CLOSE: lambda act, _f, _p: services.close(act),
    Action.REOPEN: lambda act, f, _p: services.reopen(act, f.note.data or ""),
    Action.COMMENT: lambda act, f, _p: services.comment(
        act, f.body.data, to_tenant=f.to_tenant.data
    ),
    Action.CHASE: lambda act, f, _p: services.note_chase(act, f.note.data or ""),
    Action.CANCEL: lambda act, f, _p: services.cancel(act, f.note.data or ""),
    Action.REVOKE_LINK: lambda act, _f, _p: services.revoke_link(act),
    Action.RENEW_LINK: lambda act, _f, _p: services.renew_link(act),
    Action.READ: lambda act, _f, _p: services.read_answers(act),
}


def add_action_routes(blueprint: Blueprint) -> None:
    """Give each action its address under the ticket's, by name, so that none is forgotten."""
    for action in Action:
        view = requires(_NEEDED.get(action, Permission.TICKETS_HANDLE))(_view_of(action))
        blueprint.add_url_rule(
            f"/<int:ticket_id>/{action}",
            endpoint=str(action).replace("-", "_"),
            view_func=view,
            methods=["GET", "POST"],
        )


def _view_of(action: Action) -> Callable[[int], ResponseReturnValue]:
    def view(ticket_id: int) -> ResponseReturnValue:
        actor = current_actor()
        # Before the form: whoever may not see the ticket learns nothing from its errors.
        page = load_page(actor, get_ticket(actor, ticket_id).id)
        form = _form(action, page)
        if request.method == "GET":
            if action not in page.actions:
                raise NotFound
            return show_page(page, action=action, form=form)
        if not form.validate():
            return show_page(page, action=action, form=form, status=422)
        act = Act(
            actor,
            ticket_id,
            form.seen_version if isinstance(form, VersionedForm) else None,
            str(form.form_token.data),
        )
        try:
            with transaction():
                _RUN[action](act, form, page)
        except UserError as error:
            db.session.expire_all()
            fresh = load_page(actor, ticket_id)
            form.add_error(error.field, error.message)
            conflict = isinstance(error, ConflictError)
            if isinstance(form, VersionedForm):
                # The person now sees the new state beside the own words, and may send again.
                form.version.data = fresh.head.ticket.version
                form.version.raw_data = None
            return show_page(fresh, action=action, form=form, status=422, conflict=conflict)
        flash(str(_DONE[action]), "success")
        return go_to(url_for("tickets.detail", ticket_id=ticket_id))

    view.__name__ = str(action).replace("-", "_")
    view.__doc__ = f"Show and carry out the action '{action}' of a ticket."
    return view


def _form(action: Action, page: TicketPage) -> BaseForm:
    ticket = page.head.ticket
    form = (
        FORMS[action](data={"version": ticket.version})
        if request.method == "GET"
        else (FORMS[action]())
    )
    if action is Action.OFFER:
        if page.in_hand is None:  # nobody keeps anything
            del form.also
        form.destination.choices = [
            SelectChoice(value, f"{organisation} · {team}" if team else organisation)
            for value, organisation, team in list_destinations(ticket.member_id)
        ]
    elif action is Action.ASSIGN:
        held = page.in_hand
        people = list_colleagues(ticket.member_id, held.organisation_id) if held else []
        me = current_actor().user_id
        people.sort(key=lambda one: one[0] != me)
        form.user_id.choices = [
            *(
                SelectChoice(str(number), _("Moi") if number == me else name)
                for number, name in people
            ),
            SelectChoice("0", _("Personne : à toute l'équipe")),
        ]
    return form
