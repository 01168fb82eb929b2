"""The provider's API for calls and recordings, as far as our program uses it.

Source: https://www.twilio.com/docs/voice/api/call-resource, …/api/recording
"""

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from flask import Response, jsonify, request

from sandbox.recordings import Recording, sound
from sandbox.state import state
from sandbox.twilio_api import ApiError, api
from sandbox.voice import Leg

__all__ = ["api"]

_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_PATH = "/2010-04-01/Accounts/<account_sid>/Calls"


@api.post(f"{_PATH}.json")
def create_call(account_sid: str) -> Response:
    """Have a telephone ring."""
    form = request.form
    if not _NUMBER.fullmatch(form.get("To", "")):
        raise ApiError(21211)
    if not form.get("Url", "").startswith(("http://", "https://")):
        raise ApiError(21609)
    leg = state().script.ring(
        form["To"],
        form.get("From", ""),
        form["Url"],
        form.get("StatusCallback", ""),
        float(form.get("Timeout") or 0),
    )
    answer = jsonify(_resource(leg, account_sid))
    answer.status_code = 201
    return answer


@api.get(f"{_PATH}/<sid>.json")
def fetch_call(account_sid: str, sid: str) -> Response:
    """Return one call."""
    return jsonify(_resource(_leg(sid), account_sid))


@api.post(f"{_PATH}/<sid>.json")
def update_call(account_sid: str, sid: str) -> Response:
    """Lead a call elsewhere (`Url`), or end it (`Status`)."""
    leg = _leg(sid)
    board = state().board
    if request.form.get("Status") in {"completed", "canceled"}:
        done = board.hang_up(sid)
    else:
        done = board.lead(sid, request.form.get("Url", ""))
    if not done:
        raise ApiError(21220)
    return jsonify(_resource(leg, account_sid))


_RECORDINGS = "/2010-04-01/Accounts/<account_sid>/Recordings"


@api.post(f"{_PATH}/<sid>/Recordings.json")
def create_recording(account_sid: str, sid: str) -> Response:
    """Record a call that goes on."""
    leg = _leg(sid)
    if leg.over or not leg.answered:
        raise ApiError(21220)
    made = state().recordings.start(sid, request.form.get("RecordingStatusCallback", ""))
    state().board.note(leg, "info", "● L'appel est enregistré.")
    answer = jsonify(_recording(made, account_sid))
    answer.status_code = 201
    return answer


@api.post(f"{_PATH}/<sid>/Recordings/<recording_sid>.json")
def update_recording(account_sid: str, sid: str, recording_sid: str) -> Response:
    """Pause a recording, go on with it, or stop it."""
    here, leg = state(), _leg(sid)
    known = here.recordings
    found = known.current(sid) if recording_sid == "Twilio.CURRENT" else known.get(recording_sid)
    if found is None or found.call_sid != sid:
        raise ApiError(20404)
    status = request.form.get("Status", "")
    if status == "stopped":
        here.script.end_recording(leg, found)
    elif status not in {"paused", "in-progress"} or not known.change(found, status):
        raise ApiError(21220)
    words = {"paused": "suspendu", "in-progress": "repris", "stopped": "arrêté"}[status]
    here.board.note(leg, "info", f"● Enregistrement {words}.")
    return jsonify(_recording(found, account_sid))


@api.get(f"{_RECORDINGS}/<recording_sid>.mp3")
def fetch_sound(account_sid: str, recording_sid: str) -> Response:  # noqa: ARG001 - checked before
    """Return the sound (here a WAV file, whatever the name)."""
    found = state().recordings.get(recording_sid)
    if found is None:
        raise ApiError(20404)
    return Response(sound(found.seconds), mimetype="audio/wav")


@api.delete(f"{_RECORDINGS}/<recording_sid>.json")
def delete_recording(
    account_sid: str,  # noqa: ARG001 - checked before
    recording_sid: str,
) -> Response:
    """Forget a recording."""
    if not state().recordings.delete(recording_sid):
        raise ApiError(20404)
    return Response(status=204)


def _recording(one: Recording, account_sid: str) -> dict[str, Any]:
    return {
        "sid": one.sid,
        "account_sid": account_sid,
        "call_sid": one.call_sid,
        "status": one.status,
        "duration": str(one.length),
        "uri": f"/2010-04-01/Accounts/{account_sid}/Recordings/{one.sid}.json",
    }


def _leg(sid: str) -> Leg:
    leg = state().board.get(sid)
    if leg is None:
        raise ApiError(20404)
    return leg


def _resource(leg: Leg, account_sid: str) -> dict[str, Any]:
    from_, to = (leg.phone, leg.line) if leg.inbound else (leg.line, leg.phone)
    return {
        "sid": leg.sid,
        "account_sid": account_sid,
        "from": from_,
        "to": to,
        "status": leg.status,
        "direction": "inbound" if leg.inbound else "outbound-api",
        "start_time": format_datetime(datetime.fromtimestamp(leg.created, UTC)),
        "end_time": format_datetime(datetime.fromtimestamp(leg.ended, UTC)) if leg.ended else None,
        "duration": str(int(leg.ended - leg.answered)) if leg.ended and leg.answered else None,
        "uri": f"/2010-04-01/Accounts/{account_sid}/Calls/{leg.sid}.json",
    }
