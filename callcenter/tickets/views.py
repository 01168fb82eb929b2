"""The staff's pages: list, triage, export, saved views, the ticket and who looks at it."""

from collections.abc import Iterable, Iterator
from typing import Any, Final, cast

from flask import Blueprint, Flask, Response, flash, g, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _

from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.core.permissions import Permission
from callcenter.core.phone import format_phone
from callcenter.core.presence import look_at
from callcenter.core.spreadsheets import csv_lines
from callcenter.estate.panels import register_found_panel
from callcenter.tickets import found, message_facts, words
from callcenter.tickets.action_views import add_action_routes
from callcenter.tickets.forms import SaveViewForm
from callcenter.tickets.incident_list_views import add_incident_routes
from callcenter.tickets.page_context import STATE_TONES, load_page, show_page
from callcenter.tickets.queries.filters import PRIORITIES, VIEWS, TicketFilters
from callcenter.tickets.queries.incident_places import list_proposals
from callcenter.tickets.queries.lists import (
    EXPORT_MAX,
    TicketLine,
    count_views,
    count_words,
    get_choices,
    list_for_export,
    list_saved_views,
    list_tickets,
    views_of,
)
from callcenter.tickets.queries.pages import get_id_by_reference, get_ticket
from callcenter.tickets.services.views import delete_view, save_view
from callcenter.tickets.watch_views import add_watch_routes
from callcenter.ui.access import current_actor, requires
from callcenter.ui.navigation import register_badge
from callcenter.ui.pagination import window_from
from callcenter.ui.reading import note_reading
from callcenter.ui.theme import accents

blueprint = Blueprint("tickets", __name__, url_prefix="/tickets")

PAGE_SIZE: Final = 50
# Shown apart from the day's work: what somebody should look into.
_WATCHED: Final = ("late", "soon", "silent", "unanswered", "held-long", "escalated")

_COUNTED: Final = frozenset(VIEWS) - {"open", "all"}

# What the menu counts on every page.
_BADGES: Final = frozenset({"to-accept", "answers", "triage"})


@blueprint.get("")
@requires(Permission.TICKETS_READ)
def index() -> ResponseReturnValue:
    """Show the tickets of a view, narrowed by filters."""
    return _list(TicketFilters.read(request.args))


@blueprint.get("/triage")
@requires(Permission.TICKETS_TRIAGE)
def triage() -> ResponseReturnValue:
    """Show the tickets that no organisation has: the platform's own work."""
    return _list(TicketFilters.read({**request.args, "view": "triage"}))


