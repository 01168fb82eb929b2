"""The filters of the ticket list: read from an address, turned into conditions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from callcenter.core.isolation import Actor
from callcenter.core.permissions import Role
from callcenter.core.phone import try_parse_phone
from callcenter.estate.models import Residence
from callcenter.tickets.models import Assignment, Ticket, Visit
from callcenter.tickets.queries.asked import Asked
from callcenter.tickets.queries.watch import WATCH_VIEWS, watch_condition
from callcenter.tickets.rules import search_words
from callcenter.tickets.states import (
    LIVE_ASSIGNMENT_STATES,
    OPEN_STATES,
    AssignmentState,
    TicketState,
    VisitState,
)
from callcenter.ui.pagination import Window

# Built-in views, in the order in which they are shown.
VIEWS: Final = (
    "to-accept",
    "answers",
    "late",
    "soon",
    "today",
    "mine",
    "on-hold",
    "escalated",
    "silent",
    "unanswered",
    "held-long",
    "triage",
    "open",
    "all",
)
PRIORITIES: Final = ("P0", "P1", "P2", "P3", "P4")
DUES: Final = ("late", "today", "week")
SEARCH_MAX: Final = 200
# Of the tickets that hold the words, the newest are looked at: so many when other filters
# narrow them further, else a few pages' worth (some may not be the actor's to see).
MOST_FOUND: Final = 5_000
_SLACK: Final = 2

# The clock runs: neither on hold nor ended.
_RUNNING: Final = [TicketState.OPEN, TicketState.PLANNED]
_STILL_OPEN: Final = Ticket.state.in_(OPEN_STATES)

_REFERENCE = re.compile(r"([A-Za-z]{1,8})-?(\d{1,12})")
_MAX_BIGINT = 2**63 - 1


@dataclass(frozen=True, slots=True)
class TicketFilters:
    """What a list is narrowed to. Empty values narrow nothing."""

    view: str = "open"
    q: str = ""
    state: str = ""
    due: str = ""
    priority: str = ""
    member: int | None = None
    organisation: int | None = None
    team: int | None = None
    category: int | None = None
    agency: int | None = None

    @classmethod
    def read(cls, args: Mapping[str, Any], *, default_view: str = "open") -> "TicketFilters":
        """Read an address or a saved view; what makes no sense narrows nothing."""
        view = str(args.get("view") or default_view)
        return cls(
            view=view if view in VIEWS else default_view,
            q=str(args.get("q") or "").replace("\x00", "").strip()[:SEARCH_MAX],
            state=_one_of(args.get("state"), tuple(TicketState)),
            due=_one_of(args.get("due"), DUES),
            priority=_one_of(args.get("priority"), PRIORITIES),
            **{
                name: _number(args.get(name))
                for name in ("member", "organisation", "team", "category", "agency")
            },
        )

    def query(self) -> dict[str, str]:
        """Return the filters as the arguments of an address, the empty ones left out."""
        values = ((one.name, getattr(self, one.name)) for one in fields(self))
        return {name: str(value) for name, value in values if value not in {"", None}}

    @property
    def by_due(self) -> bool:
        """Say whether the list is sorted by deadline (open tickets) or newest first."""
        return self.view != "all" and not self.q and self.state in {"", *OPEN_STATES}


# Stands for any words that are looked for, in a statement that serves them all.
ANY_WORDS: Final = "..."

_FOUND: Final = select(
    func.ticket_search(
        bindparam("words", type_=ARRAY(String)),
        bindparam("words_of", type_=ARRAY(BigInteger)),
        bindparam("words_before", type_=BigInteger),
        bindparam("words_after", type_=BigInteger),
        bindparam("words_most", type_=Integer),
    )
)


def words_of(filters: TicketFilters, actor: Actor, window: Window) -> dict[str, Any]:
    """Return the values of the parameters of a search among words; none of any other search."""
    if not filters.q or _number_condition(filters.q) is not None:
        return {}
    key = window.key[0] if window.key else None
    last = key if isinstance(key, int) else None
    plain = filters == TicketFilters(view=filters.view, q=filters.q) and (
        filters.view == "all" or _looks_everywhere(filters)
    )
    sees_most = plain and actor.role not in {Role.CONTRACTOR, Role.CARETAKER}
    return {
        "words": search_words(filters.q).split(),
        "words_of": sorted(actor.member_ids),
        "words_before": None if window.backwards else last,
        "words_after": last if window.backwards else None,
        "words_most": min(window.limit * _SLACK, MOST_FOUND) if sees_most else MOST_FOUND,
    }


def conditions(filters: TicketFilters, asked: Asked) -> list[ColumnElement[bool]]:
    """Return the conditions of the filters; visibility is added by the query itself.

    The parameters of a search among words have the values that `words_of` gives.
    """
    found = [] if _looks_everywhere(filters) else view_condition(filters.view, asked)
    if filters.q:
        number = _number_condition(filters.q)
        found.append(Ticket.id.in_(_FOUND) if number is None else number)
    if filters.due:
        found += _due(filters.due, asked)
    if filters.agency is not None:
        found.append(_at_agency(filters.agency))
    for column, value in (
        (Ticket.state, filters.state or None),
        (Ticket.priority, filters.priority or None),
        (Ticket.member_id, filters.member),
        (Ticket.category_id, filters.category),
    ):
        if value is not None:
            found.append(column == value)
    if filters.organisation is not None or filters.team is not None:
        found.append(_sent_to(filters.organisation, filters.team))
    return found


def _sent_to(organisation_id: int | None, team_id: int | None) -> ColumnElement[bool]:
    sent = exists().where(
        _sent.member_id == Ticket.member_id,
        _sent.ticket_id == Ticket.id,
        _sent.state.in_([*LIVE_ASSIGNMENT_STATES, AssignmentState.DONE]),
    )
    if organisation_id is not None:
        sent = sent.where(_sent.organisation_id == organisation_id)
    return sent if team_id is None else sent.where(_sent.team_id == team_id)


def view_condition(view: str, asked: Asked) -> list[ColumnElement[bool]]:
    """Return the conditions of a built-in view for this asker."""
    if view in WATCH_VIEWS:
        return watch_condition(view, asked)
    made = {"to-accept": _to_accept, "today": _today, "mine": _mine}.get(view)
    if made is not None:
        return [_STILL_OPEN, made(asked)]
    plain: dict[str, list[ColumnElement[bool]]] = {
        "all": [],
        "answers": [Ticket.tenant_wrote_at.is_not(None)],
        "on-hold": [Ticket.state == TicketState.ON_HOLD],
        "late": _due("late", asked),
        "escalated": [Ticket.escalated_at.is_not(None), _STILL_OPEN],
        # "= true" and not "IS TRUE": the form that the partial index is recognised by.
        "triage": [Ticket.needs_triage == true(), _STILL_OPEN],
    }
    return plain.get(view, [_STILL_OPEN])


def view_parts(view: str, asked: Asked) -> list[list[ColumnElement[bool]]]:
    """Return a view's conditions in parts that have no ticket in common.

    For counting no further than so many: what one part gives is not looked for in the next.
    """
    if view == "today":
        due, visited = _due_today(asked), _visited_today(asked)
        return [[_STILL_OPEN, due], [_STILL_OPEN, visited, due.is_not(true())]]
    return [view_condition(view, asked)]


def _to_accept(asked: Asked) -> ColumnElement[bool]:
    return exists().where(
        _sent.member_id == Ticket.member_id,
        _sent.ticket_id == Ticket.id,
        _sent.organisation_id == asked.actor.organisation_id,
        _sent.state == AssignmentState.OFFERED,
        _sent.informed_only.is_(False),
    )


def _today(asked: Asked) -> ColumnElement[bool]:
    """Due today unless the clock stands, or somebody comes today."""
    return or_(_due_today(asked), _visited_today(asked))


def _due_today(asked: Asked) -> ColumnElement[bool]:
    return and_(
        Ticket.state.in_(_RUNNING),
        Ticket.due_at >= asked.day_begins,
        Ticket.due_at < asked.day_ends,
    )


def _visited_today(asked: Asked) -> ColumnElement[bool]:
    return _among(
        select(Visit.ticket_id).where(Visit.day == asked.today, Visit.state == VisitState.PLANNED)
    )


def _mine(asked: Asked) -> ColumnElement[bool]:
    """Given to me; for the platform's people also what they opened."""
    actor = asked.actor
    given = select(_sent.ticket_id).where(
        _sent.assignee_id == actor.user_id, _sent.state.in_(LIVE_ASSIGNMENT_STATES)
    )
    if not actor.is_platform:
        return _among(given)
    return or_(Ticket.opened_by_id == actor.user_id, _among(given))


