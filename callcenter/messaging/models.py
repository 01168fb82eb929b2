"""Tables of messages: the outbox itself, what the provider said of it, and the answers."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.core.db import Base, Dated, Owned, behind_wall, one_of
from callcenter.messaging.email_states import EmailKind, EmailState
from callcenter.messaging.states import MessageState


class MessageTemplate(Owned, Base):
    """The words of one follow-up, per member and language."""

    __tablename__ = "message_template"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "trigger", "language"),
    )

    trigger: Mapped[str]
    language: Mapped[str] = mapped_column(default="fr")
    body: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)


class Message(Owned, Dated, Base):
    """One SMS to one number: the row *is* the outbox (design, decision 3).

    ``attempt_id`` is written, and committed, before the provider is asked; a row found in
    ``sending`` later is therefore never sent again blindly. ``attempts`` counts the times the
    provider was asked for this row. What the provider took and then failed to deliver is tried
    again as a *new* row (``retry_of_id``), ``try_number`` counting from 1. ``brief`` is what one
    SMS about several requests says of it, "" for what is only said alone; ``told_in_id`` is the
    SMS that did (see ``together``). ``visit_id`` is the
    visit that the message speaks of: once that is no longer planned, it says nothing true.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("provider_id"),
        one_of("state", MessageState),
        UniqueConstraint("member_id", "retry_of_id"),
        behind_wall("ticket_id", to="ticket"),
        behind_wall("contact_id", to="contact"),
        behind_wall("visit_id", to="visit"),
        behind_wall("bulletin_id", to="bulletin"),
        behind_wall("retry_of_id", to="message"),
        behind_wall("told_in_id", to="message"),
        CheckConstraint("segments >= 0", name="segments"),
        Index("ix_message_newest", "member_id", text("id DESC")),
        Index("ix_message_ticket", "member_id", "ticket_id", "id"),
        Index(
            "ix_message_outbox",
            "not_before",
            postgresql_where=text("state = 'queued'"),
        ),
        Index(
            "ix_message_in_flight",
            "claimed_at",
            postgresql_where=text("state IN ('sending', 'uncertain')"),
        ),
        Index(
            "ix_message_told_in",
            "member_id",
            "told_in_id",
            postgresql_where=text("told_in_id IS NOT NULL"),
        ),
        Index("ix_message_to_number", "to_number", "member_id", "id"),
        # What the provider took and has not told the end of.
        Index(
            "ix_message_untold",
            "sent_at",
            postgresql_where=text("state IN ('accepted', 'sent')"),
        ),
        # The day to which the ledger counts a message.
        Index("ix_message_ledger", "member_id", text("coalesce(sent_at, created_at)")),
        Index(
            "ix_message_bulletin",
            "member_id",
            "bulletin_id",
            "state",
            postgresql_where=text("bulletin_id IS NOT NULL"),
        ),
    )

    ticket_id: Mapped[int | None]
    contact_id: Mapped[int | None]
    visit_id: Mapped[int | None]
    bulletin_id: Mapped[int | None]
    to_number: Mapped[str]
    trigger: Mapped[str]
    body: Mapped[str]
    brief: Mapped[str] = mapped_column(default="", server_default="")
    told_in_id: Mapped[int | None]
    segments: Mapped[int]
    encoding: Mapped[str]
    urgent: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str]
    state_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(default="")
    not_before: Mapped[datetime]
    expires_at: Mapped[datetime]
    enqueued_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    attempt_id: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    retry_of_id: Mapped[int | None]
    try_number: Mapped[int] = mapped_column(default=1)
    provider_id: Mapped[str | None]
    error_code: Mapped[int | None]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    # When the provider was last asked what became of it, for want of a callback.
    asked_at: Mapped[datetime | None]

    @property
    def state_now(self) -> MessageState:
        """Return the state as the state machine knows it."""
        return MessageState(self.state)


