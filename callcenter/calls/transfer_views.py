"""Passing a caller on from the desk: cold, warm, to a queue, a team, a colleague, a number."""

import logging

from flask import jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.calls.call_acts import (
    find_leg,
    get_call,
    hold,
    open_leg,
    pass_on,
)
from callcenter.calls.live_edge import tell_call, tell_presence
from callcenter.calls.models import Call
from callcenter.calls.phone_views import blueprint, command_call, let_go
from callcenter.calls.states import CallState, LegKind
from callcenter.calls.telephone import Meant, step
from callcenter.calls.transfers import (
    QUEUE_PREFIX,
    Passed,
    list_targets,
    pass_to_line,
    take_back,
    wanted_number,
)
from callcenter.calls.voice_gateway import VoiceGateway
from callcenter.core.db import transaction
from callcenter.core.errors import ProviderError, UserError
from callcenter.core.isolation import Actor
from callcenter.core.permissions import Permission
from callcenter.core.phone import format_phone
from callcenter.ui.access import current_actor, requires

log = logging.getLogger(__name__)

__all__ = ["blueprint"]


@blueprint.post("/desk/calls/<int:call_id>/transfer")
@requires(Permission.DESK_USE)
def transfer(call_id: int) -> ResponseReturnValue:
    """Pass the caller on at once (cold) to a queue or a number, and write the call up."""
    actor = current_actor()
    get_call(call_id, actor)  # a call that isn't there says so, whatever the number
    wanted = request.form.get("number", "")
    if wanted.startswith(QUEUE_PREFIX):
        return _to_queue(call_id, actor, wanted.removeprefix(QUEUE_PREFIX))
    number = wanted_number(wanted)

    def change(call: Call) -> None:
        tell_presence(actor.home_id, pass_on(call, actor, format_phone(number)))

    return command_call(
        call_id,
        change,
        lambda meant, phone: phone.lead(
            meant.provider_id, step("transfer", call_id=call_id, number=number)
        ),
    )


def _to_queue(call_id: int, actor: Actor, line_text: str) -> ResponseReturnValue:
    """Put the caller in the queue of another line of the same member."""
    passed: Passed | None = None

    def change(call: Call) -> None:
        nonlocal passed
        passed = pass_to_line(call, actor, line_text, request.form.get("word", ""))
        tell_call(passed.call)
        tell_presence(actor.home_id, passed.agent)

    def ask(_meant: Meant, phone: VoiceGateway) -> None:
        if passed is None:
            return
        if passed.recording:
            try:
                phone.steer_recording(passed.provider_id, "", "stopped")
            except ProviderError as error:
                log.info("there was nothing to stop: %s", error.message)
        try:
            phone.lead(passed.provider_id, step("to-queue", line=passed.line_number))
        except ProviderError:
            with transaction():
                tell_presence(actor.home_id, take_back(get_call(call_id, actor, lock=True), actor))
                tell_call(get_call(call_id, actor))
                # It is gone from the database; this takes it off the screens.
                passed.call.state, passed.call.version = CallState.ENDED, passed.call.version + 1
                tell_call(passed.call)
            raise

    return command_call(call_id, change, ask)


@blueprint.post("/desk/calls/<int:call_id>/consult")
@requires(Permission.DESK_USE)
def consult(call_id: int) -> ResponseReturnValue:
    """Put the caller on hold and speak to somebody first (warm transfer)."""
    actor = current_actor()
    get_call(call_id, actor)  # a call that isn't there says so, whatever the number
    number = wanted_number(request.form.get("number", ""))

    def ask(meant: Meant, phone: VoiceGateway) -> None:
        phone.lead(meant.provider_id, step("held", call_id=call_id))
        phone.lead(meant.agent_leg, step("consult", call_id=call_id))
        leg = phone.ring(
            number,
            meant.line_number,
            step("consulted", call_id=call_id),
            step("agent-status", call_id=call_id),
        )
        with transaction():
            open_leg(get_call(call_id, actor), leg, LegKind.TRANSFER, number, None)

    return command_call(call_id, lambda call: hold(call, on=True), ask)


@blueprint.post("/desk/calls/<int:call_id>/hand-over")
@requires(Permission.DESK_USE)
def hand_over(call_id: int) -> ResponseReturnValue:
    """The colleague takes the caller over (end of a warm transfer); write the call up."""
    actor = current_actor()

    def change(call: Call) -> None:
        leg = find_leg(call.id, LegKind.TRANSFER)
        if leg is None:
            raise UserError(_("Personne n'est en ligne pour reprendre cet appel."))
        hold(call, on=False)
        tell_presence(actor.home_id, pass_on(call, actor, format_phone(leg.number)))

    def ask(meant: Meant, phone: VoiceGateway) -> None:
        phone.lead(meant.transfer_leg, step("rejoin", call_id=call_id))
        if meant.agent_leg:
            let_go(phone, meant.agent_leg)

    return command_call(call_id, change, ask)


@blueprint.get("/desk/calls/<int:call_id>/targets")
@requires(Permission.DESK_USE)
def targets(call_id: int) -> ResponseReturnValue:
    """List to whom a call can be passed on."""
    actor = current_actor()
    found = list_targets(get_call(call_id, actor), actor)
    return jsonify(
        groups=[
            {
                "label": group.label,
                "targets": [
                    {"value": one.value, "name": one.name, "shown": one.shown}
                    for one in group.targets
                ],
            }
            for group in found
            if group.targets
        ]
    )
