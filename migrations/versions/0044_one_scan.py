"""The estate's search reads each table once for the line's member and the others."""

from alembic import op

revision: str = "0044"
down_revision: str | None = "0043"
branch_labels = None
depends_on = None

# Whole words first, then words that stand early in the text: names stand before places. At most
# a thousand candidates are ranked: a word that common needs a second one. Where there are so
# many, those of the line's member are looked for by themselves, not to be lost among the others'.
_ONE_TABLE = r"""
CREATE FUNCTION estate_search_table(
    source regclass, terms text[], first_member bigint, members bigint[], most int
)
    RETURNS TABLE (id bigint, first boolean, score real)
    LANGUAGE plpgsql STABLE
    AS $$
    #variable_conflict use_column
    DECLARE
        condition text := public.estate_search_condition(terms);
        ranked text := format(
            'SELECT id, first, score FROM (SELECT id, first, score, row_number() OVER'
            ' (PARTITION BY first ORDER BY score DESC, id) AS place FROM candidates, LATERAL'
            ' (SELECT sum(CASE WHEN position('' '' || word || '' '' in search) > 0'
            ' THEN 1000 ELSE 0 END - position('' '' || word in search))::real AS score'
            ' FROM unnest(regexp_split_to_array(%L, ''[|,]'')) AS word) AS scored) AS placed'
            ' WHERE place <= %s', array_to_string(terms, ','), most);
        too_many boolean := false;
    BEGIN
        FOR id, first, score IN EXECUTE format(
            'WITH candidates AS MATERIALIZED (SELECT id, member_id = %L AS first, search FROM %s'
            ' WHERE member_id = ANY (%L::bigint[]) AND %s LIMIT 1000),'
            ' counted AS (SELECT count(*) >= 1000 AS too_many FROM candidates)'
            ' SELECT NULL, NULL, NULL FROM counted WHERE too_many'
            ' UNION ALL %s AND NOT (SELECT too_many FROM counted)',
            coalesce(first_member, 0), source, members, condition, ranked)
        LOOP
            too_many := id IS NULL;
            EXIT WHEN too_many;
            RETURN NEXT;
        END LOOP;
        IF too_many THEN
            RETURN QUERY EXECUTE format(
                'WITH candidates AS ((SELECT id, true AS first, search FROM %1$s'
                ' WHERE member_id = %2$L AND member_id = ANY (%3$L::bigint[]) AND %4$s LIMIT 1000)'
                ' UNION ALL (SELECT id, false, search FROM %1$s'
                ' WHERE member_id <> %2$L AND member_id = ANY (%3$L::bigint[]) AND %4$s LIMIT 1000)'
                ') %5$s',
                source, coalesce(first_member, 0), members, condition, ranked);
        END IF;
    END $$
"""

_SEARCH = """
CREATE OR REPLACE FUNCTION estate_search(
    terms text[], first_member bigint, members bigint[], most int
)
    RETURNS TABLE (kind text, id bigint, first boolean, score real)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    allowed bigint[] := ARRAY(SELECT unnest(members) INTERSECT SELECT unnest(app_member_ids()));
    source regclass;
BEGIN
    IF coalesce(array_length(terms, 1), 0) = 0 OR allowed = '{}' THEN RETURN; END IF;
    FOREACH source IN ARRAY ARRAY['contact', 'dwelling', 'residence']::regclass[] LOOP
        RETURN QUERY SELECT source::text, found.id, found.first, found.score
            FROM estate_search_table(source, terms, first_member, allowed, most) AS found;
    END LOOP;
END $$
"""


def upgrade() -> None:
    """Apply."""
    op.execute(_ONE_TABLE)
    op.execute(_SEARCH)
    op.execute("DROP FUNCTION estate_search_table(regclass, text[], bigint[], int)")
