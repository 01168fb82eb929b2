"""Tables of tickets: what was asked, everything that happened, and who has it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.core import clock
from callcenter.core.db import Base, Dated, Owned, behind_wall, one_of
from callcenter.members.states import Service
from callcenter.routing.states import Priority
from callcenter.tickets.states import (
    AssignmentState,
    EventKind,
    TicketState,
    Visibility,
    VisitState,
)


class Ticket(Owned, Base):
    """A request or complaint of one person about one place, owned by one member.

    ``routing`` keeps the decision in words (design, decision 5). ``version`` guards against
    two people writing over each other; ``updated_by_label`` names who was first.
    ``form_token`` makes a double click harmless. ``needs_triage``: no organisation has it, so
    the platform does (its own organisation stands behind another wall). ``promised_from`` is
    when the clock of ``due_at`` started: the opening, or the last reopening. ``escalated_at``:
    somebody must decide (the tenant has asked again too often, or it went from hand to hand:
    ``moves`` counts how often it left an organisation). ``tenant_wrote_at``: the tenant has said
    something that nobody of the organisations has answered or marked as read yet. ``unanswered_at``:
    an offer ran out, and nobody has been offered it since. ``news_at`` is when the tenant last learned something (kept by a trigger on ``ticket_event``),
    ``first_news_at`` the first time after the opening, ``reassured_at`` when the silence was last
    excused by a message. ``news_due_at`` and ``visit_due_at`` are the promises beside ``due_at``:
    first news by the platform, first visit by the landlord.
    """

    __tablename__ = "ticket"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("reference"),
        UniqueConstraint("member_id", "form_token"),
        one_of("state", TicketState),
        one_of("service", Service),
        one_of("priority", Priority),
        behind_wall("category_id", to="category"),
        behind_wall("residence_id", to="residence"),
        behind_wall("building_id", to="building"),
        behind_wall("dwelling_id", to="dwelling"),
        behind_wall("contact_id", to="contact"),
        Index(
            "ix_ticket_open_due",
            "member_id",
            "due_at",
            "id",
            postgresql_where=text("state IN ('open', 'planned', 'on_hold')"),
        ),
        # Whoever serves several members reads them in one order of deadlines.
        Index(
            "ix_ticket_due",
            "due_at",
            "id",
            postgresql_include=["member_id", "state"],
            postgresql_where=text("state IN ('open', 'planned', 'on_hold')"),
        ),
        Index(
            "ix_ticket_opened_by",
            "opened_by_id",
            "id",
            postgresql_include=["member_id"],
            postgresql_where=text("state IN ('open', 'planned', 'on_hold')"),
        ),
        Index("ix_ticket_newest", "member_id", text("id DESC")),
        Index("ix_ticket_dwelling", "member_id", "dwelling_id", text("id DESC")),
        Index("ix_ticket_residence", "member_id", "residence_id", text("id DESC")),
        # What is open in the common parts: a few among hundreds.
        Index(
            "ix_ticket_common",
            "member_id",
            "residence_id",
            text("id DESC"),
            postgresql_where=text(
                "location = 'common' AND state IN ('open', 'planned', 'on_hold')"
            ),
        ),
        Index("ix_ticket_contact", "member_id", "contact_id", text("id DESC")),
        Index("ix_ticket_number", "contact_number", "member_id", text("id DESC")),
        Index(
            "ix_ticket_triage",
            "member_id",
            "due_at",
            "id",
            postgresql_where=text("needs_triage AND state IN ('open', 'planned', 'on_hold')"),
        ),
        Index(
            "ix_ticket_escalated",
            "member_id",
            "due_at",
            "id",
            postgresql_where=text("escalated_at IS NOT NULL"),
        ),
        Index(
            "ix_ticket_tenant_wrote",
            "member_id",
            "tenant_wrote_at",
            "id",
            postgresql_where=text("tenant_wrote_at IS NOT NULL"),
        ),
        Index(
            "ix_ticket_news",
            "member_id",
            "news_at",
            postgresql_where=text("state IN ('open', 'planned', 'on_hold')"),
        ),
        Index(
            "ix_ticket_held",
            "member_id",
            "held_since",
            postgresql_where=text("state = 'on_hold'"),
        ),
        Index(
            "ix_ticket_unanswered",
            "member_id",
            "due_at",
            "id",
            postgresql_where=text("unanswered_at IS NOT NULL"),
        ),
        Index("ix_ticket_opened", "member_id", "opened_at"),
        Index(
            "ix_ticket_resolved",
            "resolved_at",
            postgresql_include=["member_id"],
            postgresql_where=text("state = 'resolved'"),
        ),
        Index("ix_ticket_words", text("ticket_words(words)"), postgresql_using="gin"),
    )

    reference: Mapped[str]
    service: Mapped[str]
    category_id: Mapped[int]
    title: Mapped[str]
    location: Mapped[str]
    place: Mapped[str] = mapped_column(default="")
    description: Mapped[str] = mapped_column(default="")
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    residence_id: Mapped[int | None]
    building_id: Mapped[int | None]
    dwelling_id: Mapped[int | None]
    contact_id: Mapped[int | None]
    contact_name: Mapped[str] = mapped_column(default="")
    contact_number: Mapped[str] = mapped_column(default="")
    state: Mapped[str]
    priority: Mapped[str]
    restricted: Mapped[bool] = mapped_column(default=False)
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    promised_from: Mapped[datetime]
    needs_triage: Mapped[bool] = mapped_column(default=False)
    held_since: Mapped[datetime | None]
    hold_cause: Mapped[str] = mapped_column(default="")
    pauses: Mapped[list[Any]] = mapped_column(default=list)
    resolved_at: Mapped[datetime | None]
    resolution_code: Mapped[str] = mapped_column(default="")
    closed_at: Mapped[datetime | None]
    chases: Mapped[int] = mapped_column(default=0)
    escalated_at: Mapped[datetime | None]
    tenant_wrote_at: Mapped[datetime | None]
    moves: Mapped[int] = mapped_column(default=0)
    unanswered_at: Mapped[datetime | None]
    news_at: Mapped[datetime] = mapped_column(default=clock.now)
    first_news_at: Mapped[datetime | None]
    news_due_at: Mapped[datetime | None]
    reassured_at: Mapped[datetime | None]
    visit_due_at: Mapped[datetime | None]
    visited_at: Mapped[datetime | None]
    routing: Mapped[dict[str, Any]] = mapped_column(default=dict)
    opened_by_id: Mapped[int | None]
    opened_by_label: Mapped[str] = mapped_column(default="")
    handed_from_label: Mapped[str] = mapped_column(default="")
    form_token: Mapped[str | None]
    words: Mapped[str] = mapped_column(default="")
    updated_at: Mapped[datetime]
    updated_by_label: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - read by the mapper


class TicketEvent(Owned, Base):
    """One line of a ticket's timeline. Written once.

    ``form_token`` marks the first event of an act, so that the same form sent twice does
    nothing the second time.
    """

    __tablename__ = "ticket_event"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "form_token"),
        one_of("kind", EventKind),
        one_of("visibility", Visibility),
        behind_wall("ticket_id", to="ticket", ondelete="CASCADE"),
        Index("ix_ticket_event_ticket", "member_id", "ticket_id", "id"),
    )

    ticket_id: Mapped[int]
    kind: Mapped[str]
    visibility: Mapped[str] = mapped_column(default=Visibility.INTERNAL)
    at: Mapped[datetime]
    actor_id: Mapped[int | None]
    actor_label: Mapped[str] = mapped_column(default="")
    body: Mapped[str] = mapped_column(default="")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    form_token: Mapped[str | None]


class Assignment(Owned, Dated, Base):
    """A ticket sent to one organisation, with that organisation's own answer.

    One row per (ticket, organisation) (design, decision 4). ``accept_by``: an offer without an
    answer goes back to the platform then (None: never).
    """

    __tablename__ = "assignment"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("ticket_id", "organisation_id"),
        one_of("state", AssignmentState),
        behind_wall("ticket_id", to="ticket", ondelete="CASCADE"),
        behind_wall("organisation_id", to="organisation"),
        behind_wall("team_id", to="team"),
        behind_wall("assignee_id", to="user_account"),
        Index("ix_assignment_organisation", "member_id", "organisation_id", "state", "ticket_id"),
        Index("ix_assignment_assignee", "member_id", "assignee_id", "state"),
        Index(
            "ix_assignment_offered",
            "member_id",
            "organisation_id",
            "ticket_id",
            postgresql_where=text("state = 'offered' AND informed_only IS FALSE"),
        ),
        Index("ix_assignment_accept_by", "accept_by", postgresql_where=text("state = 'offered'")),
    )

    ticket_id: Mapped[int]
    organisation_id: Mapped[int]
    organisation_name: Mapped[str]
    team_id: Mapped[int | None]
    team_name: Mapped[str] = mapped_column(default="")
    assignee_id: Mapped[int | None]
    assignee_name: Mapped[str] = mapped_column(default="")
    state: Mapped[str]
    informed_only: Mapped[bool] = mapped_column(default=False)
    state_at: Mapped[datetime]
    accept_by: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")
    reason_note: Mapped[str] = mapped_column(default="")
    moves: Mapped[int] = mapped_column(default=0)


class Visit(Owned, Dated, Base):
    """A visit promised to the tenant: a day and a slot."""

    __tablename__ = "visit"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        one_of("state", VisitState),
        behind_wall("ticket_id", to="ticket", ondelete="CASCADE"),
        behind_wall("assignment_id", to="assignment", ondelete="CASCADE"),
        Index("ix_visit_day", "member_id", "day"),
        Index("ix_visit_ticket", "member_id", "ticket_id"),
    )

    ticket_id: Mapped[int]
    assignment_id: Mapped[int | None]
    day: Mapped[date]
    starts_at: Mapped[str]
    ends_at: Mapped[str]
    state: Mapped[str] = mapped_column(default=VisitState.PLANNED)
    tenant_answer: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")


class TenantLink(Owned, Dated, Base):
    """The private link of one ticket: only a digest is kept; the token is derived again.

    See ``tickets.links``. Expires some weeks after the ticket is closed; can be revoked.
    """

    __tablename__ = "tenant_link"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("digest"),
        behind_wall("ticket_id", to="ticket", ondelete="CASCADE"),
        Index("ix_tenant_link_ticket", "member_id", "ticket_id"),
    )

    ticket_id: Mapped[int]
    nonce: Mapped[str]
    digest: Mapped[str]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_opened_at: Mapped[datetime | None]


class PartnerLink(Owned, Dated, Base):
    """The page of one assignment for an organisation without accounts: a digest, as above."""

    __tablename__ = "partner_link"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("digest"),
        behind_wall("ticket_id", to="ticket", ondelete="CASCADE"),
        behind_wall("assignment_id", to="assignment", ondelete="CASCADE"),
        Index("ix_partner_link_ticket", "member_id", "ticket_id"),
    )

    ticket_id: Mapped[int]
    assignment_id: Mapped[int]
    nonce: Mapped[str]
    digest: Mapped[str]
    sent_to: Mapped[str] = mapped_column(default="")
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_opened_at: Mapped[datetime | None]


class Photo(Owned, Dated, Base):
    """A photograph added to a ticket: made anew from its pixels (see ``core.pictures``)."""

    __tablename__ = "photo"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "form_token"),
        behind_wall("ticket_id", to="ticket", ondelete="CASCADE"),
        Index("ix_photo_ticket", "member_id", "ticket_id", "id"),
    )

    ticket_id: Mapped[int]
    organisation_id: Mapped[int | None]
    author_label: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    content: Mapped[bytes] = mapped_column(deferred=True)
    form_token: Mapped[str | None]
