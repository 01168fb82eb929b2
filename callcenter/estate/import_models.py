"""Tables of imports: the files that a member sent, and how they are read."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.core.db import Base, Owned, one_of
from callcenter.estate.states import ImportKind, ImportState


class ImportRun(Owned, Base):
    """One file that a member sent: what was read, changed and refused."""

    __tablename__ = "import_run"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        one_of("state", ImportState),
        one_of("kind", ImportKind),
        Index("ix_import_run_member", "member_id", "started_at"),
    )

    kind: Mapped[str]
    file_name: Mapped[str]
    dry_run: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    actor_id: Mapped[int | None]
    actor_label: Mapped[str] = mapped_column(default="")
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[str] = mapped_column(default="")
    # Names inside var_dir/imports: the file as sent, and what was refused of it ("" if neither).
    kept_file: Mapped[str] = mapped_column(default="")
    report_file: Mapped[str] = mapped_column(default="")


class ImportMapping(Owned, Base):
    """How a member's files of one kind are read: columns, transformations, code lists."""

    __tablename__ = "import_mapping"
    __table_args__ = (
        UniqueConstraint("member_id", "id"),
        UniqueConstraint("member_id", "kind"),
        one_of("kind", ImportKind),
    )

    kind: Mapped[str]
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    version: Mapped[int] = mapped_column(default=1)
