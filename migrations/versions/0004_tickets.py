"""Tickets, events, assignments, visits and private links."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.ticket_search import make_searchable
from migrations.wall import raise_wall

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "ticket",
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("category_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("answers", postgresql.JSONB(), nullable=False),
        sa.Column("residence_id", sa.BigInteger(), nullable=True),
        sa.Column("building_id", sa.BigInteger(), nullable=True),
        sa.Column("dwelling_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_name", sa.String(), nullable=False),
        sa.Column("contact_number", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("priority", sa.String(), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("promised_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("needs_triage", sa.Boolean(), nullable=False),
        sa.Column("held_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hold_cause", sa.String(), nullable=False),
        sa.Column("pauses", postgresql.JSONB(), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolution_code", sa.String(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("chases", sa.BigInteger(), nullable=False),
        sa.Column("routing", postgresql.JSONB(), nullable=False),
        sa.Column("opened_by_id", sa.BigInteger(), nullable=True),
        sa.Column("opened_by_label", sa.String(), nullable=False),
        sa.Column("handed_from_label", sa.String(), nullable=False),
        sa.Column("form_token", sa.String(), nullable=True),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by_label", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint(
            "priority IN ('P0', 'P1', 'P2', 'P3', 'P4')", name=op.f("ck_ticket_priority")
        ),
        sa.CheckConstraint(
            "service IN ('tenants', 'syndic', 'land')", name=op.f("ck_ticket_service")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'planned', 'on_hold', 'resolved', 'closed', 'cancelled')",
            name=op.f("ck_ticket_state"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "building_id"],
            ["building.member_id", "building.id"],
            name=op.f("fk_ticket_member_id_building_id_building"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "category_id"],
            ["category.member_id", "category.id"],
            name=op.f("fk_ticket_member_id_category_id_category"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "contact_id"],
            ["contact.member_id", "contact.id"],
            name=op.f("fk_ticket_member_id_contact_id_contact"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "dwelling_id"],
            ["dwelling.member_id", "dwelling.id"],
            name=op.f("fk_ticket_member_id_dwelling_id_dwelling"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "residence_id"],
            ["residence.member_id", "residence.id"],
            name=op.f("fk_ticket_member_id_residence_id_residence"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_ticket_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sa.UniqueConstraint("member_id", "form_token", name=op.f("uq_ticket_member_id_form_token")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_ticket_member_id_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_ticket_reference")),
    )
    op.create_index(
        "ix_ticket_contact",
        "ticket",
        ["member_id", "contact_id", sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_ticket_dwelling",
        "ticket",
        ["member_id", "dwelling_id", sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_ticket_newest", "ticket", ["member_id", sa.literal_column("id DESC")], unique=False
    )
    op.create_index(
        "ix_ticket_number",
        "ticket",
        ["contact_number", "member_id", sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_ticket_triage",
        "ticket",
        ["member_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("needs_triage"),
    )
    op.create_index(
        "ix_ticket_open_due",
        "ticket",
        ["member_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('open', 'planned', 'on_hold')"),
    )
    op.create_index(
        "ix_ticket_due",
        "ticket",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('open', 'planned', 'on_hold')"),
    )
    op.create_index(
        "ix_ticket_opened_by",
        "ticket",
        ["opened_by_id"],
        unique=False,
        postgresql_where=sa.text("state IN ('open', 'planned', 'on_hold')"),
    )
    op.create_index(
        "ix_ticket_residence",
        "ticket",
        ["member_id", "residence_id", sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_ticket_words",
        "ticket",
        ["words"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"words": "gin_trgm_ops"},
    )
    op.create_table(
        "assignment",
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("organisation_name", sa.String(), nullable=False),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column("team_name", sa.String(), nullable=False),
        sa.Column("assignee_id", sa.BigInteger(), nullable=True),
        sa.Column("assignee_name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("informed_only", sa.Boolean(), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("reason_note", sa.String(), nullable=False),
        sa.Column("moves", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('offered', 'accepted', 'refused', 'withdrawn', 'done')",
            name=op.f("ck_assignment_state"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "assignee_id"],
            ["user_account.member_id", "user_account.id"],
            name=op.f("fk_assignment_member_id_assignee_id_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "organisation_id"],
            ["organisation.member_id", "organisation.id"],
            name=op.f("fk_assignment_member_id_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "team_id"],
            ["team.member_id", "team.id"],
            name=op.f("fk_assignment_member_id_team_id_team"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "ticket_id"],
            ["ticket.member_id", "ticket.id"],
            name=op.f("fk_assignment_member_id_ticket_id_ticket"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_assignment_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_assignment_member_id_id")),
        sa.UniqueConstraint(
            "ticket_id", "organisation_id", name=op.f("uq_assignment_ticket_id_organisation_id")
        ),
    )
    op.create_index(
        "ix_assignment_assignee", "assignment", ["member_id", "assignee_id", "state"], unique=False
    )
    op.create_index(
        "ix_assignment_organisation",
        "assignment",
        ["member_id", "organisation_id", "state", "ticket_id"],
        unique=False,
    )
    op.create_table(
        "tenant_link",
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id", "ticket_id"],
            ["ticket.member_id", "ticket.id"],
            name=op.f("fk_tenant_link_member_id_ticket_id_ticket"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_tenant_link_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant_link")),
        sa.UniqueConstraint("digest", name=op.f("uq_tenant_link_digest")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_tenant_link_member_id_id")),
    )
    op.create_index(
        "ix_tenant_link_ticket", "tenant_link", ["member_id", "ticket_id"], unique=False
    )
    op.create_table(
        "ticket_event",
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("visibility", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_label", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column("form_token", sa.String(), nullable=True),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint(
            "kind IN ('opened', 'handed_over', 'offered', 'accepted', 'refused', 'withdrawn', 'assigned', 'visit_planned', 'visit_moved', 'visit_cancelled', 'visit_answered', 'comment', 'held', 'resumed', 'resolved', 'reopened', 'closed', 'cancelled', 'chase', 'tenant_word', 'tenant_confirmed', 'tenant_denied', 'tenant_opted_out', 'link_revoked')",
            name=op.f("ck_ticket_event_kind"),
        ),
        sa.CheckConstraint(
            "visibility IN ('internal', 'tenant')", name=op.f("ck_ticket_event_visibility")
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "ticket_id"],
            ["ticket.member_id", "ticket.id"],
            name=op.f("fk_ticket_event_member_id_ticket_id_ticket"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_ticket_event_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_event")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_ticket_event_member_id_id")),
        sa.UniqueConstraint(
            "member_id", "form_token", name=op.f("uq_ticket_event_member_id_form_token")
        ),
    )
    op.create_index(
        "ix_ticket_event_ticket", "ticket_event", ["member_id", "ticket_id", "id"], unique=False
    )
    op.create_table(
        "visit",
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("assignment_id", sa.BigInteger(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.String(), nullable=False),
        sa.Column("ends_at", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tenant_answer", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('planned', 'moved', 'cancelled', 'done')", name=op.f("ck_visit_state")
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "assignment_id"],
            ["assignment.member_id", "assignment.id"],
            name=op.f("fk_visit_member_id_assignment_id_assignment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "ticket_id"],
            ["ticket.member_id", "ticket.id"],
            name=op.f("fk_visit_member_id_ticket_id_ticket"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_visit_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_visit_member_id_id")),
    )
    op.create_index("ix_visit_day", "visit", ["member_id", "day"], unique=False)
    op.create_index("ix_visit_ticket", "visit", ["member_id", "ticket_id"], unique=False)
    for statement in (
        *raise_wall("ticket"),
        *raise_wall("assignment"),
        *raise_wall("tenant_link"),
        *raise_wall("ticket_event", append_only=True),
        *raise_wall("visit"),
        *make_searchable(),
    ):
        op.execute(statement)
