"""Collective incidents: the cause, its history, tickets and subscribers; chases that escalate."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.wall import raise_wall

revision: str = "0020"
down_revision: str | None = "0011"
branch_labels = None
depends_on = None

_KINDS = (
    "opened", "handed_over", "offered", "accepted", "refused", "withdrawn", "assigned",
    "visit_planned", "visit_moved", "visit_cancelled", "visit_answered", "comment", "held",
    "resumed", "resolved", "reopened", "closed", "cancelled", "chase", "tenant_word",
    "tenant_confirmed", "tenant_denied", "tenant_opted_out", "link_revoked", "escalated",
    "incident_joined", "incident_left", "incident_news",
)  # fmt: skip


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "incident",
        sa.Column("category_id", sa.BigInteger(), nullable=False),
        sa.Column("residence_id", sa.BigInteger(), nullable=False),
        sa.Column("building_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("priority", sa.String(), nullable=False),
        sa.Column("owner_organisation_id", sa.BigInteger(), nullable=True),
        sa.Column("owner_organisation_name", sa.String(), nullable=False),
        sa.Column("owner_team_id", sa.BigInteger(), nullable=True),
        sa.Column("owner_team_name", sa.String(), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("word_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expected_text", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by_id", sa.BigInteger(), nullable=True),
        sa.Column("opened_by_label", sa.String(), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolution_code", sa.String(), nullable=False),
        sa.Column("form_token", sa.String(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by_label", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint(
            "priority IN ('P0', 'P1', 'P2', 'P3', 'P4')", name=op.f("ck_incident_priority")
        ),
        sa.CheckConstraint("state IN ('open', 'resolved')", name=op.f("ck_incident_state")),
        sa.ForeignKeyConstraint(
            ["member_id", "building_id"],
            ["building.member_id", "building.id"],
            name=op.f("fk_incident_member_id_building_id_building"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "category_id"],
            ["category.member_id", "category.id"],
            name=op.f("fk_incident_member_id_category_id_category"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "owner_organisation_id"],
            ["organisation.member_id", "organisation.id"],
            name=op.f("fk_incident_member_id_owner_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "owner_team_id"],
            ["team.member_id", "team.id"],
            name=op.f("fk_incident_member_id_owner_team_id_team"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "residence_id"],
            ["residence.member_id", "residence.id"],
            name=op.f("fk_incident_member_id_residence_id_residence"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_incident_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        sa.UniqueConstraint(
            "member_id", "form_token", name=op.f("uq_incident_member_id_form_token")
        ),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_incident_member_id_id")),
    )
    op.create_index(
        "ix_incident_newest", "incident", ["member_id", "state", sa.text("id DESC")], unique=False
    )
    op.create_index(
        "uq_incident_open_place",
        "incident",
        ["member_id", "residence_id", "category_id", sa.text("coalesce(building_id, 0)")],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "incident_event",
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_label", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column("form_token", sa.String(), nullable=True),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint(
            "kind IN ('opened', 'news', 'owner', 'attached', 'split', 'warned', 'resolved', 'reopened')",
            name=op.f("ck_incident_event_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "incident_id"],
            ["incident.member_id", "incident.id"],
            name=op.f("fk_incident_event_member_id_incident_id_incident"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["organisation.id"],
            name=op.f("fk_incident_event_member_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_event")),
        sa.UniqueConstraint(
            "member_id", "form_token", name=op.f("uq_incident_event_member_id_form_token")
        ),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_incident_event_member_id_id")),
    )
    op.create_index(
        "ix_incident_event_incident",
        "incident_event",
        ["member_id", "incident_id", "id"],
        unique=False,
    )
    op.create_table(
        "incident_ticket",
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("attached_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attached_by_label", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id", "incident_id"],
            ["incident.member_id", "incident.id"],
            name=op.f("fk_incident_ticket_member_id_incident_id_incident"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "ticket_id"],
            ["ticket.member_id", "ticket.id"],
            name=op.f("fk_incident_ticket_member_id_ticket_id_ticket"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["organisation.id"],
            name=op.f("fk_incident_ticket_member_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_ticket")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_incident_ticket_member_id_id")),
        sa.UniqueConstraint(
            "member_id", "ticket_id", name=op.f("uq_incident_ticket_member_id_ticket_id")
        ),
    )
    op.create_index(
        "ix_incident_ticket_incident",
        "incident_ticket",
        ["member_id", "incident_id", "id"],
        unique=False,
    )
    op.create_table(
        "incident_subscriber",
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_name", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("told_event_id", sa.BigInteger(), nullable=True),
        sa.Column("last_message_id", sa.BigInteger(), nullable=True),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unsubscribed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "answer IN ('', 'fixed', 'not_fixed')", name=op.f("ck_incident_subscriber_answer")
        ),
        sa.CheckConstraint(
            "source IN ('ticket', 'call', 'warning')", name=op.f("ck_incident_subscriber_source")
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "contact_id"],
            ["contact.member_id", "contact.id"],
            name=op.f("fk_incident_subscriber_member_id_contact_id_contact"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "incident_id"],
            ["incident.member_id", "incident.id"],
            name=op.f("fk_incident_subscriber_member_id_incident_id_incident"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "ticket_id"],
            ["ticket.member_id", "ticket.id"],
            name=op.f("fk_incident_subscriber_member_id_ticket_id_ticket"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "told_event_id"],
            ["incident_event.member_id", "incident_event.id"],
            name=op.f("fk_incident_subscriber_member_id_told_event_id_incident_event"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["organisation.id"],
            name=op.f("fk_incident_subscriber_member_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_subscriber")),
        sa.UniqueConstraint("digest", name=op.f("uq_incident_subscriber_digest")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_incident_subscriber_member_id_id")),
    )
    op.create_index(
        "ix_incident_subscriber_contact",
        "incident_subscriber",
        ["member_id", "contact_id"],
        unique=False,
    )
    op.create_index(
        "ix_incident_subscriber_ticket",
        "incident_subscriber",
        ["member_id", "ticket_id"],
        unique=False,
    )
    op.create_index(
        "uq_incident_subscriber_number",
        "incident_subscriber",
        ["member_id", "incident_id", "number"],
        unique=True,
        postgresql_where=sa.text("number <> ''"),
    )
    op.add_column("call", sa.Column("incident_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_call_member_id_incident_id_incident"),
        "call",
        "incident",
        ["member_id", "incident_id"],
        ["member_id", "id"],
    )
    op.create_index(
        "ix_call_incident",
        "call",
        ["member_id", "incident_id"],
        postgresql_where=sa.text("incident_id IS NOT NULL"),
    )
    op.add_column("ticket", sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_ticket_escalated",
        "ticket",
        ["member_id", "due_at", "id"],
        postgresql_where=sa.text("escalated_at IS NOT NULL"),
    )
    op.drop_constraint(op.f("ck_ticket_event_kind"), "ticket_event")
    kinds = ", ".join(f"'{kind}'" for kind in _KINDS)
    op.create_check_constraint(op.f("ck_ticket_event_kind"), "ticket_event", f"kind IN ({kinds})")
    for table in ("incident", "incident_ticket", "incident_subscriber"):
        for statement in raise_wall(table):
            op.execute(statement)
    for statement in raise_wall("incident_event", append_only=True):
        op.execute(statement)
