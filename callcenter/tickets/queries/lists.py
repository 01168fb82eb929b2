"""Lists of tickets: rows, counts of the views, the choices of the filters."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    DateTime,
    Engine,
    Row,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    union_all,
)

from callcenter.core import stamps
from callcenter.core.db import db
from callcenter.core.isolation import Actor
from callcenter.core.permissions import Permission, Role
from callcenter.members.accounts import SavedView
from callcenter.members.models import Agency, Organisation, Team
from callcenter.members.states import OrganisationKind
from callcenter.routing.models import Category
from callcenter.tickets.models import Assignment, Ticket
from callcenter.tickets.queries.asked import Asked, asked_by, asked_now, values_of
from callcenter.tickets.queries.filters import (
    ANY_WORDS,
    VIEWS,
    TicketFilters,
    conditions,
    view_parts,
    words_of,
)
from callcenter.tickets.queries.visibility import visible_to
from callcenter.tickets.queries.watch import WATCH_VIEWS
from callcenter.tickets.states import NO_ANSWER, AssignmentState
from callcenter.ui.pagination import Page, Window, page_of

# "99+" says enough, and counting further costs more than it tells.
COUNT_MAX: Final = 99
EXPORT_MAX: Final = 5000


_COLUMNS: Final = (
    Ticket.id,
    Ticket.member_id,
    Ticket.reference,
    Ticket.title,
    Ticket.place,
    Ticket.priority,
    Ticket.state,
    Ticket.opened_at,
    Ticket.due_at,
    Ticket.needs_triage,
    Ticket.chases,
    Ticket.escalated_at,
    Ticket.tenant_wrote_at,
    Ticket.moves,
    Ticket.news_at,
    Ticket.held_since,
    Ticket.contact_name,
    Ticket.contact_number,
    Ticket.hold_cause,
)


class TicketLine(NamedTuple):
    """One row of a list, as its statement gives it."""

    id: int
    member_id: int
    reference: str
    title: str
    place: str
    priority: str
    state: str
    opened_at: datetime
    due_at: datetime | None
    needs_triage: bool
    chases: int
    escalated_at: datetime | None
    tenant_wrote_at: datetime | None
    moves: int
    news_at: datetime
    held_since: datetime | None
    contact_name: str
    contact_number: str
    hold_cause: str
    organisation_name: str
    team_name: str
    assignee_name: str
    assignment_state: str
    refusal_reason: str

    @property
    def holder(self) -> str:
        """Who has it, in few words: a person, else the team, else the organisation.

        At triage, the organisation that last refused it or left it unanswered.
        """
        return self.assignee_name or self.team_name or self.organisation_name


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters' selects offer, each as (id, words)."""

    categories: list[tuple[int, str]] = field(default_factory=list)
    teams: list[tuple[int, str]] = field(default_factory=list)
    agencies: list[tuple[int, str]] = field(default_factory=list)
    organisations: list[tuple[int, str]] = field(default_factory=list)


# Where a window begins or ends: a deadline (None after the last of them) and a ticket's number.
_Edge = tuple[BindParameter[datetime] | None, BindParameter[int]]
_EDGE_DUE: Final = bindparam("edge_due", type_=DateTime(timezone=True))
_EDGE_ID: Final = bindparam("edge_id", type_=BigInteger)

# All of it is behind the members' stamps: kept in the process until one of them is raised.
_Stamps = tuple[tuple[int, int], ...]
_kept: WeakKeyDictionary[Engine, dict[frozenset[int], tuple[_Stamps, Choices]]] = (
    WeakKeyDictionary()
)
_MOST_KEPT: Final = 100


def list_tickets(actor: Actor, filters: TicketFilters, window: Window) -> Page[TicketLine]:
    """Return one page of the tickets that the actor sees; one statement, two at the very end.

    Tickets without a deadline come last; they are asked for apart, so that an index gives the
    order of the others from any page on.
    """
    by_due = filters.by_due
    rows = _fetch(actor, filters, window)
    if by_due and window.after is not None and not window.backwards and len(rows) < window.limit:
        rows += _without_deadline(actor, filters, window, len(rows))
    return page_of(
        [TicketLine._make(row) for row in rows],
        window,
        (lambda one: (one.due_at, one.id)) if by_due else (lambda one: (one.id,)),
    )


def _without_deadline(
    actor: Actor, filters: TicketFilters, window: Window, have: int
) -> list[Row[Any]]:
    """The rows after the last deadline, when the window begins before it."""
    if window.after is None or window.after[0] is None:
        return []
    rest = Window(size=window.size - have, after=(None, 0))
    return _fetch(actor, filters, rest)


