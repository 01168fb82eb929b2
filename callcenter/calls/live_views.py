"""The screens' side of live calls: the stream of events, presence, taking and holding calls."""

import queue
import time
from collections.abc import Iterator
from typing import Any, cast

from flask import Blueprint, Flask, Response, current_app, jsonify, redirect, request, url_for
from flask.sansio.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.calls import presence
from callcenter.calls.call_acts import get_call
from callcenter.calls.live_cards import presence_of
from callcenter.calls.live_edge import tell_presence
from callcenter.calls.live_queries import snapshot
from callcenter.calls.states import BreakReason, PresenceState
from callcenter.core import live
from callcenter.core.db import db, session_scope, transaction
from callcenter.core.errors import UserError
from callcenter.core.isolation import Actor, Scope, actor_scope
from callcenter.core.live import HEARTBEAT_SECONDS, STREAM_SECONDS, frame
from callcenter.core.permissions import Permission
from callcenter.ui.access import current_actor, requires

blueprint = Blueprint("live", __name__)

_RETRY_MS = 2000


def _look(app: Flask, actor: Actor) -> dict[str, Any]:
    """Read the database for one screen, and let go of it at once."""
    with app.app_context(), session_scope(actor_scope(actor)):
        return snapshot(actor)


def _events(app: Flask, actor: Actor, last_id: str, seconds: float) -> Iterator[str]:
    """Yield a screen's events until its time is over. Nothing is held while it waits."""
    hub: live.Hub = app.extensions["live"]
    end = time.monotonic() + seconds
    with hub.listening(actor, last_id) as (stream, missed):
        yield f"retry: {_RETRY_MS}\n\n"
        if missed is None:
            position = hub.position()
            yield frame("snapshot", _look(app, actor), position)
        else:
            yield "".join(missed) or ": nothing missed\n\n"
        while (left := end - time.monotonic()) > 0:
            try:
                sent = stream.next(min(left, HEARTBEAT_SECONDS))
            except queue.Empty:
                if left > HEARTBEAT_SECONDS:
                    yield frame("beat", 0)
                continue
            if sent is None:
                position = hub.position()
                yield frame("snapshot", _look(app, actor), position)
            else:
                yield sent.text


@blueprint.get("/desk/events")
@requires(Permission.DESK_USE)
def events() -> ResponseReturnValue:
    """Stream live events: a snapshot, or what was missed since ``Last-Event-ID``, then the news."""
    actor = current_actor()
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    seconds = float(current_app.config.get("LIVE_STREAM_SECONDS", STREAM_SECONDS))
    last_id = request.headers.get("Last-Event-ID", "") or request.args.get("since", "")
    db.session.remove()  # a stream lives for minutes: it holds no connection
    return Response(
        _events(app, actor, last_id[:60], seconds),
        mimetype="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@blueprint.get("/desk/events/poll")
@requires(Permission.DESK_USE)
def poll() -> ResponseReturnValue:
    """Return the snapshot, for screens whose stream does not pass; 204 when nothing changed."""
    actor = current_actor()
    hub = live.hub()
    since = request.args.get("since", "")[:60]
    if since and hub.missed(actor, since) == []:
        return "", 204
    position = hub.position()
    return jsonify(id=position, snapshot=snapshot(actor))


@blueprint.errorhandler(UserError)
def refuse(error: UserError) -> ResponseReturnValue:
    """Answer the script with what the person can mend."""
    return jsonify(error=error.message, field=error.field), 422


@blueprint.post("/desk/presence")
@requires(Permission.DESK_USE)
def choose_presence() -> ResponseReturnValue:
    """Change what the actor is doing: ``state`` and, for a break, its ``reason``."""
    actor = current_actor()
    with transaction():
        agent = presence.choose_presence(actor, _state(), _reason())
        tell_presence(actor.home_id, agent)
    return jsonify(presence_of(agent))


@blueprint.post("/desk/wrap-up/extend")
@requires(Permission.DESK_USE)
def extend_wrap_up() -> ResponseReturnValue:
    """Give the actor one more minute to write the call up."""
    actor = current_actor()
    with transaction():
        agent = presence.extend_wrap_up(actor)
        tell_presence(actor.home_id, agent)
    return jsonify(presence_of(agent))


@blueprint.post("/supervision/agents/<int:user_id>/presence")
@requires(Permission.SUPERVISE)
def change_presence(user_id: int) -> ResponseReturnValue:
    """Change what an agent is doing, as the supervisor."""
    actor = current_actor()
    with transaction():
        agent = presence.change_presence_of(actor, user_id, _state(), _reason())
        tell_presence(actor.home_id, agent)
    return jsonify(presence_of(agent))


@blueprint.get("/desk/calls/<int:call_id>")
@requires(Permission.DESK_USE)
def open_call(call_id: int) -> ResponseReturnValue:
    """Lead to the desk of a call's line, with the call on it."""
    call = get_call(call_id, current_actor())
    return redirect(url_for("calls.line_desk", line_id=call.line_id, call_id=call.id))


def _state() -> PresenceState:
    given = request.form.get("state", "")
    if given not in set(PresenceState):
        raise UserError(_("Choisissez un état."), "state")
    return PresenceState(given)


def _reason() -> BreakReason:
    given = request.form.get("reason", "")
    return BreakReason(given) if given in set(BreakReason) else BreakReason.NONE


@blueprint.record_once
def start(state: BlueprintSetupState) -> None:
    """Start live events on the application that takes these pages."""
    app = cast("Flask", state.app)

    def touch(user_ids: list[int]) -> None:
        with app.app_context(), session_scope(Scope(everything=True)), transaction():
            presence.touch(user_ids)

    live.init_app(app, touch)
