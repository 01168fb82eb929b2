"""Organisations, accounts and mandates; the wall itself."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.wall import APPLICATION_ROLE, EVERY_MEMBER, FUNCTIONS, raise_wall

revision: str = "0001"
down_revision: str | None = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    for statement in (FUNCTIONS, EVERY_MEMBER):
        op.execute(statement)
    op.execute(f"GRANT USAGE ON SCHEMA public TO {APPLICATION_ROLE}")
    op.execute(f"GRANT SELECT ON alembic_version TO {APPLICATION_ROLE}")
    op.execute(f"GRANT EXECUTE ON FUNCTION app_every_member() TO {APPLICATION_ROLE}")

    op.create_table(
        "organisation",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("short_name", sa.String(), nullable=False),
        sa.Column("reference_prefix", sa.String(), nullable=False),
        sa.Column("accent_colour", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("opening_hours", sa.String(), nullable=False),
        sa.Column("sms_sender", sa.String(), nullable=False),
        sa.Column("sms_two_way", sa.Boolean(), nullable=False),
        sa.Column("next_reference", sa.BigInteger(), nullable=False),
        sa.Column("settings", postgresql.JSONB(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind IN ('platform', 'landlord')) = (member_id = id)",
            name=op.f("ck_organisation_own_wall"),
        ),
        sa.CheckConstraint(
            "kind IN ('platform', 'landlord', 'syndic', 'contractor', 'other')",
            name=op.f("ck_organisation_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_organisation_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_organisation_member_id_id")),
        sa.UniqueConstraint("member_id", "name", name=op.f("uq_organisation_member_id_name")),
    )
    op.create_index(
        "uq_organisation_prefix",
        "organisation",
        ["reference_prefix"],
        unique=True,
        postgresql_where=sa.text("kind = 'landlord'"),
    )
    op.create_table(
        "agency",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_agency_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_agency_member_id_id")),
        sa.UniqueConstraint("member_id", "name", name=op.f("uq_agency_member_id_name")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_label", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("object_type", sa.String(), nullable=False),
        sa.Column("object_id", sa.String(), nullable=False),
        sa.Column("changes", postgresql.JSONB(), nullable=False),
        sa.Column("form_token", sa.Uuid(), nullable=True),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_audit_entry_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_member_at", "audit_entry", ["member_id", "at"], unique=False)
    op.create_index(
        "ix_audit_entry_object",
        "audit_entry",
        ["member_id", "object_type", "object_id"],
        unique=False,
    )
    op.create_index(
        "uq_audit_entry_form_token",
        "audit_entry",
        ["form_token"],
        unique=True,
        postgresql_where=sa.text("form_token IS NOT NULL"),
    )
    op.create_table(
        "calendar",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("main", sa.Boolean(), nullable=False),
        sa.Column("weekly_hours", postgresql.JSONB(), nullable=False),
        sa.Column("public_holidays", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_calendar_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_calendar_member_id_id")),
        sa.UniqueConstraint("member_id", "name", name=op.f("uq_calendar_member_id_name")),
    )
    op.create_index(
        "uq_calendar_main", "calendar", ["member_id"], unique=True, postgresql_where=sa.text("main")
    )
    op.create_table(
        "user_account",
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=False),
        sa.Column("last_name", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("password", sa.String(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("fs_uniquifier", sa.String(), nullable=False),
        sa.Column("tf_primary_method", sa.String(), nullable=True),
        sa.Column("tf_totp_secret", sa.String(), nullable=True),
        sa.Column("tf_phone_number", sa.String(), nullable=True),
        sa.Column("mf_recovery_codes", postgresql.JSONB(), nullable=True),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("current_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_login_ip", sa.String(), nullable=True),
        sa.Column("current_login_ip", sa.String(), nullable=True),
        sa.Column("login_count", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "role IN ('agent', 'supervisor', 'administrator', 'manager', 'staff', 'caretaker', 'contractor')",
            name=op.f("ck_user_account_role"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "organisation_id"],
            ["organisation.member_id", "organisation.id"],
            name=op.f("fk_user_account_member_id_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_user_account_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("email", name=op.f("uq_user_account_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_user_account_fs_uniquifier")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_user_account_member_id_id")),
    )
    op.create_table(
        "closing_day",
        sa.Column("calendar_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id", "calendar_id"],
            ["calendar.member_id", "calendar.id"],
            name=op.f("fk_closing_day_member_id_calendar_id_calendar"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_closing_day_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closing_day")),
        sa.UniqueConstraint("calendar_id", "day", name=op.f("uq_closing_day_calendar_id_day")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_closing_day_member_id_id")),
    )
    op.create_table(
        "draft",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fields", postgresql.JSONB(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id", "user_id"],
            ["user_account.member_id", "user_account.id"],
            name=op.f("fk_draft_member_id_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_draft_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_draft_member_id_id")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq_draft_user_id_key")),
    )
    op.create_table(
        "mandate",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_mandate_member_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_mandate_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mandate")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_mandate_member_id_id")),
        sa.UniqueConstraint("user_id", "member_id", name=op.f("uq_mandate_user_id_member_id")),
    )
    op.create_table(
        "phone_line",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("greeting", sa.String(), nullable=False),
        sa.Column("script", sa.String(), nullable=False),
        sa.Column("calendar_id", sa.BigInteger(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint(
            "service IN ('tenants', 'syndic', 'land')", name=op.f("ck_phone_line_service")
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "calendar_id"],
            ["calendar.member_id", "calendar.id"],
            name=op.f("fk_phone_line_member_id_calendar_id_calendar"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_phone_line_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_line")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_phone_line_member_id_id")),
        sa.UniqueConstraint("number", name=op.f("uq_phone_line_number")),
    )
    op.create_table(
        "saved_view",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", postgresql.JSONB(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id", "user_id"],
            ["user_account.member_id", "user_account.id"],
            name=op.f("fk_saved_view_member_id_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_saved_view_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_saved_view_member_id_id")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_saved_view_user_id_name")),
    )
    op.create_table(
        "team",
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint(
            "kind IN ('triage', 'agency', 'caretaker', 'maintenance', 'on_call', 'rent', 'charges', 'arrears', 'allocations', 'development', 'quality', 'dpo', 'co_ownership', 'co_ownership_claims', 'land', 'sales', 'safety')",
            name=op.f("ck_team_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "agency_id"],
            ["agency.member_id", "agency.id"],
            name=op.f("fk_team_member_id_agency_id_agency"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "organisation_id"],
            ["organisation.member_id", "organisation.id"],
            name=op.f("fk_team_member_id_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_team_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_team_member_id_id")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq_team_organisation_id_name")),
    )
    op.create_table(
        "team_membership",
        sa.Column("team_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id", "team_id"],
            ["team.member_id", "team.id"],
            name=op.f("fk_team_membership_member_id_team_id_team"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "user_id"],
            ["user_account.member_id", "user_account.id"],
            name=op.f("fk_team_membership_member_id_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["organisation.id"],
            name=op.f("fk_team_membership_member_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_membership")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_team_membership_member_id_id")),
        sa.UniqueConstraint("team_id", "user_id", name=op.f("uq_team_membership_team_id_user_id")),
    )
    for statement in (
        *raise_wall("organisation"),
        *raise_wall("agency"),
        *raise_wall("audit_entry", append_only=True),
        *raise_wall("calendar"),
        *raise_wall(
            "user_account",
            also_visible="id = (SELECT app_user_id()) OR (SELECT app_signing_in())",
            also_writable="id = (SELECT app_user_id()) OR (SELECT app_signing_in())",
        ),
        *raise_wall("closing_day"),
        *raise_wall("draft"),
        *raise_wall(
            "mandate",
            also_visible="user_id = (SELECT app_user_id()) OR (SELECT app_signing_in())",
        ),
        *raise_wall("phone_line"),
        *raise_wall("saved_view"),
        *raise_wall("team"),
        *raise_wall("team_membership"),
    ):
        op.execute(statement)
    op.execute(f"GRANT USAGE, SELECT ON SEQUENCE organisation_id_seq TO {APPLICATION_ROLE}")
    op.execute("CREATE POLICY owner_reads ON organisation FOR SELECT TO CURRENT_USER USING (true)")
