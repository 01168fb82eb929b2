"""The calendar of on-call: tonight, the week or the month, gaps, and the same as a file."""

from datetime import datetime, time, timedelta

from flask import Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import gettext as _

from callcenter.core import clock
from callcenter.core.errors import NotFound
from callcenter.core.permissions import Permission
from callcenter.members.calendar_rules import local_instant
from callcenter.members.queries import get_member
from callcenter.oncall import words
from callcenter.oncall.agenda import (
    WEEK,
    build_agenda,
    first_of_week,
    month_bounds,
    parse_day,
)
from callcenter.oncall.export import as_calendar, as_csv
from callcenter.oncall.gaps import list_gaps
from callcenter.oncall.queries import list_rotas, list_shifts
from callcenter.oncall.tonight import get_tonight
from callcenter.oncall.views.parts import blueprint, served_members, shown_member
from callcenter.ui.access import current_actor, requires

_GAPS_SHOWN = 8
_EXPORT_DAYS = 366


@blueprint.get("")
@requires(Permission.ON_CALL_READ)
def index() -> ResponseReturnValue:
    """Show who answers at night, by week or by month, and the nights that nobody covers."""
    members = served_members()
    member = shown_member(members)
    if member is None:
        return render_template("oncall/index.html", member=None, members=[])
    day = parse_day(request.args.get("day"))
    monthly = request.args.get("view") == "month"
    first, days = month_bounds(day) if monthly else (first_of_week(day), WEEK)
    rotas = list_rotas(member.id)
    active = [rota for rota in rotas if rota.active]
    gaps = list_gaps(member.id, rotas=active)
    month = day.replace(day=1)
    return render_template(
        "oncall/index.html",
        member=member,
        members=members,
        rotas=rotas,
        active=active,
        agenda=build_agenda(member.id, active, first, days) if active else [],
        tonight=get_tonight(member.id),
        gaps=gaps[:_GAPS_SHOWN],
        more_gaps=len(gaps) - _GAPS_SHOWN,
        monthly=monthly,
        month_name=format_date(day, "MMMM yyyy"),
        day=day,
        first=first,
        last=first + timedelta(days=days - 1),
        before=(month - timedelta(days=1) if monthly else first - timedelta(days=WEEK)),
        after=(month + timedelta(days=32) if monthly else first + timedelta(days=WEEK)),
        today=clock.today(),
        may_edit=current_actor().may(Permission.ON_CALL_EDIT),
        words=words,
        accent_id=member.id,
    )


@blueprint.get("/now/<int:member_id>")
@requires(Permission.ON_CALL_READ)
def now(member_id: int) -> ResponseReturnValue:
    """Who is on duty, and what goes on: a fragment for the agent's desk."""
    member = get_member(member_id)
    if member.id not in current_actor().member_ids:
        raise NotFound
    return render_template(
        "oncall/_now.html",
        tonight=get_tonight(member_id),
        member=member,
        words=words,
        folded="folded" in request.args,
    )


@blueprint.get("/export/<kind>")
@requires(Permission.ON_CALL_READ)
def export(kind: str) -> ResponseReturnValue:
    """Give a year of a member's shifts as CSV (``table``) or as a calendar (``calendar``)."""
    member = shown_member(served_members())
    if member is None or kind not in {"table", "calendar"}:
        raise NotFound
    rotas = list_rotas(member.id)
    since: datetime = local_instant(first_of_week(parse_day(request.args.get("day"))), time())
    rows = list_shifts([rota.id for rota in rotas], since, since + timedelta(days=_EXPORT_DAYS))
    if kind == "table":
        return _file(as_csv(rotas, rows), "text/csv", f"{_('astreintes')}.csv")
    text = as_calendar(member.short_name, rotas, rows)
    return _file(text, "text/calendar", f"{_('astreintes')}.ics")


def _file(text: str, kind: str, name: str) -> Response:
    response = make_response(text.encode())
    response.headers["Content-Type"] = f"{kind}; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
