"""Residences, dwellings, people, contracts and imports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.estate_search import make_searchable
from migrations.wall import APPLICATION_ROLE, raise_wall

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    # A trusted extension: the owner may make it. It lets a trigram index lead with the member.
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gin")
    op.create_table(
        "contact",
        sa.Column("civility", sa.String(), nullable=False),
        sa.Column("last_name", sa.String(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("search", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_contact_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_contact_member_id_id")),
    )
    op.create_index(
        "ix_contact_search",
        "contact",
        ["member_id", "search"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search": "gin_trgm_ops"},
    )
    op.create_table(
        "import_run",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_label", sa.String(), nullable=False),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("kept_file", sa.String(), nullable=False),
        sa.Column("report_file", sa.String(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint(
            "kind IN ('dwellings', 'leases', 'contracts')", name=op.f("ck_import_run_kind")
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'to_confirm', 'done', 'failed')",
            name=op.f("ck_import_run_state"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_import_run_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_import_run_member_id_id")),
    )
    op.create_index("ix_import_run_member", "import_run", ["member_id", "started_at"], unique=False)
    op.create_table(
        "contact_phone",
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("flag", sa.String(), nullable=False),
        sa.Column("preferred", sa.Boolean(), nullable=False),
        sa.Column(
            "tail",
            sa.String(),
            sa.Computed("right(number::text, 6)", persisted=True),
            nullable=False,
        ),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "flag IN ('', 'landline', 'unknown', 'blocked', 'invalid')",
            name=op.f("ck_contact_phone_flag"),
        ),
        sa.CheckConstraint(
            "kind IN ('mobile', 'landline', 'other')", name=op.f("ck_contact_phone_kind")
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "contact_id"],
            ["contact.member_id", "contact.id"],
            name=op.f("fk_contact_phone_member_id_contact_id_contact"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_contact_phone_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_phone")),
        sa.UniqueConstraint(
            "contact_id", "number", name=op.f("uq_contact_phone_contact_id_number")
        ),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_contact_phone_member_id_id")),
    )
    op.create_index(
        "ix_contact_phone_number", "contact_phone", ["number", "member_id"], unique=False
    )
    op.create_index(
        "ix_contact_phone_tail",
        "contact_phone",
        ["tail", "member_id"],
        unique=False,
    )
    op.create_table(
        "maintenance_contract",
        sa.Column("contractor_id", sa.BigInteger(), nullable=False),
        sa.Column("equipment", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("calendar_id", sa.BigInteger(), nullable=True),
        sa.Column("weekly_hours", postgresql.JSONB(), nullable=False),
        sa.Column("around_the_clock", sa.Boolean(), nullable=False),
        sa.Column("on_call", sa.Boolean(), nullable=False),
        sa.Column("every_residence", sa.Boolean(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("import_key", sa.String(), nullable=False),
        sa.Column("import_digest", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id", "calendar_id"],
            ["calendar.member_id", "calendar.id"],
            name=op.f("fk_maintenance_contract_member_id_calendar_id_calendar"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "contractor_id"],
            ["organisation.member_id", "organisation.id"],
            name=op.f("fk_maintenance_contract_member_id_contractor_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["organisation.id"],
            name=op.f("fk_maintenance_contract_member_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maintenance_contract")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_maintenance_contract_member_id_id")),
    )
    op.create_index(
        "ix_maintenance_contract_equipment",
        "maintenance_contract",
        ["member_id", "equipment"],
        unique=False,
    )
    op.create_table(
        "residence",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("postcode", sa.String(), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=True),
        sa.Column("ownership", sa.String(), nullable=False),
        sa.Column("syndic_id", sa.BigInteger(), nullable=True),
        sa.Column("completed_on", sa.Date(), nullable=True),
        sa.Column("search", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("ownership IN ('single', 'condo')", name=op.f("ck_residence_ownership")),
        sa.ForeignKeyConstraint(
            ["member_id", "agency_id"],
            ["agency.member_id", "agency.id"],
            name=op.f("fk_residence_member_id_agency_id_agency"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "syndic_id"],
            ["organisation.member_id", "organisation.id"],
            name=op.f("fk_residence_member_id_syndic_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_residence_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_residence")),
        sa.UniqueConstraint("member_id", "code", name=op.f("uq_residence_member_id_code")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_residence_member_id_id")),
    )
    op.create_index(
        "ix_residence_search",
        "residence",
        ["member_id", "search"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search": "gin_trgm_ops"},
    )
    op.create_table(
        "building",
        sa.Column("residence_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id", "residence_id"],
            ["residence.member_id", "residence.id"],
            name=op.f("fk_building_member_id_residence_id_residence"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_building_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_building")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_building_member_id_id")),
        sa.UniqueConstraint("residence_id", "name", name=op.f("uq_building_residence_id_name")),
    )
    op.create_table(
        "contract_residence",
        sa.Column("contract_id", sa.BigInteger(), nullable=False),
        sa.Column("residence_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id", "contract_id"],
            ["maintenance_contract.member_id", "maintenance_contract.id"],
            name=op.f("fk_contract_residence_member_id_contract_id_maintenance_contract"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "residence_id"],
            ["residence.member_id", "residence.id"],
            name=op.f("fk_contract_residence_member_id_residence_id_residence"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["organisation.id"],
            name=op.f("fk_contract_residence_member_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_residence")),
        sa.UniqueConstraint(
            "contract_id",
            "residence_id",
            name=op.f("uq_contract_residence_contract_id_residence_id"),
        ),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_contract_residence_member_id_id")),
    )
    op.create_index(
        "ix_contract_residence_residence",
        "contract_residence",
        ["member_id", "residence_id"],
        unique=False,
    )
    op.create_table(
        "entrance",
        sa.Column("building_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id", "building_id"],
            ["building.member_id", "building.id"],
            name=op.f("fk_entrance_member_id_building_id_building"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_entrance_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entrance")),
        sa.UniqueConstraint("building_id", "name", name=op.f("uq_entrance_building_id_name")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_entrance_member_id_id")),
    )
    op.create_table(
        "dwelling",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("residence_id", sa.BigInteger(), nullable=False),
        sa.Column("building_id", sa.BigInteger(), nullable=True),
        sa.Column("entrance_id", sa.BigInteger(), nullable=True),
        sa.Column("floor", sa.String(), nullable=False),
        sa.Column("door", sa.String(), nullable=False),
        sa.Column("street", sa.String(), nullable=False),
        sa.Column("postcode", sa.String(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("insee", sa.String(), nullable=False),
        sa.Column("rooms", sa.BigInteger(), nullable=True),
        sa.Column("surface", sa.Double(), nullable=True),
        sa.Column("heating", sa.String(), nullable=False),
        sa.Column("built_in", sa.BigInteger(), nullable=True),
        sa.Column("ownership", sa.String(), nullable=False),
        sa.Column("syndic_id", sa.BigInteger(), nullable=True),
        sa.Column("search", sa.String(), nullable=False),
        sa.Column("import_digest", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("ownership IN ('single', 'condo')", name=op.f("ck_dwelling_ownership")),
        sa.ForeignKeyConstraint(
            ["member_id", "building_id"],
            ["building.member_id", "building.id"],
            name=op.f("fk_dwelling_member_id_building_id_building"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "entrance_id"],
            ["entrance.member_id", "entrance.id"],
            name=op.f("fk_dwelling_member_id_entrance_id_entrance"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "residence_id"],
            ["residence.member_id", "residence.id"],
            name=op.f("fk_dwelling_member_id_residence_id_residence"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "syndic_id"],
            ["organisation.member_id", "organisation.id"],
            name=op.f("fk_dwelling_member_id_syndic_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_dwelling_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dwelling")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_dwelling_member_id_id")),
        sa.UniqueConstraint("member_id", "number", name=op.f("uq_dwelling_member_id_number")),
    )
    op.create_index(
        "ix_dwelling_residence",
        "dwelling",
        ["member_id", "residence_id", "building_id"],
        unique=False,
    )
    op.create_index(
        "ix_dwelling_search",
        "dwelling",
        ["member_id", "search"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search": "gin_trgm_ops"},
    )
    op.create_table(
        "occupancy",
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("dwelling_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("lease_number", sa.String(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("import_key", sa.String(), nullable=False),
        sa.Column("import_digest", sa.String(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "role IN ('tenant', 'co_tenant', 'occupant', 'guarantor', 'co_owner', 'other')",
            name=op.f("ck_occupancy_role"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "contact_id"],
            ["contact.member_id", "contact.id"],
            name=op.f("fk_occupancy_member_id_contact_id_contact"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "dwelling_id"],
            ["dwelling.member_id", "dwelling.id"],
            name=op.f("fk_occupancy_member_id_dwelling_id_dwelling"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_occupancy_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occupancy")),
        sa.UniqueConstraint(
            "member_id",
            "dwelling_id",
            "contact_id",
            "lease_number",
            "role",
            "starts_on",
            name=op.f("uq_occupancy_once"),
        ),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_occupancy_member_id_id")),
    )
    op.create_index("ix_occupancy_contact", "occupancy", ["member_id", "contact_id"], unique=False)
    op.create_index(
        "ix_occupancy_dwelling", "occupancy", ["member_id", "dwelling_id"], unique=False
    )
    op.create_index("ix_occupancy_import", "occupancy", ["member_id", "import_key"], unique=False)
    op.create_index("ix_occupancy_lease", "occupancy", ["lease_number", "member_id"], unique=False)
    op.create_table(
        "import_mapping",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("mapping", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint(
            "kind IN ('dwellings', 'leases', 'contracts')", name=op.f("ck_import_mapping_kind")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["organisation.id"],
            name=op.f("fk_import_mapping_member_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_mapping")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_import_mapping_member_id_id")),
        sa.UniqueConstraint("member_id", "kind", name=op.f("uq_import_mapping_member_id_kind")),
    )
    op.create_table(
        "search_word",
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_search_word_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_word")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_search_word_member_id_id")),
        sa.UniqueConstraint("member_id", "word", name=op.f("uq_search_word_member_id_word")),
    )
    op.create_index(
        "ix_search_word_near",
        "search_word",
        ["word"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"word": "gin_trgm_ops"},
    )
    for statement in (
        *raise_wall("import_mapping"),
        *raise_wall("search_word"),
        *raise_wall("contact"),
        *raise_wall("import_run"),
        *raise_wall("contact_phone"),
        *raise_wall("maintenance_contract"),
        *raise_wall("residence"),
        *raise_wall("building"),
        *raise_wall("contract_residence"),
        *raise_wall("entrance"),
        *raise_wall("dwelling"),
        *raise_wall("occupancy"),
        *make_searchable(),
    ):
        op.execute(statement)
    # An import draws its people's numbers beforehand, to tie numbers and leases to them in sets.
    op.execute(f"GRANT USAGE ON SEQUENCE contact_id_seq TO {APPLICATION_ROLE}")
