"""Who asks, whom they serve and which book each member goes by: one statement at a page's start."""

from alembic import op

from migrations.wall import APPLICATION_ROLE

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels = None
depends_on = None

# It runs as its caller, so that the wall decides what it sees: first the accounts, as at sign-in,
# then the members of the one that was found. The settings are put back as they were at its end
# (a role that is no superuser can't have a function's own SET do that).
_ENTER = """
CREATE FUNCTION app_enter(asked text, today date) RETURNS TABLE (
    id bigint, first_name text, last_name text, role text, member_id bigint,
    organisation_id bigint, locale text, second_factor boolean, member_ids bigint[], served jsonb
)
    LANGUAGE plpgsql AS $$
    #variable_conflict use_column
    DECLARE
        before_members text := coalesce(current_setting('app.member_ids', true), '');
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
        PERFORM set_config(
            'app.member_ids', array_to_string(member_ids || member_id, ','), true);
        SELECT coalesce(jsonb_agg(
            jsonb_build_array(o.id, o.short_name, o.accent_colour, coalesce(s.version, 0))
            ORDER BY o.name), '[]')
        INTO served
        FROM organisation AS o LEFT JOIN routing_stamp AS s ON s.member_id = o.id
        WHERE o.kind = 'landlord';
        PERFORM set_config('app.signing_in', before_signing, true),
            set_config('app.member_ids', before_members, true);
        RETURN NEXT;
    END $$
"""

# An organisation's name stands in the book too. Row by row, as what a ticket's reference counts
# on in the same table must raise nothing; the member itself is only ever renamed.
_NAMED = """
CREATE FUNCTION raise_routing_stamp_of_one() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO routing_stamp (member_id, version)
        VALUES (NEW.member_id, nextval('routing_stamp_version'))
        ON CONFLICT (member_id) DO UPDATE SET version = excluded.version;
        RETURN NULL;
    END $$;
CREATE TRIGGER routing_stamp_insert AFTER INSERT ON organisation
    FOR EACH ROW WHEN (NEW.id <> NEW.member_id) EXECUTE FUNCTION raise_routing_stamp_of_one();
CREATE TRIGGER routing_stamp_update AFTER UPDATE ON organisation
    FOR EACH ROW WHEN ((OLD.name, OLD.kind, OLD.active) IS DISTINCT FROM
        (NEW.name, NEW.kind, NEW.active)) EXECUTE FUNCTION raise_routing_stamp_of_one();
"""


def upgrade() -> None:
    """Apply."""
    op.execute(_NAMED)
    op.execute(_ENTER)
    op.execute("REVOKE ALL ON FUNCTION app_enter(text, date) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION app_enter(text, date) TO {APPLICATION_ROLE}")
