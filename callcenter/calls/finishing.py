"""The end of a call at the desk: it is written up, its task is settled, its agent is free."""

from flask_babel import gettext as _
from sqlalchemy import select

from callcenter.calls import presence
from callcenter.calls.live_rules import state_of
from callcenter.calls.live_services import end_hold, facts_of
from callcenter.calls.models import Call
from callcenter.calls.states import CallProvider, CallState, Disposition, TaskKind
from callcenter.calls.tasks import close_tasks, note_task
from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor

# The person was not really spoken to: somebody still has to call.
_NOT_REACHED = frozenset({Disposition.CALL_BACK, Disposition.CUT_OFF})


def reported_call(call_id: int, member_id: int, actor: Actor) -> Call | None:
    """Return a call that an exchange reported, to be written up; ``None`` once it has been.

    Raises NotFound for a call of another member, UserError for another agent's.
    """
    call = db.session.scalar(
        select(Call)
        .where(Call.id == call_id, Call.member_id == member_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if call is None:
        raise NotFound
    if call.form_token is not None:
        return None
    if call.agent_id not in {None, actor.user_id}:
        raise UserError(
            _("Cet appel est celui de %(name)s : il n'est plus à vous.", name=call.agent_label)
        )
    return call


def finish(call: Call) -> None:
    """Work out where a call stands once it is written up."""
    now = clock.now()
    live = call.state not in {CallState.ENDED, CallState.ABANDONED}
    if live and call.answered_at is None:
        call.answered_at = now  # whoever writes a call up has spoken it
    if live and call.provider == CallProvider.DESK:
        call.ended_at = call.ended_at or now  # no exchange will tell us
    if call.ended_at is not None:
        end_hold(call, now)
    call.state = state_of(facts_of(call))
    call.version += 1


def settle(call: Call, actor: Actor) -> presence.Agent | None:
    """Note or close what is owed to the caller, and free the agent whose call is over."""
    now = clock.now()
    if call.disposition == Disposition.CALL_BACK:
        note_task(call, TaskKind.CALLBACK, now)
    elif call.disposition not in _NOT_REACHED and call.answered_at is not None:
        close_tasks(call.member_id, call.caller_number, actor.name, now)
    if call.state in {CallState.ANSWERED, CallState.RINGING, CallState.WAITING}:
        return None
    return presence.end_wrap_up(actor.user_id, call.id)