def list_for_export(actor: Actor, filters: TicketFilters) -> list[TicketLine]:
    """Return the tickets of an export, at most ``EXPORT_MAX``, in the list's order."""
    everything = Window(size=EXPORT_MAX - 1)
    return [TicketLine._make(row) for row in _fetch(actor, filters, everything)]


def count_views(actor: Actor, views: Sequence[str]) -> dict[str, int]:
    """Return how many tickets each view holds, counting to ``COUNT_MAX + 1`` at most.

    One statement for all of them.
    """
    if not views:
        return {}
    asked = asked_now(actor, watch=not WATCH_VIEWS.isdisjoint(views))
    counts = _counts_of(asked_by(actor), tuple(views))
    row = db.session.execute(counts, values_of(asked)).one()
    return dict(row._mapping)  # noqa: SLF001 - public API


@cache
def _counts_of(asked: Asked, views: tuple[str, ...]) -> Select[*tuple[int, ...]]:
    return select(*(_count(asked, view).label(view) for view in views))


def count_by_member(
    actor: Actor, members: Sequence[int], views: Sequence[str]
) -> dict[int, dict[str, int]]:
    """Return how many tickets of each member each view holds, to ``COUNT_MAX + 1`` at most.

    One statement for all of them (and the one of the watch's limits).
    """
    if not members or not views:
        return {}
    asked = asked_now(actor)
    columns = [
        _count(asked, view, Ticket.member_id == member).label(f"{view}/{member}")
        for member in members
        for view in views
    ]
    row = db.session.execute(select(*columns)).one()._mapping  # noqa: SLF001 - public API
    return {member: {view: row[f"{view}/{member}"] for view in views} for member in members}


def _count(asked: Asked, view: str, *more: ColumnElement[bool]) -> ScalarSelect[int]:
    parts = [
        select(literal(1)).where(visible_to(asked.actor), *part, *more).select_from(Ticket)
        for part in view_parts(view, asked)
    ]
    some = (union_all(*parts) if len(parts) > 1 else parts[0]).limit(COUNT_MAX + 1).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def count_words(count: int) -> str:
    """Return a bounded count as a page shows it: nothing for none, "99+" beyond."""
    if not count:
        return ""
    return f"{COUNT_MAX}+" if count > COUNT_MAX else str(count)


def views_of(actor: Actor) -> tuple[str, ...]:
    """Return the built-in views that mean something to this actor."""
    hidden = set()
    if actor.is_platform:
        hidden.add("to-accept")
    if not actor.may(Permission.TICKETS_TRIAGE):
        hidden.add("triage")
    if actor.role in {Role.CONTRACTOR, Role.CARETAKER}:
        hidden |= {"silent", "unanswered", "held-long"}
    return tuple(view for view in VIEWS if view not in hidden)


def get_choices(actor: Actor) -> Choices:
    """Return what the actor may filter by, from memory when no member's book changed.

    One statement else; none for who sees few tickets.
    """
    if actor.role in {Role.CONTRACTOR, Role.CARETAKER}:
        return Choices()
    present = stamps.all_known(actor.member_ids)
    kept = _kept.setdefault(db.engine, {})
    stamped = kept.get(actor.member_ids)
    if present is not None and stamped is not None and stamped[0] == present:
        return stamped[1]
    choices = _load_choices(actor)
    if present is not None:
        if len(kept) >= _MOST_KEPT:
            kept.clear()
        kept[actor.member_ids] = (present, choices)
    return choices


def _load_choices(actor: Actor) -> Choices:
    kinds = union_all(
        _choice("category", Category, Category.label, Category.active),
        _choice("team", Team, Team.name, Team.active),
        _choice("agency", Agency, Agency.name, Agency.active),
        _choice(
            "organisation",
            Organisation,
            Organisation.name,
            and_(Organisation.active, Organisation.kind != OrganisationKind.PLATFORM),
        ),
    ).subquery()
    rows = db.session.execute(
        select(kinds).where(kinds.c.member_id.in_(actor.member_ids)).order_by(kinds.c.words)
    )
    found: dict[str, list[tuple[int, str]]] = {}
    for row in rows:
        found.setdefault(row.kind, []).append((row.id, row.words))
    return Choices(
        found.get("category", []),
        found.get("team", []),
        found.get("agency", []),
        found.get("organisation", []),
    )


def list_saved_views(actor: Actor) -> Sequence[Row[Any]]:
    """Return the views that the person keeps (``id``, ``name``, ``query``), by name."""
    return db.session.execute(_SAVED_VIEWS, {"user_id": actor.user_id}).all()


_SAVED_VIEWS: Final = (
    select(SavedView.id, SavedView.name, SavedView.query)
    .where(SavedView.user_id == bindparam("user_id"))
    .order_by(SavedView.name)
)


