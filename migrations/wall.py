"""The wall between members, for migrations to put around each new table.

Facts that shaped it: a table's owner bypasses policies unless they are FORCEd; a setting
that ended with its transaction reads as '' and not as NULL; a sub-select around the function
makes PostgreSQL evaluate it once per statement, so that indexes on ``member_id`` still serve.
"""

APPLICATION_ROLE = "callcenter_app"

FUNCTIONS = """
CREATE FUNCTION app_member_ids() RETURNS bigint[]
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT coalesce(
        string_to_array(NULLIF(current_setting('app.member_ids', true), ''), ',')::bigint[],
        '{}') $$;
CREATE FUNCTION app_user_id() RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT NULLIF(current_setting('app.user_id', true), '')::bigint $$;
CREATE FUNCTION app_signing_in() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT coalesce(current_setting('app.signing_in', true), '') = 'on' $$;
"""

# SECURITY DEFINER and plpgsql: runs as the owner, who needs a policy of its own because the
# table is FORCEd; made before the organisations' table exists.
EVERY_MEMBER = """
CREATE FUNCTION app_every_member() RETURNS bigint[]
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public
    AS $$ BEGIN RETURN (SELECT array_agg(id) FROM organisation
        WHERE kind IN ('platform', 'landlord')); END $$;
REVOKE ALL ON FUNCTION app_every_member() FROM PUBLIC;
"""

OWN = "member_id = ANY ((SELECT app_member_ids())::bigint[])"


def raise_wall(
    table: str, *, also_visible: str = "", also_writable: str = "", append_only: bool = False
) -> list[str]:
    """Return the SQL that puts ``table`` behind the wall.

    ``also_visible`` / ``also_writable`` widen reading or writing by a condition (an account
    reads itself); ``append_only`` leaves the application without UPDATE and DELETE.
    """
    using = f"{OWN} OR {also_visible}" if also_visible else OWN
    check = f"{OWN} OR {also_writable}" if also_writable else OWN
    rights = "SELECT, INSERT" if append_only else "SELECT, INSERT, UPDATE, DELETE"
    return [
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
        f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
        (
            f'CREATE POLICY member_wall ON "{table}" TO {APPLICATION_ROLE}'
            f" USING ({using}) WITH CHECK ({check})"
        ),
        f'GRANT {rights} ON "{table}" TO {APPLICATION_ROLE}',
    ]
