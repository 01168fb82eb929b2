"""The log of calls, one call of it, its tickets, and the log as a file."""

from datetime import date
from typing import Any

from flask import Response, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Row

from callcenter.calls import queries, words
from callcenter.calls.call_acts import get_call
from callcenter.calls.live_queries import line_words
from callcenter.calls.live_rules import durations
from callcenter.calls.live_services import facts_of
from callcenter.calls.log_services import link_ticket, unlink_ticket
from callcenter.calls.models import Call
from callcenter.calls.queries import CallFilter
from callcenter.calls.states import Disposition
from callcenter.calls.task_views import blueprint
from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.core.errors import UserError
from callcenter.core.permissions import Permission
from callcenter.core.phone import format_phone, try_parse_phone
from callcenter.core.spreadsheets import csv_lines
from callcenter.members.queries import list_members
from callcenter.ui.access import current_actor, requires
from callcenter.ui.htmx import go_to
from callcenter.ui.pagination import window_from

__all__ = ["blueprint"]


@blueprint.get("/calls")
@requires(Permission.CALLS_READ)
def index() -> ResponseReturnValue:
    """List calls, newest first."""
    actor = current_actor()
    members = list_members()
    page = queries.list_calls(actor, call_filter(), window_from(request.args, 2))
    return render_template(
        "calls/index.html",
        page=page,
        members=members,
        names={member.id: member.short_name for member in members},
        tickets=queries.list_ticket_references([row.Call.id for row in page.items]),
        dispositions=words.DISPOSITIONS,
        directions=words.DIRECTIONS,
        services=words.SERVICES,
        states=words.CALL_STATES,
    )


def call_filter() -> CallFilter:
    """Return what the address narrows the log to; what makes no sense narrows nothing."""
    number = try_parse_phone(request.args.get("number", ""))
    member = request.args.get("member_id", "")
    chosen = request.args.get("disposition", "")
    try:
        day = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        day = None
    return CallFilter(
        member_id=int(member) if member.isascii() and member.isdigit() else None,
        disposition=chosen if chosen in set(Disposition) else "",
        number=number.e164 if number else "",
        agent_id=current_actor().user_id if request.args.get("mine") else None,
        day=day,
    )


@blueprint.get("/calls/<int:call_id>")
@requires(Permission.CALLS_READ)
def show(call_id: int) -> ResponseReturnValue:
    """Show one call: who, when, how long, what became of it, and its tickets."""
    call = get_call(call_id, current_actor())
    return render_template(
        "calls/call.html",
        call=call,
        line=line_words(call),
        spent=durations(facts_of(call), clock.now()),
        tickets=queries.list_ticket_references([call.id]).get(call.id, []),
        dispositions=words.DISPOSITIONS,
        states=words.CALL_STATES,
        directions=words.DIRECTIONS,
        accent_id=call.member_id,
    )


@blueprint.post("/calls/<int:call_id>/tickets")
@requires(Permission.TICKETS_OPEN)
def link(call_id: int) -> ResponseReturnValue:
    """Link a ticket, by its reference."""
    actor = current_actor()
    get_call(call_id, actor)
    try:
        with transaction():
            link_ticket(call_id, request.form.get("reference", ""), actor)
    except UserError as error:
        flash(error.message, "danger")
    return go_to(url_for("calls.show", call_id=call_id))


@blueprint.post("/calls/<int:call_id>/tickets/<int:ticket_id>/unlink")
@requires(Permission.TICKETS_OPEN)
def unlink(call_id: int, ticket_id: int) -> ResponseReturnValue:
    """Take a link back."""
    actor = current_actor()
    get_call(call_id, actor)
    try:
        with transaction():
            unlink_ticket(call_id, ticket_id, actor)
    except UserError as error:
        flash(error.message, "danger")
    return go_to(url_for("calls.show", call_id=call_id))


@blueprint.get("/calls/export")
@requires(Permission.CALLS_READ)
def export() -> ResponseReturnValue:
    """Give the log as the filters narrow it, at most 20,000 calls, as CSV for spreadsheets."""
    rows = queries.list_calls_to_export(current_actor(), call_filter())
    names = {member.id: member.short_name for member in list_members()}
    tickets = queries.list_ticket_references([row.Call.id for row in rows])
    lines = [_line(row, names, tickets) for row in rows]
    # Spreadsheets in French expect semicolons, and the mark to know it is UTF-8.
    return Response(
        csv_lines([_heads(), *lines]),
        mimetype="text/csv",
        headers={"Content-Disposition": "attachment; filename=appels.csv"},
    )


def _heads() -> list[str]:
    return [
        _("Début"), _("Membre"), _("Ligne"), _("Sens"), _("Numéro"), _("Appelant"), _("Agent"),
        _("État"), _("Attente (s)"), _("Conversation (s)"), _("Après-appel (s)"), _("Issue"),
        _("Motif"), _("Demandes"),
    ]  # fmt: skip


def _line(
    row: Row[*tuple[Any, ...]], names: dict[int, str], tickets: dict[int, list[tuple[int, str]]]
) -> list[str]:
    call: Call = row.Call
    spent = durations(facts_of(call), clock.now())
    return [
        clock.in_paris(call.started_at).strftime("%Y-%m-%d %H:%M:%S"),
        names.get(call.member_id, ""),
        row[1] or "",
        str(words.DIRECTIONS.get(call.direction, "")),  # type: ignore[call-overload]
        format_phone(call.caller_number),
        call.caller_name,
        call.agent_label,
        str(words.CALL_STATES.get(call.state, "")),  # type: ignore[call-overload]
        str(spent.wait),
        str(spent.talk),
        str(spent.wrap),
        str(words.DISPOSITIONS.get(call.disposition, "")),  # type: ignore[call-overload]
        row[2] or "",
        " ".join(reference for _ticket_id, reference in tickets.get(call.id, [])),
    ]
