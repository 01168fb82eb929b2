"""What a logged call is made of, and the rows that are written of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from callcenter.calls.finishing import finish, reported_call
from callcenter.calls.models import Call, CallTicket
from callcenter.calls.presence import Agent
from callcenter.calls.states import (
    CallerKind,
    CallState,
    CallTicketLink,
    Direction,
    Disposition,
)
from callcenter.core import audit, clock
from callcenter.core.db import db
from callcenter.core.errors import UserError
from callcenter.core.isolation import Actor
from callcenter.core.phone import parse_phone
from callcenter.core.writing import add_named
from callcenter.tickets.incident_models import Incident
from callcenter.tickets.models import Ticket
from callcenter.tickets.services.incident_news import Listener
from callcenter.tickets.services.opening import NewTicket


class RungLine(Protocol):
    """What a call needs of its line: a row of it, or what the desk knows of it."""

    @property
    def id(self) -> int:
        """The line's number."""

    @property
    def member_id(self) -> int:
        """Whose line it is."""

    @property
    def service(self) -> str:
        """Which of the three services it is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCall:
    """One call as the agent logs it. ``line`` says whose line rang.

    ``call_id`` is a call that an exchange reported: it is completed instead of written anew;
    ``also_call_id`` is one that is written up already, and concerned one more thing.
    ``caller_number`` is as typed or received; empty for a hidden one. ``ticket`` asks for a
    ticket with this call, ``chased_ticket_id`` says that the call is about an open one,
    ``incident_id`` that ``listener`` joins an open incident: no ticket, the news by SMS.
    """

    line: RungLine
    actor: Actor
    form_token: str
    started_at: datetime
    direction: Direction = Direction.IN
    caller_kind: CallerKind = CallerKind.CONTACT
    caller_number: str = ""
    caller_name: str = ""
    contact_id: int | None = None
    dwelling_id: int | None = None
    category_id: int | None = None
    note: str = ""
    disposition: Disposition | None = None
    ticket: NewTicket | None = None
    chased_ticket_id: int | None = None
    incident_id: int | None = None
    listener: Listener | None = None
    keep_identity: bool = True
    call_id: int | None = None
    also_call_id: int | None = None


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """What was written: the call, and the ticket that it opened or chased, or the incident.

    ``called_before``: the person had told of the incident already.
    """

    call: Call
    ticket: Ticket | None = None
    handed_to: str = ""
    freed: Agent | None = None
    incident: Incident | None = None
    called_before: bool = False
    one_more: bool = False


def handed_token(form_token: str) -> str:
    """Return the token of the call on the side of the member whose home it is."""
    return f"{form_token}-handed"


def write_call(new: NewCall, member_id: int, disposition: Disposition, **changes: object) -> Call:
    """Write one call, or complete the one that the exchange reported."""
    at = clock.now()
    known = new.keep_identity
    values: dict[str, object] = {
        "member_id": member_id,
        "line_id": new.line.id,
        "service": new.line.service,
        "direction": new.direction,
        "state": CallState.ENDED,
        "caller_number": _number(new) if known else "",
        "caller_kind": new.caller_kind if known else CallerKind.ANONYMOUS,
        "caller_name": new.caller_name if known else "",
        "contact_id": new.contact_id if known else None,
        "dwelling_id": new.dwelling_id if known else None,
        "category_id": new.category_id,
        "agent_id": new.actor.user_id,
        "agent_label": new.actor.name,
        "started_at": min(new.started_at, at),
        "answered_at": min(new.started_at, at),
        "ended_at": at,
        "wrapped_up_at": at,
        "disposition": disposition,
        "note": new.note if known else "",
        "form_token": new.form_token,
    } | changes
    call = _completed(new, member_id, values)
    if call is None:
        call = Call(**values)
        add_named(call)
    audit.record(
        member_id,
        "call.logged",
        "call",
        call.id,
        actor_id=new.actor.user_id,
        actor_label=new.actor.name,
        changes={"disposition": [None, str(disposition)]},
    )
    return call


def _completed(new: NewCall, member_id: int, values: dict[str, object]) -> Call | None:
    """Complete the row that the exchange made, if there is one; its times are the exchange's."""
    if new.call_id is None or member_id != new.line.member_id:
        return None
    call = reported_call(new.call_id, member_id, new.actor)
    if call is None:
        return None
    times = {"state", "direction", "started_at", "answered_at", "ended_at", "line_id", "service"}
    for name, value in values.items():
        if name not in times:
            setattr(call, name, value)
    if not new.keep_identity:
        call.caller_hint, call.caller_matches = "", 0
    finish(call)
    return call


def _number(new: NewCall) -> str:
    """Return the caller's number in E.164; UserError, by the field, when it isn't one."""
    if new.caller_kind is CallerKind.ANONYMOUS or not new.caller_number.strip():
        return ""
    try:
        return parse_phone(new.caller_number).e164
    except UserError as error:
        raise UserError(error.message, field="caller_number") from error


def link_ticket_row(call: Call, ticket: Ticket, link: CallTicketLink) -> None:
    """Say what a call was to a ticket."""
    db.session.add(
        CallTicket(member_id=call.member_id, call_id=call.id, ticket_id=ticket.id, link=link)
    )
