"""The agent's desk and the log of calls."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import cast

from flask import Blueprint, Flask, flash, g, make_response, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound as NotFoundPage

from callcenter.calls import place_panel, queries, words
from callcenter.calls.call_acts import get_call
from callcenter.calls.desk import (
    ANSWER_PREFIX,
    Desk,
    build_desk,
    build_request,
    look_around,
    preview,
)
from callcenter.calls.desk_incidents import listener_of, open_incident_at, require_readable
from callcenter.calls.forms import DeskForm, desk_values
from callcenter.calls.live_desk import candidates_for, next_of_stack, values_for
from callcenter.calls.live_edge import tell_call, tell_presence
from callcenter.calls.models import Call
from callcenter.calls.queries import CallFilter, DeskLine
from callcenter.calls.services import LoggedCall, NewCall, log_call
from callcenter.calls.states import CallerKind, Disposition
from callcenter.core import clock
from callcenter.core.db import db, transaction
from callcenter.core.errors import UserError
from callcenter.core.permissions import Permission
from callcenter.core.phone import format_phone, try_parse_phone
from callcenter.estate.panels import register_place_panel
from callcenter.estate.queries import find_callers, search
from callcenter.estate.records import Person
from callcenter.estate.words import EQUIPMENT, OCCUPANCY_ROLES
from callcenter.members.drafts import drop_draft, load_draft
from callcenter.members.models import PhoneLine
from callcenter.members.queries import list_members
from callcenter.routing.category_search import search_categories
from callcenter.tickets.services.incident_news import Listener
from callcenter.tickets.services.opening import NewTicket
from callcenter.ui.access import current_actor, requires
from callcenter.ui.htmx import go_to
from callcenter.ui.pagination import window_from
from callcenter.ui.reading import note_reading

blueprint = Blueprint("calls", __name__)

_OUT_OF_SCOPE = "X-OTH"
_SHOWN_CATEGORIES = 9
_DIGITS = 18  # of a number that a column can hold


def draft_key(line_id: int, call_id: int | None = None) -> str:
    """Return the key under which a call in the making is kept: its own, else the line's."""
    return f"desk-{line_id}" if call_id is None else f"desk-{line_id}-{call_id}"


