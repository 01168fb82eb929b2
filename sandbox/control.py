"""The sandbox's own API, for tests and scripts: choose behaviours, read and write messages."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox import inbound
from sandbox.behaviour import Behaviour, BehaviourError, Scope
from sandbox.state import state
from sandbox.store import Message

control = Blueprint("control", __name__, url_prefix="/sandbox/api")


@control.errorhandler(BehaviourError)
@control.errorhandler(inbound.InboundError)
def wrong(error: ValueError) -> tuple[Response, int]:
    """Say what is wrong with a request."""
    return jsonify(error=str(error)), 400


@control.get("/health")
def health() -> Response:
    """Answer that the sandbox runs."""
    return jsonify(ok=True)


@control.get("/behaviour")
def show_behaviour() -> Response:
    """Return the behaviours in force."""
    return jsonify(state().behaviours.describe())


@control.post("/behaviour")
def set_behaviour() -> Response:
    """Put a behaviour in force: `scope` (all, next, number), `count`, `number`, and its fields."""
    fields = dict(_body())
    try:
        scope = Scope(fields.pop("scope", Scope.ALL))
        count = int(fields.pop("count", 1))
    except (ValueError, TypeError) as error:
        raise BehaviourError(str(error)) from error
    number = str(fields.pop("number", ""))
    behaviours = state().behaviours
    behaviours.set(Behaviour.parse(fields), scope, number=number, count=count)
    return jsonify(behaviours.describe())


@control.post("/settings")
def change_settings() -> Response:
    """Change `webhook_origin`, `inbound_path` or the `callback_ms` between two statuses."""
    here, fields = state(), _body()
    here.webhook_origin = str(fields.get("webhook_origin", here.webhook_origin)).rstrip("/")
    here.inbound_path = str(fields.get("inbound_path", here.inbound_path))
    here.delivery.callback_ms = int(fields.get("callback_ms", here.delivery.callback_ms))
    return jsonify(
        webhook_origin=here.webhook_origin,
        inbound_path=here.inbound_path,
        callback_ms=here.delivery.callback_ms,
    )


@control.post("/reset")
def reset() -> Response:
    """Forget messages, phones and behaviours."""
    state().board.clear()
    state().recordings.clear()
    state().store.clear()
    state().behaviours.reset()
    state().mail.clear()
    return jsonify(ok=True)


@control.get("/messages")
def list_messages() -> Response:
    """List messages, oldest first; `phone` keeps one number's, `limit` the last ones."""
    limit = request.args.get("limit", 1000, type=int)
    found = state().store.messages(phone=request.args.get("phone", ""))[:limit]
    return jsonify(messages=[_described(message) for message in reversed(found)])


@control.get("/totals")
def totals() -> Response:
    """Return how many messages there were, by direction and by status reached."""
    return jsonify(state().store.totals())


@control.post("/inbound")
def send_inbound() -> Response:
    """Write from a phone: `from`, `to`, `body`; `media` pictures; `sid` repeats an earlier one."""
    fields = _body()
    sent = inbound.write(
        state(),
        str(fields.get("from", "")),
        str(fields.get("to", "") or state().account.service_sender),
        str(fields.get("body", "")),
        media=int(fields.get("media", 0)),
        sid=str(fields.get("sid", "")),
    )
    return jsonify(sid=sent.sid, http=sent.http)


def _body() -> dict[str, Any]:
    fields = request.get_json(silent=True)
    if not isinstance(fields, dict):
        raise BehaviourError("a JSON object is expected")
    return fields


def _described(message: Message) -> dict[str, Any]:
    return {
        "sid": message.sid,
        "direction": message.direction,
        "phone": message.phone,
        "sender": message.sender,
        "body": message.body,
        "status": message.status,
        "error_code": message.error_code,
        "status_callback": message.status_callback,
        "created": message.created,
        "callbacks": list(message.callbacks),
    }
