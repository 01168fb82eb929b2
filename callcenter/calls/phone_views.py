"""What an agent does with the telephone from the desk: take, hold, pass on, call back.

Each first commits what is meant, then asks the provider; what really happens comes back by the
provider's own reports. A provider that refuses undoes what was meant.
"""

import logging
from collections.abc import Callable

from flask import Blueprint, jsonify, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.calls.call_acts import (
    get_call,
    give_back,
    hold,
    open_leg,
    take_call,
)
from callcenter.calls.live_cards import card_of
from callcenter.calls.live_edge import tell_call, tell_presence
from callcenter.calls.live_queries import line_words
from callcenter.calls.models import Call
from callcenter.calls.states import CallProvider, LegKind
from callcenter.calls.telephone import Meant, gateway, meant_of, step
from callcenter.calls.transfers import (
    extension_of,
)
from callcenter.calls.voice_gateway import VoiceGateway
from callcenter.core.db import db, transaction
from callcenter.core.errors import ProviderError, UserError
from callcenter.core.isolation import Actor
from callcenter.core.permissions import Permission
from callcenter.ui.access import current_actor, requires

log = logging.getLogger(__name__)

blueprint = Blueprint("phone", __name__)


@blueprint.errorhandler(UserError)
def refuse(error: UserError) -> ResponseReturnValue:
    """Answer the script with what the person can mend."""
    return jsonify(error=error.message, field=error.field), 422


@blueprint.errorhandler(ProviderError)
def unreachable(error: ProviderError) -> ResponseReturnValue:
    """The telephone provider did not do it."""
    log.warning("the telephone provider did not do it: %s", error.message)
    return jsonify(error=_("Le téléphone n'a pas répondu. Réessayez dans un instant.")), 502


def _answer(call: Call) -> ResponseReturnValue:
    card = card_of(call, line_words(call))
    url = url_for("calls.line_desk", line_id=call.line_id, call_id=call.id)
    return jsonify(call=card, url=url)


def _own(call_id: int, actor: Actor) -> Call:
    """A call that the actor speaks, for a change to it. Raises NotFound, UserError."""
    call = get_call(call_id, actor, lock=True)
    if call.agent_id != actor.user_id:
        raise UserError(_("Cet appel est celui de %(name)s.", name=call.agent_label or "…"))
    if call.provider != CallProvider.TWILIO:
        raise UserError(_("Cet appel se commande depuis le téléphone."))
    return call


@blueprint.post("/desk/take")
@requires(Permission.DESK_USE)
def take_next() -> ResponseReturnValue:
    """Take the call that waits longest."""
    return _take(None)


@blueprint.post("/desk/calls/<int:call_id>/take")
@requires(Permission.DESK_USE)
def take(call_id: int) -> ResponseReturnValue:
    """Take this call."""
    return _take(call_id)


def _take(call_id: int | None) -> ResponseReturnValue:
    actor = current_actor()
    with transaction():
        if call_id is not None:
            get_call(call_id, actor)
        extension = extension_of(actor)
        call, agent = take_call(actor, call_id)
        tell_call(call)
        tell_presence(actor.home_id, agent)
        meant = meant_of(call)
        answer = _answer(call)
    db.session.remove()  # nothing is held while the provider works
    who = {"call_id": meant.call_id, "agent_id": actor.user_id}
    try:
        leg = gateway().ring(
            extension, meant.line_number, step("agent", **who), step("agent-status", **who)
        )
    except ProviderError:
        with transaction():
            lost = get_call(meant.call_id, actor, lock=True)
            tell_presence(actor.home_id, give_back(lost))
            tell_call(lost)
        raise
    with transaction():
        open_leg(get_call(meant.call_id, actor), leg, LegKind.AGENT, extension, actor.user_id)
    return answer


def command_call(
    call_id: int, change: Callable[[Call], None], ask: Callable[[Meant, VoiceGateway], None]
) -> ResponseReturnValue:
    """Commit a change to the actor's own call, then have the provider do it."""
    actor = current_actor()
    with transaction():
        call = _own(call_id, actor)
        change(call)
        tell_call(call)
        meant = meant_of(call)
        answer = _answer(call)
    db.session.remove()
    ask(meant, gateway())
    return answer


@blueprint.post("/desk/calls/<int:call_id>/hold")
@requires(Permission.DESK_USE)
def put_on_hold(call_id: int) -> ResponseReturnValue:
    """Put the caller on hold, with music."""
    return command_call(
        call_id,
        lambda call: hold(call, on=True),
        lambda meant, phone: phone.lead(meant.provider_id, step("held", call_id=call_id)),
    )


@blueprint.post("/desk/calls/<int:call_id>/resume")
@requires(Permission.DESK_USE)
def resume(call_id: int) -> ResponseReturnValue:
    """Take the caller up again, alone: a colleague who was asked is let go."""

    def ask(meant: Meant, phone: VoiceGateway) -> None:
        if meant.transfer_leg:
            let_go(phone, meant.transfer_leg)
        phone.lead(meant.agent_leg, step("rejoin", call_id=call_id))

    return command_call(call_id, lambda call: hold(call, on=False), ask)


@blueprint.post("/desk/calls/<int:call_id>/hang-up")
@requires(Permission.DESK_USE)
def hang_up(call_id: int) -> ResponseReturnValue:
    """End the call."""

    def ask(meant: Meant, phone: VoiceGateway) -> None:
        for leg in (meant.transfer_leg, meant.agent_leg):
            if leg:
                let_go(phone, leg)
        if not meant.provider_id.startswith("out-"):
            phone.hang_up(meant.provider_id)

    return command_call(call_id, lambda _call: None, ask)


def let_go(phone: VoiceGateway, leg: str) -> None:
    """Hang a telephone up that may have hung up by itself."""
    try:
        phone.hang_up(leg)
    except ProviderError as error:
        log.info("a telephone had hung up by itself: %s", error.message)
