"""The callers' index: who may be behind a number. Known, maybe, or unknown; never a guess.

*Known*: a contact's own number. *Maybe*: nobody's number, but one that was seen: a call that was
about somebody, a ticket that is followed there, a text that came from it. The line's member
comes first, then the agent's others: tenants dial the wrong landlord.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import func, or_, select

from callcenter.calls.models import Call
from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.isolation import Actor
from callcenter.core.phone import try_parse_phone
from callcenter.estate.queries import find_callers, find_places, load_people
from callcenter.estate.records import Person, Place
from callcenter.messaging.models import InboundMessage
from callcenter.tickets.models import Ticket
from callcenter.tickets.queries.visibility import visible_to

# A number passes from hand to hand: what was seen long ago says nothing any more.
REMEMBERED = timedelta(days=730)
MOST_SEEN = 6
_MOST_ROWS = 20


class Certainty(StrEnum):
    """How sure it is who calls."""

    KNOWN = "known"
    MAYBE = "maybe"
    UNKNOWN = "unknown"


class SeenIn(StrEnum):
    """Where a number was seen."""

    CALL = "call"
    TICKET = "ticket"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody, or a home, that a number was seen with, and when last."""

    where: SeenIn
    at: datetime
    member_id: int
    contact_id: int | None
    dwelling_id: int | None
    name: str = ""
    reference: str = ""
    person: Person | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class CallerIndex:
    """What is known of a number (E.164, "" when it is none)."""

    number: str
    known: Sequence[Person] = field(default=())
    maybe: Sequence[Seen] = field(default=())

    @property
    def certainty(self) -> Certainty:
        """Return how sure it is who calls."""
        if self.known:
            return Certainty.KNOWN
        return Certainty.MAYBE if self.maybe else Certainty.UNKNOWN


def index_caller(number: str, actor: Actor, first_member_id: int | None = None) -> CallerIndex:
    """Look a number up, in any writing. Two statements when it is known, seven at most."""
    phone = try_parse_phone(number)
    if phone is None:
        return CallerIndex("")
    known = find_callers(number, actor.member_ids, first_member_id)
    if known:
        return CallerIndex(phone.e164, known)
    return CallerIndex(phone.e164, maybe=_seen(phone.e164, actor, first_member_id))


def _seen(number: str, actor: Actor, first: int | None) -> Sequence[Seen]:
    since = clock.now() - REMEMBERED
    found = [*_calls(number, actor, since), *_tickets(number, actor), *_texts(number, actor, since)]
    found.sort(key=lambda one: one.at, reverse=True)
    # The latest trace of each person or home is enough.
    latest: dict[tuple[int, int | None, int | None], Seen] = {}
    for one in found:
        if one.at >= since:
            latest.setdefault((one.member_id, one.contact_id, one.dwelling_id), one)
    kept = sorted(latest.values(), key=lambda one: one.member_id != first)[:MOST_SEEN]
    return _named(kept)


def _calls(number: str, actor: Actor, since: datetime) -> list[Seen]:
    rows = db.session.execute(
        select(Call.started_at, Call.member_id, Call.contact_id, Call.dwelling_id, Call.caller_name)
        .where(
            Call.caller_number == number,
            Call.member_id.in_(actor.member_ids),
            Call.started_at >= since,
            or_(Call.contact_id.is_not(None), Call.dwelling_id.is_not(None)),
        )
        .order_by(Call.started_at.desc())
        .limit(_MOST_ROWS)
    )
    return [Seen(SeenIn.CALL, *row) for row in rows]


def _tickets(number: str, actor: Actor) -> list[Seen]:
    rows = db.session.execute(
        select(
            Ticket.opened_at,
            Ticket.member_id,
            Ticket.contact_id,
            Ticket.dwelling_id,
            Ticket.contact_name,
            Ticket.reference,
        )
        .where(
            Ticket.contact_number == number,
            Ticket.member_id.in_(actor.member_ids),
            or_(Ticket.contact_id.is_not(None), Ticket.dwelling_id.is_not(None)),
            visible_to(actor),
        )
        .order_by(Ticket.id.desc())
        .limit(_MOST_ROWS)
    )
    return [Seen(SeenIn.TICKET, *row) for row in rows]


def _texts(number: str, actor: Actor, since: datetime) -> list[Seen]:
    rows: Any = db.session.execute(
        select(
            InboundMessage.received_at,
            InboundMessage.member_id,
            func.coalesce(InboundMessage.contact_id, Ticket.contact_id),
            Ticket.dwelling_id,
            func.coalesce(Ticket.contact_name, ""),
            func.coalesce(Ticket.reference, ""),
        )
        .outerjoin(Ticket, Ticket.id == InboundMessage.ticket_id)
        .where(
            InboundMessage.from_number == number,
            InboundMessage.member_id.in_(actor.member_ids),
            InboundMessage.received_at >= since,
            or_(InboundMessage.contact_id.is_not(None), InboundMessage.ticket_id.is_not(None)),
            or_(Ticket.id.is_(None), visible_to(actor)),
        )
        .order_by(InboundMessage.id.desc())
        .limit(_MOST_ROWS)
    )
    return [Seen(SeenIn.TEXT, *row) for row in rows]


def _named(found: Sequence[Seen]) -> Sequence[Seen]:
    """Give each trace its person and its home, if they are still there."""
    people = {p.contact_id: p for p in load_people({s.contact_id for s in found if s.contact_id})}
    places = {
        p.dwelling_id: p for p in find_places({s.dwelling_id for s in found if s.dwelling_id})
    }
    named = []
    for one in found:
        person = people.get(one.contact_id or 0)
        place = places.get(one.dwelling_id or 0)
        if person is None and place is None:
            continue
        named.append(
            Seen(
                one.where,
                one.at,
                one.member_id,
                one.contact_id if person else None,
                one.dwelling_id if place else None,
                person.name if person else one.name,
                one.reference,
                person,
                place,
            )
        )
    return named
