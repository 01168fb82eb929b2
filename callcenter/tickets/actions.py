"""What a person may do next with a ticket: one rule, used by the page and by its tests."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from callcenter.core.isolation import Actor
from callcenter.core.permissions import Permission, Role
from callcenter.tickets.rules import is_open
from callcenter.tickets.states import LIVE_ASSIGNMENT_STATES, AssignmentState, TicketState


class Action(StrEnum):
    """One thing to do; its value is also the last part of the page's address."""

    ACCEPT = "accept"
    PLAN = "plan"
    RESOLVE = "resolve"
    RESUME = "resume"
    HOLD = "hold"
    OFFER = "offer"
    ASSIGN = "assign"
    REFUSE = "refuse"
    CANCEL_VISIT = "cancel-visit"
    CLOSE = "close"
    REOPEN = "reopen"
    COMMENT = "comment"
    CHASE = "chase"
    CANCEL = "cancel"
    REVOKE_LINK = "revoke-link"
    RENEW_LINK = "renew-link"
    READ = "read"


class HasState(Protocol):
    """The part of a ticket that the rule reads."""

    state: str
    needs_triage: bool
    tenant_wrote_at: datetime | None


class HasAnswer(Protocol):
    """The part of an assignment that the rule reads."""

    organisation_id: int
    state: str
    informed_only: bool


def actions_for(
    actor: Actor, ticket: HasState, assignments: Sequence[HasAnswer], *, visit_planned: bool
) -> tuple[Action, ...]:
    """Return what the actor may do, the natural next step first."""
    may_act = actor.may(Permission.TICKETS_HANDLE) or actor.may(Permission.TICKETS_TRIAGE)
    found: list[Action] = []
    if is_open(ticket.state):
        found += _while_open(actor, ticket, assignments, visit_planned=visit_planned)
    elif may_act and actor.role is not Role.CONTRACTOR:
        if ticket.state == TicketState.RESOLVED:
            found.append(Action.CLOSE)
        found.append(Action.REOPEN)
    if may_act:
        found.append(Action.COMMENT)
    if actor.may(Permission.TICKETS_OPEN):
        found += [Action.CHASE, Action.REVOKE_LINK, Action.RENEW_LINK]
    if may_act and ticket.tenant_wrote_at is not None:
        found.append(Action.READ)
    return tuple(found)


def _while_open(
    actor: Actor, ticket: HasState, assignments: Sequence[HasAnswer], *, visit_planned: bool
) -> list[Action]:
    may_triage = actor.may(Permission.TICKETS_TRIAGE)
    speaks_for_all = actor.role in {Role.MANAGER, Role.STAFF, Role.SUPERVISOR}
    live = [
        one
        for one in assignments
        if not one.informed_only and AssignmentState(one.state) in LIVE_ASSIGNMENT_STATES
    ]
    own = [one for one in live if one.organisation_id == actor.organisation_id]
    held = own or (live if speaks_for_all else [])
    at_triage = ticket.needs_triage and (may_triage or speaks_for_all)
    found: list[Action] = [Action.OFFER, Action.RESOLVE] if at_triage else []
    in_hand = actor.may(Permission.TICKETS_HANDLE) and bool(held)
    if in_hand:
        offered = held[-1].state == AssignmentState.OFFERED
        found += _in_hand(ticket, offered=offered, visit_planned=visit_planned)
    if not at_triage and live and (may_triage or (in_hand and speaks_for_all)):
        found.append(Action.OFFER)
    if at_triage or (in_hand and actor.role is not Role.CONTRACTOR):
        found.append(Action.CANCEL)
    return found


def _in_hand(ticket: HasState, *, offered: bool, visit_planned: bool) -> list[Action]:
    found = [Action.ACCEPT] if offered else []
    if ticket.state == TicketState.ON_HOLD:
        found.append(Action.RESUME)
    if visit_planned:  # to be carried out; before that it is to be planned
        found += [Action.RESOLVE, Action.PLAN]
    else:
        found += [Action.PLAN, Action.RESOLVE]
    if ticket.state != TicketState.ON_HOLD:
        found.append(Action.HOLD)
    if visit_planned:
        found.append(Action.CANCEL_VISIT)
    return [*found, Action.ASSIGN, Action.REFUSE]
