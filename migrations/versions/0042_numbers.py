"""The application takes the numbers of rows that it writes together in advance."""

from alembic import op

from migrations.wall import APPLICATION_ROLE

revision: str = "0042"
down_revision: str | None = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    for table in ("assignment", "call", "email_message", "message", "ticket"):
        op.execute(f"GRANT USAGE ON SEQUENCE {table}_id_seq TO {APPLICATION_ROLE}")
