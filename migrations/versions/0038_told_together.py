"""Several requests of one person are told in one SMS."""

import sqlalchemy as sa
from alembic import op

revision: str = "0038"
down_revision: str | None = "0037"
branch_labels = None
depends_on = None

_WORDS = (
    ("fr", "{membre} : des nouvelles de vos demandes. {suites}"),
    ("en", "{membre}: news of your requests. {suites}"),
)


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "message", sa.Column("brief", sa.String(), nullable=False, server_default=sa.text("''"))
    )
    op.add_column("message", sa.Column("told_in_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_message_member_id_told_in_id_message"),
        "message",
        "message",
        ["member_id", "told_in_id"],
        ["member_id", "id"],
    )
    op.create_index(
        "ix_message_told_in",
        "message",
        ["member_id", "told_in_id"],
        postgresql_where=sa.text("told_in_id IS NOT NULL"),
    )
    # The owner sees no row behind a forced wall: it is let in for as long as it copies.
    for table in ("message_template", "template_version"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for language, words in _WORDS:
        op.execute(
            sa.text(
                "WITH made AS (INSERT INTO message_template (member_id, trigger, language, body,"
                " version) SELECT DISTINCT member_id, 'several', :language, :words, 1"
                " FROM message_template WHERE language = :language RETURNING id, member_id)"
                " INSERT INTO template_version (member_id, template_id, number, body,"
                " author_label, created_at) SELECT member_id, id, 1, :words, '', now() FROM made"
            ).bindparams(language=language, words=words)
        )
    for table in ("message_template", "template_version"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
