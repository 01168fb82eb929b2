"""The timeline may tell of on-call again: a later list of kinds had left it out."""

import sqlalchemy as sa
from alembic import op

revision: str = "0034"
down_revision: str | None = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    for table, word in (("ticket_event", "on_call"), ("email_message", "on_call_gap")):
        name = f"ck_{table}_kind"
        rule = op.get_bind().scalar(
            sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
            {"name": name},
        )
        # The quoted words of the CHECK as PostgreSQL writes it.
        kinds = sorted({*(rule or "").split("'")[1::2], word})
        listed = ", ".join(f"'{kind}'" for kind in kinds)
        op.drop_constraint(op.f(name), table)
        op.create_check_constraint(op.f(name), table, f"kind IN ({listed})")
