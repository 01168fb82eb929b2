"""The desk of a call that is going on: what the exchange already knows fills the form in."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import Row, bindparam, select

from callcenter.calls.caller_index import CallerIndex, index_caller
from callcenter.calls.live_queries import STACK_HOURS
from callcenter.calls.models import Call
from callcenter.calls.states import CallerKind, CallState, Direction
from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.isolation import Actor
from callcenter.core.phone import format_phone
from callcenter.estate.records import Person


def caller_of(call: Call | None, actor: Actor) -> CallerIndex:
    """Return who may be calling, of every member that the actor serves; without a call, nobody."""
    return index_caller(call.caller_number, actor, call.member_id) if call else CallerIndex("")


def values_for(call: Call, people: Sequence[Person]) -> dict[str, str]:
    """Return what the form starts with.

    One person with one home is filled in, and stays to be confirmed by voice; people who share
    both number and home give the home. Anything else is a list to choose from.
    """
    values = {
        "call_id": str(call.id),
        "direction": str(Direction(call.direction)),
        "caller_number": format_phone(call.caller_number),
        "started_at": (call.answered_at or call.started_at).isoformat(timespec="seconds"),
    }
    if call.from_call_id is not None and call.note:  # the word of whoever passed the call on
        values["note"] = call.note
    if not call.caller_number:
        return values | {"caller_kind": str(CallerKind.ANONYMOUS)}
    homes = {home.place.dwelling_id for one in people for home in one.current_homes}
    members = {one.member_id for one in people}
    if len(members) == 1 and len(homes) == 1:
        values["dwelling_id"] = str(homes.pop())
    if len(people) == 1:
        values["contact_id"] = str(people[0].contact_id)
    return values


def same_caller(call: Call) -> dict[str, str]:
    """Return what the form starts with for one more ticket of a call that is written up."""
    values = {
        "also_call_id": str(call.id),
        "direction": str(Direction(call.direction)),
        "caller_kind": str(call.caller_kind),
        "caller_number": format_phone(call.caller_number) if call.caller_number else "",
        "caller_name": call.caller_name,
        "started_at": call.started_at.isoformat(timespec="seconds"),
    }
    if call.contact_id is not None:
        values["contact_id"] = str(call.contact_id)
    if call.dwelling_id is not None:
        values["dwelling_id"] = str(call.dwelling_id)
    return values


def passed_by(call: Call) -> str:
    """Return who passed a call on; "" for one that came by itself."""
    if call.from_call_id is None:
        return ""
    return (
        db.session.scalar(
            select(Call.agent_label).where(
                Call.member_id == call.member_id, Call.id == call.from_call_id
            )
        )
        or ""
    )


def next_of_stack(actor: Actor) -> Row[int, int | None] | None:
    """Return the number and the line of the actor's oldest call that is to be written up."""
    return db.session.execute(
        _STACK,
        {
            "user_id": actor.user_id,
            "member_ids": list(actor.member_ids),
            "since": clock.now() - timedelta(hours=STACK_HOURS),
        },
    ).one_or_none()


_STACK: Final = (
    select(Call.id, Call.line_id)
    .where(
        Call.agent_id == bindparam("user_id"),
        Call.member_id.in_(bindparam("member_ids", expanding=True)),
        Call.state.in_([CallState.ANSWERED, CallState.WRAP_UP]),
        Call.wrapped_up_at.is_(None),
        Call.line_id.is_not(None),
        Call.started_at > bindparam("since"),
    )
    .order_by((Call.state == CallState.ANSWERED).desc(), Call.started_at, Call.id)
    .limit(1)
)
