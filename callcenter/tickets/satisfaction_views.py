"""What tenants think of how their requests are dealt with: the figure, and their words."""

from datetime import timedelta
from typing import Final

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal

from callcenter.core import clock
from callcenter.core.permissions import Permission
from callcenter.tickets.queries.satisfaction import (
    list_opinions,
    marks_of_members,
    marks_of_organisations,
)
from callcenter.tickets.rules import SCORES
from callcenter.ui.access import current_actor, requires
from callcenter.ui.pagination import window_from
from callcenter.ui.theme import accents

blueprint = Blueprint("satisfaction", __name__, url_prefix="/satisfaction")

DAYS: Final = 90
PAGE_SIZE: Final = 30


@blueprint.get("")
@requires(Permission.SATISFACTION_READ)
def index() -> ResponseReturnValue:
    """Show the marks of the last three months and what was said with them."""
    members = {one.member_id: one.name for one in accents()}
    wanted = request.args.get("score", 0, type=int)
    score = wanted if wanted in SCORES else None
    since = clock.now() - timedelta(days=DAYS)
    return render_template(
        "tickets/satisfaction.html",
        marks=marks_of_members(members, since),
        organisations=marks_of_organisations(list(members), since),
        page=list_opinions(
            current_actor(), list(members), score, window_from(request.args, 1, PAGE_SIZE)
        ),
        members=members,
        score=score,
        scores=SCORES,
        days=DAYS,
        decimal_point=format_decimal(0.5, "0.0")[1],
    )
