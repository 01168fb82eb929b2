"""The message outbox, receipts and answers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.wall import raise_wall

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels = None
depends_on = None

# Heard by the dispatcher once the transaction has committed, and only then.
WAKE = """
CREATE FUNCTION wake_dispatcher() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN PERFORM pg_notify('outbox', ''); RETURN NULL; END $$
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "message_template",
        sa.Column("trigger", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["organisation.id"],
            name=op.f("fk_message_template_member_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_template")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_message_template_member_id_id")),
        sa.UniqueConstraint(
            "member_id",
            "trigger",
            "language",
            name=op.f("uq_message_template_member_id_trigger_language"),
        ),
    )
    op.create_table(
        "opt_out",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_opt_out_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opt_out")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_opt_out_member_id_id")),
        sa.UniqueConstraint("member_id", "number", name=op.f("uq_opt_out_member_id_number")),
    )
    op.create_table(
        "sending_pause",
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("error_code", sa.BigInteger(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_sending_pause_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sending_pause")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_sending_pause_member_id_id")),
    )
    op.create_index(
        "uq_sending_pause_live",
        "sending_pause",
        ["member_id", "cause"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "inbound_message",
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("from_number", sa.String(), nullable=False),
        sa.Column("to_number", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("meaning", sa.String(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("sorted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("media_count", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id", "contact_id"],
            ["contact.member_id", "contact.id"],
            name=op.f("fk_inbound_message_member_id_contact_id_contact"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "ticket_id"],
            ["ticket.member_id", "ticket.id"],
            name=op.f("fk_inbound_message_member_id_ticket_id_ticket"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["organisation.id"],
            name=op.f("fk_inbound_message_member_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_message")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_inbound_message_member_id_id")),
        sa.UniqueConstraint("provider_id", name=op.f("uq_inbound_message_provider_id")),
    )
    op.create_index(
        "ix_inbound_message_to_sort",
        "inbound_message",
        ["member_id", "received_at"],
        unique=False,
        postgresql_where=sa.text("sorted_at IS NULL"),
    )
    op.create_table(
        "message",
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("to_number", sa.String(), nullable=False),
        sa.Column("trigger", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("segments", sa.BigInteger(), nullable=False),
        sa.Column("encoding", sa.String(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("enqueued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempt_id", sa.String(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("retry_of_id", sa.BigInteger(), nullable=True),
        sa.Column("try_number", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("error_code", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'uncertain', 'accepted', 'sent', 'delivered', 'undelivered', 'failed', 'expired', 'cancelled', 'skipped')",
            name=op.f("ck_message_state"),
        ),
        sa.CheckConstraint("segments >= 0", name=op.f("ck_message_segments")),
        sa.ForeignKeyConstraint(
            ["member_id", "contact_id"],
            ["contact.member_id", "contact.id"],
            name=op.f("fk_message_member_id_contact_id_contact"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "ticket_id"],
            ["ticket.member_id", "ticket.id"],
            name=op.f("fk_message_member_id_ticket_id_ticket"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "retry_of_id"],
            ["message.member_id", "message.id"],
            name=op.f("fk_message_member_id_retry_of_id_message"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_message_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_message_member_id_id")),
        sa.UniqueConstraint("provider_id", name=op.f("uq_message_provider_id")),
        sa.UniqueConstraint(
            "member_id", "retry_of_id", name=op.f("uq_message_member_id_retry_of_id")
        ),
    )
    op.create_index("ix_message_newest", "message", ["member_id", sa.text("id DESC")])
    op.create_index(
        "ix_message_in_flight",
        "message",
        ["claimed_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('sending', 'uncertain')"),
    )
    op.create_index(
        "ix_message_outbox",
        "message",
        ["not_before"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index("ix_message_ticket", "message", ["member_id", "ticket_id", "id"], unique=False)
    op.create_index(
        "ix_message_to_number", "message", ["to_number", "member_id", "id"], unique=False
    )
    op.create_table(
        "message_step",
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'uncertain', 'accepted', 'sent', 'delivered', 'undelivered', 'failed', 'expired', 'cancelled', 'skipped')",
            name=op.f("ck_message_step_state"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "message_id"],
            ["message.member_id", "message.id"],
            name=op.f("fk_message_step_member_id_message_id_message"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_message_step_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_step")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_message_step_member_id_id")),
    )
    op.create_index("ix_message_step_message", "message_step", ["member_id", "message_id", "id"])
    op.create_table(
        "delivery_receipt",
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("error_code", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raw", postgresql.JSONB(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id", "message_id"],
            ["message.member_id", "message.id"],
            name=op.f("fk_delivery_receipt_member_id_message_id_message"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["organisation.id"],
            name=op.f("fk_delivery_receipt_member_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_receipt")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_delivery_receipt_member_id_id")),
        sa.UniqueConstraint(
            "message_id",
            "status",
            "error_code",
            name=op.f("uq_delivery_receipt_message_id_status_error_code"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    for statement in (
        *raise_wall("message_template"),
        *raise_wall("opt_out"),
        *raise_wall("sending_pause"),
        *raise_wall("inbound_message"),
        *raise_wall("message"),
        *raise_wall("message_step", append_only=True),
        *raise_wall("delivery_receipt", append_only=True),
        WAKE,
        (
            "CREATE TRIGGER message_queued AFTER INSERT OR UPDATE OF state, not_before ON message"
            " FOR EACH ROW WHEN (NEW.state = 'queued') EXECUTE FUNCTION wake_dispatcher()"
        ),
    ):
        op.execute(statement)
