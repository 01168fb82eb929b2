"""What stands behind a message, as columns of a statement about messages.

Requests, visits and marks stand in the room above: only their state is read here.
"""

from sqlalchemy import ColumnElement, ScalarSelect, column, false, func, select, table, true

from callcenter.messaging.models import Message

_ticket = table("ticket", column("member_id"), column("id"), column("state"))
_visit = table("visit", column("member_id"), column("id"), column("ticket_id"), column("state"))
_satisfaction = table("satisfaction", column("member_id"), column("ticket_id"))


def ticket_state() -> ScalarSelect[str]:
    """The state of the message's request."""
    return (
        select(_ticket.c.state)
        .where(_ticket.c.member_id == Message.member_id, _ticket.c.id == Message.ticket_id)
        .scalar_subquery()
    )


def visit_state() -> ScalarSelect[str]:
    """The state of the visit that the message speaks of."""
    return (
        select(_visit.c.state)
        .where(_visit.c.member_id == Message.member_id, _visit.c.id == Message.visit_id)
        .scalar_subquery()
    )


def is_planned() -> ColumnElement[bool]:
    """Whether a visit is planned for the message's request."""
    return is_there(
        _visit.c.member_id == Message.member_id,
        _visit.c.ticket_id == Message.ticket_id,
        _visit.c.state == "planned",
    )


def is_rated() -> ColumnElement[bool]:
    """Whether the tenant has given the message's request a mark."""
    return is_there(
        _satisfaction.c.member_id == Message.member_id,
        _satisfaction.c.ticket_id == Message.ticket_id,
    )


def is_there(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a row fits: asked row by row.

    As EXISTS among a statement's columns, the planner may gather everybody's rows first.
    """
    found = select(true()).where(*conditions).limit(1).correlate(Message).scalar_subquery()
    return func.coalesce(found, false())
