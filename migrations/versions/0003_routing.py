"""Categories and routing rules."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.wall import APPLICATION_ROLE, raise_wall

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None

# What a routing decision rests on: a change to any of these raises the member's stamp.
STAMPED = (
    "agency",
    "calendar",
    "category",
    "closing_day",
    "contract_residence",
    "maintenance_contract",
    "routing_rule",
    "team",
)


def stamp_changes() -> list[str]:
    """Return the SQL of the triggers. A sequence, not a count: a rolled-back stamp never returns."""
    statements = [
        "CREATE SEQUENCE routing_stamp_version",
        f"GRANT USAGE ON SEQUENCE routing_stamp_version TO {APPLICATION_ROLE}",
        """CREATE FUNCTION raise_routing_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO routing_stamp (member_id, version)
            SELECT member_id, nextval('routing_stamp_version')
            FROM (SELECT DISTINCT member_id FROM changed) AS members
            ON CONFLICT (member_id) DO UPDATE SET version = excluded.version;
            RETURN NULL;
        END $$""",
    ]
    for table in STAMPED:
        for event, rows in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
            statements.append(
                f"CREATE TRIGGER routing_stamp_{event.lower()} AFTER {event} ON {table}"
                f" REFERENCING {rows} TABLE AS changed"
                " FOR EACH STATEMENT EXECUTE FUNCTION raise_routing_stamp()"
            )
    return statements


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "category",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("services", postgresql.JSONB(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("priority", sa.String(), nullable=False),
        sa.Column("target_amount", sa.BigInteger(), nullable=True),
        sa.Column("target_unit", sa.String(), nullable=False),
        sa.Column("equipment", sa.String(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("team_kind", sa.String(), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("opens_ticket", sa.Boolean(), nullable=False),
        sa.Column("safety_number", sa.String(), nullable=False),
        sa.Column("safety_script", sa.String(), nullable=False),
        sa.Column("questions", postgresql.JSONB(), nullable=False),
        sa.Column("synonyms", postgresql.JSONB(), nullable=False),
        sa.Column("short", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_category_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category")),
        sa.CheckConstraint(
            "location IN ('private', 'common', 'both', 'none')", name=op.f("ck_category_location")
        ),
        sa.CheckConstraint(
            "priority IN ('P0', 'P1', 'P2', 'P3', 'P4')", name=op.f("ck_category_priority")
        ),
        sa.CheckConstraint(
            "destination IN ('member_team', 'agency', 'caretaker', 'contractor_by_contract',"
            " 'syndic', 'on_call', 'organisation', 'call_agent', 'signpost', 'other_member',"
            " 'triage')",
            name=op.f("ck_category_destination"),
        ),
        sa.UniqueConstraint("member_id", "code", name=op.f("uq_category_member_id_code")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_category_member_id_id")),
    )
    op.create_table(
        "routing_rule",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("conditions", postgresql.JSONB(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=True),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column("team_kind", sa.String(), nullable=False),
        sa.Column("priority", sa.String(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_by", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id", "organisation_id"],
            ["organisation.member_id", "organisation.id"],
            name=op.f("fk_routing_rule_member_id_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "team_id"],
            ["team.member_id", "team.id"],
            name=op.f("fk_routing_rule_member_id_team_id_team"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_routing_rule_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_rule")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_routing_rule_member_id_id")),
    )
    op.create_index("ix_routing_rule_member", "routing_rule", ["member_id", "active"], unique=False)
    op.create_table(
        "routing_stamp",
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_routing_stamp_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_stamp")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_routing_stamp_member_id_id")),
        sa.UniqueConstraint("member_id", name=op.f("uq_routing_stamp_member_id")),
    )
    for statement in (
        *raise_wall("category"),
        *raise_wall("routing_rule"),
        *raise_wall("routing_stamp"),
        *stamp_changes(),
        # What goes with a deleted contract (ON DELETE CASCADE) is deleted as the tables' owner,
        # who then raises the stamp.
        "CREATE POLICY owner_stamps ON routing_stamp TO CURRENT_USER USING (true) WITH CHECK (true)",
    ):
        op.execute(statement)
