"""The agent's desk."""

from collections.abc import Mapping
from typing import cast

from flask import Blueprint, Flask, make_response, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound as NotFoundPage

from callcenter.calls import place_panel, queries, words
from callcenter.calls.call_acts import get_call
from callcenter.calls.caller_index import CallerIndex, index_caller
from callcenter.calls.desk import (
    ANSWER_PREFIX,
    Desk,
    build_desk,
    build_request,
    look_around,
    preview,
)
from callcenter.calls.forms import DeskForm, desk_values
from callcenter.calls.live_desk import caller_of, passed_by, same_caller, values_for
from callcenter.calls.models import Call
from callcenter.calls.queries import DeskLine
from callcenter.calls.states import CallerKind
from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.core.permissions import Permission
from callcenter.core.phone import format_phone, try_parse_phone
from callcenter.estate.panels import register_place_panel
from callcenter.estate.place_views import flag_words, note_flags
from callcenter.estate.queries import search
from callcenter.estate.words import EQUIPMENT, OCCUPANCY_ROLES
from callcenter.members.drafts import drop_draft, load_draft
from callcenter.routing.category_search import search_categories
from callcenter.tickets.found import find_by_reference
from callcenter.ui.access import current_actor, requires
from callcenter.ui.htmx import go_to
from callcenter.ui.reading import note_reading
from callcenter.ui.theme import accents

blueprint = Blueprint("calls", __name__)

_OUT_OF_SCOPE = "X-OTH"
_SHOWN_CATEGORIES = 9
_DIGITS = 18  # of a number that a column can hold


def draft_key(line_id: int, call_id: int | None = None) -> str:
    """Return the key under which a call in the making is kept: its own, else the line's."""
    return f"desk-{line_id}" if call_id is None else f"desk-{line_id}-{call_id}"


def number_of_request(name: str) -> int | None:
    """Return a row's number as the address or the form gives it."""
    text = request.values.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


def call_id_of_request() -> int | None:
    """Return the live call that the desk is about, as the address or the form says."""
    return number_of_request("call_id")


def also_call_of_request(line_id: int) -> Call | None:
    """Return the call, written up already, that is to concern one more ticket. NotFound."""
    call_id = number_of_request("also_call_id")
    if call_id is None:
        return None
    call = get_call(call_id, current_actor())
    if call.line_id != line_id:
        raise NotFoundPage
    return call


def live_call_on(line_id: int) -> Call | None:
    """That call, if it is one of this line. Raises NotFound for any other."""
    call_id = call_id_of_request()
    if call_id is None:
        return None
    call = get_call(call_id, current_actor())
    if call.line_id != line_id:
        raise NotFoundPage
    return call


def desk_line(line_id: int) -> DeskLine:
    """Return a line that this agent answers; the "not found" page for any other."""
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
    line = desk_line(line_id)
    actor = current_actor()
    call = live_call_on(line_id)
    if call is not None and call.form_token is not None:  # written up already
        return go_to(url_for("calls.line_desk", line_id=line_id))
    also = also_call_of_request(line_id) if call is None else None
    caller = caller_of(call, actor)
    about = call or also
    draft = load_draft(actor, draft_key(line_id, about.id if about else None))
    known = values_for(call, caller.known) if call else same_caller(also) if also else {}
    values = {**known, **(draft.to_dict() if draft else {}), **request.args.to_dict()}
    desk = build_desk(line, values, actor)
    form = DeskForm(data=_filled(values) | {"sms_number": desk.sms_number}, formdata=None)
    return render_desk(desk, form, restored=draft is not None, call=call, caller=caller, also=also)


def _filled(values: Mapping[str, str]) -> dict[str, str]:
    return {
        "caller_kind": CallerKind.CONTACT,
        "direction": "in",
        "started_at": clock.now().isoformat(timespec="seconds"),
        **values,
    }


def render_desk(
    desk: Desk,
    form: DeskForm,
    *,
    caller: CallerIndex,
    status: int = 200,
    restored: bool = False,
    call: Call | None = None,
    also: Call | None = None,
) -> ResponseReturnValue:
    """Show the desk."""
    note_flags(desk.flags)
    shown = render_template(
        "calls/desk.html",
        desk=desk,
        form=form,
        accent_id=desk.line.member_id,
        draft_key=draft_key(desk.line.id, call.id if call else also.id if also else None),
        also=also,
        also_tickets=queries.list_ticket_references([also.id]).get(also.id, []) if also else [],
        live_call=call,
        passed_by=passed_by(call) if call else "",
        candidates=caller.known,
        maybe=caller.maybe,
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
        "seen_in": words.SEEN_IN,
        **flag_words(),
    }


@blueprint.get("/desk/<int:line_id>/search")
@requires(Permission.DESK_USE)
def desk_search(line_id: int) -> ResponseReturnValue:
    """Find people, homes and residences while the agent types; a fragment."""
    line = desk_line(line_id)
    actor = current_actor()
    typed = request.args.get("q", "").strip()[:200]
    found = search(typed, actor.member_ids, line.member_id) if typed else None
    number = try_parse_phone(typed)
    # Whom the number belongs to has just been found: it is not looked up again.
    known = found is not None and any(one.matched for one in found.people)
    asked = number is not None and not known
    caller = index_caller(typed, actor, line.member_id) if asked else CallerIndex("")
    return render_template(
        "calls/_results.html",
        line=line,
        found=found,
        typed=typed,
        number=format_phone(number.e164) if number else "",
        maybe=caller.maybe,
        tickets=find_by_reference(typed),
        unknown_number=asked and not caller.known,
        seen_in=words.SEEN_IN,
        members={one.member_id: one.name for one in accents()},
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
    line = desk_line(line_id)
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
    line = desk_line(line_id)
    form = DeskForm()
    values = desk_values(form)
    if around:  # somebody else was chosen: the number for SMS is theirs
        values.pop("sms_number", None)
    desk = build_desk(line, values, current_actor()) if around else build_request(line, values)
    form.sms_number.data = desk.sms_number
    if around and desk.person:
        note_reading("contact", desk.person.contact_id, desk.person.member_id)
    if around:
        note_flags(desk.flags)
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
    line = desk_line(line_id)
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


@blueprint.post("/desk/<int:line_id>/clear")
@requires(Permission.DESK_USE)
def desk_clear(line_id: int) -> ResponseReturnValue:
    """Throw the call in the making away and start afresh."""
    desk_line(line_id)
    call = live_call_on(line_id)
    call_id = call.id if call else None
    with transaction():
        drop_draft(current_actor(), draft_key(line_id, call_id))
    return go_to(url_for("calls.line_desk", line_id=line_id, call_id=call_id))


@blueprint.record_once
def _place_panel(state: BlueprintSetupState) -> None:
    register_place_panel(cast("Flask", state.app), place_panel.render)
