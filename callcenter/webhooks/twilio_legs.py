"""The other telephones of a call: the agent's, a colleague's, the person whom an agent calls."""

from functools import partial

from flask import Response, request

from callcenter.calls.live_rules import Report
from callcenter.calls.states import CallState
from callcenter.calls.voice_rules import DialledLine
from callcenter.core import clock
from callcenter.ui.access import public
from callcenter.webhooks import twiml, voice_records
from callcenter.webhooks.signature import signed_by_provider
from callcenter.webhooks.twilio_voice import (
    answer,
    blueprint,
    bounded,
    dialled_line,
    music,
    sid,
    told_at,
    whole,
)

__all__ = ["blueprint"]

_WAITS = frozenset({CallState.RINGING, CallState.WAITING})


def _call_id() -> int:
    return whole(request.args.get("call_id"))


def _agent_id() -> int | None:
    return whole(request.args.get("agent_id")) or None


def _place() -> voice_records.Place | None:
    return bounded().run(partial(voice_records.place_of, call_id=_call_id()), None)


@blueprint.post("/agent")
@public
@signed_by_provider
def agent() -> Response:
    """The agent has picked up: whisper whose call it is, then join the caller."""
    place = _place()
    number, agent_id = request.form.get("To", "")[:40], _agent_id()
    if place is None or place.state not in _WAITS or agent_id is None:
        return answer(twiml.goodbye("Cet appel est terminé."))
    bounded().run(partial(voice_records.agent_leg, place.call_id, sid(), agent_id, number), None)
    return answer(twiml.agent_answers(place.whisper, place.queue, place.call_id))


@blueprint.post("/dequeued")
@public
@signed_by_provider
def dequeued() -> Response:
    """The caller leaves the queue for the agent who waits: this is the answer."""
    leg = request.form.get("DequeingCallSid", "")[:64]
    bounded().run(partial(voice_records.joined, sid(), leg, clock.now()), None)
    return answer(twiml.nothing())


@blueprint.post("/agent-done")
@public
@signed_by_provider
def agent_done() -> Response:
    """The agent and the caller are apart: on hold the telephone stays, else it hangs up."""
    place = _place()
    if place is not None and place.held:
        return answer(twiml.silence(twiml.address("agent-done", call_id=place.call_id)))
    return answer(twiml.Speech().hang_up().text())


@blueprint.post("/agent-status")
@public
@signed_by_provider
def agent_status() -> Response:
    """An agent's telephone hung up or never answered."""
    if request.form.get("CallStatus", "") in {
        "completed", "busy", "failed", "no-answer", "canceled",
    }:  # fmt: skip
        work = partial(voice_records.leg_over, sid(), _call_id(), _agent_id())
        bounded().run(work, None)
    return Response(status=204)


@blueprint.post("/held")
@public
@signed_by_provider
def held() -> Response:
    """The caller is on hold: music until the agent comes back."""
    return answer(twiml.room(_room(), waits=True, music=music()))


@blueprint.post("/rejoin")
@public
@signed_by_provider
def rejoin() -> Response:
    """Somebody (the agent, or the colleague who takes over) comes to the caller on hold."""
    done = twiml.address("agent-done", call_id=_call_id())
    return answer(twiml.room(_room(), action=done))


@blueprint.post("/consult")
@public
@signed_by_provider
def consult() -> Response:
    """The agent speaks with a colleague while the caller is on hold."""
    done = twiml.address("agent-done", call_id=_call_id())
    return answer(twiml.room(f"{_room()}-consult", action=done, ends=False))


@blueprint.post("/consulted")
@public
@signed_by_provider
def consulted() -> Response:
    """The colleague has picked up: told who calls, then joined to the agent."""
    place = _place()
    words = f"{place.whisper} Transfert." if place else ""
    speech = twiml.Speech().say(words).text()
    joined = twiml.room(f"{_room()}-consult", ends=False)
    return answer(speech.replace("</Response>", "") + joined.partition("<Response>")[2])


@blueprint.post("/transfer")
@public
@signed_by_provider
def transfer() -> Response:
    """The caller goes to another number; the agent is out of it."""
    place = _place()
    if place is None:
        return answer(twiml.trouble())
    number = request.args.get("number", "")
    return answer(twiml.transfer(number, place.line_number, place.call_id))


@blueprint.post("/to-queue")
@public
@signed_by_provider
def to_queue() -> Response:
    """The caller goes to another line's queue; the agent is out of it."""
    line = dialled_line()
    if not isinstance(line, DialledLine):
        return answer(twiml.trouble())
    return answer(twiml.change_queue(line))


@blueprint.post("/transferred")
@public
@signed_by_provider
def transferred() -> Response:
    """What became of a transfer: a colleague who does not answer leaves the caller with us."""
    if request.form.get("DialCallStatus", "") in {"completed", "answered"}:
        return answer(twiml.nothing())
    place = _place()
    speech = twiml.Speech().ask(
        twiml.address("callback", line=place.line_number if place else ""),
        "Votre correspondant ne répond pas.",
        "Pour être rappelé à ce numéro, tapez 2.",
    )
    return answer(speech.text())


@blueprint.post("/out")
@public
@signed_by_provider
def out() -> Response:
    """The agent has picked up to call somebody: ring that person from the line's number."""
    place = _place()
    if place is None or not place.number:
        return answer(twiml.goodbye("Ce numéro ne peut pas être appelé."))
    agent_id = _agent_id()
    if agent_id is not None:
        number = request.form.get("To", "")[:40]
        work = partial(voice_records.agent_leg, place.call_id, sid(), agent_id, number)
        bounded().run(work, None)
    return answer(twiml.call_out(place.number, place.line_number, place.call_id))


@blueprint.post("/out-status")
@public
@signed_by_provider
def out_status() -> Response:
    """The person whom the agent calls has answered, or the call is over."""
    state = request.form.get("CallStatus", "")
    kind = Report.ANSWERED if state in {"in-progress", "answered"} else Report.ENDED
    if state in {"initiated", "ringing", "queued"}:
        return Response(status=204)
    work = partial(voice_records.outgoing, _call_id(), kind, state, told_at())
    bounded().run(work, None)
    return Response(status=204)


@blueprint.post("/out-done")
@public
@signed_by_provider
def out_done() -> Response:
    """The call that an agent made is over."""
    state = request.form.get("DialCallStatus", "")
    work = partial(voice_records.outgoing, _call_id(), Report.ENDED, state, None)
    bounded().run(work, None)
    return answer(twiml.Speech().hang_up().text())


@blueprint.post("/out-agent-status")
@public
@signed_by_provider
def out_agent_status() -> Response:
    """The agent's telephone of an outgoing call is over: so is the call."""
    state = request.form.get("CallStatus", "")
    if state in {"completed", "busy", "failed", "no-answer", "canceled"}:
        work = partial(voice_records.outgoing, _call_id(), Report.ENDED, state, told_at())
        bounded().run(work, None)
    return Response(status=204)


def _room() -> str:
    return f"call-{_call_id()}"
