"""Lines raise the member's stamp, so that desks keep them; the badges' counts read an index alone."""

from alembic import op

revision: str = "0033"
down_revision: str | None = "0032"
branch_labels = None
depends_on = None

_WORDS = "name, short_name, accent_colour, phone, kind, active, answers_at_night"


def upgrade() -> None:
    """Apply."""
    for event, rows in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
        op.execute(
            f"CREATE TRIGGER routing_stamp_{event.lower()} AFTER {event} ON phone_line"
            f" REFERENCING {rows} TABLE AS changed"
            " FOR EACH STATEMENT EXECUTE FUNCTION raise_routing_stamp()"
        )
    old, new = (", ".join(f"{row}.{name}" for name in _WORDS.split(", ")) for row in ("OLD", "NEW"))
    op.execute("DROP TRIGGER routing_stamp_update ON organisation")
    op.execute(
        "CREATE TRIGGER routing_stamp_update AFTER UPDATE ON organisation"
        f" FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new}))"
        " EXECUTE FUNCTION raise_routing_stamp_of_one()"
    )
    # Triage is what is open and nobody's: closed ones stood in this index too, and the planner
    # went through all of both to count a hundred.
    open_states = "state IN ('open', 'planned', 'on_hold')"
    op.execute("DROP INDEX ix_ticket_triage")
    op.execute(
        "CREATE INDEX ix_ticket_triage ON ticket (member_id, due_at, id)"
        f" WHERE needs_triage AND {open_states}"
    )
    # What "today" and "mine" gather is read from the index, without a visit to each ticket.
    op.execute("DROP INDEX ix_ticket_due")
    op.execute(
        "CREATE INDEX ix_ticket_due ON ticket (due_at, id) INCLUDE (member_id, state)"
        f" WHERE {open_states}"
    )
    op.execute("DROP INDEX ix_ticket_opened_by")
    op.execute(
        "CREATE INDEX ix_ticket_opened_by ON ticket (opened_by_id, id) INCLUDE (member_id)"
        f" WHERE {open_states}"
    )
