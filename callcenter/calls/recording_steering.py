"""The agent's hand on the recording of a call."""

from flask.typing import ResponseReturnValue

from callcenter.calls.call_acts import (
    get_call,
)
from callcenter.calls.live_edge import tell_call
from callcenter.calls.models import Call
from callcenter.calls.outgoing_views import blueprint
from callcenter.calls.phone_views import command_call
from callcenter.calls.recordings import mark_recording
from callcenter.calls.states import RecordingMark
from callcenter.calls.telephone import Meant
from callcenter.calls.voice_gateway import VoiceGateway
from callcenter.core.db import transaction
from callcenter.core.errors import NotFound, ProviderError
from callcenter.core.permissions import Permission
from callcenter.ui.access import current_actor, requires

__all__ = ["blueprint"]

_STEERING = {
    "pause": (RecordingMark.PAUSED, "paused"),
    "resume": (RecordingMark.RUNNING, "in-progress"),
    "stop": (RecordingMark.STOPPED, "stopped"),
}


@blueprint.post("/desk/calls/<int:call_id>/recording/<kind>")
@requires(Permission.DESK_USE)
def steer_recording(call_id: int, kind: str) -> ResponseReturnValue:
    """Suspend, resume, or stop and delete the recording of the actor's call."""
    actor = current_actor()
    get_call(call_id, actor)  # a call that isn't there says so, whatever is asked
    if kind not in _STEERING:
        raise NotFound
    mark, status = _STEERING[kind]
    recording_id = before = ""

    def change(call: Call) -> None:
        nonlocal recording_id, before
        before = call.recording
        recording_id = mark_recording(call, mark)

    def ask(meant: Meant, phone: VoiceGateway) -> None:
        try:
            phone.steer_recording(meant.provider_id, recording_id, status)
        except ProviderError:
            if mark is not RecordingMark.STOPPED:  # it goes on as before: the screen must say so
                with transaction():
                    call = get_call(call_id, actor, lock=True)
                    call.recording, call.version = before, call.version + 1
                    tell_call(call)
            raise

    return command_call(call_id, change, ask)