def _choice(
    kind: str, model: Any, words: Any, condition: ColumnElement[bool] | Any
) -> Select[tuple[str, int, int, str]]:
    return select(
        literal(kind).label("kind"),
        model.id.label("id"),
        model.member_id.label("member_id"),
        words.label("words"),
    ).where(condition)


def _fetch(actor: Actor, filters: TicketFilters, window: Window) -> list[Row[Any]]:
    """The rows of a window; the statement of a view that words at most narrow is built once."""
    asked = asked_now(actor, watch=filters.view in WATCH_VIEWS)
    values = words_of(filters, actor, window)
    bare = TicketFilters(view=filters.view, q=ANY_WORDS if values else "")
    edge: _Edge | None = None
    key = _key(window, by_due=filters.by_due)
    if key is not None:
        values |= {"edge_due": key[0], "edge_id": key[1]}
        edge = (_EDGE_DUE if key[0] is not None else None, _EDGE_ID)
    if filters == replace(bare, q=filters.q) and bool(filters.q) == bool(values):
        cut = Window(window.size, before=() if window.backwards else None)
        statement = _rows_of_view(asked_by(actor), bare, cut, edge)
        values |= values_of(asked)
    else:
        statement = _rows(asked, filters, window, edge)
    return list(db.session.execute(statement, values))


@cache
def _rows_of_view(
    asked: Asked, filters: TicketFilters, window: Window, edge: _Edge | None
) -> Select[*tuple[Any, ...]]:
    return _rows(asked, filters, window, edge)


def _rows(
    asked: Asked, filters: TicketFilters, window: Window, edge: _Edge | None
) -> Select[*tuple[Any, ...]]:
    """The rows of a window of a list, each with who has it now (or had it last).

    The window is cut first, so that who has it is looked up for the rows shown alone.
    """
    by_due, backwards = filters.by_due, window.backwards
    cut = (
        select(*_COLUMNS)
        .where(visible_to(asked.actor), *conditions(filters, asked))
        .order_by(*_order(Ticket.due_at, Ticket.id, by_due=by_due, backwards=backwards))
        .limit(window.limit)
    )
    if edge is not None:
        cut = cut.where(_beyond(edge, by_due=by_due, backwards=backwards))
    shown = cut.subquery("shown")
    holder = (
        select(
            Assignment.organisation_name,
            Assignment.team_name,
            Assignment.assignee_name,
            Assignment.state.label("assignment_state"),
            Assignment.reason.label("refusal_reason"),
        )
        .where(
            Assignment.member_id == shown.c.member_id,
            Assignment.ticket_id == shown.c.id,
            Assignment.informed_only.is_(False),
            or_(Assignment.state != AssignmentState.WITHDRAWN, Assignment.reason == NO_ANSWER),
        )
        .order_by(
            Assignment.state.in_([AssignmentState.REFUSED, AssignmentState.WITHDRAWN]),
            Assignment.state == AssignmentState.DONE,
            Assignment.state_at.desc(),
        )
        .limit(1)
        .lateral("holder")
    )
    return (
        select(*shown.c, *(func.coalesce(column, "").label(column.name) for column in holder.c))
        .outerjoin(holder, true())
        .order_by(*_order(shown.c.due_at, shown.c.id, by_due=by_due, backwards=backwards))
    )


def _order(due_at: Any, number: Any, *, by_due: bool, backwards: bool) -> list[Any]:
    if not by_due:
        return [number.asc() if backwards else number.desc()]
    if backwards:
        return [due_at.desc().nulls_first(), number.desc()]
    return [due_at.asc().nulls_last(), number.asc()]


def _key(window: Window, *, by_due: bool) -> tuple[datetime | None, int] | None:
    """Return the deadline and the number that a window begins after, or ends before.

    None for the first page, and for a cursor that makes no sense here.
    """
    due, last = (None, *(window.key or ()))[-2:] if window.key else (None, None)
    if not isinstance(last, int):
        return None
    if due is not None and not (by_due and isinstance(due, datetime)):
        return None
    return due, last


def _beyond(edge: _Edge, *, by_due: bool, backwards: bool) -> ColumnElement[bool]:
    """Return the condition that a row comes after (or before) an edge."""
    due, last = edge
    if not by_due:
        return Ticket.id > last if backwards else Ticket.id < last
    if due is None:
        same = and_(Ticket.due_at.is_(None), Ticket.id < last if backwards else Ticket.id > last)
        return or_(Ticket.due_at.is_not(None), same) if backwards else same
    mine: ColumnElement[Any] = tuple_(Ticket.due_at, Ticket.id)
    there: ColumnElement[Any] = tuple_(due, last)
    return mine < there if backwards else mine > there
