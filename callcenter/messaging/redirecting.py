"""What waits in the outbox about a request follows it: to another number, with another link.

One that is being claimed this instant left before the change.
"""

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.orm import aliased

from callcenter.core.db import db
from callcenter.messaging.models import Message
from callcenter.messaging.states import MessageState
from callcenter.messaging.together import rewrite_about


def redirect_waiting(member_id: int, ticket_id: int, former: str, number: str) -> None:
    """Send what waits for one number to another."""
    _change(member_id, ticket_id, Message.to_number == former, to_number=number)


def relink_waiting(member_id: int, ticket_id: int, former: str, url: str) -> None:
    """Put another private link, as long as the former one, in what waits."""
    body, brief = (func.replace(words, former, url) for words in (Message.body, Message.brief))
    _change(
        member_id,
        ticket_id,
        Message.body.contains(former, autoescape=True),
        body=body,
        brief=brief,
    )
    rewrite_about(member_id, ticket_id)


def _change(member_id: int, ticket_id: int, which: ColumnElement[bool], **values: object) -> None:
    one = aliased(Message)
    # What tells of it together with other requests waits too.
    together = select(one.told_in_id).where(
        one.member_id == member_id, one.ticket_id == ticket_id, one.told_in_id.is_not(None)
    )
    told = exists().where(
        one.member_id == member_id, one.id == Message.told_in_id, one.state == MessageState.QUEUED
    )
    waiting = (
        select(Message.id)
        .where(
            Message.member_id == member_id,
            or_(
                and_(Message.ticket_id == ticket_id, Message.state == MessageState.QUEUED),
                and_(Message.ticket_id == ticket_id, told),
                and_(Message.id.in_(together), Message.state == MessageState.QUEUED),
            ),
            which,
        )
        .with_for_update(skip_locked=True)
    )
    db.session.execute(
        update(Message)
        .where(Message.id.in_(waiting))
        .values(**values)
        .execution_options(synchronize_session="fetch")
    )
