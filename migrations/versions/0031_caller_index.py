"""The callers' index finds the texts that came from a number."""

import sqlalchemy as sa
from alembic import op

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index(
        "ix_inbound_message_number",
        "inbound_message",
        ["from_number", "member_id", sa.text("id DESC")],
    )
