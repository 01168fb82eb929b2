"""Who asks is told by the statement that begins a page's transaction, and holds to its end."""

from alembic import op

revision: str = "0043"
down_revision: str | None = "0042"
branch_labels = None
depends_on = None

# As in 0022, but for its end: what it has found is the scope of the transaction that asks.
# Alone, in no transaction of anybody's, that ends with the statement.
_ENTER = """
CREATE OR REPLACE FUNCTION app_enter(asked text, today date) RETURNS TABLE (
    id bigint, first_name text, last_name text, role text, member_id bigint,
    organisation_id bigint, locale text, second_factor boolean, member_ids bigint[], served jsonb
)
    LANGUAGE plpgsql AS $$
    #variable_conflict use_column
    DECLARE
        before_signing text := coalesce(current_setting('app.signing_in', true), '');
    BEGIN
        PERFORM set_config('app.signing_in', 'on', true);
        SELECT u.id, u.first_name, u.last_name, u.role, u.member_id, u.organisation_id, u.locale,
            u.tf_primary_method IS NOT NULL AND u.tf_totp_secret IS NOT NULL
        INTO id, first_name, last_name, role, member_id, organisation_id, locale, second_factor
        FROM user_account AS u WHERE u.fs_uniquifier = asked AND u.active;
        IF NOT FOUND THEN
            PERFORM set_config('app.signing_in', before_signing, true);
            RETURN;
        END IF;
        IF role = 'administrator' THEN
            PERFORM set_config('app.member_ids', array_to_string(app_every_member(), ','), true);
            SELECT coalesce(array_agg(o.id), '{}') INTO member_ids
            FROM organisation AS o WHERE o.kind = 'landlord';
        ELSIF role IN ('agent', 'supervisor') THEN
            SELECT coalesce(array_agg(m.member_id), '{}') INTO member_ids FROM mandate AS m
            WHERE m.user_id = app_enter.id AND m.starts_on <= today
                AND (m.ends_on IS NULL OR m.ends_on >= today);
        ELSE
            member_ids := ARRAY[member_id];
        END IF;
        PERFORM
            set_config('app.signing_in', before_signing, true),
            set_config('app.member_ids', array_to_string(member_ids || member_id, ','), true),
            set_config('app.user_id', id::text, true),
            set_config('plan_cache_mode', 'force_generic_plan', true);
        SELECT coalesce(jsonb_agg(
            jsonb_build_array(o.id, o.short_name, o.accent_colour, coalesce(s.version, 0))
            ORDER BY o.name), '[]')
        INTO served
        FROM organisation AS o LEFT JOIN routing_stamp AS s ON s.member_id = o.id
        WHERE o.kind = 'landlord';
        RETURN NEXT;
    END $$
"""


def upgrade() -> None:
    """Apply."""
    op.execute(_ENTER)
