"""Messages whose end the provider has not told: when it was asked, and the index to find them."""

import sqlalchemy as sa
from alembic import op

revision: str = "0032"
down_revision: str | None = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("message", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_message_untold",
        "message",
        ["sent_at"],
        postgresql_where=sa.text("state IN ('accepted', 'sent')"),
    )
