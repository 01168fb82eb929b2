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
from callcenter.tickets.incident_models import Incident
from callcenter.tickets.models import Ticket
from callcenter.tickets.queries.incidents import get_incident
from callcenter.tickets.services.acts import Act
from callcenter.tickets.services.chases import note_chase
from callcenter.tickets.services.incident_callers import Joined, join_incident
from callcenter.tickets.services.incident_news import Listener
from callcenter.tickets.services.opening import NewTicket, open_ticket

NOTE_MAX = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCall:
    """One call as the agent logs it. ``line`` says whose line rang.

    ``call_id`` is a call that an exchange reported: it is completed instead of written anew.
    ``caller_number`` is as typed or received; empty for a hidden one. ``ticket`` asks for a
    ticket with this call, ``chased_ticket_id`` says that the call is about an open one,
    ``incident_id`` that ``listener`` joins an open incident: no ticket, the news by SMS.
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
    incident_id: int | None = None
    listener: Listener | None = None
    keep_identity: bool = True
    call_id: int | None = None


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
    joined = _join(new) if new.incident_id is not None else None
    owner_id = _owner_of(new, joined)
    if owner_id != new.line.member_id:
        return _hand_over(new, owner_id, joined)
    if len(new.note) > NOTE_MAX:
        raise UserError(
            _("La note fait %(length)s caractères : %(most)s au plus.",
              length=len(new.note), most=NOTE_MAX),
            field="note",
        )  # fmt: skip
    ticket, link, disposition = _ticket_of(new) if joined is None else _of(joined)
    call = _write(
        new,
        new.line.member_id,
        disposition,
        incident_id=joined.incident.id if joined else None,
    )
    if ticket is not None and link is not None:
        _link(call, ticket, link)
    return LoggedCall(
        call,
        ticket,
        freed=settle(call, new.actor),
        incident=joined.incident if joined else None,
        called_before=joined.again if joined else False,
    )


def _join(new: NewCall) -> Joined:
    """Link the caller to the incident, behind whichever wall it stands."""
    found = get_incident(new.actor, new.incident_id or 0)
    return join_incident(
        new.actor,
        found.id,
        found.member_id,
        new.listener or Listener(),
        note=new.note if found.member_id == new.line.member_id else "",
        form_token=new.form_token,
    )


def _of(joined: Joined) -> tuple[Ticket | None, CallTicketLink | None, Disposition]:
    link = CallTicketLink.CHASE if joined.chased is not None else None
    return joined.chased, link, Disposition.INCIDENT_JOINED


def _owner_of(new: NewCall, joined: Joined | None) -> int:
    """Return whose home the call is about."""
    if joined is not None:
        return joined.incident.member_id
    return new.ticket.member_id if new.ticket is not None else new.line.member_id


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
    incident = db.session.get(Incident, call.incident_id) if call.incident_id is not None else None
    return LoggedCall(call, ticket, call.handed_to_label, incident=incident)


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


def _hand_over(new: NewCall, owner_id: int, joined: Joined | None) -> LoggedCall:
    """Give the call to the member whose home it is; leave a nameless trace on the line."""
    dialled = db.session.get_one(Organisation, new.line.member_id)
    owner = db.session.scalar(select(Organisation).where(Organisation.id == owner_id))
    if owner is None:
        raise NotFound
    ticket, link, disposition = _ticket_of(new) if joined is None else _of(joined)
    own_side = _write(
        new,
        owner.id,
        disposition,
        line_id=None,
        form_token=_handed(new.form_token),
        handed_to_label="",
        incident_id=joined.incident.id if joined else None,
    )
    if ticket is not None and link is not None:
        _link(own_side, ticket, link)
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
    return LoggedCall(
        trace,
        ticket,
        owner.short_name,
        settle(trace, new.actor),
        incident=joined.incident if joined else None,
        called_before=joined.again if joined else False,
    )


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
