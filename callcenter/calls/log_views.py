"""The log of calls, one call of it, its tickets, and the log as a file."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any

from flask import Flask, Response, current_app, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _
from sqlalchemy import Row

from callcenter.calls import queries, recording_queries, words
from callcenter.calls.call_acts import get_call
from callcenter.calls.live_queries import line_words
from callcenter.calls.live_rules import durations
from callcenter.calls.live_services import facts_of
from callcenter.calls.log_services import link_ticket, unlink_ticket
from callcenter.calls.models import Call
from callcenter.calls.queries import CallFilter
from callcenter.calls.states import Direction, Disposition
from callcenter.calls.task_views import blueprint
from callcenter.calls.views import number_of_request
from callcenter.core import audit, clock
from callcenter.core.db import db, session_scope, transaction
from callcenter.core.errors import UserError
from callcenter.core.isolation import Actor, actor_scope
from callcenter.core.permissions import Permission
from callcenter.core.phone import format_phone, try_parse_phone
from callcenter.core.spreadsheets import csv_lines
from callcenter.members.queries import list_members
from callcenter.ui.access import current_actor, requires
from callcenter.ui.htmx import go_to
from callcenter.ui.pagination import window_from
from callcenter.ui.spreadsheets import Sheet, xlsx_response

__all__ = ["blueprint"]

# A workbook is made in memory.
MOST_IN_WORKBOOK = 10_000


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
        lines={
            line.id: f"{line.member_name} · {line.name}" for line in queries.list_desk_lines(actor)
        },
        agents=queries.list_log_agents(actor),
        spent={row.Call.id: durations(facts_of(row.Call), clock.now()) for row in page.items},
    )


def call_filter() -> CallFilter:
    """Return what the address narrows the log to; what makes no sense narrows nothing."""
    actor = current_actor()
    number = try_parse_phone(request.args.get("number", ""))
    chosen = request.args.get("disposition", "")
    direction = request.args.get("direction", "")
    day = _day("day")
    return CallFilter(
        member_id=number_of_request("member_id"),
        line_id=number_of_request("line_id"),
        disposition=chosen if chosen in set(Disposition) else "",
        direction=direction if direction in set(Direction) else "",
        answered={"yes": True, "no": False}.get(request.args.get("answered", "")),
        number=number.e164 if number else "",
        agent_id=actor.user_id if request.args.get("mine") else number_of_request("agent_id"),
        since=_day("since") or day,
        until=_day("until") or day,
    )


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


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
        recordings=recording_queries.list_recordings(call.id),
        may_hear=lambda one: recording_queries.may_hear(one, current_actor()),
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
    """Give the log as the filters narrow it: CSV of 50,000 calls at most, XLSX of 10,000."""
    actor = current_actor()
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    names = {member.id: member.short_name for member in list_members()}
    wanted, language = call_filter(), str(get_locale())
    audit_export(wanted)
    db.session.remove()  # the file may take a while: each batch has a connection of its own
    if request.args.get("format") == "xlsx":
        heads, *lines = islice(_rows(app, actor, wanted, names, language), MOST_IN_WORKBOOK + 1)
        return xlsx_response("appels", [Sheet(_("Appels"), [str(one) for one in heads], lines)])
    # Spreadsheets in French expect semicolons, and the mark to know it is UTF-8.
    return Response(
        csv_lines(_rows(app, actor, wanted, names, language)),
        mimetype="text/csv",
        headers={"Content-Disposition": "attachment; filename=appels.csv"},
    )


def audit_export(wanted: CallFilter) -> None:
    """Write down who took the log away, of each member it may hold."""
    actor = current_actor()
    owners = [wanted.member_id] if wanted.member_id in actor.member_ids else actor.member_ids
    with transaction():
        for member_id in owners:
            audit.record(
                member_id,
                "call.exported",
                "call",
                actor_id=actor.user_id,
                actor_label=actor.name,
            )


def _batches(
    app: Flask, actor: Actor, wanted: CallFilter, names: dict[int, str], language: str
) -> Iterator[list[list[str | int]]]:
    """Yield the lines of the file, batch by batch, each read in a short transaction."""
    place: tuple[datetime, int] | None = None
    left = queries.MOST_EXPORTED
    while left > 0:
        with app.app_context(), force_locale(language), session_scope(actor_scope(actor)):
            rows = queries.list_export_batch(actor, wanted, place)
            tickets = queries.list_ticket_references([row.Call.id for row in rows])
            lines = [_line(row, names, tickets) for row in rows[:left]]
        yield lines
        if len(rows) < queries.EXPORT_BATCH:
            return
        left -= len(rows)
        place = (rows[-1].Call.started_at, rows[-1].Call.id)


def _heads() -> list[str]:
    return [
        _("Début"), _("Membre"), _("Ligne"), _("Sens"), _("Numéro"), _("Appelant"), _("Agent"),
        _("État"), _("Attente (s)"), _("Conversation (s)"), _("Après-appel (s)"), _("Issue"),
        _("Motif"), _("Demandes"),
    ]  # fmt: skip


def _line(
    row: Row[*tuple[Any, ...]], names: dict[int, str], tickets: dict[int, list[tuple[int, str]]]
) -> list[str | int]:
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
        spent.wait,
        spent.talk,
        spent.wrap,
        str(words.DISPOSITIONS.get(call.disposition, "")),  # type: ignore[call-overload]
        row[2] or "",
        " ".join(reference for _ticket_id, reference in tickets.get(call.id, [])),
    ]


def _rows(
    app: Flask, actor: Actor, wanted: CallFilter, names: dict[int, str], language: str
) -> Iterator[list[str | int]]:
    with app.app_context(), force_locale(language):
        heads: list[str | int] = [str(head) for head in _heads()]
    yield heads
    for lines in _batches(app, actor, wanted, names, language):
        yield from lines
