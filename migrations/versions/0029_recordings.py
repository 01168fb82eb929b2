"""Recordings and voice messages; callers passed on to another queue."""

import sqlalchemy as sa
from alembic import op

from migrations.wall import raise_wall

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    for name, kind, value in (
        ("recording", sa.Boolean(), sa.false()),
        ("voicemail", sa.Boolean(), sa.false()),
        ("recording_days", sa.BigInteger(), sa.text("30")),
    ):
        op.add_column("voice_plan", sa.Column(name, kind, nullable=False, server_default=value))
        op.alter_column("voice_plan", name, server_default=None)
    op.create_check_constraint(
        op.f("ck_voice_plan_recording_days"), "voice_plan", "recording_days BETWEEN 1 AND 180"
    )
    op.add_column(
        "call", sa.Column("recording", sa.String(), nullable=False, server_default=sa.text("''"))
    )
    op.alter_column("call", "recording", server_default=None)
    op.add_column("call", sa.Column("from_call_id", sa.BigInteger(), nullable=True))
    # NOT VALID: the rows of before hold the default, so that no table is read under a lock.
    op.execute(
        'ALTER TABLE "call" ADD CONSTRAINT ck_call_recording'
        " CHECK (recording IN ('', 'told', 'running', 'paused', 'stopped')) NOT VALID"
    )
    op.execute('ALTER TABLE "call" VALIDATE CONSTRAINT ck_call_recording')
    op.execute(
        'ALTER TABLE "call" ADD CONSTRAINT fk_call_member_id_from_call_id_call'
        ' FOREIGN KEY (member_id, from_call_id) REFERENCES "call" (member_id, id) NOT VALID'
    )
    op.execute('ALTER TABLE "call" VALIDATE CONSTRAINT fk_call_member_id_from_call_id_call')
    _widen(
        "call", "path",
        ("none", "queue", "on_call", "closed", "overflow", "callback", "voicemail"),
    )  # fmt: skip
    _widen("call_task", "kind", ("missed", "abandoned", "voicemail", "callback"))
    op.create_table(
        "call_recording",
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delete_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_step_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("provider_deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_by_label", sa.String(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint(
            "kind IN ('conversation', 'voicemail')", name=op.f("ck_call_recording_kind")
        ),
        sa.CheckConstraint(
            "state IN ('wanted', 'started', 'ready', 'stored', 'failed', 'deleted')",
            name=op.f("ck_call_recording_state"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "call_id"],
            ["call.member_id", "call.id"],
            name=op.f("fk_call_recording_member_id_call_id_call"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["organisation.id"],
            name=op.f("fk_call_recording_member_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_recording")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_call_recording_member_id_id")),
        sa.UniqueConstraint("provider_id", name=op.f("uq_call_recording_provider_id")),
    )
    op.create_index("ix_call_recording_call", "call_recording", ["member_id", "call_id"])
    op.create_index(
        "ix_call_recording_step",
        "call_recording",
        ["next_step_at"],
        postgresql_where=sa.text("next_step_at IS NOT NULL"),
    )
    op.create_index(
        "ix_call_recording_delete_after",
        "call_recording",
        ["delete_after"],
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    for statement in raise_wall("call_recording"):
        op.execute(statement)


def downgrade() -> None:
    """Undo: what was recorded goes."""
    op.execute("DELETE FROM call_task WHERE kind = 'voicemail'")
    op.execute("UPDATE \"call\" SET path = 'callback' WHERE path = 'voicemail'")
    op.drop_table("call_recording")
    _widen("call_task", "kind", ("missed", "abandoned", "callback"))
    _widen("call", "path", ("none", "queue", "on_call", "closed", "overflow", "callback"))
    op.drop_constraint(op.f("fk_call_member_id_from_call_id_call"), "call", type_="foreignkey")
    op.drop_constraint(op.f("ck_call_recording"), "call", type_="check")
    op.drop_column("call", "from_call_id")
    op.drop_column("call", "recording")
    op.drop_constraint(op.f("ck_voice_plan_recording_days"), "voice_plan", type_="check")
    for name in ("recording_days", "voicemail", "recording"):
        op.drop_column("voice_plan", name)


def _widen(table: str, column: str, values: tuple[str, ...]) -> None:
    name = f"ck_{table}_{column}"
    listed = ", ".join(f"'{value}'" for value in values)
    op.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT {name}')
    op.execute(
        f'ALTER TABLE "{table}" ADD CONSTRAINT {name} CHECK ({column} IN ({listed})) NOT VALID'
    )
    op.execute(f'ALTER TABLE "{table}" VALIDATE CONSTRAINT {name}')
