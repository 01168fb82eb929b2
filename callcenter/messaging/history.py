"""The history of a message: each state that it reached, and when."""

from datetime import datetime

from callcenter.core.db import db
from callcenter.messaging.models import Message, MessageStep


def note_step(message: Message, at: datetime, note: str = "") -> None:
    """Write the state that a message has just reached into its history."""
    db.session.add(
        MessageStep(
            member_id=message.member_id,
            message_id=message.id,
            state=message.state,
            at=at,
            note=note,
        )
    )