@blueprint.get("/export.csv")
@requires(Permission.TICKETS_READ)
def export() -> ResponseReturnValue:
    """Give the list as a file for spreadsheets."""
    rows = list_for_export(current_actor(), TicketFilters.read(request.args))
    name = f"demandes-{clock.today():%Y-%m-%d}.csv"
    return Response(
        csv_lines(_rows(rows)),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@blueprint.post("/views")
@requires(Permission.TICKETS_READ)
def keep_view() -> ResponseReturnValue:
    """Keep the present filters under a name; the same name replaces the former ones."""
    form = SaveViewForm()
    filters = TicketFilters.read(request.args)
    back = _address_of(filters)
    if not form.validate():
        flash(form.first_error(), "danger")
        return redirect(back, code=303)
    with transaction():
        save_view(current_actor(), form.name.data, filters)
    flash(_("Vue « %(name)s » gardée.", name=form.name.data), "success")
    return redirect(back, code=303)


@blueprint.post("/views/<int:view_id>/delete")
@requires(Permission.TICKETS_READ)
def drop_view(view_id: int) -> ResponseReturnValue:
    """Forget one of the own views."""
    with transaction():
        delete_view(current_actor(), view_id)
    return redirect(url_for("tickets.index"), code=303)


@blueprint.get("/<int:ticket_id>")
@requires(Permission.TICKETS_READ)
def detail(ticket_id: int) -> ResponseReturnValue:
    """Show one ticket."""
    page = load_page(current_actor(), ticket_id)
    note_reading("ticket", ticket_id, page.head.ticket.member_id)
    return show_page(page)


@blueprint.get("/<int:ticket_id>/presence")
@requires(Permission.TICKETS_READ)
def presence(ticket_id: int) -> ResponseReturnValue:
    """Say who else has the ticket's page open, and whether it has changed since it was shown."""
    actor = current_actor()
    ticket = get_ticket(actor, ticket_id)
    others = look_at(f"ticket:{ticket_id}", actor.user_id, actor.name)
    seen = request.args.get("version", "")
    changed = seen.isascii() and seen.isdigit() and int(seen) != ticket.version
    return render_template(
        "tickets/_presence.html",
        others=others,
        changed_by=ticket.updated_by_label if changed else "",
        changed=changed,
        ticket=ticket,
    )


@blueprint.get("/by-reference/<reference>")
@requires(Permission.TICKETS_READ)
def by_reference(reference: str) -> ResponseReturnValue:
    """Lead from the reference that people write (AQ-24817) to the ticket."""
    found = get_id_by_reference(current_actor(), reference)
    return redirect(url_for("tickets.detail", ticket_id=found))


add_action_routes(blueprint)
add_incident_routes(blueprint)
add_watch_routes(blueprint)


def _list(filters: TicketFilters) -> ResponseReturnValue:
    actor = current_actor()
    window = window_from(request.args, 2 if filters.by_due else 1, PAGE_SIZE)
    page = list_tickets(actor, filters, window)
    choices = get_choices(actor)
    views = views_of(actor)
    return render_template(
        "tickets/index.html",
        page=page,
        proposals=list_proposals(actor) if filters.view == "triage" else [],
        filters=filters,
        choices=choices,
        views=[_view_line(view) for view in views if view not in _WATCHED],
        watched=[_view_line(view) for view in _WATCHED if view in views],
        view_hints=words.VIEW_HINTS,
        view_words=words.VIEWS,
        saved=list_saved_views(actor),
        members={one.member_id: one.name for one in accents()},
        save_form=SaveViewForm(formdata=None) if len(filters.query()) > 1 else None,
        words=words,
        state_tones=STATE_TONES,
        priorities=PRIORITIES,
        export_max=EXPORT_MAX,
        saved_address=lambda view: _address_of(TicketFilters.read(view.query)),
    )


def _address_of(filters: TicketFilters) -> str:
    arguments: dict[str, Any] = filters.query()
    return url_for("tickets.index", **arguments)


def _counts() -> dict[str, int]:
    """Count the views once per request: the menu's badges and the list share them."""
    made: dict[str, int] | None = g.get("ticket_counts")
    if made is None:
        actor = current_actor()
        here = request.endpoint in {"tickets.index", "tickets.triage"}
        wanted = [view for view in views_of(actor) if view in (_COUNTED if here else _BADGES)]
        made = g.ticket_counts = count_views(actor, wanted)
    return made


def _waiting_for_me() -> int:
    """Return what the organisation has to accept, and to read of what tenants wrote."""
    counts = _counts()
    answers = 0 if current_actor().is_platform else counts.get("answers", 0)
    return counts.get("to-accept", 0) + answers


def _view_line(view: str) -> tuple[str, LazyString, str]:
    return view, words.VIEWS[view], count_words(_counts().get(view, 0))


def _rows(rows: Iterable[TicketLine]) -> Iterator[list[Any]]:
    """Give the rows of the list for a spreadsheet."""
    yield [
        _("Référence"), _("Objet"), _("Lieu"), _("Priorité"), _("État"), _("Ouverte le"),
        _("Échéance"), _("Organisme"), _("Équipe"), _("Responsable"), _("Demandeur"),
        _("Téléphone"), _("Relances"),
    ]  # fmt: skip
    for row in rows:
        yield [
            row.reference, row.title, row.place, row.priority, words.TICKET_STATES[row.state],
            _instant(row.opened_at), _instant(row.due_at), row.organisation_name, row.team_name,
            row.assignee_name, row.contact_name, format_phone(row.contact_number), row.chases,
        ]  # fmt: skip


def _instant(value: Any) -> str:
    return f"{clock.in_paris(value):%Y-%m-%d %H:%M}" if value else ""


@blueprint.record_once
def _badges(state: BlueprintSetupState) -> None:
    app = cast("Flask", state.app)
    register_found_panel(app, found.render)
    message_facts.init_app(app)
    register_badge(app, "to_accept", _waiting_for_me)
    register_badge(app, "triage", lambda: _counts().get("triage", 0))
