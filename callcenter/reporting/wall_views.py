"""The supervisor's wall: one page that keeps itself fresh."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal
from flask_babel import gettext as _

from callcenter.calls import words
from callcenter.calls.figures import DEFINITIONS
from callcenter.core.permissions import Permission
from callcenter.messaging.ledger_words import alert_words
from callcenter.messaging.words import PAUSES
from callcenter.oncall import words as oncall_words
from callcenter.reporting.quarter_bars import chart_of
from callcenter.reporting.wall import get_wall
from callcenter.tickets.queries.lists import count_words
from callcenter.ui.access import current_actor, requires

blueprint = Blueprint("supervision", __name__)


def _context() -> dict[str, object]:
    wall = get_wall(current_actor())
    return {
        "wall": wall,
        "chart": chart_of(wall.quarters),
        "oncall_words": oncall_words,
        "presences": words.PRESENCES,
        "reasons": words.BREAK_REASONS,
        "definitions": DEFINITIONS,
        "pause_words": PAUSES,
        "alert_words": alert_words,
        "count_words": count_words,
        "mark_words": lambda mean: _("%(mark)s sur 5", mark=format_decimal(mean, "0.0")),
    }


@blueprint.get("/supervision")
@requires(Permission.SUPERVISE)
def wall() -> ResponseReturnValue:
    """Show the calls, the agents and the promises as they run."""
    return render_template("supervision/wall.html", **_context())


@blueprint.get("/supervision/now")
@requires(Permission.SUPERVISE)
def now() -> ResponseReturnValue:
    """The same, as a fragment for the page that refreshes itself."""
    return render_template("supervision/_now.html", **_context())
