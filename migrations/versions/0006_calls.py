"""Calls and what they concerned."""

import sqlalchemy as sa
from alembic import op

from migrations.wall import raise_wall

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "call",
        sa.Column("line_id", sa.BigInteger(), nullable=True),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("caller_number", sa.String(), nullable=False),
        sa.Column("caller_kind", sa.String(), nullable=False),
        sa.Column("caller_name", sa.String(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("dwelling_id", sa.BigInteger(), nullable=True),
        sa.Column("category_id", sa.BigInteger(), nullable=True),
        sa.Column("agent_id", sa.BigInteger(), nullable=True),
        sa.Column("agent_label", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wrapped_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disposition", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("handed_to_label", sa.String(), nullable=False),
        sa.Column("form_token", sa.String(), nullable=True),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("dialled_number", sa.String(), nullable=False),
        sa.Column("answering_number", sa.String(), nullable=False),
        sa.Column("queue_name", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hold_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_seconds", sa.BigInteger(), nullable=False),
        sa.Column("wrap_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("transferred_to", sa.String(), nullable=False),
        sa.Column("caller_hint", sa.String(), nullable=False),
        sa.Column("caller_matches", sa.BigInteger(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("provider IN ('desk', 'twilio', 'cti')", name=op.f("ck_call_provider")),
        sa.CheckConstraint(
            "path IN ('none', 'queue', 'on_call', 'closed', 'overflow', 'callback')",
            name=op.f("ck_call_path"),
        ),
        sa.CheckConstraint(
            "caller_kind IN ('contact', 'third_party', 'anonymous')",
            name=op.f("ck_call_caller_kind"),
        ),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_call_direction")),
        sa.CheckConstraint(
            "service IN ('tenants', 'syndic', 'land')", name=op.f("ck_call_service")
        ),
        sa.CheckConstraint(
            "state IN ('ringing', 'waiting', 'answered', 'wrap_up', 'ended', 'abandoned')",
            name=op.f("ck_call_state"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "category_id"],
            ["category.member_id", "category.id"],
            name=op.f("fk_call_member_id_category_id_category"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "contact_id"],
            ["contact.member_id", "contact.id"],
            name=op.f("fk_call_member_id_contact_id_contact"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "dwelling_id"],
            ["dwelling.member_id", "dwelling.id"],
            name=op.f("fk_call_member_id_dwelling_id_dwelling"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "line_id"],
            ["phone_line.member_id", "phone_line.id"],
            name=op.f("fk_call_member_id_line_id_phone_line"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_call_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
        sa.UniqueConstraint("member_id", "form_token", name=op.f("uq_call_member_id_form_token")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_call_member_id_id")),
        sa.UniqueConstraint("provider_id", name=op.f("uq_call_provider_id")),
    )
    op.create_index(
        "ix_call_agent", "call", ["agent_id", sa.literal_column("started_at DESC")], unique=False
    )
    op.create_index(
        "ix_call_contact",
        "call",
        ["member_id", "contact_id", sa.literal_column("started_at DESC")],
        unique=False,
    )
    op.create_index(
        "ix_call_dwelling",
        "call",
        ["member_id", "dwelling_id", sa.literal_column("started_at DESC")],
        unique=False,
    )
    op.create_index("ix_call_started", "call", ["started_at", "id"], unique=False)
    op.create_index(
        "ix_call_newest",
        "call",
        ["member_id", sa.literal_column("started_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_call_number",
        "call",
        ["caller_number", "member_id", sa.literal_column("started_at DESC")],
        unique=False,
    )
    op.create_index(
        "ix_call_live",
        "call",
        ["member_id", "started_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('ringing', 'waiting', 'answered', 'wrap_up')"),
    )
    op.create_table(
        "call_ticket",
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint(
            "link IN ('opened', 'chase', 'about')", name=op.f("ck_call_ticket_link")
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "call_id"],
            ["call.member_id", "call.id"],
            name=op.f("fk_call_ticket_member_id_call_id_call"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "ticket_id"],
            ["ticket.member_id", "ticket.id"],
            name=op.f("fk_call_ticket_member_id_ticket_id_ticket"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_call_ticket_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_ticket")),
        sa.UniqueConstraint("call_id", "ticket_id", name=op.f("uq_call_ticket_call_id_ticket_id")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_call_ticket_member_id_id")),
    )
    op.create_index(
        "ix_call_ticket_ticket", "call_ticket", ["member_id", "ticket_id"], unique=False
    )
    for statement in (
        *raise_wall("call"),
        *raise_wall("call_ticket"),
    ):
        op.execute(statement)
