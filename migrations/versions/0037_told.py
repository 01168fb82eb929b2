"""What nearly every status callback asks for, in one round trip: three come for each message."""

from alembic import op

from migrations.wall import APPLICATION_ROLE

revision: str = "0037"
down_revision: str | None = "0036"
branch_labels = None
depends_on = None

# It runs as its caller, behind the wall as the platform's machinery sees it. Which states a
# status leads on from, and where to, is the caller's to say: the table of transitions is in
# Python alone.
_TOLD = """
CREATE FUNCTION app_message_told(
    told bigint, sid text, status text, at timestamptz, raw jsonb, before text[], after text
) RETURNS boolean
    LANGUAGE plpgsql AS $$
    #variable_conflict use_variable
    DECLARE
        before_members text := coalesce(current_setting('app.member_ids', true), '');
        owner bigint;
    BEGIN
        PERFORM set_config('app.member_ids', array_to_string(app_every_member(), ','), true);
        UPDATE message AS m SET state = after, state_at = at, reason = '', provider_id = sid,
            sent_at = coalesce(m.sent_at, at),
            delivered_at = CASE WHEN after = 'delivered' THEN at ELSE m.delivered_at END
        WHERE m.id = told AND m.state = ANY(before) AND coalesce(m.provider_id, sid) = sid
        RETURNING m.member_id INTO owner;
        IF owner IS NOT NULL THEN
            INSERT INTO message_step (member_id, message_id, state, at, note)
            VALUES (owner, told, after, at, '');
        ELSE
            SELECT m.member_id INTO owner FROM message AS m
            WHERE m.id = told AND m.provider_id = sid AND m.sent_at IS NOT NULL;
        END IF;
        IF owner IS NOT NULL THEN
            INSERT INTO delivery_receipt
                (member_id, message_id, provider_id, status, received_at, raw)
            VALUES (owner, told, sid, status, at, raw) ON CONFLICT DO NOTHING;
        END IF;
        PERFORM set_config('app.member_ids', before_members, true);
        RETURN owner IS NOT NULL;
    END $$
"""
_SIGNATURE = "app_message_told(bigint, text, text, timestamptz, jsonb, text[], text)"


def upgrade() -> None:
    """Apply."""
    op.execute(_TOLD)
    op.execute(f"REVOKE ALL ON FUNCTION {_SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {_SIGNATURE} TO {APPLICATION_ROLE}")


def downgrade() -> None:
    """Undo."""
    op.execute(f"DROP FUNCTION {_SIGNATURE}")
