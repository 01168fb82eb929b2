"""What the calls room shows on the page of a home or a residence: open requests, last calls."""

from flask import render_template

from callcenter.calls import words
from callcenter.calls.queries import list_last_calls, list_tickets_around
from callcenter.core.permissions import Permission
from callcenter.ui.access import current_actor


def render(member_id: int, residence_id: int, dwelling_id: int | None) -> str:
    """Return the panels for whoever may read requests or calls; two statements at most."""
    actor = current_actor()
    tickets = calls = None
    if actor.may(Permission.TICKETS_READ):
        tickets = list_tickets_around(actor, member_id, dwelling_id, residence_id)
    if actor.may(Permission.CALLS_READ) and dwelling_id is not None:
        calls = list_last_calls(member_id, None, dwelling_id)
    return render_template(
        "calls/_place.html", tickets=tickets, calls=calls, dispositions=words.DISPOSITIONS
    )
