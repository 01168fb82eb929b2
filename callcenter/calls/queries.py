"""Reading calls and what goes on at a place, for the desk and for the log of calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import (
    ColumnElement,
    Engine,
    Row,
    Select,
    and_,
    literal,
    or_,
    select,
    true,
    tuple_,
)

from callcenter.calls.models import Call, CallTicket
from callcenter.core import clock, stamps
from callcenter.core.db import db
from callcenter.core.isolation import Actor
from callcenter.core.permissions import Role
from callcenter.estate.models import Dwelling
from callcenter.members.accounts import User
from callcenter.members.models import Organisation, PhoneLine
from callcenter.routing.models import Category
from callcenter.routing.states import Location
from callcenter.tickets.models import Assignment, Ticket
from callcenter.tickets.queries.asked import Asked, asked_by, number, values_of_actor
from callcenter.tickets.queries.incident_places import in_some_incident
from callcenter.tickets.queries.visibility import visible_to
from callcenter.tickets.states import LIVE_ASSIGNMENT_STATES, OPEN_STATES
from callcenter.ui.pagination import Page, Window, page_of

MOST_AROUND = 12
MOST_CALLS = 6


@dataclass(frozen=True, slots=True)
class DeskLine:
    """A line as the desk offers it: dialled number, member, service, greeting."""

    id: int
    member_id: int
    member_name: str
    accent_colour: str
    member_phone: str
    number: str
    service: str
    name: str
    greeting: str
    script: str


def list_desk_lines(actor: Actor) -> Sequence[DeskLine]:
    """Return the lines in service of the members that the actor serves, by member."""
    rows = db.session.execute(
        _lines()
        .where(PhoneLine.active, PhoneLine.member_id.in_(actor.member_ids))
        .order_by(Organisation.name, PhoneLine.id)
    )
    return [DeskLine(*row) for row in rows]


# Lines and members' names stand behind the members' stamps (see ``core.stamps``).
_kept: WeakKeyDictionary[Engine, dict[int, tuple[int, DeskLine]]] = WeakKeyDictionary()


def find_desk_line(line_id: int, actor: Actor) -> DeskLine | None:
    """Return one line that the actor may answer, or ``None``.

    From memory while its member's stamp is the same: every act at the desk begins with it.
    """
    kept = _kept.setdefault(db.engine, {})
    stamp, line = kept.get(line_id, (None, None))
    if (
        line is not None
        and line.member_id in actor.member_ids
        and stamps.known(line.member_id) == stamp
    ):
        return line
    row = db.session.execute(
        _lines().where(
            PhoneLine.id == line_id, PhoneLine.active, PhoneLine.member_id.in_(actor.member_ids)
        )
    ).one_or_none()
    if row is None:
        return None
    line = DeskLine(*row)
    present = stamps.known(line.member_id)
    if present is not None:
        kept[line_id] = (present, line)
    return line


def _lines() -> Select[*tuple[Any, ...]]:
    return select(
        PhoneLine.id,
        PhoneLine.member_id,
        Organisation.short_name,
        Organisation.accent_colour,
        Organisation.phone,
        PhoneLine.number,
        PhoneLine.service,
        PhoneLine.name,
        PhoneLine.greeting,
        PhoneLine.script,
    ).join(Organisation, Organisation.id == PhoneLine.member_id)


def list_tickets_around(
    actor: Actor,
    member_id: int,
    dwelling_id: int | None,
    residence_id: int | None,
    *,
    beside_incidents: bool = False,
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return open tickets of a home and of its residence's common parts, the home's first.

    ``beside_incidents``: the neighbours' tickets of an incident are left out, since the incident
    is shown for all of them. Each row is what a list of them shows, with its category's ``code``
    and the organisation that has it (``holder``) or None. One statement.
    """
    if dwelling_id is None and residence_id is None:
        return []
    statement = _tickets_around(
        asked_by(actor),
        home=dwelling_id is not None,
        residence=residence_id is not None,
        beside_incidents=beside_incidents,
    )
    values = {
        **values_of_actor(actor),
        "member_id": member_id,
        "dwelling_id": dwelling_id,
        "residence_id": residence_id,
    }
    return db.session.execute(statement, values).all()


