"""The search among the words of tickets, as a function of the database.

For the same reason as the estate's (see ``estate_search``): row-level security makes PostgreSQL
check the wall before LIKE, which is not marked as leakproof, so that the application's role
would read every ticket. The function holds the wall itself, by the setting that the policies
read, and gives numbers of tickets only, the newest first (the oldest first when it looks after
a number): at most ``most`` of them.
"""

APPLICATION_ROLE = "callcenter_app"

# The latest tickets, gone through in order: quick for a word that many of them hold.
NEAR = """
CREATE FUNCTION ticket_search_near(
    condition text, allowed bigint[], before bigint, after bigint, look int, most int
) RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE ROWS 100
    AS $$
DECLARE
    way text := CASE WHEN after IS NULL THEN 'DESC' ELSE 'ASC' END;
BEGIN
    RETURN QUERY EXECUTE format(
        'SELECT id FROM (SELECT id, member_id, words FROM ticket'
        ' WHERE id > coalesce(%L::bigint, 0) AND id < coalesce(%L::bigint, %L::bigint)'
        ' ORDER BY id %s LIMIT %s) AS near'
        ' WHERE member_id = ANY (%L::bigint[]) AND %s ORDER BY id %s LIMIT %s',
        after, before, 9223372036854775807, way, look, allowed, condition, way, most);
END $$
"""

# PostgreSQL does not look at its statistics for LIKE behind a wall: it takes every word for a
# rare one. So the latest thousand tickets say which it is; a rare one asks the trigram index.
SEARCH = r"""
CREATE FUNCTION ticket_search(
    searched text[], members bigint[], before bigint, after bigint, most int
) RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100 SET search_path = public, pg_temp
    AS $$
DECLARE
    allowed bigint[] := ARRAY(SELECT unnest(members) INTERSECT SELECT unnest(app_member_ids()));
    condition text := (SELECT string_agg(format('words LIKE %L', '%' || replace(replace(replace(
        word, '\', '\\'), '%', '\%'), '_', '\_') || '%'), ' AND ') FROM unnest(searched) AS word);
    found bigint[];
BEGIN
    IF condition IS NULL THEN RETURN; END IF;
    IF (SELECT count(*) FROM ticket_search_near(condition, allowed, before, after, 1000, 10)) = 10
    THEN
        found := ARRAY(SELECT * FROM
            ticket_search_near(condition, allowed, before, after, 100000, most));
        IF cardinality(found) = most THEN
            RETURN QUERY SELECT unnest(found);
            RETURN;
        END IF;
    END IF;
    RETURN QUERY EXECUTE format(
        'SELECT id FROM ticket WHERE member_id = ANY (%L::bigint[]) AND %s'
        ' AND (%L::bigint IS NULL OR id < %L::bigint) AND (%L::bigint IS NULL OR id > %L::bigint)'
        ' ORDER BY id %s LIMIT %s',
        allowed, condition, before, before, after, after,
        CASE WHEN after IS NULL THEN 'DESC' ELSE 'ASC' END, most);
END $$
"""


def make_searchable() -> list[str]:
    """Return the SQL that makes the search; the table of tickets exists already."""
    near = "ticket_search_near(text, bigint[], bigint, bigint, int, int)"
    function = "ticket_search(text[], bigint[], bigint, bigint, int)"
    return [
        NEAR,
        f"REVOKE ALL ON FUNCTION {near} FROM PUBLIC",
        SEARCH,
        f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION {function} TO {APPLICATION_ROLE}",
        # The table is FORCEd: without a policy of its own its owner would find nothing.
        "CREATE POLICY owner_searches ON ticket FOR SELECT TO CURRENT_USER USING (true)",
    ]
