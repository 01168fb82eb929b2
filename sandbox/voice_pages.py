"""A person at a phone calls: dial, press keys, speak, pick up, hang up; by the page or by a test."""

from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from sandbox.pages import read_number, shown_number
from sandbox.state import state
from sandbox.voice import Leg

voice = Blueprint("voice", __name__)


@voice.post("/phones/<number>/calls")
def dial(number: str) -> AnyResponse:
    """Call a number from a phone of the page."""
    line = read_number(request.form.get("to", ""))
    if line is None:
        return _answered("Numéro incompris : écrivez-le comme 05 36 49 01 00.", ok=False)
    if state().board.live_on(number) and not _over(number):
        return _answered("Ce téléphone est déjà en ligne.", ok=False)
    here = state()
    here.store.add_phone(number)
    here.script.call(number, line, here.webhook_origin)
    return _answered(f"Appel du {shown_number(line)}.", ok=True)


@voice.post("/calls/<sid>/<what>")
def act(sid: str, what: str) -> AnyResponse:
    """Press `keys`, say `words`, `pick-up` or `hang-up`."""
    done = _act(sid, what, request.form.get("digits", ""), request.form.get("words", ""))
    return _answered("" if done else "L'appel est terminé.", ok=done)


@voice.post("/sandbox/api/calls")
def api_dial() -> Response:
    """For tests: `from` calls `to`; returns the `sid`."""
    fields: dict[str, Any] = request.get_json()
    here = state()
    leg = here.script.call(str(fields["from"]), str(fields["to"]), here.webhook_origin)
    return jsonify(_described(leg))


@voice.get("/sandbox/api/calls")
def api_list() -> Response:
    """For tests: every leg, oldest first."""
    board = state().board
    with board.changed:
        return jsonify(calls=[_described(leg) for leg in board.legs.values()])


@voice.get("/sandbox/api/calls/<sid>")
def api_show(sid: str) -> Response:
    """For tests: one leg, with what was heard."""
    leg = state().board.get(sid)
    if leg is None:
        return jsonify(error="unknown"), 404  # type: ignore[return-value]
    return jsonify(_described(leg))


@voice.post("/sandbox/api/calls/<sid>/<what>")
def api_act(sid: str, what: str) -> Response:
    """For tests: as `act`."""
    fields: dict[str, Any] = request.get_json(silent=True) or {}
    done = _act(sid, what, str(fields.get("digits", "")), str(fields.get("words", "")))
    return jsonify(ok=done)


@voice.get("/sandbox/api/recordings")
def api_recordings() -> Response:
    """For tests: every recording the provider still has."""
    return jsonify(
        recordings=[
            {"sid": one.sid, "call": one.call_sid, "status": one.status, "seconds": one.length}
            for one in state().recordings.list()
        ]
    )


@voice.post("/sandbox/api/voice")
def api_settings() -> Response:
    """For tests: `answers` (auto, manual, never) and `play` (seconds of one turn of music)."""
    fields: dict[str, Any] = request.get_json()
    here = state()
    here.board.answers = str(fields.get("answers", here.board.answers))
    here.script.play = float(fields.get("play", here.script.play))
    return jsonify(answers=here.board.answers, play=here.script.play)


def _act(sid: str, what: str, digits: str, words: str) -> bool:
    board = state().board
    match what:
        case "keys":
            return board.press(sid, digits[:20])
        case "words":
            return bool(words.strip()) and board.speak(sid, words.strip()[:500])
        case "pick-up":
            return board.pick_up(sid)
        case "hang-up":
            return board.hang_up(sid)
    return False


def _over(number: str) -> bool:
    leg = state().board.live_on(number)
    return leg is None or leg.over


def _described(leg: Leg) -> dict[str, Any]:
    return {
        "sid": leg.sid,
        "phone": leg.phone,
        "line": leg.line,
        "inbound": leg.inbound,
        "status": leg.status,
        "over": leg.over,
        "queue": leg.queue,
        "room": leg.room,
        "joined": bool(leg.peer or leg.room),
        "gathering": leg.gathering,
        "heard": [[one.who, one.words] for one in leg.log],
        "twiml": leg.twiml,
    }


def _answered(words: str, *, ok: bool) -> AnyResponse:
    """Answer the script with JSON, a plain form with a page."""
    if request.headers.get("X-Requested-With") == "fetch":
        return jsonify(ok=ok, message=words)
    if words:
        flash(words, "done" if ok else "error")
    return redirect(url_for("pages.phones"))
