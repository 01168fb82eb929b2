"""The journal page."""

from datetime import date

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from callcenter.core.permissions import Permission
from callcenter.members import journal_queries as queries
from callcenter.members.directory_queries import list_houses_seen
from callcenter.members.journal_words import (
    OBJECTS,
    action_words,
    changes_words,
    object_words,
)
from callcenter.ui.access import requires
from callcenter.ui.pagination import window_from

blueprint = Blueprint("audit", __name__)

_SORT_COLUMNS = 2
_LONGEST = 100
_BIGINT_DIGITS = 19


@blueprint.get("/audit")
@requires(Permission.AUDIT_READ)
def index() -> ResponseReturnValue:
    """Show who did what, newest first."""
    args = request.args
    member = args.get("member", "")
    wanted = queries.JournalFilter(
        person=_clean("q"),
        object_type=_clean("object"),
        object_id=_clean("number"),
        day=_day(args.get("day", "")),
        member_id=int(member) if member.isdecimal() and len(member) < _BIGINT_DIGITS else None,
    )
    return render_template(
        "audit/index.html",
        page=queries.list_entries(wanted, window_from(args, _SORT_COLUMNS)),
        wanted=wanted,
        houses={house.id: house.short_name for house in list_houses_seen()},
        objects=OBJECTS,
        action_words=action_words,
        object_words=object_words,
        changes_words=changes_words,
    )


def _clean(name: str) -> str:
    return request.args.get(name, "").replace("\x00", "").strip()[:_LONGEST]


def _day(text: str) -> date | None:
    """Read a day; one that can't be read, or whose next there is none, means no filter."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date.min < day < date.max else None
