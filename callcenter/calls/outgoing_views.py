"""Calling somebody: from a task, a ticket, or a line."""

import secrets
from typing import Any

from flask import jsonify, request, url_for
from flask.typing import ResponseReturnValue

from callcenter.calls.call_acts import (
    get_call,
    open_leg,
    start_outgoing,
)
from callcenter.calls.live_cards import card_of
from callcenter.calls.live_edge import tell_call, tell_presence
from callcenter.calls.live_queries import line_words
from callcenter.calls.states import LegKind
from callcenter.calls.tasks import count_attempt, get_task
from callcenter.calls.telephone import gateway, meant_of, step
from callcenter.calls.transfer_views import blueprint
from callcenter.calls.transfers import extension_of, wanted_number
from callcenter.core.db import db, transaction
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.core.permissions import Permission
from callcenter.members.queries import get_line
from callcenter.tickets.queries.pages import get_ticket
from callcenter.ui.access import current_actor, requires

__all__ = ["blueprint"]


@blueprint.post("/desk/tasks/<int:task_id>/call")
@requires(Permission.DESK_USE)
def call_back(task_id: int) -> ResponseReturnValue:
    """Call somebody back from the list of tasks."""
    actor = current_actor()
    task = get_task(task_id, actor)
    return _call(actor, task.line_id, task.member_id, task.number)


@blueprint.post("/desk/lines/<int:line_id>/call")
@requires(Permission.DESK_USE)
def call_from_line(line_id: int) -> ResponseReturnValue:
    """Call a number from a member's line (from a ticket, or from the desk)."""
    actor = current_actor()
    line = get_line(line_id)
    if line.member_id not in actor.member_ids:
        raise NotFound
    return _call(actor, line.id, line.member_id, wanted_number(request.form.get("number", "")))


@blueprint.post("/desk/tickets/<int:ticket_id>/call")
@requires(Permission.DESK_USE)
def call_about(ticket_id: int) -> ResponseReturnValue:
    """Call the person of a ticket, from a line of the ticket's member."""
    actor = current_actor()
    ticket = get_ticket(actor, ticket_id)
    return _call(actor, None, ticket.member_id, wanted_number(ticket.contact_number))


def _call(actor: Actor, line_id: int | None, member_id: int, number: str) -> ResponseReturnValue:
    """Ring the agent's telephone, then the person; without a telephone of ours, a ``tel:`` link."""
    own_id = f"out-{secrets.token_hex(12)}"
    with transaction():
        try:
            extension = extension_of(actor)
        except UserError:
            extension = ""
        call, agent = start_outgoing(
            actor, line_id, member_id, number, own_id if extension else None
        )
        count_attempt(member_id, number)
        tell_call(call)
        tell_presence(actor.home_id, agent)
        meant = meant_of(call)
        call_id = call.id
        url = url_for("calls.line_desk", line_id=call.line_id, call_id=call.id)
        card = card_of(call, line_words(call))
    if not extension:
        return jsonify(call=card, url=url, tel=f"tel:{number}")
    db.session.remove()
    who: dict[str, Any] = {"call_id": call_id, "agent_id": actor.user_id}
    leg = gateway().ring(
        extension, meant.line_number, step("out", **who), step("out-agent-status", **who)
    )
    with transaction():
        open_leg(get_call(call_id, actor), leg, LegKind.AGENT, extension, actor.user_id)
    return jsonify(call=card, url=url)
