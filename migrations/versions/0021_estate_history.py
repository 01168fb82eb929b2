"""Flags on places, the history of each field of the estate, languages that texts exist in."""

import sqlalchemy as sa
from alembic import op

from migrations.wall import raise_wall

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels = None
depends_on = None

_DATED_ROWS = ("contact", "contact_phone", "occupancy", "dwelling")


def upgrade() -> None:
    """Apply."""
    for table in _DATED_ROWS:
        op.add_column(
            table, sa.Column("created_from", sa.String(), nullable=False, server_default="")
        )
    op.add_column("dwelling", sa.Column("created_at", sa.DateTime(timezone=True), nullable=True))
    # Whoever reads another language was written to in French until now.
    op.execute("CREATE POLICY owner_mends ON contact FOR UPDATE TO CURRENT_USER USING (true)")
    op.execute("UPDATE contact SET language = 'fr' WHERE language NOT IN ('fr', 'en')")
    op.execute("DROP POLICY owner_mends ON contact")
    op.create_check_constraint(op.f("ck_contact_language"), "contact", "language IN ('fr', 'en')")
    _flags()
    _changes()
    for table in ("place_flag", "estate_change"):
        for statement in raise_wall(table):
            op.execute(statement)


def _flags() -> None:
    op.create_table(
        "place_flag",
        sa.Column("residence_id", sa.BigInteger(), nullable=False),
        sa.Column("dwelling_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_label", sa.String(), nullable=False),
        sa.Column("form_token", sa.String(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('works', 'procedure', 'vulnerability')",
            name=op.f("ck_place_flag_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "dwelling_id"],
            ["dwelling.member_id", "dwelling.id"],
            name=op.f("fk_place_flag_member_id_dwelling_id_dwelling"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "residence_id"],
            ["residence.member_id", "residence.id"],
            name=op.f("fk_place_flag_member_id_residence_id_residence"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_place_flag_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_flag")),
        sa.UniqueConstraint(
            "member_id", "form_token", name=op.f("uq_place_flag_member_id_form_token")
        ),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_place_flag_member_id_id")),
    )
    op.create_index("ix_place_flag_place", "place_flag", ["member_id", "residence_id", "ends_on"])
    op.create_index("ix_place_flag_ends", "place_flag", ["ends_on"])


def _changes() -> None:
    op.create_table(
        "estate_change",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_label", sa.String(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("dwelling_id", sa.BigInteger(), nullable=True),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("applied", sa.Boolean(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("source IN ('import', 'agent')", name=op.f("ck_estate_change_source")),
        sa.ForeignKeyConstraint(
            ["member_id", "contact_id"],
            ["contact.member_id", "contact.id"],
            name=op.f("fk_estate_change_member_id_contact_id_contact"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "dwelling_id"],
            ["dwelling.member_id", "dwelling.id"],
            name=op.f("fk_estate_change_member_id_dwelling_id_dwelling"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_estate_change_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_estate_change")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_estate_change_member_id_id")),
    )
    op.create_index(
        "ix_estate_change_contact", "estate_change", ["member_id", "contact_id", sa.text("id DESC")]
    )
    op.create_index(
        "ix_estate_change_dwelling",
        "estate_change",
        ["member_id", "dwelling_id", sa.text("id DESC")],
    )
    op.create_index(
        "ix_estate_change_waiting",
        "estate_change",
        ["member_id", "id"],
        postgresql_where=sa.text("source = 'agent' AND settled_at IS NULL"),
    )
