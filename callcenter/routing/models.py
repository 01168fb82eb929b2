"""Tables of routing: a member's categories, rules and targets, all of them data."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.core.db import Base, Owned, behind_wall, one_of
from callcenter.routing.states import (
    CategoryLocation,
    DestinationKind,
    Priority,
    Stage,
    WhatIfState,
)


class Category(Owned, Base):
    """What a call may be about, as one member names and handles it (catalogue: mission)."""

    __tablename__ = "category"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "code"),
        one_of("location", CategoryLocation),
        one_of("priority", Priority),
        one_of("destination", DestinationKind),
    )

    code: Mapped[str]
    label: Mapped[str]
    services: Mapped[list[Any]] = mapped_column(default=list)
    location: Mapped[str]
    priority: Mapped[str]
    target_amount: Mapped[int | None]
    target_unit: Mapped[str] = mapped_column(default="")
    equipment: Mapped[str] = mapped_column(default="")
    destination: Mapped[str]
    team_kind: Mapped[str] = mapped_column(default="")
    restricted: Mapped[bool] = mapped_column(default=False)
    opens_ticket: Mapped[bool] = mapped_column(default=True)
    safety_number: Mapped[str] = mapped_column(default="")
    safety_script: Mapped[str] = mapped_column(default="")
    script: Mapped[str] = mapped_column(default="")
    payer: Mapped[str] = mapped_column(default="")
    payer_source: Mapped[str] = mapped_column(default="")
    payer_note: Mapped[str] = mapped_column(default="")
    questions: Mapped[list[Any]] = mapped_column(default=list)
    synonyms: Mapped[list[Any]] = mapped_column(default=list)
    short: Mapped[str] = mapped_column(default="")
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class RoutingRule(Owned, Base):
    """One rule of a member's draft: under these conditions, to that destination.

    Nothing decides by these rows: decisions read the rules as they were last published
    (``RoutingVersion``).
    ``conditions`` holds only what the rule asks for; an empty mapping is the default route.
    """

    __tablename__ = "routing_rule"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        behind_wall("organisation_id", to="organisation"),
        behind_wall("team_id", to="team"),
        Index("ix_routing_rule_member", "member_id", "active"),
    )

    name: Mapped[str] = mapped_column(default="")
    conditions: Mapped[dict[str, Any]] = mapped_column(default=dict)
    destination: Mapped[str]
    organisation_id: Mapped[int | None]
    team_id: Mapped[int | None]
    team_kind: Mapped[str] = mapped_column(default="")
    priority: Mapped[str] = mapped_column(default="")
    rank: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    updated_at: Mapped[datetime | None]
    updated_by: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)


class RoutingVersion(Owned, Base):
    """A member's rules as they were published once. Written once; the newest is in force.

    ``rules`` holds what ``rule_rows.snapshot_of`` gives for each rule in service.
    ``restored_from`` is the number of the version that was gone back to.
    """

    __tablename__ = "routing_version"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "number"),
    )

    number: Mapped[int]
    rules: Mapped[list[Any]]
    note: Mapped[str] = mapped_column(default="")
    restored_from: Mapped[int | None]
    published_at: Mapped[datetime]
    published_by_id: Mapped[int | None]
    published_by_label: Mapped[str] = mapped_column(default="")


class WhatIf(Owned, Base):
    """A draft tried on a member's last tickets, in the background: what would have gone elsewhere.

    ``rules`` is the draft as it was when asked (its mark is ``digest``), compared with the rules
    in force, ``rules_version``. ``told_at`` is when the job last said how far it had come: a job that
    was killed says nothing more and is taken up again. ``result`` is made at the end.
    """

    __tablename__ = "what_if"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        one_of("state", WhatIfState),
        Index("ix_what_if_newest", "member_id", "id"),
    )

    state: Mapped[str] = mapped_column(default=WhatIfState.QUEUED)
    rules: Mapped[list[Any]]
    digest: Mapped[str]
    rules_version: Mapped[int]
    wanted: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime]
    told_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    asked_by_id: Mapped[int | None]
    asked_by_label: Mapped[str] = mapped_column(default="")


class ServiceTarget(Owned, Base):
    """A member's promise for one stage at one priority: for one category, or for all.

    Without a row the default holds (``routing.promises``). ``amount`` None: nothing is promised.
    ``calendar_id`` None: counted on the member's main calendar.
    """

    __tablename__ = "service_target"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        one_of("stage", Stage),
        one_of("priority", Priority),
        behind_wall("category_id", to="category", ondelete="CASCADE"),
        behind_wall("calendar_id", to="calendar"),
        Index(
            "uq_service_target_place",
            "member_id",
            "stage",
            "priority",
            text("coalesce(category_id, 0)"),
            unique=True,
        ),
    )

    stage: Mapped[str]
    priority: Mapped[str]
    category_id: Mapped[int | None]
    amount: Mapped[int | None]
    unit: Mapped[str] = mapped_column(default="")
    calendar_id: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1)


class RoutingStamp(Owned, Base):
    """A number that triggers raise whenever something a decision rests on changes."""

    __tablename__ = "routing_stamp"
    __table_args__ = (UniqueConstraint("member_id", "id"), UniqueConstraint("member_id"))

    version: Mapped[int]
