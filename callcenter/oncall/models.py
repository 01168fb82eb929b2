"""Tables of on-call: rotas with their people and shifts, pages, and the morning's hand-over."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.core.db import Base, Dated, Owned, behind_wall, one_of
from callcenter.oncall.states import AttemptRole, AttemptState, ContractRule, PageState


class OnCallRota(Owned, Base):
    """One trade's on-call of a member: what it covers, and how long a person has to answer.

    ``category_codes`` and ``equipment`` say what it covers; both empty, it covers everything
    that a narrower rota does not.
    """

    __tablename__ = "on_call_rota"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "name"),
        one_of("when_contract", ContractRule),
        CheckConstraint("acknowledge_minutes > 0", name="acknowledge_minutes"),
        CheckConstraint("again_minutes > 0", name="again_minutes"),
    )

    name: Mapped[str]
    category_codes: Mapped[list[Any]] = mapped_column(default=list)
    equipment: Mapped[list[Any]] = mapped_column(default=list)
    acknowledge_minutes: Mapped[int] = mapped_column(default=10)
    again_minutes: Mapped[int | None]
    when_contract: Mapped[str] = mapped_column(default=ContractRule.AT_ONCE)
    instructions: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class OnCallPerson(Owned, Base):
    """Somebody on a rota's list, in the order in which they are asked.

    Either an account (``user_id``) or a person or firm known by name and number alone.
    """

    __tablename__ = "on_call_person"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        behind_wall("on_call_rota_id", to="on_call_rota", ondelete="CASCADE"),
        behind_wall("user_id", to="user_account"),
        Index("ix_on_call_person_rota", "member_id", "on_call_rota_id", "position"),
    )

    on_call_rota_id: Mapped[int]
    position: Mapped[int]
    user_id: Mapped[int | None]
    name: Mapped[str]
    firm: Mapped[str] = mapped_column(default="")
    number: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)

    @property
    def label(self) -> str:
        """The name as a list shows it."""
        return f"{self.name} ({self.firm})" if self.firm else self.name


class OnCallShift(Owned, Dated, Base):
    """One person's duty on a rota, from an instant to an instant.

    The database refuses two at once on one rota. ``replaced_name`` is who stood there before
    a swap.
    """

    __tablename__ = "on_call_shift"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        CheckConstraint("ends_at > starts_at", name="forward"),
        behind_wall("on_call_rota_id", to="on_call_rota", ondelete="CASCADE"),
        behind_wall("on_call_person_id", to="on_call_person"),
        Index("ix_on_call_shift_rota", "member_id", "on_call_rota_id", "ends_at"),
    )

    on_call_rota_id: Mapped[int]
    on_call_person_id: Mapped[int]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    replaced_name: Mapped[str] = mapped_column(default="")


class OnCallPage(Owned, Dated, Base):
    """Somebody on call is asked for: about a ticket, or a call that nobody answered.

    ``next_at`` is when the clockwork acts again; ``turns`` counts the people asked so far.
    What is shown on the link's page is kept here in words.
    """

    __tablename__ = "on_call_page"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        one_of("state", PageState),
        behind_wall("on_call_rota_id", to="on_call_rota"),
        behind_wall("ticket_id", to="ticket", ondelete="CASCADE"),
        behind_wall("call_id", to="call", ondelete="CASCADE"),
        Index(
            "uq_on_call_page_ticket",
            "member_id",
            "ticket_id",
            unique=True,
            postgresql_where=text("state IN ('calling', 'escalated', 'acknowledged')"),
        ),
        Index(
            "uq_on_call_page_call",
            "member_id",
            "call_id",
            unique=True,
            postgresql_where=text("call_id IS NOT NULL"),
        ),
        Index(
            "ix_on_call_page_due",
            "next_at",
            postgresql_where=text("state = 'calling'"),
        ),
        Index("ix_on_call_page_created", "member_id", "created_at"),
    )

    on_call_rota_id: Mapped[int | None]
    ticket_id: Mapped[int | None]
    call_id: Mapped[int | None]
    title: Mapped[str]
    place: Mapped[str] = mapped_column(default="")
    caller_number: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default=PageState.CALLING)
    state_at: Mapped[datetime]
    next_at: Mapped[datetime | None]
    turns: Mapped[int] = mapped_column(default=0)
    # The last turn of the first round, once everybody is asked again.
    again_after: Mapped[int | None]
    acknowledged_by: Mapped[str] = mapped_column(default="")
    acknowledged_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(default="")


class OnCallAttempt(Owned, Base):
    """One person asked about one page: the SMS, the delay to answer in, and the answer.

    ``digest`` is what is kept of the private link's token (see ``links``).
    """

    __tablename__ = "on_call_attempt"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        # Two clockworks can't ask twice: the second finds the turn taken.
        UniqueConstraint("member_id", "on_call_page_id", "turn"),
        UniqueConstraint("digest"),
        one_of("role", AttemptRole),
        one_of("state", AttemptState),
        behind_wall("on_call_page_id", to="on_call_page", ondelete="CASCADE"),
        behind_wall("on_call_person_id", to="on_call_person"),
        behind_wall("message_id", to="message"),
        Index("ix_on_call_attempt_message", "message_id"),
    )

    on_call_page_id: Mapped[int]
    turn: Mapped[int]
    role: Mapped[str]
    on_call_person_id: Mapped[int | None]
    name: Mapped[str]
    number: Mapped[str]
    state: Mapped[str] = mapped_column(default=AttemptState.ASKED)
    state_at: Mapped[datetime]
    asked_at: Mapped[datetime]
    answer_by: Mapped[datetime]
    message_id: Mapped[int | None]
    nonce: Mapped[str]
    digest: Mapped[str]
    opened_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")


class OnCallHandover(Owned, Base):
    """A member's night was read and taken over in the morning, and by whom."""

    __tablename__ = "on_call_handover"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "night"),
    )

    night: Mapped[date]
    taken_at: Mapped[datetime]
    taken_by_id: Mapped[int | None]
    taken_by_label: Mapped[str]
    note: Mapped[str] = mapped_column(default="")


class OnCallGap(Owned, Base):
    """A night, or a part of one, with nobody on duty, of which the managers were told."""

    __tablename__ = "on_call_gap"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "on_call_rota_id", "starts_at"),
        behind_wall("on_call_rota_id", to="on_call_rota", ondelete="CASCADE"),
    )

    on_call_rota_id: Mapped[int]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    told_at: Mapped[datetime]
