"""The night's log and the morning's hand-over, by member."""

from datetime import date, timedelta

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.calls import words as call_words
from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.core.errors import NotFound, UserError
from callcenter.core.permissions import Permission
from callcenter.members.queries import get_member, list_members
from callcenter.oncall import words as oncall_words
from callcenter.oncall.handover import NOTE_MAX, take_over
from callcenter.reporting.night import get_night
from callcenter.tickets import words
from callcenter.tickets.states import EventKind
from callcenter.tickets.timeline import event_title
from callcenter.ui.access import current_actor, requires
from callcenter.ui.forms import clean_text
from callcenter.ui.htmx import go_to

blueprint = Blueprint("night", __name__, url_prefix="/night")


@blueprint.get("")
@requires(Permission.ON_CALL_READ)
def index() -> ResponseReturnValue:
    """Show a member's last night, the one that runs, or the one that the address names."""
    members = list(list_members())
    wanted = request.args.get("member", "")
    member = next((one for one in members if str(one.id) == wanted), None)
    if member is None:
        if wanted or not members:
            raise NotFound
        member = members[0]
    asked = _date(request.args.get("night"))
    night = get_night(current_actor(), member, asked)
    before = night.night - timedelta(days=1)
    after = clock.in_paris(night.period[1]).date()
    return render_template(
        "night/index.html",
        night=night,
        member=member,
        members=members,
        before=before,
        after=after if not night.running and after <= clock.today() else None,
        title_of=lambda event: event_title(EventKind(event.kind), event.facts, event.visibility),
        words=words,
        call_words=call_words,
        oncall_words=oncall_words,
        note_max=NOTE_MAX,
        may_take=Permission.TICKETS_HANDLE in current_actor().permissions,
        accent_id=member.id,
    )


@blueprint.post("/<int:member_id>/take-over")
@requires(Permission.TICKETS_HANDLE)
def take(member_id: int) -> ResponseReturnValue:
    """Write down who takes the night over."""
    actor = current_actor()
    member = get_member(member_id)
    if not actor.may(Permission.ON_CALL_READ) or member.id not in actor.member_ids:
        raise NotFound
    night = _date(request.form.get("night"))
    if night is None:
        raise NotFound
    here = url_for("night.index", member=member.id, night=night.isoformat())
    try:
        with transaction():
            row = take_over(member.id, night, clean_text(request.form.get("note")) or "", actor)
    except UserError as error:
        flash(error.message, "danger")
    else:
        flash(_("Nuit reprise par %(name)s.", name=row.taken_by_label), "success")
    return go_to(here)


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
