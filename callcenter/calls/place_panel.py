"""What the calls room shows on the page of a home or a residence.

Open incidents, open requests (a home's, and those of its building's common parts), last calls.
"""

from flask import render_template

from callcenter.calls import words
from callcenter.calls.queries import (
    list_last_calls,
    list_last_calls_of_residence,
    list_tickets_around,
)
from callcenter.core.permissions import Permission
from callcenter.tickets.queries.incident_places import find_around
from callcenter.tickets.queries.incidents import IncidentLine
from callcenter.ui.access import current_actor


def render(member_id: int, residence_id: int, dwelling_id: int | None) -> str:
    """Return the panels for whoever may read requests or calls; three statements at most."""
    actor = current_actor()
    tickets = calls = None
    incidents: tuple[IncidentLine, ...] = ()
    if actor.may(Permission.TICKETS_READ):
        incidents = find_around(actor, member_id, residence_id, None).incidents
        tickets = list_tickets_around(actor, member_id, dwelling_id, residence_id)
    if actor.may(Permission.CALLS_READ):
        if dwelling_id is not None:
            calls = list_last_calls(member_id, None, dwelling_id)
        else:
            calls = list_last_calls_of_residence(member_id, residence_id)
    return render_template(
        "calls/_place.html",
        incidents=incidents,
        tickets=tickets,
        calls=calls,
        dispositions=words.DISPOSITIONS,
        whole_residence=dwelling_id is None,
    )
