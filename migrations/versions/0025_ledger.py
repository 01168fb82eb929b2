"""The SMS ledger: prices of a segment, the watch over the delivered share, and its indexes."""

import sqlalchemy as sa
from alembic import op

from migrations.wall import raise_wall

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "sms_tariff",
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("price", sa.Numeric(8, 5), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("price >= 0", name=op.f("ck_sms_tariff_price")),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_sms_tariff_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_tariff")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_sms_tariff_member_id_id")),
        sa.UniqueConstraint(
            "member_id", "valid_from", name=op.f("uq_sms_tariff_member_id_valid_from")
        ),
    )
    op.create_table(
        "delivery_watch",
        sa.Column("window_hours", sa.BigInteger(), nullable=False),
        sa.Column("usual_days", sa.BigInteger(), nullable=False),
        sa.Column("fall_points", sa.BigInteger(), nullable=False),
        sa.Column("least_messages", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["organisation.id"],
            name=op.f("fk_delivery_watch_member_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_watch")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_delivery_watch_member_id_id")),
        sa.UniqueConstraint("member_id", name=op.f("uq_delivery_watch_member_id")),
    )
    op.create_table(
        "delivery_alert",
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("share", sa.BigInteger(), nullable=False),
        sa.Column("usual", sa.BigInteger(), nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=False),
        sa.Column("delivered", sa.BigInteger(), nullable=False),
        sa.Column("error_code", sa.BigInteger(), nullable=True),
        sa.Column("window_hours", sa.BigInteger(), nullable=False),
        sa.Column("usual_days", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["organisation.id"],
            name=op.f("fk_delivery_alert_member_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_alert")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_delivery_alert_member_id_id")),
    )
    op.create_index(
        "uq_delivery_alert_live",
        "delivery_alert",
        ["member_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_message_ledger", "message", ["member_id", sa.text("coalesce(sent_at, created_at)")]
    )
    op.create_index(
        "ix_inbound_message_ticket",
        "inbound_message",
        ["member_id", "ticket_id", "id"],
        postgresql_where=sa.text("ticket_id IS NOT NULL"),
    )
    for table in ("sms_tariff", "delivery_watch", "delivery_alert"):
        for statement in raise_wall(table):
            op.execute(statement)
