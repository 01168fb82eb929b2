"""What an organisation has to accept is read from an index of its own."""

from alembic import op

revision: str = "0035"
down_revision: str | None = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute(
        "CREATE INDEX ix_assignment_offered ON assignment (member_id, organisation_id, ticket_id)"
        " WHERE state = 'offered' AND informed_only IS FALSE"
    )


def downgrade() -> None:
    """Undo."""
    op.execute("DROP INDEX ix_assignment_offered")
