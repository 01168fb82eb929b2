"""Tables of collective incidents: the one truth, its tickets, who hears of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.core.db import Base, Dated, Owned, behind_wall, one_of
from callcenter.routing.states import Priority
from callcenter.tickets.incident_states import (
    IncidentEventKind,
    IncidentState,
    SubscriberAnswer,
    SubscriberSource,
)


class Incident(Owned, Base):
    """One cause that many people report: at most one is open per place and category.

    ``word`` is what is said to everybody, on every page; ``expected_text`` is when it should be
    over, in words for the tenants. No ``owner_organisation_id``: the platform has it (triage).
    ``form_token`` makes a double click harmless; ``version`` guards what two people write.
    """

    __tablename__ = "incident"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "form_token"),
        one_of("state", IncidentState),
        one_of("priority", Priority),
        behind_wall("category_id", to="category"),
        behind_wall("residence_id", to="residence"),
        behind_wall("building_id", to="building"),
        behind_wall("owner_organisation_id", to="organisation"),
        behind_wall("owner_team_id", to="team"),
        Index(
            "uq_incident_open_place",
            "member_id",
            "residence_id",
            "category_id",
            text("coalesce(building_id, 0)"),
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_incident_newest", "member_id", "state", text("id DESC")),
    )

    category_id: Mapped[int]
    residence_id: Mapped[int]
    building_id: Mapped[int | None]
    title: Mapped[str]
    place: Mapped[str]
    state: Mapped[str] = mapped_column(default=IncidentState.OPEN)
    priority: Mapped[str]
    owner_organisation_id: Mapped[int | None]
    owner_organisation_name: Mapped[str] = mapped_column(default="")
    owner_team_id: Mapped[int | None]
    owner_team_name: Mapped[str] = mapped_column(default="")
    word: Mapped[str] = mapped_column(default="")
    word_at: Mapped[datetime | None]
    expected_text: Mapped[str] = mapped_column(default="")
    opened_at: Mapped[datetime]
    opened_by_id: Mapped[int | None]
    opened_by_label: Mapped[str] = mapped_column(default="")
    resolved_at: Mapped[datetime | None]
    resolution_code: Mapped[str] = mapped_column(default="")
    form_token: Mapped[str | None]
    updated_at: Mapped[datetime]
    updated_by_label: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - read by the mapper


class IncidentEvent(Owned, Base):
    """One line of an incident's history. Written once; ``form_token`` as on a ticket's event."""

    __tablename__ = "incident_event"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "form_token"),
        one_of("kind", IncidentEventKind),
        behind_wall("incident_id", to="incident", ondelete="CASCADE"),
        Index("ix_incident_event_incident", "member_id", "incident_id", "id"),
    )

    incident_id: Mapped[int]
    kind: Mapped[str]
    at: Mapped[datetime]
    actor_id: Mapped[int | None]
    actor_label: Mapped[str] = mapped_column(default="")
    body: Mapped[str] = mapped_column(default="")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    form_token: Mapped[str | None]


class IncidentTicket(Owned, Base):
    """A ticket in an incident: in one at most. ``ended_at``: the incident's end reached it."""

    __tablename__ = "incident_ticket"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "ticket_id"),
        behind_wall("incident_id", to="incident", ondelete="CASCADE"),
        behind_wall("ticket_id", to="ticket", ondelete="CASCADE"),
        Index("ix_incident_ticket_incident", "member_id", "incident_id", "id"),
    )

    incident_id: Mapped[int]
    ticket_id: Mapped[int]
    attached_at: Mapped[datetime]
    attached_by_label: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None]


class IncidentSubscriber(Owned, Dated, Base):
    """Somebody who hears the news of an incident: one row per person and per number.

    ``calls`` counts the times the person called about it. ``ticket_id`` is the person's own
    request, whose private page the messages lead to; without one, ``nonce`` and ``digest`` make
    a private page of the incident (see ``tickets.links``). ``told_event_id`` is the last news
    sent to this number, ``last_message_id`` the message that carried it
    (a number without a foreign key: messages are forgotten sooner).
    """

    __tablename__ = "incident_subscriber"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("digest"),
        one_of("source", SubscriberSource),
        one_of("answer", SubscriberAnswer),
        behind_wall("incident_id", to="incident", ondelete="CASCADE"),
        behind_wall("contact_id", to="contact", ondelete="CASCADE"),
        behind_wall("ticket_id", to="ticket", ondelete="CASCADE"),
        behind_wall("told_event_id", to="incident_event", ondelete="CASCADE"),
        Index(
            "uq_incident_subscriber_number",
            "member_id",
            "incident_id",
            "number",
            unique=True,
            postgresql_where=text("number <> ''"),
        ),
        Index("ix_incident_subscriber_contact", "member_id", "contact_id"),
        Index("ix_incident_subscriber_ticket", "member_id", "ticket_id"),
    )

    incident_id: Mapped[int]
    contact_id: Mapped[int | None]
    contact_name: Mapped[str] = mapped_column(default="")
    number: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="fr")
    ticket_id: Mapped[int | None]
    source: Mapped[str]
    calls: Mapped[int] = mapped_column(default=0)
    nonce: Mapped[str]
    digest: Mapped[str]
    told_event_id: Mapped[int | None]
    last_message_id: Mapped[int | None]
    answer: Mapped[str] = mapped_column(default=SubscriberAnswer.NONE)
    answered_at: Mapped[datetime | None]
    unsubscribed_at: Mapped[datetime | None]
