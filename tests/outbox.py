"""Messages as tests make and look at them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from callcenter.core.db import transaction
from callcenter.messaging.models import Message
from callcenter.messaging.services import queue_message
from callcenter.messaging.states import Trigger
from tests.world import as_system

MOBILE = "+33639981201"
VALUES = {
    "membre": "Aquitanis",
    "reference": "AQ-24817",
    "objet": "Ascenseur en panne",
    "echeance": "jeudi 12 novembre",
    "lien": "https://suivi.exemple.fr/s/abcdefghijklmnopqrst",
}


def queue_one(member_id: int, **changes: Any) -> int:
    """Commit one message to the outbox, urgent unless told otherwise; return its number."""
    given: dict[str, Any] = {
        "member_id": member_id,
        "trigger": Trigger.RECEIVED,
        "to_number": MOBILE,
        "contact_id": None,
        "ticket_id": None,
        "values": VALUES,
        "urgent": True,
    }
    with as_system(), transaction():
        return queue_message(**(given | changes)).id


def message(message_id: int) -> Message:
    """A message as it stands in the database."""
    with as_system() as session:
        return session.get_one(Message, message_id)


def every_message() -> list[Message]:
    """Every message, oldest first."""
    with as_system() as session:
        return list(session.scalars(select(Message).order_by(Message.id)))


def change(message_id: int, **columns: Any) -> None:
    """Set columns of a message, as time or an accident would."""
    with as_system() as session, transaction():
        row = session.get_one(Message, message_id)
        for name, value in columns.items():
            setattr(row, name, value)


def ago(**span: float) -> datetime:
    """An instant in the past."""
    return datetime.now(UTC) - timedelta(**span)
