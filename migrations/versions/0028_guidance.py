"""Who pays and what the agent says, for each category; members' categories take the defaults."""

import json

import sqlalchemy as sa
from alembic import op

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels = None
depends_on = None

_COLUMNS = ("script", "payer", "payer_source", "payer_note")


def upgrade() -> None:
    """Apply."""
    for name in _COLUMNS:
        op.add_column("category", sa.Column(name, sa.String(), server_default="", nullable=False))
        op.alter_column("category", name, server_default=None)
    _take_defaults()


def _take_defaults() -> None:
    """Give categories that exist the catalogue's guidance, and answers that say who pays.

    What the catalogue says on the day of the migration is what these members would get if they
    were founded now. Questions that a member has changed stay; nobody could change them before.
    """
    from callcenter.routing.catalogue import CATALOGUE
    from callcenter.routing.category_rows import row_from

    # The owner sees rows of a forced table only while it isn't.
    op.execute("ALTER TABLE category NO FORCE ROW LEVEL SECURITY")
    connection = op.get_bind()
    for place, category in enumerate(CATALOGUE):
        row = row_from(category, 0, place)
        connection.execute(
            sa.text(
                "UPDATE category SET script = :script, payer = :payer,"
                " payer_source = :payer_source, payer_note = :payer_note,"
                " questions = CAST(:questions AS jsonb) WHERE code = :code"
            ),
            {
                **{name: str(getattr(row, name)) for name in _COLUMNS},
                "questions": json.dumps(row.questions),
                "code": row.code,
            },
        )
    op.execute("ALTER TABLE category FORCE ROW LEVEL SECURITY")
