"""Which tickets a person sees: one condition, used by every query of this room.

The wall in the database already hides other members; this is what each role sees inside.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true
from sqlalchemy.orm import aliased

from callcenter.core.isolation import Actor
from callcenter.core.permissions import Permission, Role
from callcenter.estate.models import Residence
from callcenter.members.accounts import TeamMembership
from callcenter.members.models import Team
from callcenter.members.states import TeamKind
from callcenter.routing.models import Category
from callcenter.tickets.models import Assignment, Ticket
from callcenter.tickets.states import AssignmentState

# Under names of their own: a query around them may hold the same tables.
_sent = aliased(Assignment)
_category = aliased(Category)
_residence = aliased(Residence)

# A refused or withdrawn ticket is no longer that organisation's business.
SEEN_ASSIGNMENT_STATES = (
    AssignmentState.OFFERED,
    AssignmentState.ACCEPTED,
    AssignmentState.DONE,
)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Return the condition under which ``actor`` sees a row of ``Ticket``.

    - platform: every ticket of the members served;
    - manager, staff: every ticket of their member; restricted ones by permission, or when
      they were sent to a team they are in or to themselves;
    - caretaker: technical tickets, never restricted, of the residences of their agencies or
      sent to their teams or to themselves;
    - contractor: those offered to, accepted or done by their own organisation.
    """
    if not actor.may(Permission.TICKETS_READ):
        return false()
    seen = _seen_by_role(actor)
    if len(actor.member_ids) == 1:
        # Says what the wall says already, in a form that lets an index give the order.
        return and_(Ticket.member_id == next(iter(actor.member_ids)), seen)
    return seen


def _seen_by_role(actor: Actor) -> ColumnElement[bool]:
    if actor.role is Role.CONTRACTOR:
        return _sent_to_organisation(actor.organisation_id)
    if actor.role is Role.CARETAKER:
        return and_(
            Ticket.restricted.is_(False),
            _category_is_open_to_caretakers(),
            or_(in_care_of(actor, Ticket.residence_id), _sent_to_me(actor)),
        )
    if actor.may(Permission.TICKETS_READ_RESTRICTED):
        return true()
    return or_(Ticket.restricted.is_(False), _sent_to_me(actor))


def _sent_to_organisation(organisation_id: int) -> ColumnElement[bool]:
    return exists().where(
        _sent.member_id == Ticket.member_id,
        _sent.ticket_id == Ticket.id,
        _sent.organisation_id == organisation_id,
        _sent.state.in_(SEEN_ASSIGNMENT_STATES),
    )


def _sent_to_me(actor: Actor) -> ColumnElement[bool]:
    return exists().where(
        _sent.member_id == Ticket.member_id,
        _sent.ticket_id == Ticket.id,
        _sent.state.in_(SEEN_ASSIGNMENT_STATES),
        or_(
            _sent.assignee_id == actor.user_id,
            _sent.team_id.in_(
                select(TeamMembership.team_id).where(TeamMembership.user_id == actor.user_id)
            ),
        ),
    )


def _category_is_open_to_caretakers() -> ColumnElement[bool]:
    """Caretakers see no rent matter (A-…) and no quarrel or violence (V-…)."""
    return Ticket.category_id.not_in(
        select(_category.id).where(or_(_category.code.like("A-%"), _category.code.like("V-%")))
    )


def in_care_of(actor: Actor, residence_id: Any) -> ColumnElement[bool]:
    """Return the condition that a residence is in the care of a caretaker's teams."""
    condition: ColumnElement[bool] = residence_id.in_(
        select(_residence.id)
        .join(
            Team,
            and_(Team.member_id == _residence.member_id, Team.agency_id == _residence.agency_id),
        )
        .join(
            TeamMembership,
            and_(TeamMembership.member_id == Team.member_id, TeamMembership.team_id == Team.id),
        )
        .where(TeamMembership.user_id == actor.user_id, Team.kind == TeamKind.CARETAKER)
    )
    return condition
