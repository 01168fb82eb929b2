"""What the provider has recorded: messages left for us, and conversations."""

from functools import partial

from flask import Response, abort, request
from flask_babel import force_locale
from flask_babel import gettext as _

from callcenter.calls.voice_rules import DialledLine
from callcenter.ui.access import public
from callcenter.webhooks import twiml, voice_records
from callcenter.webhooks.signature import signed_by_provider
from callcenter.webhooks.twilio_legs import blueprint
from callcenter.webhooks.twilio_voice import answer, bounded, dialled_line, sid, whole

__all__ = ["blueprint"]


@blueprint.post("/message")
@public
@signed_by_provider
def message() -> Response:
    """The caller has left a message."""
    kept = _keep_message()
    with force_locale("fr"):
        if kept:
            return answer(twiml.goodbye(_("Votre message est enregistré. Au revoir.")))
        return answer(
            twiml.goodbye(_("Nous n'avons pas pu noter votre demande. Merci de rappeler."))
        )


@blueprint.post("/message-recorded")
@public
@signed_by_provider
def message_recorded() -> Response:
    """The same, told again by the provider: also of a caller who hung up."""
    if not _keep_message():
        abort(503)
    return Response(status=204)


def _keep_message() -> bool:
    line = dialled_line()
    if not isinstance(line, DialledLine):
        return False
    work = partial(
        voice_records.message,
        line,
        sid(),
        request.form.get("RecordingSid", "")[:64],
        whole(request.form.get("RecordingDuration")),
    )
    return bounded().run(work, False)


@blueprint.post("/recorded")
@public
@signed_by_provider
def recorded() -> Response:
    """A conversation's recording is done, or came to nothing."""
    work = partial(
        voice_records.conversation_recorded,
        whole(request.args.get("recording")),
        request.form.get("RecordingSid", "")[:64],
        whole(request.form.get("RecordingDuration")),
        failed=request.form.get("RecordingStatus") != "completed",
    )
    if not bounded().run(work, False):
        abort(503)
    return Response(status=204)
