"""Verbs of calls: log what was said, with or without a ticket, on the right side of the wall."""

from collections.abc import Callable
from typing import Final

from flask_babel import gettext as _
from sqlalchemy import bindparam, select

from callcenter.calls.call_rows import (
    LoggedCall,
    NewCall,
    handed_token,
    link_ticket_row,
    write_call,
)
from callcenter.calls.finishing import settle
from callcenter.calls.models import Call, CallTicket
from callcenter.calls.states import (
    CallTicketLink,
    Disposition,
)
from callcenter.core.db import Identified, db
from callcenter.core.errors import NotFound, UserError
from callcenter.core.writing import write_together
from callcenter.members.models import Organisation
from callcenter.routing.states import Location
from callcenter.tickets.incident_models import Incident
from callcenter.tickets.models import Ticket
from callcenter.tickets.queries.incidents import get_incident
from callcenter.tickets.services.acts import Act
from callcenter.tickets.services.chases import note_chase
from callcenter.tickets.services.incident_callers import Joined, join_incident
from callcenter.tickets.services.incident_gathering import gather_ticket, wait_for_others_at
from callcenter.tickets.services.incident_news import Listener
from callcenter.tickets.services.opening import OPENING, NewTicket, open_new_ticket, open_ticket

__all__ = ["LoggedCall", "NewCall", "log_call"]

NOTE_MAX = 4000

_LOGGED: Final = select(Call.id).where(
    Call.member_id == bindparam("member_id"), Call.form_token == bindparam("form_token")
)


def log_call(new: NewCall) -> LoggedCall:
    """Write a call and, if asked, its ticket, in the present transaction.

    A home of another member: the ticket is that member's, with a call of its own; the dialled
    member keeps the trace of the call without a name, a place or a subject (mission, "Rules of
    the trade": a member's staff never see another member's data). The same form token gives the
    first result again. Raises UserError for what the agent can mend.
    """
    _begin(new)
    first = _already_logged(new)
    if first is not None:
        return first
    joined = _join(new) if new.incident_id is not None else None
    if new.also_call_id is not None:
        return _one_more(new, new.also_call_id, joined)
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
    call = write_call(
        new,
        new.line.member_id,
        disposition,
        incident_id=joined.incident.id if joined else None,
    )
    if ticket is not None and link is not None:
        link_ticket_row(call, ticket, link)
    return LoggedCall(
        call,
        ticket,
        freed=settle(call, new.actor),
        incident=joined.incident if joined else None,
        called_before=joined.again if joined else False,
    )


def _one_more(new: NewCall, call_id: int, joined: Joined | None) -> LoggedCall:
    """Link one more ticket, or incident, to a call that is written up. Raises UserError."""
    call = db.session.scalar(
        select(Call)
        .where(Call.id == call_id, Call.member_id == new.line.member_id)
        .with_for_update()
    )
    if call is None:
        raise NotFound
    if _owner_of(new, joined) != call.member_id:
        raise UserError(_("Ce logement est chez un autre membre : enregistrez un appel à part."))
    if joined is None and new.ticket is None and new.chased_ticket_id is None:
        raise UserError(_("Cet appel est déjà enregistré : choisissez une demande."), "disposition")
    ticket, link, _disposition = _ticket_of(new) if joined is None else _of(joined)
    if joined is not None:
        call.incident_id = call.incident_id or joined.incident.id
    if ticket is not None and link is not None:
        known = db.session.scalar(
            select(CallTicket.id).where(
                CallTicket.call_id == call.id, CallTicket.ticket_id == ticket.id
            )
        )
        if known is None:
            link_ticket_row(call, ticket, link)
    db.session.flush()
    return LoggedCall(
        call,
        ticket,
        incident=joined.incident if joined else None,
        called_before=joined.again if joined else False,
        one_more=True,
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


def _begin(new: NewCall) -> None:
    """Two requests of one double click wait for each other here; other calls don't."""
    numbers: dict[type[Identified], int] = {Call: 1 if new.call_id is None else 0}
    if new.ticket is not None:
        numbers |= OPENING
    write_together(numbers, f"call {new.form_token}")


def _already_logged(new: NewCall) -> LoggedCall | None:
    call_id = db.session.scalar(
        _LOGGED, {"member_id": new.line.member_id, "form_token": new.form_token}
    )
    if call_id is None:
        return None
    call = db.session.get_one(Call, call_id)
    ticket = db.session.scalar(
        select(Ticket)
        .join(
            CallTicket,
            (CallTicket.member_id == Ticket.member_id) & (CallTicket.ticket_id == Ticket.id),
        )
        .join(Call, (Call.member_id == CallTicket.member_id) & (Call.id == CallTicket.call_id))
        .where(Call.form_token.in_([new.form_token, handed_token(new.form_token)]))
        .limit(1)
    )
    incident = db.session.get(Incident, call.incident_id) if call.incident_id is not None else None
    return LoggedCall(call, ticket, call.handed_to_label, incident=incident)


def _ticket_of(new: NewCall) -> tuple[Ticket | None, CallTicketLink | None, Disposition]:
    if new.ticket is not None:
        # A call that is written up already has another form: this one may have been sent before.
        opens = open_new_ticket if new.also_call_id is None else open_ticket
        return _opened(new.ticket, opens), CallTicketLink.OPENED, Disposition.TICKET_OPENED
    if new.chased_ticket_id is not None:
        ticket = _chase(new)
        return ticket, CallTicketLink.CHASE, Disposition.TICKET_CHASED
    if new.disposition is None:
        raise UserError(_("Indiquez comment l'appel se termine."), field="disposition")
    return None, None, new.disposition


def _opened(new: NewTicket, opens: Callable[[NewTicket], Ticket]) -> Ticket:
    """Open a ticket; one of many about the same boiler goes into the incident that is open."""
    if new.location != Location.COMMON or new.residence_id is None:
        return opens(new)
    wait_for_others_at(new.member_id, new.residence_id, new.category_id)
    ticket = opens(new)
    gather_ticket(new.actor, ticket)
    return ticket


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
    own_side = write_call(
        new,
        owner.id,
        disposition,
        line_id=None,
        form_token=handed_token(new.form_token),
        handed_to_label="",
        incident_id=joined.incident.id if joined else None,
    )
    if ticket is not None and link is not None:
        link_ticket_row(own_side, ticket, link)
    trace = write_call(
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
