"""Tables of follow-ups as data: what each member sends, when, how often, and in which words."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.core.db import Base, Dated, Owned, behind_wall


class FollowUp(Owned, Base):
    """Whether a member tells its tenants of one kind of event, and how long it waits.

    During ``delay_minutes`` the reason may go (a visit moved, a ticket closed): then nothing
    leaves. A trigger without a row follows ``follow_up_rules.DEFAULTS``.
    """

    __tablename__ = "follow_up"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "trigger"),
        CheckConstraint("delay_minutes BETWEEN 0 AND 10080", name="delay"),
    )

    trigger: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    delay_minutes: Mapped[int] = mapped_column(default=0)


class FollowUpPolicy(Owned, Base):
    """What holds for all follow-ups of a member; ``version`` also guards its `FollowUp` rows.

    ``reminder_hour`` is on Paris clocks, the day before a visit. ``warn_hours``: how long
    before its promise a request is nearly late.
    """

    __tablename__ = "follow_up_policy"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id"),
        CheckConstraint("max_per_day BETWEEN 1 AND 20", name="max_per_day"),
        CheckConstraint("reminder_hour BETWEEN 0 AND 23", name="reminder_hour"),
        CheckConstraint("warn_hours BETWEEN 1 AND 72", name="warn_hours"),
    )

    max_per_day: Mapped[int]
    reminder_hour: Mapped[int]
    warn_hours: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)


class TemplateVersion(Owned, Dated, Base):
    """The words of a template as they once stood: who wrote them, and when. Never changed."""

    __tablename__ = "template_version"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "template_id", "number"),
        behind_wall("template_id", to="message_template", ondelete="CASCADE"),
    )

    template_id: Mapped[int]
    number: Mapped[int]
    body: Mapped[str]
    author_label: Mapped[str]


class Bulletin(Owned, Dated, Base):
    """One urgent word to the people of a residence, sent once on a person's decision.

    ``everybody`` is how many were to be told, ``unreachable`` those who have no mobile that
    receives: somebody must put up a notice for them. The messages carry ``bulletin_id``.
    """

    __tablename__ = "bulletin"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "form_token"),
        behind_wall("residence_id", to="residence"),
        Index("ix_bulletin_newest", "member_id", text("id DESC")),
    )

    residence_id: Mapped[int]
    place: Mapped[str]
    body: Mapped[str]
    body_en: Mapped[str] = mapped_column(default="")
    urgent: Mapped[bool]
    recipients: Mapped[int]
    unreachable: Mapped[int]
    author_label: Mapped[str]
    form_token: Mapped[str]
    confirmed_at: Mapped[datetime]
