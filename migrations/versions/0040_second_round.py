"""A rota may be gone round twice before the supervisor is alerted."""

import sqlalchemy as sa
from alembic import op

revision: str = "0040"
down_revision: str | None = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("on_call_rota", sa.Column("again_minutes", sa.BigInteger(), nullable=True))
    op.create_check_constraint(
        op.f("ck_on_call_rota_again_minutes"), "on_call_rota", "again_minutes > 0"
    )
    op.add_column("on_call_page", sa.Column("again_after", sa.BigInteger(), nullable=True))
