"""What a draft of rules would have changed: ask, watch it count, read what it found."""

from typing import Any

from flask import Blueprint, Response, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core.db import after_commit, transaction
from callcenter.core.permissions import Permission
from callcenter.core.queues import Job, enqueue
from callcenter.members.directory_queries import get_house
from callcenter.members.views.parts import landlord_only
from callcenter.routing.models import WhatIf
from callcenter.routing.screen_queries import get_names
from callcenter.routing.screen_words import DESTINATIONS
from callcenter.routing.states import WhatIfState
from callcenter.routing.version_queries import get_draft
from callcenter.settings import Settings
from callcenter.tickets.queries.what_ifs import find_last, get_what_if, list_seen
from callcenter.tickets.services.what_ifs import SIZES, ask_what_if
from callcenter.tickets.what_if_rules import MOST_LISTED, moved_tickets
from callcenter.ui.access import current_actor, requires
from callcenter.ui.htmx import go_to

blueprint = Blueprint("what_if", __name__, url_prefix="/routing")

EDIT = Permission.ROUTING_EDIT
_PAGE = 50
_WAITING = frozenset({WhatIfState.QUEUED, WhatIfState.RUNNING})


@blueprint.get("/rules/<int:member_id>/what-if")
@requires(EDIT)
def panel(member_id: int) -> ResponseReturnValue:
    """Show the last trial of a member's draft, and ask for another; a fragment of the draft."""
    house = landlord_only(get_house(member_id))
    draft = get_draft(member_id)
    last = find_last(member_id)
    return render_template(
        "routing/_what_if_panel.html",
        house=house,
        draft=draft,
        last=last,
        same=last is not None and last.digest == draft.digest,
        waiting=last is not None and last.state in _WAITING,
        sizes=SIZES,
    )


@blueprint.post("/rules/<int:member_id>/what-if")
@requires(EDIT)
def ask(member_id: int) -> ResponseReturnValue:
    """Try the draft on the member's last tickets, in the background."""
    landlord_only(get_house(member_id))
    text = request.form.get("wanted", "")
    wanted = int(text) if text in {str(size) for size in SIZES} else SIZES[0]
    settings: Settings = current_app.config["SETTINGS"]
    with transaction():
        number = ask_what_if(member_id, wanted, current_actor()).id

        def hand_out() -> None:
            # When Redis is away the clockwork finds it later.
            enqueue(settings.redis_url, Job.TRY_RULES, number)

        after_commit(hand_out)
    return go_to(url_for("what_if.result", what_if_id=number))


@blueprint.get("/what-if/<int:what_if_id>")
@requires(EDIT)
def result(what_if_id: int) -> ResponseReturnValue:
    """Show one trial: how far it has come, then what it found."""
    found = get_what_if(what_if_id)
    text = request.args.get("from", "")
    start = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0  # noqa: PLR2004
    tickets = moved_tickets(found.result, start, _PAGE)
    listed = len(found.result.get("tickets", []))
    return render_template(
        "routing/what_if.html",
        **_told(found),
        draft=get_draft(found.member_id),
        tickets=tickets,
        seen=list_seen(current_actor(), [one.id for one in tickets]),
        categories=get_names(found.member_id).categories,
        start=start,
        listed=listed,
        most=MOST_LISTED,
        older=start + _PAGE if start + _PAGE < listed else None,
        newer=max(start - _PAGE, 0) if start else None,
    )


def _told(found: WhatIf) -> dict[str, Any]:
    return {
        "what_if": found,
        "house": get_house(found.member_id),
        "waiting": found.state in _WAITING,
        "kinds": DESTINATIONS,
        "back": (url_for("routing.draft", member_id=found.member_id), _("Brouillon des règles")),
        "accent_id": found.member_id,
    }


@blueprint.get("/what-if/<int:what_if_id>/progress")
@requires(EDIT)
def progress(what_if_id: int) -> ResponseReturnValue:
    """Say how far a trial has come; a fragment that asks again, or reloads once it ended."""
    found = get_what_if(what_if_id)
    if found.state in _WAITING:
        return render_template("routing/_what_if_progress.html", **_told(found))
    response = Response(status=204)
    response.headers["HX-Redirect"] = url_for("what_if.result", what_if_id=found.id)
    return response
