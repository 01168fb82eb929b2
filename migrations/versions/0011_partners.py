"""Links of organisations without accounts, photographs of tickets."""

import sqlalchemy as sa
from alembic import op

from migrations.wall import raise_wall

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "partner_link",
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("assignment_id", sa.BigInteger(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("sent_to", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id", "ticket_id"],
            ["ticket.member_id", "ticket.id"],
            name=op.f("fk_partner_link_member_id_ticket_id_ticket"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "assignment_id"],
            ["assignment.member_id", "assignment.id"],
            name=op.f("fk_partner_link_member_id_assignment_id_assignment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_partner_link_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_link")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_partner_link_member_id_id")),
        sa.UniqueConstraint("digest", name=op.f("uq_partner_link_digest")),
    )
    op.create_index(
        "ix_partner_link_ticket", "partner_link", ["member_id", "ticket_id"], unique=False
    )
    op.create_table(
        "photo",
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=True),
        sa.Column("author_label", sa.String(), nullable=False),
        sa.Column("width", sa.BigInteger(), nullable=False),
        sa.Column("height", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("form_token", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id", "ticket_id"],
            ["ticket.member_id", "ticket.id"],
            name=op.f("fk_photo_member_id_ticket_id_ticket"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f("fk_photo_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_photo_member_id_id")),
        sa.UniqueConstraint("member_id", "form_token", name=op.f("uq_photo_member_id_form_token")),
    )
    op.create_index("ix_photo_ticket", "photo", ["member_id", "ticket_id", "id"], unique=False)
    for statement in (*raise_wall("partner_link"), *raise_wall("photo")):
        op.execute(statement)
