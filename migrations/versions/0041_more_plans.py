"""The journal is read newest first, and resolved requests by the day they were, from an index."""

import sqlalchemy as sa
from alembic import op

revision: str = "0041"
down_revision: str | None = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index(
        "ix_audit_entry_newest",
        "audit_entry",
        [sa.text("at DESC"), sa.text("id DESC")],
        postgresql_include=["member_id"],
    )
    op.create_index(
        "ix_ticket_resolved",
        "ticket",
        ["resolved_at"],
        postgresql_include=["member_id"],
        postgresql_where=sa.text("state = 'resolved'"),
    )
