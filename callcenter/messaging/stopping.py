"""Messages whose reason has gone are taken out of the outbox at once, with the reason in words.

The claim asks the same question again (see ``timeliness``), so that nothing depends on this
having run: it is there for who looks at the ticket meanwhile.
"""

from flask_babel import force_locale
from sqlalchemy import select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.messaging.follow_up_rules import why_gone
from callcenter.messaging.models import Message
from callcenter.messaging.sending import move
from callcenter.messaging.states import MessageEvent, MessageState, Trigger
from callcenter.messaging.timeliness import standings_of
from callcenter.messaging.together import rewrite_about


def stop_outdated(member_id: int, ticket_id: int) -> int:
    """Cancel the waiting messages of a ticket that no longer say anything true; return how many.

    Sees what the present transaction has flushed. One that is being claimed this instant is
    left to its claim, so that no two transactions wait for each other.
    """
    waiting = db.session.scalars(
        select(Message)
        .where(
            Message.member_id == member_id,
            Message.ticket_id == ticket_id,
            Message.state == MessageState.QUEUED,
        )
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    stopped, at = 0, clock.now()
    with force_locale("fr"):
        standings = standings_of(waiting, at) if waiting else {}
        for message in waiting:
            reason = why_gone(Trigger(message.trigger), standings[message.id].ground)
            if reason:
                stopped += move(message, MessageEvent.CANCEL, at, reason)
    rewrite_about(member_id, ticket_id)
    return stopped
