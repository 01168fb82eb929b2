"""The watch: promises per stage, limits on acceptance, when the tenant last heard something."""

import sqlalchemy as sa
from alembic import op

from migrations.wall import raise_wall

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels = None
depends_on = None

_NEWS = (
    "accepted", "cancelled", "closed", "comment", "held", "incident_joined", "incident_news",
    "reopened", "resolved", "resumed", "visit_cancelled", "visit_moved", "visit_planned",
)  # fmt: skip
_OPEN = "state IN ('open', 'planned', 'on_hold')"


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "service_target",
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("priority", sa.String(), nullable=False),
        sa.Column("category_id", sa.BigInteger(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("calendar_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint(
            "stage IN ('acceptance', 'news', 'first_visit', 'resolution', 'answer')",
            name=op.f("ck_service_target_stage"),
        ),
        sa.CheckConstraint(
            "priority IN ('P0', 'P1', 'P2', 'P3', 'P4')", name=op.f("ck_service_target_priority")
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "category_id"],
            ["category.member_id", "category.id"],
            name=op.f("fk_service_target_member_id_category_id_category"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id", "calendar_id"],
            ["calendar.member_id", "calendar.id"],
            name=op.f("fk_service_target_member_id_calendar_id_calendar"),
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["organisation.id"],
            name=op.f("fk_service_target_member_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_target")),
        sa.UniqueConstraint("member_id", "id", name=op.f("uq_service_target_member_id_id")),
    )
    op.create_index(
        "uq_service_target_place",
        "service_target",
        ["member_id", "stage", "priority", sa.text("coalesce(category_id, 0)")],
        unique=True,
    )
    for name in (
        "unanswered_at",
        "news_at",
        "first_news_at", "news_due_at", "reassured_at", "visit_due_at", "visited_at",
    ):  # fmt: skip
        op.add_column("ticket", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("ticket", sa.Column("moves", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("ticket", "moves", server_default=None)
    # Migrations run as the owner, whom the wall binds: it is lowered for the backfill.
    op.execute("ALTER TABLE ticket NO FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE ticket_event NO FORCE ROW LEVEL SECURITY")
    _tell_former_news()
    op.execute("ALTER TABLE ticket FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE ticket_event FORCE ROW LEVEL SECURITY")
    op.alter_column("ticket", "news_at", nullable=False)
    op.create_index(
        "ix_ticket_news", "ticket", ["member_id", "news_at"], postgresql_where=sa.text(_OPEN)
    )
    op.create_index(
        "ix_ticket_held",
        "ticket",
        ["member_id", "held_since"],
        postgresql_where=sa.text("state = 'on_hold'"),
    )
    op.create_index(
        "ix_ticket_unanswered",
        "ticket",
        ["member_id", "due_at", "id"],
        postgresql_where=sa.text("unanswered_at IS NOT NULL"),
    )
    op.create_index("ix_ticket_opened", "ticket", ["member_id", "opened_at"])
    for name in ("accept_by", "accepted_at"):
        op.add_column("assignment", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_assignment_accept_by",
        "assignment",
        ["accept_by"],
        postgresql_where=sa.text("state = 'offered'"),
    )
    _more_kinds("unanswered", "reassured")
    for statement in raise_wall("service_target"):
        op.execute(statement)
    for event, rows in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
        op.execute(
            f"CREATE TRIGGER routing_stamp_{event.lower()} AFTER {event} ON service_target"
            f" REFERENCING {rows} TABLE AS changed"
            " FOR EACH STATEMENT EXECUTE FUNCTION raise_routing_stamp()"
        )
    op.execute(
        """CREATE FUNCTION note_ticket_news() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE ticket SET news_at = greatest(news_at, NEW.at),
                first_news_at = coalesce(first_news_at, NEW.at)
            WHERE member_id = NEW.member_id AND id = NEW.ticket_id;
            RETURN NULL;
        END $$"""
    )
    op.execute(
        "CREATE TRIGGER ticket_news AFTER INSERT ON ticket_event FOR EACH ROW"
        f" WHEN (NEW.visibility = 'tenant' AND NEW.kind IN ({_listed(_NEWS)}))"
        " EXECUTE FUNCTION note_ticket_news()"
    )


def _tell_former_news() -> None:
    """Work out what tenants were told of the tickets that are there.

    The table is written anew as a whole, with its indexes: an UPDATE of a million rows puts each
    of them into every index one by one, and leaves the table twice as large.
    """
    op.execute("SET LOCAL maintenance_work_mem = '256MB'")
    op.execute(
        "CREATE TEMPORARY TABLE told ON COMMIT DROP AS"  # noqa: S608 - our own words
        " SELECT ticket_id, max(at) AS last, min(at) AS first FROM ticket_event"
        f" WHERE visibility = 'tenant' AND kind IN ({_listed(_NEWS)}) GROUP BY ticket_id"
    )
    op.execute("ALTER TABLE told ADD PRIMARY KEY (ticket_id)")
    for which in ("first", "last"):
        op.execute(
            f"CREATE FUNCTION pg_temp.told_{which}(bigint) RETURNS timestamptz"  # noqa: S608 - our own words
            " LANGUAGE plpgsql STABLE AS"
            f" $$ BEGIN RETURN (SELECT {which} FROM told WHERE ticket_id = $1); END $$"
        )
    op.execute(
        "ALTER TABLE ticket"
        " ALTER news_at TYPE timestamptz USING greatest(opened_at, pg_temp.told_last(id)),"
        " ALTER first_news_at TYPE timestamptz USING pg_temp.told_first(id)"
    )
    for which in ("first", "last"):
        op.execute(f"DROP FUNCTION pg_temp.told_{which}(bigint)")
    op.execute("DROP TABLE told")


def _more_kinds(*words: str) -> None:
    """Let the timeline tell of these, whatever else it may tell by now."""
    name = "ck_ticket_event_kind"
    rule = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": name},
    )
    kinds = sorted({*(rule or "").split("'")[1::2], *words})
    op.drop_constraint(op.f(name), "ticket_event")
    op.create_check_constraint(
        op.f(name), "ticket_event", "kind IN (" + ", ".join(f"'{kind}'" for kind in kinds) + ")"
    )
