"""Follow-ups as data, versions of templates, bulletins, satisfaction, unread answers."""

import sqlalchemy as sa
from alembic import op

from migrations.wall import raise_wall

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels = None
depends_on = None

_KINDS = (
    "opened", "handed_over", "offered", "accepted", "refused", "withdrawn", "assigned",
    "visit_planned", "visit_moved", "visit_cancelled", "visit_answered", "comment", "held",
    "resumed", "resolved", "reopened", "closed", "cancelled", "chase", "tenant_word",
    "tenant_confirmed", "tenant_denied", "tenant_opted_out", "tenant_corrected", "rated",
    "link_revoked", "link_renewed", "escalated", "incident_joined", "incident_left",
    "incident_news",
)  # fmt: skip


def _owned(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f(f"fk_{table}_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("member_id", "id", name=op.f(f"uq_{table}_member_id_id")),
    ]


def _behind_wall(
    table: str, column: str, to: str, ondelete: str | None = None
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["member_id", column],
        [f"{to}.member_id", f"{to}.id"],
        name=op.f(f"fk_{table}_member_id_{column}_{to}"),
        ondelete=ondelete,
    )


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "follow_up",
        sa.Column("trigger", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("delay_minutes", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("delay_minutes BETWEEN 0 AND 10080", name=op.f("ck_follow_up_delay")),
        sa.UniqueConstraint("member_id", "trigger", name=op.f("uq_follow_up_member_id_trigger")),
        *_owned("follow_up"),
    )
    op.create_table(
        "follow_up_policy",
        sa.Column("max_per_day", sa.BigInteger(), nullable=False),
        sa.Column("reminder_hour", sa.BigInteger(), nullable=False),
        sa.Column("warn_hours", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "max_per_day BETWEEN 1 AND 20", name=op.f("ck_follow_up_policy_max_per_day")
        ),
        sa.CheckConstraint(
            "reminder_hour BETWEEN 0 AND 23", name=op.f("ck_follow_up_policy_reminder_hour")
        ),
        sa.CheckConstraint(
            "warn_hours BETWEEN 1 AND 72", name=op.f("ck_follow_up_policy_warn_hours")
        ),
        sa.UniqueConstraint("member_id", name=op.f("uq_follow_up_policy_member_id")),
        *_owned("follow_up_policy"),
    )
    op.create_table(
        "template_version",
        sa.Column("template_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("author_label", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _behind_wall("template_version", "template_id", "message_template", "CASCADE"),
        sa.UniqueConstraint(
            "member_id",
            "template_id",
            "number",
            name=op.f("uq_template_version_member_id_template_id_number"),
        ),
        *_owned("template_version"),
    )
    op.create_table(
        "bulletin",
        sa.Column("residence_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("body_en", sa.String(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("recipients", sa.BigInteger(), nullable=False),
        sa.Column("unreachable", sa.BigInteger(), nullable=False),
        sa.Column("author_label", sa.String(), nullable=False),
        sa.Column("form_token", sa.String(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _behind_wall("bulletin", "residence_id", "residence"),
        sa.UniqueConstraint(
            "member_id", "form_token", name=op.f("uq_bulletin_member_id_form_token")
        ),
        *_owned("bulletin"),
    )
    op.create_index("ix_bulletin_newest", "bulletin", ["member_id", sa.text("id DESC")])
    op.create_table(
        "satisfaction",
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=True),
        sa.Column("organisation_name", sa.String(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name=op.f("ck_satisfaction_score")),
        _behind_wall("satisfaction", "ticket_id", "ticket", "CASCADE"),
        _behind_wall("satisfaction", "organisation_id", "organisation"),
        sa.UniqueConstraint(
            "member_id", "ticket_id", name=op.f("uq_satisfaction_member_id_ticket_id")
        ),
        *_owned("satisfaction"),
    )
    op.create_index("ix_satisfaction_newest", "satisfaction", ["member_id", sa.text("at DESC")])
    _message_and_ticket()
    _keep_what_was_set()
    for table in ("follow_up", "follow_up_policy", "bulletin", "satisfaction"):
        for statement in raise_wall(table):
            op.execute(statement)
    for statement in raise_wall("template_version", append_only=True):
        op.execute(statement)


def _message_and_ticket() -> None:
    op.add_column("message", sa.Column("visit_id", sa.BigInteger(), nullable=True))
    op.add_column("message", sa.Column("bulletin_id", sa.BigInteger(), nullable=True))
    for column, to in (("visit_id", "visit"), ("bulletin_id", "bulletin")):
        op.create_foreign_key(
            op.f(f"fk_message_member_id_{column}_{to}"),
            "message",
            to,
            ["member_id", column],
            ["member_id", "id"],
        )
    op.create_index(
        "ix_message_bulletin",
        "message",
        ["member_id", "bulletin_id", "state"],
        postgresql_where=sa.text("bulletin_id IS NOT NULL"),
    )
    op.add_column("ticket", sa.Column("tenant_wrote_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_ticket_tenant_wrote",
        "ticket",
        ["member_id", "tenant_wrote_at", "id"],
        postgresql_where=sa.text("tenant_wrote_at IS NOT NULL"),
    )
    op.drop_constraint(op.f("ck_ticket_event_kind"), "ticket_event")
    kinds = ", ".join(f"'{kind}'" for kind in _KINDS)
    op.create_check_constraint(op.f("ck_ticket_event_kind"), "ticket_event", f"kind IN ({kinds})")


def _keep_what_was_set() -> None:
    """A template that was switched off becomes a follow-up that is; words become version 1.

    The owner sees no row behind a forced wall: it is let in for as long as it copies.
    """
    op.execute("ALTER TABLE message_template NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "INSERT INTO follow_up (member_id, trigger, active, delay_minutes)"
        " SELECT member_id, trigger, bool_or(active), 0 FROM message_template"
        " GROUP BY member_id, trigger HAVING NOT bool_or(active)"
    )
    op.execute(
        "INSERT INTO template_version"
        " (member_id, template_id, number, body, author_label, created_at)"
        " SELECT member_id, id, version, body, '', now() FROM message_template"
    )
    op.drop_column("message_template", "active")
    op.execute("ALTER TABLE message_template FORCE ROW LEVEL SECURITY")