def _call_id() -> int | None:
    """The live call that the desk is about, as the address or the form says."""
    text = request.values.get("call_id", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


def _live_call(line_id: int) -> Call | None:
    """That call, if it is one of this line. Raises NotFound for any other."""
    call_id = _call_id()
    if call_id is None:
        return None
    call = get_call(call_id, current_actor())
    if call.line_id != line_id:
        raise NotFoundPage
    return call


def _line(line_id: int) -> DeskLine:
    line = queries.find_desk_line(line_id, current_actor())
    if line is None:
        raise NotFoundPage
    return line


@blueprint.get("/desk")
@requires(Permission.DESK_USE)
def desk() -> ResponseReturnValue:
    """Let the agent choose the line that rings."""
    return render_template(
        "calls/lines.html",
        lines=queries.list_desk_lines(current_actor()),
        services=words.SERVICES,
    )


@blueprint.get("/desk/<int:line_id>")
@requires(Permission.DESK_USE)
def line_desk(line_id: int) -> ResponseReturnValue:
    """Show the desk of one line, as it was left: the kept draft comes back by itself."""
    line = _line(line_id)
    actor = current_actor()
    call = _live_call(line_id)
    if call is not None and call.form_token is not None:  # written up already
        return go_to(url_for("calls.line_desk", line_id=line_id))
    people = candidates_for(call, actor) if call else []
    draft = load_draft(actor, draft_key(line_id, call.id if call else None))
    known = values_for(call, people) if call else {}
    values = {**known, **(draft.to_dict() if draft else {}), **request.args.to_dict()}
    desk = build_desk(line, values, actor)
    form = DeskForm(data=_filled(values) | {"sms_number": desk.sms_number}, formdata=None)
    return _render(desk, form, restored=draft is not None, call=call, people=people)


def _filled(values: Mapping[str, str]) -> dict[str, str]:
    return {
        "caller_kind": CallerKind.CONTACT,
        "direction": "in",
        "started_at": clock.now().isoformat(timespec="seconds"),
        **values,
    }


def _render(
    desk: Desk,
    form: DeskForm,
    *,
    status: int = 200,
    restored: bool = False,
    call: Call | None = None,
    people: Sequence[Person] = (),
) -> ResponseReturnValue:
    shown = render_template(
        "calls/desk.html",
        desk=desk,
        form=form,
        accent_id=desk.line.member_id,
        draft_key=draft_key(desk.line.id, call.id if call else None),
        live_call=call,
        candidates=people,
        restored=restored,
        deferred=True,
        **_words(),
    )
    return make_response(shown, status)


def _words() -> dict[str, object]:
    return {
        "services": words.SERVICES,
        "dispositions": words.DISPOSITIONS,
        "caller_kinds": words.CALLER_KINDS,
        "answer_prefix": ANSWER_PREFIX,
        "roles": OCCUPANCY_ROLES,
        "equipment": EQUIPMENT,
    }


@blueprint.get("/desk/<int:line_id>/search")
@requires(Permission.DESK_USE)
def desk_search(line_id: int) -> ResponseReturnValue:
    """Find people, homes and residences while the agent types; a fragment."""
    line = _line(line_id)
    actor = current_actor()
    typed = request.args.get("q", "").strip()[:200]
    found = search(typed, actor.member_ids, line.member_id) if typed else None
    number = try_parse_phone(typed)
    known = find_callers(typed, actor.member_ids, line.member_id) if number else []
    return render_template(
        "calls/_results.html",
        line=line,
        found=found,
        typed=typed,
        number=format_phone(number.e164) if number else "",
        unknown_number=number is not None and not known,
        members={m.id: m.short_name for m in list_members()},
    )


@blueprint.post("/desk/<int:line_id>/caller")
@requires(Permission.DESK_USE)
def desk_caller(line_id: int) -> ResponseReturnValue:
    """Show who was chosen and what goes on there; a fragment with its neighbours."""
    return _fragment(line_id, "calls/_caller_swap.html", around=True)


@blueprint.post("/desk/<int:line_id>/request")
@requires(Permission.DESK_USE)
def desk_request(line_id: int) -> ResponseReturnValue:
    """Show what the chosen category asks for, and where the ticket would go; a fragment."""
    return _fragment(line_id, "calls/_request_swap.html", around=False)


@blueprint.post("/desk/<int:line_id>/around")
@requires(Permission.DESK_USE)
def desk_around(line_id: int) -> ResponseReturnValue:
    """Show what goes on here now that the category is known; a fragment."""
    line = _line(line_id)
    actor = current_actor()
    desk = build_request(line, desk_values(DeskForm()))
    look_around(desk, actor)
    return render_template("calls/_around_now.html", desk=desk, **_words())


@blueprint.post("/desk/<int:line_id>/preview")
@requires(Permission.DESK_USE)
def desk_preview(line_id: int) -> ResponseReturnValue:
    """Show where the ticket would go and the SMS that would leave; a fragment."""
    return _fragment(line_id, "calls/_preview.html", around=False)


def _fragment(line_id: int, template: str, *, around: bool) -> ResponseReturnValue:
    line = _line(line_id)
    form = DeskForm()
    values = desk_values(form)
    if around:  # somebody else was chosen: the number for SMS is theirs
        values.pop("sms_number", None)
    desk = build_desk(line, values, current_actor()) if around else build_request(line, values)
    form.sms_number.data = desk.sms_number
    if around and desk.person:
        note_reading("contact", desk.person.contact_id, desk.person.member_id)
    if around and desk.card:
        note_reading("dwelling", desk.card.place.dwelling_id, desk.card.place.member_id)
    return render_template(
        template,
        desk=desk,
        form=form,
        # Who calls is shown at once; where the ticket would go follows in a request of its own.
        preview=None if around else preview(desk, current_actor()),
        deferred=around,
        **_words(),
    )


@blueprint.get("/desk/<int:line_id>/categories")
@requires(Permission.DESK_USE)
def desk_categories(line_id: int) -> ResponseReturnValue:
    """List the categories that fit what was typed, the best first; a fragment."""
    line = _line(line_id)
    typed = request.args.get("category_query", "").strip()[:80]
    desk = build_request(line, request.args)
    by_code = {offered.category.code: offered for offered in desk.categories}
    fitting = search_categories(typed, [offered.category for offered in desk.categories])
    limit = _SHOWN_CATEGORIES if typed else len(fitting)
    return render_template(
        "calls/_categories.html",
        found=[by_code[category.code] for category in fitting[:limit]],
        typed=typed,
    )


@blueprint.post("/desk/<int:line_id>/save")
@requires(Permission.DESK_USE)
def desk_save(line_id: int) -> ResponseReturnValue:
    """Log the call, with a ticket, on an open one, or without; then on to the next call."""
    line = _line(line_id)
    form = DeskForm()
    valid = form.validate()
    values = desk_values(form)
    actor = current_actor()
    call_id = _call_id()
    if valid:
        try:
            with transaction():
                # The cheap half: what goes on around the home is for the eyes, not for saving.
                desk = build_request(line, values)
                logged = log_call(_new_call(desk, form))
                drop_draft(actor, draft_key(line_id, call_id))
                tell_call(logged.call)
                tell_presence(actor.home_id, logged.freed)
        except UserError as error:
            form.add_error(error.field, error.message)
        else:
            _say_what_was_done(logged)
            return _go_to_next(line_id)
    db.session.remove()
    desk = build_desk(line, values, actor)
    return _render(desk, form, status=422, call=_live_call(line_id))


def _go_to_next(line_id: int) -> ResponseReturnValue:
    """Go on to the next call of the stack, else to the line's empty desk."""
    call = next_of_stack(current_actor())
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
        line=db.session.get_one(PhoneLine, desk.line.id),
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
        call_id=_call_id(),
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


@blueprint.post("/desk/<int:line_id>/clear")
@requires(Permission.DESK_USE)
def desk_clear(line_id: int) -> ResponseReturnValue:
    """Throw the call in the making away and start afresh."""
    _line(line_id)
    call = _live_call(line_id)
    call_id = call.id if call else None
    with transaction():
        drop_draft(current_actor(), draft_key(line_id, call_id))
    return go_to(url_for("calls.line_desk", line_id=line_id, call_id=call_id))


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


@blueprint.record_once
def _place_panel(state: BlueprintSetupState) -> None:
    register_place_panel(cast("Flask", state.app), place_panel.render)
