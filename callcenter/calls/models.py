"""Tables of calls. A call is not a ticket: most calls open none."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.calls.states import CallerKind, CallState, CallTicketLink, Direction
from callcenter.core.db import Base, Owned, behind_wall, one_of
from callcenter.members.states import Service


class Call(Owned, Base):
    """One call on one line of one member, as the exchange and the agent tell it."""

    __tablename__ = "call"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("provider_id"),
        UniqueConstraint("member_id", "form_token"),
        one_of("direction", Direction),
        one_of("state", CallState),
        one_of("caller_kind", CallerKind),
        one_of("service", Service),
        behind_wall("line_id", to="phone_line"),
        behind_wall("contact_id", to="contact"),
        behind_wall("dwelling_id", to="dwelling"),
        behind_wall("category_id", to="category"),
        Index("ix_call_newest", "member_id", text("started_at DESC"), text("id DESC")),
        Index("ix_call_number", "caller_number", "member_id", text("started_at DESC")),
        Index("ix_call_dwelling", "member_id", "dwelling_id", text("started_at DESC")),
        Index("ix_call_contact", "member_id", "contact_id", text("started_at DESC")),
        Index("ix_call_agent", "agent_id", text("started_at DESC")),
    )

    line_id: Mapped[int | None]
    service: Mapped[str]
    direction: Mapped[str] = mapped_column(default=Direction.IN)
    state: Mapped[str] = mapped_column(default=CallState.ENDED)
    provider_id: Mapped[str | None]
    caller_number: Mapped[str] = mapped_column(default="")
    caller_kind: Mapped[str] = mapped_column(default=CallerKind.CONTACT)
    caller_name: Mapped[str] = mapped_column(default="")
    contact_id: Mapped[int | None]
    dwelling_id: Mapped[int | None]
    category_id: Mapped[int | None]
    agent_id: Mapped[int | None]
    agent_label: Mapped[str] = mapped_column(default="")
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    wrapped_up_at: Mapped[datetime | None]
    disposition: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    handed_to_label: Mapped[str] = mapped_column(default="")
    form_token: Mapped[str | None]


class CallTicket(Owned, Base):
    """A call concerned a ticket: it opened it, chased it, or was about it."""

    __tablename__ = "call_ticket"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("call_id", "ticket_id"),
        one_of("link", CallTicketLink),
        behind_wall("call_id", to="call", ondelete="CASCADE"),
        behind_wall("ticket_id", to="ticket", ondelete="CASCADE"),
        Index("ix_call_ticket_ticket", "member_id", "ticket_id"),
    )

    call_id: Mapped[int]
    ticket_id: Mapped[int]
    link: Mapped[str]