def _among(found: Select[int]) -> ColumnElement[bool]:
    """Say that a ticket is one of those found.

    As an array, worked out once: beside another condition, two indexes are read and put
    together, where a joined query would have all that is open gone through.
    """
    condition: ColumnElement[bool] = Ticket.id == func.any(func.array(found.scalar_subquery()))
    return condition


_sent = aliased(Assignment)


def _looks_everywhere(filters: TicketFilters) -> bool:
    """A search or a chosen state from the plain list looks among the ended tickets too."""
    return filters.view == "open" and bool(filters.q or filters.state)


def _due(due: str, asked: Asked) -> list[ColumnElement[bool]]:
    if due == "late":
        return [Ticket.state.in_(_RUNNING), Ticket.due_at < asked.now]
    end = asked.day_ends if due == "today" else asked.week_ends
    return [Ticket.due_at >= asked.day_begins, Ticket.due_at < end]


def _at_agency(agency_id: int) -> ColumnElement[bool]:
    return exists().where(
        Residence.member_id == Ticket.member_id,
        Residence.id == Ticket.residence_id,
        Residence.agency_id == agency_id,
    )


def _number_condition(typed: str) -> ColumnElement[bool] | None:
    """Return how a reference or a telephone number is looked up; None for anything else."""
    reference = _REFERENCE.fullmatch(typed.replace(" ", ""))
    if reference:
        return Ticket.reference == f"{reference[1].upper()}-{int(reference[2])}"
    phone = try_parse_phone(typed)
    return None if phone is None else Ticket.contact_number == phone.e164


def _one_of(value: Any, known: tuple[str, ...]) -> str:
    return str(value) if value in known else ""


def _number(value: Any) -> int | None:
    text = str(value or "")
    if not (text.isascii() and text.isdigit()):
        return None
    number = int(text) if len(text) < 20 else 0  # noqa: PLR2004 - beyond any bigint
    return number if 0 < number <= _MAX_BIGINT else None
