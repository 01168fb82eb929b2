"""Tables of calls. A call is not a ticket: most calls open none."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.calls.states import (
    BreakReason,
    CallerKind,
    CallPath,
    CallProvider,
    CallState,
    CallTicketLink,
    Direction,
    LegKind,
    Overflow,
    PresenceState,
    RecordingKind,
    RecordingMark,
    RecordingState,
    TaskKind,
    TaskState,
)
from callcenter.core.db import Base, Dated, Owned, behind_wall, one_of
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
        one_of("provider", CallProvider),
        one_of("path", CallPath),
        behind_wall("line_id", to="phone_line"),
        behind_wall("contact_id", to="contact"),
        behind_wall("dwelling_id", to="dwelling"),
        behind_wall("category_id", to="category"),
        one_of("recording", RecordingMark),
        behind_wall("incident_id", to="incident"),
        behind_wall("from_call_id", to="call"),
        # The log of whoever serves several members is in one order.
        Index("ix_call_started", "started_at", "id"),
        Index("ix_call_newest", "member_id", text("started_at DESC"), text("id DESC")),
        Index("ix_call_number", "caller_number", "member_id", text("started_at DESC")),
        Index("ix_call_dwelling", "member_id", "dwelling_id", text("started_at DESC")),
        Index("ix_call_contact", "member_id", "contact_id", text("started_at DESC")),
        Index("ix_call_agent", "agent_id", text("started_at DESC")),
        Index(
            "ix_call_incident",
            "member_id",
            "incident_id",
            postgresql_where=text("incident_id IS NOT NULL"),
        ),
        Index(
            "ix_call_live",
            "member_id",
            "started_at",
            postgresql_where=text("state IN ('ringing', 'waiting', 'answered', 'wrap_up')"),
        ),
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
    incident_id: Mapped[int | None]
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
    # What the exchange tells. ``reported_at`` is when it last said anything; ``version`` grows
    # with each change, so that a screen can tell an old piece of news from a new one.
    provider: Mapped[str] = mapped_column(default=CallProvider.DESK)
    dialled_number: Mapped[str] = mapped_column(default="")
    answering_number: Mapped[str] = mapped_column(default="")
    queue_name: Mapped[str] = mapped_column(default="")
    path: Mapped[str] = mapped_column(default=CallPath.NONE)
    cause: Mapped[str] = mapped_column(default="")
    queued_at: Mapped[datetime | None]
    taken_at: Mapped[datetime | None]
    hold_since: Mapped[datetime | None]
    held_seconds: Mapped[int] = mapped_column(default=0)
    wrap_until: Mapped[datetime | None]
    transferred_to: Mapped[str] = mapped_column(default="")
    # A caller passed on to another queue is a call of its own, that came out of this one.
    from_call_id: Mapped[int | None]
    recording: Mapped[str] = mapped_column(default=RecordingMark.NONE)
    caller_hint: Mapped[str] = mapped_column(default="")
    caller_matches: Mapped[int] = mapped_column(default=0)
    reported_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


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


class CallLeg(Owned, Base):
    """One more telephone in a call than the caller's: an agent's, a colleague's, the on-call's."""

    __tablename__ = "call_leg"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("provider_id"),
        one_of("kind", LegKind),
        behind_wall("call_id", to="call", ondelete="CASCADE"),
        Index("ix_call_leg_call", "member_id", "call_id"),
    )

    call_id: Mapped[int]
    provider_id: Mapped[str]
    kind: Mapped[str]
    number: Mapped[str]
    agent_id: Mapped[int | None]
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class CallRecording(Owned, Base):
    """The sound of a conversation or of a message, behind its member's wall until it is deleted.

    ``next_step_at`` is when the provider is to be asked for what the state needs next; ``None``
    when nothing is owed. ``provider_deleted_at`` is when the provider's own copy went.
    """

    __tablename__ = "call_recording"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("provider_id"),
        one_of("kind", RecordingKind),
        one_of("state", RecordingState),
        behind_wall("call_id", to="call", ondelete="CASCADE"),
        Index("ix_call_recording_call", "member_id", "call_id"),
        Index(
            "ix_call_recording_step",
            "next_step_at",
            postgresql_where=text("next_step_at IS NOT NULL"),
        ),
        Index(
            "ix_call_recording_delete_after",
            "delete_after",
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )

    call_id: Mapped[int]
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default=RecordingState.WANTED)
    provider_id: Mapped[str | None]
    seconds: Mapped[int] = mapped_column(default=0)
    content_type: Mapped[str] = mapped_column(default="")
    content: Mapped[bytes | None] = mapped_column(deferred=True)
    made_at: Mapped[datetime]
    delete_after: Mapped[datetime]
    next_step_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    provider_deleted_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    deleted_by_label: Mapped[str] = mapped_column(default="")


class CallTask(Owned, Base):
    """Somebody to call back: one open row per member and number, whatever they tried."""

    __tablename__ = "call_task"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        one_of("kind", TaskKind),
        one_of("state", TaskState),
        behind_wall("line_id", to="phone_line"),
        behind_wall("last_call_id", to="call"),
        Index(
            "uq_call_task_open",
            "member_id",
            "number",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_call_task_state", "member_id", "state", "first_at"),
    )

    line_id: Mapped[int | None]
    last_call_id: Mapped[int | None]
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default=TaskState.OPEN)
    number: Mapped[str]
    caller_hint: Mapped[str] = mapped_column(default="")
    calls: Mapped[int] = mapped_column(default=1)
    attempts: Mapped[int] = mapped_column(default=0)
    note: Mapped[str] = mapped_column(default="")
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by_label: Mapped[str] = mapped_column(default="")


class AgentPresence(Owned, Base):
    """What one agent is doing. Behind the platform's wall, one row per agent.

    ``call_id`` is a number without a foreign key: the call stands behind its member's wall.
    ``until`` ends a wrap-up by itself; ``seen_at`` is when the agent's screen was last there.
    """

    __tablename__ = "agent_presence"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "user_id"),
        one_of("state", PresenceState),
        one_of("reason", BreakReason),
        behind_wall("user_id", to="user_account", ondelete="CASCADE"),
    )

    user_id: Mapped[int]
    name: Mapped[str]
    state: Mapped[str] = mapped_column(default=PresenceState.AWAY)
    reason: Mapped[str] = mapped_column(default=BreakReason.NONE)
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    seen_at: Mapped[datetime]
    call_id: Mapped[int | None]
    call_member_id: Mapped[int | None]
    changed_by_label: Mapped[str] = mapped_column(default="")


class PbxToken(Owned, Dated, Base):
    """The key of one telephone exchange.

    Its ``member_id`` says whose lines it may speak of: one member's, or any member's when it is
    the platform's own exchange.
    """

    __tablename__ = "pbx_token"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("digest"),
    )

    name: Mapped[str]
    digest: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    last_used_at: Mapped[datetime | None]


class VoicePlan(Owned, Base):
    """What a line says and does when it rings; a line without one takes the defaults."""

    __tablename__ = "voice_plan"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "line_id"),
        one_of("overflow", Overflow),
        CheckConstraint("recording_days BETWEEN 1 AND 180", name="recording_days"),
        behind_wall("line_id", to="phone_line", ondelete="CASCADE"),
    )

    line_id: Mapped[int]
    notice: Mapped[str] = mapped_column(default="")
    welcome: Mapped[str] = mapped_column(default="")
    closed_message: Mapped[str] = mapped_column(default="")
    # [{"digit": "1", "words": "…", "action": "queue" | "urgent" | "callback" | "line", "line_id": …}]
    choices: Mapped[list[Any]] = mapped_column(default=list)
    max_waiting: Mapped[int] = mapped_column(default=30)
    max_wait_seconds: Mapped[int] = mapped_column(default=900)
    overflow: Mapped[str] = mapped_column(default=Overflow.CALLBACK)
    overflow_number: Mapped[str] = mapped_column(default="")
    on_call_number: Mapped[str] = mapped_column(default="")
    wrap_up_seconds: Mapped[int] = mapped_column(default=60)
    # Off unless the member switches it on; kept six months at most (CNIL).
    recording: Mapped[bool] = mapped_column(default=False)
    voicemail: Mapped[bool] = mapped_column(default=False)
    recording_days: Mapped[int] = mapped_column(default=30)
    version: Mapped[int] = mapped_column(default=1)
