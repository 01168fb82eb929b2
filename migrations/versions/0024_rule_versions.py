"""Versions of a member's rules; partners that answer at night."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.wall import raise_wall

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels = None
depends_on = None

# Decisions read the published rules alone; a partner that answers at night is in the book too.
_STAMPS = [
    *(f"DROP TRIGGER routing_stamp_{event} ON routing_rule" for event in ("insert", "update", "delete")),
    (
        "CREATE TRIGGER routing_stamp_insert AFTER INSERT ON routing_version"
        " REFERENCING NEW TABLE AS changed"
        " FOR EACH STATEMENT EXECUTE FUNCTION raise_routing_stamp()"
    ),
    "DROP TRIGGER routing_stamp_update ON organisation",
    (
        "CREATE TRIGGER routing_stamp_update AFTER UPDATE ON organisation"
        " FOR EACH ROW WHEN ((OLD.name, OLD.kind, OLD.active, OLD.answers_at_night)"
        " IS DISTINCT FROM (NEW.name, NEW.kind, NEW.active, NEW.answers_at_night))"
        " EXECUTE FUNCTION raise_routing_stamp_of_one()"
    ),
]  # fmt: skip

# The owner sees rows of a forced table only while it isn't.
_FIRST = [
    "ALTER TABLE routing_rule NO FORCE ROW LEVEL SECURITY",
    """INSERT INTO routing_version
        (member_id, number, rules, note, published_at, published_by_label)
    SELECT member_id, 1, jsonb_agg(jsonb_build_object(
        'id', id, 'name', name, 'conditions', conditions, 'destination', destination,
        'organisation_id', organisation_id, 'team_id', team_id, 'team_kind', team_kind,
        'priority', priority, 'rank', rank) ORDER BY id), '', now(), ''
    FROM routing_rule WHERE active GROUP BY member_id""",
    "ALTER TABLE routing_rule FORCE ROW LEVEL SECURITY",
]


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "organisation",
        sa.Column("answers_at_night", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.alter_column("organisation", "answers_at_night", server_default=None)
    op.create_table(
        "routing_version",
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("rules", postgresql.JSONB(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("restored_from", sa.BigInteger(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by_id", sa.BigInteger(), nullable=True),
        sa.Column("published_by_label", sa.String(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["organisation.id"],
            name=op.f("fk_routing_version_member_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_version")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_routing_version_member_id_id")),
        sa.UniqueConstraint(
            "member_id", "number", name=op.f("uq_routing_version_member_id_number")
        ),
    )
    for statement in (*_FIRST, *raise_wall("routing_version", append_only=True), *_STAMPS):
        op.execute(statement)
