"""Managers are written to before a contract ends: what was told stands on the contract."""

import sqlalchemy as sa
from alembic import op

revision: str = "0036"
down_revision: str | None = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("maintenance_contract", sa.Column("told_end", sa.Date(), nullable=True))
    op.add_column("maintenance_contract", sa.Column("told_days", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_maintenance_contract_ends",
        "maintenance_contract",
        ["member_id", "ends_on"],
        postgresql_where=sa.text("ends_on IS NOT NULL"),
    )
    name = "ck_email_message_kind"
    rule = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": name},
    )
    # The quoted words of the CHECK as PostgreSQL writes it.
    kinds = sorted({*(rule or "").split("'")[1::2], "contract_ending"})
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(op.f(name), "email_message")
    op.create_check_constraint(op.f(name), "email_message", f"kind IN ({listed})")
