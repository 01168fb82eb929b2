"""Months of the SMS ledger that are over, counted once."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.wall import raise_wall

revision: str = "0039"
down_revision: str | None = "0038"
branch_labels = None
depends_on = None

_SUMS = (
    "messages", "charged", "segments", "delivered", "failed", "on_its_way", "waiting", "kept"
)  # fmt: skip


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "ledger_month",
        sa.Column("month", sa.Date(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _SUMS),
        sa.Column("day_segments", JSONB(), nullable=False),
        sa.Column("causes", JSONB(), nullable=False),
        sa.Column("median", sa.Float(), nullable=True),
        sa.Column("p95", sa.Float(), nullable=True),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_ledger_month_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_month")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_ledger_month_member_id_id")),
        sa.UniqueConstraint("member_id", "month", name=op.f("uq_ledger_month_member_id_month")),
    )
    for statement in raise_wall("ledger_month"):
        op.execute(statement)
