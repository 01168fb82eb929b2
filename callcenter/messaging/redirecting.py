"""What waits in the outbox about a request follows it: to another number, with another link.

One that is being claimed this instant left before the change.
"""

from sqlalchemy import ColumnElement, func, select, update

from callcenter.core.db import db
from callcenter.messaging.models import Message
from callcenter.messaging.states import MessageState


def redirect_waiting(member_id: int, ticket_id: int, former: str, number: str) -> None:
    """Send what waits for one number to another."""
    _change(member_id, ticket_id, Message.to_number == former, to_number=number)


def relink_waiting(member_id: int, ticket_id: int, former: str, url: str) -> None:
    """Put another private link, as long as the former one, in what waits."""
    body = func.replace(Message.body, former, url)
    _change(member_id, ticket_id, Message.body.contains(former, autoescape=True), body=body)


def _change(member_id: int, ticket_id: int, which: ColumnElement[bool], **values: object) -> None:
    waiting = (
        select(Message.id)
        .where(
            Message.member_id == member_id,
            Message.ticket_id == ticket_id,
            Message.state == MessageState.QUEUED,
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