@cache
def _tickets_around(
    asked: Asked, *, home: bool, residence: bool, beside_incidents: bool
) -> Select[*tuple[Any, ...]]:
    here = Ticket.dwelling_id == number("dwelling_id") if home else Ticket.dwelling_id.is_(None)
    places = [here] if home else []
    if residence:
        common = and_(
            Ticket.residence_id == number("residence_id"), Ticket.location == Location.COMMON
        )
        places.append(and_(common, ~in_some_incident()) if beside_incidents else common)
    holder = (
        select(Assignment.organisation_name)
        .where(
            Assignment.member_id == Ticket.member_id,
            Assignment.ticket_id == Ticket.id,
            Assignment.state.in_(LIVE_ASSIGNMENT_STATES),
            Assignment.informed_only.is_(False),
        )
        .order_by(Assignment.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(
            Ticket.id,
            Ticket.reference,
            Ticket.title,
            Ticket.location,
            Ticket.due_at,
            Ticket.chases,
            Category.code,
            holder.label("holder"),
        )
        .join(
            Category,
            and_(Category.member_id == Ticket.member_id, Category.id == Ticket.category_id),
        )
        .where(
            Ticket.member_id == number("member_id"),
            Ticket.state.in_(OPEN_STATES),
            or_(*places),
            visible_to(asked.actor),
        )
        .order_by(here.desc(), Ticket.id.desc())
        .limit(MOST_AROUND)
    )


# What a list of the last calls somewhere shows of each.
_LAST_CALL = (Call.started_at, Call.disposition, Call.note, Call.dwelling_id, Category.label)


def list_last_calls(
    member_id: int, contact_id: int | None, dwelling_id: int | None
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the latest calls of a person or a home, each with its category's ``label``.

    One statement.
    """
    if contact_id is None and dwelling_id is None:
        return []
    statement = _last_calls(person=contact_id is not None, home=dwelling_id is not None)
    values = {"member_id": member_id, "contact_id": contact_id, "dwelling_id": dwelling_id}
    return db.session.execute(statement, values).all()


@cache
def _last_calls(*, person: bool, home: bool) -> Select[*tuple[Any, ...]]:
    about = [Call.contact_id == number("contact_id")] if person else []
    if home:
        about.append(Call.dwelling_id == number("dwelling_id"))
    return (
        select(*_LAST_CALL)
        .outerjoin(
            Category, and_(Category.member_id == Call.member_id, Category.id == Call.category_id)
        )
        .where(Call.member_id == number("member_id"), or_(*about))
        .order_by(Call.started_at.desc(), Call.id.desc())
        .limit(MOST_CALLS)
    )


def list_last_calls_of_residence(
    member_id: int, residence_id: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the latest calls about a residence's homes, each with its home's ``number``.

    One statement: the latest few of each home, by index, then the latest of all.
    """
    latest = (
        select(Call.id, Call.started_at)
        .where(Call.member_id == Dwelling.member_id, Call.dwelling_id == Dwelling.id)
        .order_by(Call.started_at.desc())
        .limit(MOST_CALLS)
        .correlate(Dwelling)
        .lateral()
    )
    some = (
        select(latest.c.id, Dwelling.number)
        .select_from(Dwelling)
        .join(latest, true())
        .where(Dwelling.member_id == member_id, Dwelling.residence_id == residence_id)
        .order_by(latest.c.started_at.desc())
        .limit(MOST_CALLS)
        .subquery()
    )
    return db.session.execute(
        select(*_LAST_CALL, some.c.number)
        .select_from(Call)
        .join(some, some.c.id == Call.id)
        .outerjoin(
            Category, and_(Category.member_id == Call.member_id, Category.id == Call.category_id)
        )
        .order_by(Call.started_at.desc(), Call.id.desc())
    ).all()


@dataclass(frozen=True, slots=True)
class CallFilter:
    """What the log of calls is narrowed to; empty means all."""

    member_id: int | None = None
    disposition: str = ""
    number: str = ""
    agent_id: int | None = None
    line_id: int | None = None
    direction: str = ""
    answered: bool | None = None
    since: date | None = None
    until: date | None = None


def list_calls(actor: Actor, wanted: CallFilter, window: Window) -> Page[Row[*tuple[Any, ...]]]:
    """Return a page of the log, newest first, as (Call, line name, category label).

    Keyset on (start, id): the last page costs what the first does. One statement.
    """
    query = _log().where(*_conditions(actor, wanted))
    if window.key is not None:
        bound = tuple_(*(literal(part) for part in window.key))
        place = tuple_(Call.started_at, Call.id)
        query = query.where(place > bound if window.backwards else place < bound)
    order = (
        (Call.started_at, Call.id)
        if window.backwards
        else (
            Call.started_at.desc(),
            Call.id.desc(),
        )
    )
    rows = db.session.execute(query.order_by(*order).limit(window.limit)).all()
    return page_of(rows, window, lambda row: (row.Call.started_at, row.Call.id))


def _log() -> Select[*tuple[Any, ...]]:
    """The log's rows: (Call, line name, category label)."""
    return (
        select(Call, PhoneLine.name, Category.label)
        .outerjoin(
            PhoneLine,
            and_(PhoneLine.member_id == Call.member_id, PhoneLine.id == Call.line_id),
        )
        .outerjoin(
            Category, and_(Category.member_id == Call.member_id, Category.id == Call.category_id)
        )
    )


EXPORT_BATCH = 500
MOST_EXPORTED = 50_000


def list_export_batch(
    actor: Actor, wanted: CallFilter, after: tuple[datetime, int] | None
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the next calls of the log, newest first, after a place in it. One statement.

    Batch by batch, so that neither the database nor we hold the whole log at once.
    """
    query = _log().where(*_conditions(actor, wanted))
    if after is not None:
        bound = tuple_(*(literal(part) for part in after))
        query = query.where(tuple_(Call.started_at, Call.id) < bound)
    return db.session.execute(
        query.order_by(Call.started_at.desc(), Call.id.desc()).limit(EXPORT_BATCH)
    ).all()


def list_log_agents(actor: Actor) -> dict[int, str]:
    """Return who may have answered calls, for a filter: the platform's people see their colleagues."""
    if not actor.is_platform:
        return {}
    rows = db.session.execute(
        select(User.id, User.first_name, User.last_name)
        .where(User.member_id == actor.home_id, User.role.in_([Role.AGENT, Role.SUPERVISOR]))
        .order_by(User.first_name, User.last_name)
    )
    return {row.id: f"{row.first_name} {row.last_name}".strip() for row in rows}


def _conditions(actor: Actor, wanted: CallFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Call.member_id.in_(actor.member_ids)]
    if wanted.member_id is not None:
        conditions.append(Call.member_id == wanted.member_id)
    if wanted.disposition:
        conditions.append(Call.disposition == wanted.disposition)
    if wanted.number:
        conditions.append(Call.caller_number == wanted.number)
    if wanted.agent_id is not None:
        conditions.append(Call.agent_id == wanted.agent_id)
    if wanted.line_id is not None:
        conditions.append(Call.line_id == wanted.line_id)
    if wanted.direction:
        conditions.append(Call.direction == wanted.direction)
    if wanted.answered is not None:
        answered = Call.answered_at.is_not(None)
        conditions.append(answered if wanted.answered else ~answered)
    if wanted.since is not None:
        conditions.append(Call.started_at >= datetime.combine(wanted.since, time(), clock.PARIS))
    if wanted.until is not None:
        end = datetime.combine(wanted.until + timedelta(days=1), time(), clock.PARIS)
        conditions.append(Call.started_at < end)
    return conditions


def list_ticket_references(call_ids: Sequence[int]) -> dict[int, list[tuple[int, str]]]:
    """Return the tickets of these calls as (id, reference), by call. One statement."""
    found: dict[int, list[tuple[int, str]]] = {}
    if not call_ids:
        return found
    for call_id, ticket_id, reference in db.session.execute(
        select(CallTicket.call_id, Ticket.id, Ticket.reference)
        .join(
            Ticket,
            and_(Ticket.member_id == CallTicket.member_id, Ticket.id == CallTicket.ticket_id),
        )
        .where(CallTicket.call_id.in_(call_ids))
        .order_by(CallTicket.id)
    ):
        found.setdefault(call_id, []).append((ticket_id, reference))
    return found