class MessageStep(Owned, Base):
    """One state that a message reached, and when: its history, never changed."""

    __tablename__ = "message_step"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        behind_wall("message_id", to="message", ondelete="CASCADE"),
        one_of("state", MessageState),
        Index("ix_message_step_message", "member_id", "message_id", "id"),
    )

    message_id: Mapped[int]
    state: Mapped[str]
    at: Mapped[datetime]
    note: Mapped[str] = mapped_column(default="")


class DeliveryReceipt(Owned, Base):
    """One status that the provider reported of a message, as it came."""

    __tablename__ = "delivery_receipt"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("message_id", "status", "error_code", postgresql_nulls_not_distinct=True),
        behind_wall("message_id", to="message", ondelete="CASCADE"),
    )

    message_id: Mapped[int]
    provider_id: Mapped[str]
    status: Mapped[str]
    error_code: Mapped[int | None]
    received_at: Mapped[datetime]
    raw: Mapped[dict[str, Any]] = mapped_column(default=dict)


class InboundMessage(Owned, Base):
    """What somebody wrote back, stored once per provider id, before anything is made of it.

    An unknown number's message lives behind the wall of the platform, for the desk to sort.
    """

    __tablename__ = "inbound_message"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("provider_id"),
        behind_wall("ticket_id", to="ticket"),
        behind_wall("contact_id", to="contact"),
        # The callers' index asks which texts came from a number.
        Index("ix_inbound_message_number", "from_number", "member_id", text("id DESC")),
        Index(
            "ix_inbound_message_to_sort",
            "member_id",
            "received_at",
            postgresql_where=text("sorted_at IS NULL"),
        ),
        Index(
            "ix_inbound_message_ticket",
            "member_id",
            "ticket_id",
            "id",
            postgresql_where=text("ticket_id IS NOT NULL"),
        ),
    )

    provider_id: Mapped[str]
    from_number: Mapped[str]
    to_number: Mapped[str]
    body: Mapped[str]
    received_at: Mapped[datetime]
    meaning: Mapped[str] = mapped_column(default="")
    ticket_id: Mapped[int | None]
    contact_id: Mapped[int | None]
    sorted_at: Mapped[datetime | None]
    media_count: Mapped[int] = mapped_column(default=0)


class OptOut(Owned, Base):
    """A number that asked one member for no more messages, and how it asked."""

    __tablename__ = "opt_out"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "number"),
    )

    number: Mapped[str]
    since: Mapped[datetime]
    source: Mapped[str]


class SendingPause(Owned, Base):
    """Sending is stopped for a wall until a person resumes it (bad credentials, daily cap)."""

    __tablename__ = "sending_pause"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        Index(
            "uq_sending_pause_live",
            "member_id",
            "cause",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    cause: Mapped[str]
    error_code: Mapped[int | None]
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(default="")


class EmailMessage(Owned, Dated, Base):
    """One e-mail to one address: its row is the outbox, as a message's is.

    ``message_key`` is the left part of the Message-ID header: the same for every attempt, so
    that a mail server that got it twice can tell.
    """

    __tablename__ = "email_message"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("message_key"),
        one_of("state", EmailState),
        one_of("kind", EmailKind),
        behind_wall("ticket_id", to="ticket", ondelete="CASCADE"),
        Index("ix_email_message_ticket", "member_id", "ticket_id", "id"),
        Index(
            "ix_email_message_outbox",
            "not_before",
            postgresql_where=text("state = 'queued'"),
        ),
        Index(
            "ix_email_message_in_flight",
            "claimed_at",
            postgresql_where=text("state = 'sending'"),
        ),
    )

    ticket_id: Mapped[int | None]
    kind: Mapped[str]
    to_address: Mapped[str]
    to_name: Mapped[str] = mapped_column(default="")
    subject: Mapped[str]
    body: Mapped[str]
    urgent: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str]
    state_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(default="")
    message_key: Mapped[str]
    not_before: Mapped[datetime]
    expires_at: Mapped[datetime]
    enqueued_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    attempt_id: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
