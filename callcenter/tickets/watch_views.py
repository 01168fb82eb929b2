"""The supervisor's watch, member by member, and how a member stands against its commitments."""

import re
from datetime import date, datetime, time
from typing import Final

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import format_date

from callcenter.core import clock
from callcenter.core.permissions import Permission
from callcenter.members.queries import list_members
from callcenter.routing import screen_words
from callcenter.routing.states import Priority
from callcenter.tickets import words
from callcenter.tickets.queries.commitments import STAGES, Tally, count_commitments
from callcenter.tickets.queries.filters import TicketFilters
from callcenter.tickets.queries.lists import count_by_member, count_words, list_tickets
from callcenter.ui.access import current_actor, requires
from callcenter.ui.pagination import Window

_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
# One column each; the last two are the supervisor's own work.
_COLUMNS: Final = ("late", "soon", "silent", "held-long", "unanswered", "escalated", "triage")
# Beyond the table: what somebody must decide, a screenful of each.
_SHOWN: Final = 10
_DECIDE: Final = ("unanswered", "escalated")


def add_watch_routes(blueprint: Blueprint) -> None:
    """Add the two pages to the tickets' blueprint."""
    blueprint.add_url_rule("/watch", view_func=watch)
    blueprint.add_url_rule("/commitments", view_func=commitments)


@requires(Permission.SUPERVISE)
def watch() -> ResponseReturnValue:
    """Show what is late, silent, unanswered or held for long, by member."""
    actor = current_actor()
    members = list_members()
    counts = count_by_member(actor, [one.id for one in members], _COLUMNS)
    decide = [
        (view, list_tickets(actor, TicketFilters(view=view), Window(size=_SHOWN)).items)
        for view in _DECIDE
    ]
    return render_template(
        "tickets/watch.html",
        members=members,
        names={one.id: one.short_name for one in members},
        columns=_COLUMNS,
        counts=counts,
        count_words=count_words,
        view_words=words.VIEWS,
        view_hints=words.VIEW_HINTS,
        decide=decide,
        words=words,
    )


@requires(Permission.COMMITMENTS_READ)
def commitments() -> ResponseReturnValue:
    """Show which promises of a month's requests were kept, by priority."""
    members = list_members()
    wanted = request.args.get("member", "")
    chosen = next((one for one in members if str(one.id) == wanted), None)
    if chosen is None and len(members) == 1:
        chosen = members[0]
    month = _month(request.args.get("month", ""))
    after = _months_on(month, 1)
    found = count_commitments(
        [chosen.id] if chosen else [one.id for one in members], _midnight(month), _midnight(after)
    )
    this_month = clock.today().replace(day=1)
    return render_template(
        "tickets/commitments.html",
        members=members,
        chosen=chosen,
        several=len(members) > 1,
        month=f"{month:%Y-%m}",
        month_words=format_date(month, "MMMM yyyy"),
        earlier=f"{_months_on(month, -1):%Y-%m}",
        later=f"{after:%Y-%m}" if after <= this_month else "",
        stages=STAGES,
        stage_words=screen_words.STAGES,
        rows=[(priority, found[priority]) for priority in Priority],
        total={
            stage: sum((found[one][stage] for one in Priority), start=Tally()) for stage in STAGES
        },
        words=words,
        accent_id=chosen.id if chosen else None,
    )


def _month(text: str) -> date:
    match = _MONTH.fullmatch(text)
    today = clock.today().replace(day=1)
    return min(date(int(match[1]), int(match[2]), 1), today) if match else today


def _months_on(month: date, count: int) -> date:
    years, number = divmod(month.month - 1 + count, 12)
    return date(month.year + years, number + 1, 1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), clock.PARIS)
