"""Hearing and deleting what was recorded. Whoever listens leaves a trace."""

import io

from flask import flash, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.calls.log_views import blueprint
from callcenter.calls.recording_queries import get_recording, get_sound
from callcenter.calls.recordings import delete_recording
from callcenter.core import audit
from callcenter.core.db import transaction
from callcenter.core.permissions import Permission
from callcenter.ui.access import current_actor, requires
from callcenter.ui.htmx import go_to

__all__ = ["blueprint"]


@blueprint.get("/calls/recordings/<int:call_recording_id>/sound")
@requires(Permission.VOICEMAIL_PLAY)
def sound(call_recording_id: int) -> ResponseReturnValue:
    """Play a recording; each beginning of it is written in the journal."""
    actor = current_actor()
    row = get_sound(call_recording_id, actor)
    content, kind, call_id = row.content or b"", row.content_type, row.call_id
    # A player asks for the rest of what it has begun piece by piece.
    if request.headers.get("Range", "bytes=0-").startswith("bytes=0-"):
        with transaction():
            audit.record(
                row.member_id,
                "call_recording.played",
                "call_recording",
                call_recording_id,
                actor_id=actor.user_id,
                actor_label=actor.name,
                changes={"call": [None, call_id]},
            )
    return send_file(io.BytesIO(content), mimetype=kind or "audio/mpeg", conditional=True)


@blueprint.post("/calls/recordings/<int:call_recording_id>/delete")
@requires(Permission.VOICEMAIL_PLAY)
def delete(call_recording_id: int) -> ResponseReturnValue:
    """Delete a recording before its time."""
    actor = current_actor()
    get_recording(call_recording_id, actor)
    with transaction():
        call_id = delete_recording(call_recording_id, actor).call_id
    flash(_("Enregistrement effacé."), "success")
    return go_to(url_for("calls.show", call_id=call_id))
