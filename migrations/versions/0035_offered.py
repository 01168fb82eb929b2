"""What an organisation has to accept, and what is open in common parts, have their indexes."""

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
    op.execute(
        "CREATE INDEX ix_ticket_common ON ticket (member_id, residence_id, id DESC)"
        " WHERE location = 'common' AND state IN ('open', 'planned', 'on_hold')"
    )


def downgrade() -> None:
    """Undo."""
    op.execute("DROP INDEX ix_ticket_common")
    op.execute("DROP INDEX ix_assignment_offered")
