"""Incidents: the list, what looks like one, and opening one."""

from typing import Final

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core.db import db, transaction
from callcenter.core.errors import UserError
from callcenter.core.permissions import Permission
from callcenter.estate.queries import get_residence_card, search
from callcenter.tickets import incident_views as pages
from callcenter.tickets.incident_forms import (
    NewIncidentForm,
)
from callcenter.tickets.incident_states import IncidentState
from callcenter.tickets.incident_views import go_to_incident, incident_words
from callcenter.tickets.queries.incident_places import list_proposals
from callcenter.tickets.queries.incidents import list_collective_categories, list_incidents
from callcenter.tickets.queries.pages import get_ticket
from callcenter.tickets.services.incidents import NewIncident, open_from_ticket, open_incident
from callcenter.ui.access import current_actor, requires
from callcenter.ui.htmx import go_to
from callcenter.ui.pagination import window_from
from callcenter.ui.theme import accents

P = Permission
# What the services call a field, and the form.
_FIELDS: Final = {"place": "building_id", "expected_text": "expected"}
PAGE_SIZE: Final = 30
_DIGITS: Final = 18  # of a number that a column can hold


@requires(P.TICKETS_READ)
def incidents() -> ResponseReturnValue:
    """List incidents, those in course first, and what looks like one."""
    actor = current_actor()
    ended = request.args.get("state") == IncidentState.RESOLVED
    state = IncidentState.RESOLVED if ended else IncidentState.OPEN
    return render_template(
        "tickets/incidents.html",
        page=list_incidents(actor, state, window_from(request.args, 1, PAGE_SIZE)),
        proposals=[] if ended else list_proposals(actor),
        state=state,
        may_lead=actor.may(P.TICKETS_OPEN),
        members={one.member_id: one.name for one in accents()},
        **incident_words(),
    )


@requires(P.TICKETS_OPEN)
def new_incident() -> ResponseReturnValue:
    """Open an incident by hand: first the residence, then what happens there."""
    actor = current_actor()
    residence_id = _number("residence_id")
    if residence_id is None:
        typed = request.args.get("q", "").strip()[:200]
        found = search(typed, actor.member_ids).residences if typed else ()
        return render_template("tickets/incident_place.html", typed=typed, found=found)
    card = get_residence_card(residence_id)
    residence = card.residence
    form = NewIncidentForm(
        data={
            "category_id": request.args.get("category_id", ""),
            "building_id": request.args.get("building_id", ""),
        }
        if request.method == "GET"
        else None
    )
    form.offer(
        list_collective_categories(residence.member_id),
        [(one.building_id, one.name) for one in card.buildings if one.building_id is not None],
        _("Toute la résidence"),
    )
    if request.method == "POST" and form.validate():
        try:
            with transaction():
                incident = open_incident(
                    NewIncident(
                        actor=actor,
                        member_id=residence.member_id,
                        category_id=int(form.category_id.data),
                        residence_id=residence_id,
                        building_id=int(form.building_id.data) if form.building_id.data else None,
                        title=form.title.data or "",
                        word=form.word.data or "",
                        expected_text=form.expected.data or "",
                        form_token=form.form_token.data,
                    )
                )
        except UserError as error:
            db.session.expire_all()
            form.add_error(_FIELDS.get(error.field or "", error.field), error.message)
        else:
            return go_to_incident(incident.id, _("Incident ouvert."))
    status = 422 if request.method == "POST" else 200
    page = render_template(
        "tickets/incident_new.html", form=form, residence=residence, accent_id=residence.member_id
    )
    return page, status


@requires(P.TICKETS_OPEN)
def open_incident_from(ticket_id: int) -> ResponseReturnValue:
    """Open an incident from a ticket, with every ticket alike: one click."""
    actor = current_actor()
    get_ticket(actor, ticket_id)
    try:
        with transaction():
            incident = open_from_ticket(actor, ticket_id, request.form.get("form_token", "")[:64])
    except UserError as error:
        flash(error.message, "warning")
        return go_to(url_for("tickets.detail", ticket_id=ticket_id))
    return go_to_incident(
        incident.id, _("Incident ouvert : les demandes semblables y sont rattachées.")
    )


def _number(name: str) -> int | None:
    text = request.values.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


def add_incident_routes(blueprint: Blueprint) -> None:
    """Give the pages of incidents their addresses, under the tickets'."""
    one = "/incidents/<int:incident_id>"
    for rule, view, methods in (
        ("/incidents", incidents, ["GET"]),
        ("/incidents/new", new_incident, ["GET", "POST"]),
        ("/incidents/from/<int:ticket_id>", open_incident_from, ["POST"]),
        (one, pages.incident, ["GET"]),
        (f"{one}/news", pages.incident_news, ["POST"]),
        (f"{one}/resolve", pages.incident_resolve, ["POST"]),
        (f"{one}/reopen", pages.incident_reopen, ["POST"]),
        (f"{one}/attach", pages.incident_attach, ["POST"]),
        (f"{one}/owner", pages.incident_owner, ["POST"]),
        (f"{one}/split/<int:ticket_id>", pages.incident_split, ["POST"]),
        (f"{one}/warn", pages.incident_warn, ["GET", "POST"]),
    ):
        blueprint.add_url_rule(rule, view_func=view, methods=methods)
