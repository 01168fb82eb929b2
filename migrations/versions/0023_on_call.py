"""On-call: rotas, people, shifts, pages with everybody asked, the morning's hand-over."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.wall import raise_wall

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels = None
depends_on = None

_TABLES = (
    "on_call_rota",
    "on_call_person",
    "on_call_shift",
    "on_call_page",
    "on_call_attempt",
    "on_call_handover",
    "on_call_gap",
)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _text(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.String(), nullable=False)


def _own(table: str) -> list[sa.schema.SchemaItem]:
    """What every table of a member has: its owner, its number, the key that others point at."""
    return [
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["organisation.id"], name=op.f(f"fk_{table}_member_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("member_id", "id", name=op.f(f"uq_{table}_member_id_id")),
    ]


def _to(table: str, column: str, other: str, ondelete: str | None = None) -> sa.schema.SchemaItem:
    return sa.ForeignKeyConstraint(
        ["member_id", column],
        [f"{other}.member_id", f"{other}.id"],
        name=op.f(f"fk_{table}_member_id_{column}_{other}"),
        ondelete=ondelete,
    )


def upgrade() -> None:
    """Apply."""
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    _rotas()
    _pages()
    _mornings()
    for table in _TABLES:
        for statement in raise_wall(table):
            op.execute(statement)
    _kinds()


def _rotas() -> None:
    op.create_table(
        "on_call_rota",
        _text("name"),
        sa.Column("category_codes", postgresql.JSONB(), nullable=False),
        sa.Column("equipment", postgresql.JSONB(), nullable=False),
        _number("acknowledge_minutes"),
        _text("when_contract"),
        _text("instructions"),
        sa.Column("active", sa.Boolean(), nullable=False),
        _number("version"),
        *_own("on_call_rota"),
        sa.CheckConstraint(
            "when_contract IN ('at_once', 'if_silent')", name=op.f("ck_on_call_rota_when_contract")
        ),
        sa.CheckConstraint(
            "acknowledge_minutes > 0", name=op.f("ck_on_call_rota_acknowledge_minutes")
        ),
        sa.UniqueConstraint("member_id", "name", name=op.f("uq_on_call_rota_member_id_name")),
    )
    op.create_table(
        "on_call_person",
        _number("on_call_rota_id"),
        _number("position"),
        _number("user_id", nullable=True),
        _text("name"),
        _text("firm"),
        _text("number"),
        sa.Column("active", sa.Boolean(), nullable=False),
        *_own("on_call_person"),
        _to("on_call_person", "on_call_rota_id", "on_call_rota", "CASCADE"),
        _to("on_call_person", "user_id", "user_account"),
    )
    op.create_index(
        "ix_on_call_person_rota", "on_call_person", ["member_id", "on_call_rota_id", "position"]
    )
    op.create_table(
        "on_call_shift",
        _number("on_call_rota_id"),
        _number("on_call_person_id"),
        _instant("starts_at"),
        _instant("ends_at"),
        _text("replaced_name"),
        _instant("created_at"),
        *_own("on_call_shift"),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_on_call_shift_forward")),
        _to("on_call_shift", "on_call_rota_id", "on_call_rota", "CASCADE"),
        _to("on_call_shift", "on_call_person_id", "on_call_person"),
    )
    op.create_index(
        "ix_on_call_shift_rota", "on_call_shift", ["member_id", "on_call_rota_id", "ends_at"]
    )
    op.execute(
        "ALTER TABLE on_call_shift ADD CONSTRAINT ex_on_call_shift_one_at_a_time"
        " EXCLUDE USING gist (member_id WITH =, on_call_rota_id WITH =,"
        " tstzrange(starts_at, ends_at) WITH &&)"
        " DEFERRABLE INITIALLY IMMEDIATE"
    )


def _pages() -> None:
    op.create_table(
        "on_call_page",
        _number("on_call_rota_id", nullable=True),
        _number("ticket_id", nullable=True),
        _number("call_id", nullable=True),
        _text("title"),
        _text("place"),
        _text("caller_number"),
        _text("state"),
        _instant("state_at"),
        _instant("next_at", nullable=True),
        _number("turns"),
        _text("acknowledged_by"),
        _instant("acknowledged_at", nullable=True),
        _instant("arrived_at", nullable=True),
        _instant("done_at", nullable=True),
        _text("note"),
        _instant("created_at"),
        *_own("on_call_page"),
        sa.CheckConstraint(
            "state IN ('calling', 'escalated', 'acknowledged', 'done', 'stood_down')",
            name=op.f("ck_on_call_page_state"),
        ),
        _to("on_call_page", "on_call_rota_id", "on_call_rota"),
        _to("on_call_page", "ticket_id", "ticket", "CASCADE"),
        _to("on_call_page", "call_id", "call", "CASCADE"),
    )
    op.create_index(
        "uq_on_call_page_ticket",
        "on_call_page",
        ["member_id", "ticket_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('calling', 'escalated', 'acknowledged')"),
    )
    op.create_index(
        "uq_on_call_page_call",
        "on_call_page",
        ["member_id", "call_id"],
        unique=True,
        postgresql_where=sa.text("call_id IS NOT NULL"),
    )
    op.create_index(
        "ix_on_call_page_due",
        "on_call_page",
        ["next_at"],
        postgresql_where=sa.text("state = 'calling'"),
    )
    op.create_index("ix_on_call_page_created", "on_call_page", ["member_id", "created_at"])
    op.create_table(
        "on_call_attempt",
        _number("on_call_page_id"),
        _number("turn"),
        _text("role"),
        _number("on_call_person_id", nullable=True),
        _text("name"),
        _text("number"),
        _text("state"),
        _instant("state_at"),
        _instant("asked_at"),
        _instant("answer_by"),
        _number("message_id", nullable=True),
        _text("nonce"),
        _text("digest"),
        _instant("opened_at", nullable=True),
        _text("reason"),
        *_own("on_call_attempt"),
        sa.CheckConstraint(
            "role IN ('duty', 'next', 'supervisor')", name=op.f("ck_on_call_attempt_role")
        ),
        sa.CheckConstraint(
            "state IN ('asked', 'acknowledged', 'declined', 'silent', 'failed', 'spared')",
            name=op.f("ck_on_call_attempt_state"),
        ),
        _to("on_call_attempt", "on_call_page_id", "on_call_page", "CASCADE"),
        _to("on_call_attempt", "on_call_person_id", "on_call_person"),
        _to("on_call_attempt", "message_id", "message"),
        sa.UniqueConstraint(
            "member_id",
            "on_call_page_id",
            "turn",
            name=op.f("uq_on_call_attempt_member_id_on_call_page_id_turn"),
        ),
        sa.UniqueConstraint("digest", name=op.f("uq_on_call_attempt_digest")),
    )
    op.create_index("ix_on_call_attempt_message", "on_call_attempt", ["message_id"])


def _mornings() -> None:
    op.create_table(
        "on_call_handover",
        sa.Column("night", sa.Date(), nullable=False),
        _instant("taken_at"),
        _number("taken_by_id", nullable=True),
        _text("taken_by_label"),
        _text("note"),
        *_own("on_call_handover"),
        sa.UniqueConstraint("member_id", "night", name=op.f("uq_on_call_handover_member_id_night")),
    )
    op.create_table(
        "on_call_gap",
        _number("on_call_rota_id"),
        _instant("starts_at"),
        _instant("ends_at"),
        _instant("told_at"),
        *_own("on_call_gap"),
        _to("on_call_gap", "on_call_rota_id", "on_call_rota", "CASCADE"),
        sa.UniqueConstraint(
            "member_id",
            "on_call_rota_id",
            "starts_at",
            name=op.f("uq_on_call_gap_member_id_on_call_rota_id_starts_at"),
        ),
    )


def _kinds() -> None:
    """Let the timeline and the e-mails tell of on-call, whatever else they may tell by now."""
    for table, word in (("ticket_event", "on_call"), ("email_message", "on_call_gap")):
        name = f"ck_{table}_kind"
        rule = op.get_bind().scalar(
            sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
            {"name": name},
        )
        kinds = sorted({*_words(rule or ""), word})
        listed = ", ".join(f"'{kind}'" for kind in kinds)
        op.drop_constraint(op.f(name), table)
        op.create_check_constraint(op.f(name), table, f"kind IN ({listed})")


def _words(rule: str) -> list[str]:
    """Return the quoted words of a CHECK as PostgreSQL writes it."""
    return rule.split("'")[1::2]
