"""Live calls: legs, people to call back, presence of agents, keys of exchanges, voice plans."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.wall import raise_wall

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "call_leg",
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint(
            "kind IN ('agent', 'transfer', 'on_call')", name=op.f("ck_call_leg_kind")
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "call_id"],
            ["call.member_id", "call.id"],
            name=op.f("fk_call_leg_member_id_call_id_call"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_call_leg_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_leg")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_call_leg_member_id_id")),
        sa.UniqueConstraint("provider_id", name=op.f("uq_call_leg_provider_id")),
    )
    op.create_index("ix_call_leg_call", "call_leg", ["member_id", "call_id"], unique=False)
    op.create_table(
        "call_task",
        sa.Column("line_id", sa.BigInteger(), nullable=True),
        sa.Column("last_call_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("caller_hint", sa.String(), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_label", sa.String(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint(
            "kind IN ('missed', 'abandoned', 'callback')", name=op.f("ck_call_task_kind")
        ),
        sa.CheckConstraint("state IN ('open', 'done')", name=op.f("ck_call_task_state")),
        sa.ForeignKeyConstraint(
            ["member_id", "line_id"],
            ["phone_line.member_id", "phone_line.id"],
            name=op.f("fk_call_task_member_id_line_id_phone_line"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "last_call_id"],
            ["call.member_id", "call.id"],
            name=op.f("fk_call_task_member_id_last_call_id_call"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_call_task_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_task")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_call_task_member_id_id")),
    )
    op.create_index(
        "uq_call_task_open",
        "call_task",
        ["member_id", "number"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_call_task_state", "call_task", ["member_id", "state", "first_at"], unique=False
    )
    op.create_table(
        "agent_presence",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=True),
        sa.Column("call_member_id", sa.BigInteger(), nullable=True),
        sa.Column("changed_by_label", sa.String(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint(
            "state IN ('available', 'on_call', 'wrap_up', 'break', 'away')",
            name=op.f("ck_agent_presence_state"),
        ),
        sa.CheckConstraint(
            "reason IN ('', 'rest', 'lunch', 'meeting', 'training', 'paperwork')",
            name=op.f("ck_agent_presence_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "user_id"],
            ["user_account.member_id", "user_account.id"],
            name=op.f("fk_agent_presence_member_id_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["organisation.id"],
            name=op.f("fk_agent_presence_member_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_presence")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_agent_presence_member_id_id")),
        sa.UniqueConstraint(
            "member_id", "user_id", name=op.f("uq_agent_presence_member_id_user_id")
        ),
    )
    op.create_table(
        "pbx_token",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_pbx_token_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pbx_token")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_pbx_token_member_id_id")),
        sa.UniqueConstraint("digest", name=op.f("uq_pbx_token_digest")),
    )
    op.create_table(
        "voice_plan",
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("notice", sa.String(), nullable=False),
        sa.Column("welcome", sa.String(), nullable=False),
        sa.Column("closed_message", sa.String(), nullable=False),
        sa.Column("choices", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("max_waiting", sa.BigInteger(), nullable=False),
        sa.Column("max_wait_seconds", sa.BigInteger(), nullable=False),
        sa.Column("overflow", sa.String(), nullable=False),
        sa.Column("overflow_number", sa.String(), nullable=False),
        sa.Column("on_call_number", sa.String(), nullable=False),
        sa.Column("wrap_up_seconds", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint(
            "overflow IN ('callback', 'number', 'hang_up')", name=op.f("ck_voice_plan_overflow")
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "line_id"],
            ["phone_line.member_id", "phone_line.id"],
            name=op.f("fk_voice_plan_member_id_line_id_phone_line"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_voice_plan_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voice_plan")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_voice_plan_member_id_id")),
        sa.UniqueConstraint("member_id", "line_id", name=op.f("uq_voice_plan_member_id_line_id")),
    )
    for statement in (
        *raise_wall("call_leg"),
        *raise_wall("call_task"),
        *raise_wall("agent_presence"),
        *raise_wall("pbx_token"),
        *raise_wall("voice_plan"),
    ):
        op.execute(statement)
