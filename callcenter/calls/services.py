"""Verbs of calls: log what was said, with or without a ticket, on the right side of the wall."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import func, select

from callcenter.calls.finishing import finish, reported_call, settle
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
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.core.phone import parse_phone
from callcenter.members.models import Organisation, PhoneLine
from callcenter.tickets.models import Ticket
from callcenter.tickets.services.acts import Act
from callcenter.tickets.services.chases import note_chase
from callcenter.tickets.services.opening import NewTicket, open_ticket

NOTE_MAX = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCall:
    """One call as the agent logs it. ``line`` says whose line rang.

    ``call_id`` is a call that an exchange reported: it is completed instead of written anew.
    ``caller_number`` is as typed or received; empty for a hidden one. ``ticket`` asks for a
    ticket with this call, ``chased_ticket_id`` says that the call is about an open one.
    """

    line: PhoneLine
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
    keep_identity: bool = True
    call_id: int | None = None


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """What was written: the call, and the ticket that it opened or chased."""

    call: Call
    ticket: Ticket | None = None
    handed_to: str = ""
    freed: Agent | None = None


def log_call(new: NewCall) -> LoggedCall:
    """Write a call and, if asked, its ticket, in the present transaction.

    A home of another member: the ticket is that member's, with a call of its own; the dialled
    member keeps the trace of the call without a name, a place or a subject (mission, "Rules of
    the trade": a member's staff never see another member's data). The same form token gives the
    first result again. Raises UserError for what the agent can mend.
    """
    _wait_for_the_twin(new)
    first = _already_logged(new)
    if first is not None:
        return first
    if new.ticket is not None and new.ticket.member_id != new.line.member_id:
        return _hand_over(new)
    if len(new.note) > NOTE_MAX:
        raise UserError(
            _("La note fait %(length)s caractères : %(most)s au plus.",
              length=len(new.note), most=NOTE_MAX),
            field="note",
        )  # fmt: skip
    ticket, link, disposition = _ticket_of(new)
    call = _write(new, new.line.member_id, disposition)
    if ticket is not None and link is not None:
        _link(call, ticket, link)
    return LoggedCall(call, ticket, freed=settle(call, new.actor))


def _wait_for_the_twin(new: NewCall) -> None:
    """Two requests of one double click wait for each other here; other calls don't."""
    db.session.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"call {new.form_token}", 0)))
    )


def _already_logged(new: NewCall) -> LoggedCall | None:
    call = db.session.scalar(
        select(Call).where(Call.member_id == new.line.member_id, Call.form_token == new.form_token)
    )
    if call is None:
        return None
    ticket = db.session.scalar(
        select(Ticket)
        .join(
            CallTicket,
            (CallTicket.member_id == Ticket.member_id) & (CallTicket.ticket_id == Ticket.id),
        )
        .join(Call, (Call.member_id == CallTicket.member_id) & (Call.id == CallTicket.call_id))
        .where(Call.form_token.in_([new.form_token, _handed(new.form_token)]))
        .limit(1)
    )
    return LoggedCall(call, ticket, call.handed_to_label)


def _ticket_of(new: NewCall) -> tuple[Ticket | None, CallTicketLink | None, Disposition]:
    if new.ticket is not None:
        return open_ticket(new.ticket), CallTicketLink.OPENED, Disposition.TICKET_OPENED
    if new.chased_ticket_id is not None:
        ticket = _chase(new)
        return ticket, CallTicketLink.CHASE, Disposition.TICKET_CHASED
    if new.disposition is None:
        raise UserError(_("Indiquez comment l'appel se termine."), field="disposition")
    return None, None, new.disposition


def _chase(new: NewCall) -> Ticket:
    act = Act(new.actor, new.chased_ticket_id or 0, form_token=new.form_token)
    ticket = note_chase(act, new.note)
    if ticket.member_id != new.line.member_id:
        raise NotFound
    return ticket


def _hand_over(new: NewCall) -> LoggedCall:
    """Give the ticket to the member whose home it is; leave a nameless trace on the line."""
    wanted = new.ticket
    if wanted is None:  # pragma: no cover - the caller has looked
        raise ValueError("nothing to hand over")
    dialled = db.session.get_one(Organisation, new.line.member_id)
    owner = db.session.scalar(select(Organisation).where(Organisation.id == wanted.member_id))
    if owner is None:
        raise NotFound
    ticket = open_ticket(wanted)
    own_side = _write(
        new,
        owner.id,
        Disposition.TICKET_OPENED,
        line_id=None,
        form_token=_handed(new.form_token),
        handed_to_label="",
    )
    _link(own_side, ticket, CallTicketLink.OPENED)
    trace = _write(
        new,
        dialled.id,
        Disposition.HANDED_OVER,
        handed_to_label=owner.short_name,
        contact_id=None,
        dwelling_id=None,
        category_id=None,
        caller_name="",
        note="",
    )
    return LoggedCall(trace, ticket, owner.short_name, settle(trace, new.actor))


def _handed(form_token: str) -> str:
    return f"{form_token}-handed"


def _write(new: NewCall, member_id: int, disposition: Disposition, **changes: object) -> Call:
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
    call = _completed(new, member_id, values) or Call(**values)
    db.session.add(call)
    db.session.flush()
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


def _link(call: Call, ticket: Ticket, link: CallTicketLink) -> None:
    db.session.add(
        CallTicket(member_id=call.member_id, call_id=call.id, ticket_id=ticket.id, link=link)
    )
    db.session.flush()
