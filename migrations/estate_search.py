"""The estate's search, as functions of the database.

Why functions of the owner (SECURITY DEFINER): row-level security makes PostgreSQL check the
wall before any operator that could leak a row through an error message, and the trigram
operators are not marked as leakproof. Asked for by the application's role, a search would
read every row of every member; here it uses the index, and holds the wall itself: every
branch is limited to ``app_member_ids()``, the same setting that the policies read. The
functions give back numbers of rows only; what a person reads is then loaded under the policies.
"""

APPLICATION_ROLE = "callcenter_app"

# The same folding as estate.importing.normalise.search_key, for whole tables at once.
FOLD = r"""
CREATE FUNCTION estate_fold(value text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT btrim(regexp_replace(regexp_replace(
        lower(public.unaccent(normalize(coalesce(value, ''), NFC))),
        '(\w)\?(\w)', '\1\2', 'g'), '[^a-z0-9]+', ' ', 'g')) $$
"""

# One term is alternatives joined by "|", already folded: only a-z, 0-9. A short number is a
# whole word ("12" is not "120"); digits of four or more may stand anywhere (the end of a
# dwelling's number); anything else begins a word.
CONDITION = r"""
CREATE FUNCTION estate_search_condition(terms text[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT string_agg('(' || either || ')', ' AND ') FROM (
        SELECT (SELECT string_agg(format('search LIKE %L', CASE
                WHEN word ~ '^\d{1,3}$' THEN '% ' || word || ' %'
                WHEN word ~ '\d{4}' THEN '%' || word || '%'
                ELSE '% ' || word || '%' END), ' OR ')
            FROM regexp_split_to_table(term, '\|') AS word) AS either
        FROM unnest(terms) AS term) AS parts $$
"""

# Whole words first, then words that stand early in the text: names stand before places.
# At most a thousand candidates are ranked: a word that common needs a second one.
ONE_TABLE = """
CREATE FUNCTION estate_search_table(source regclass, terms text[], members bigint[], most int)
    RETURNS TABLE (id bigint, score real)
    LANGUAGE plpgsql STABLE
    AS $$ BEGIN RETURN QUERY EXECUTE format(
        'SELECT id, (SELECT sum(CASE WHEN position('' '' || word || '' '' in search) > 0'
        ' THEN 1000 ELSE 0 END - position('' '' || word in search))'
        ' FROM regexp_split_to_table(%L, ''[|,]'') AS word)::real AS score'
        ' FROM (SELECT id, search FROM %s WHERE member_id = ANY (%L::bigint[]) AND %s LIMIT 1000)'
        ' AS candidates ORDER BY score DESC, id LIMIT %s',
        array_to_string(terms, ','), source, members,
        public.estate_search_condition(terms), most); END $$
"""

SEARCH = """
CREATE FUNCTION estate_search(terms text[], first_member bigint, members bigint[], most int)
    RETURNS TABLE (kind text, id bigint, first boolean, score real)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    allowed bigint[] := ARRAY(SELECT unnest(members) INTERSECT SELECT unnest(app_member_ids()));
    others bigint[] := array_remove(allowed, first_member);
    source regclass;
BEGIN
    IF coalesce(array_length(terms, 1), 0) = 0 THEN RETURN; END IF;
    FOREACH source IN ARRAY ARRAY['contact', 'dwelling', 'residence']::regclass[] LOOP
        IF first_member = ANY (allowed) THEN
            RETURN QUERY SELECT source::text, found.id, true, found.score
                FROM estate_search_table(source, terms, ARRAY[first_member], most) AS found;
        END IF;
        IF array_length(others, 1) > 0 THEN
            RETURN QUERY SELECT source::text, found.id, false, found.score
                FROM estate_search_table(source, terms, others, most) AS found;
        END IF;
    END LOOP;
END $$
"""

# The words of the members' estates that look a little like a mistyped one: two letters that
# changed places leave few trigrams alike. The program chooses among them by edits.
NEAR_WORDS = """
CREATE FUNCTION estate_near_words(term text, members bigint[], most int)
    RETURNS TABLE (word text, nearness real)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ BEGIN
    PERFORM set_config('pg_trgm.similarity_threshold', '0.2', true);
    RETURN QUERY SELECT w.word::text, max(similarity(w.word, term)) FROM search_word AS w
        WHERE w.word % term AND w.member_id = ANY (members)
            AND w.member_id = ANY (app_member_ids())
        GROUP BY w.word ORDER BY 2 DESC, 1 LIMIT most;
END $$
"""

# Trigram indexes gather new entries in a list that every search must read, until it is sorted
# in; only the index's owner may do so at once. Gathering makes an import ten times quicker.
SETTLE = """
CREATE FUNCTION estate_settle_search() RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT gin_clean_pending_list(name::regclass) FROM unnest(ARRAY['ix_contact_search',
        'ix_dwelling_search', 'ix_residence_search', 'ix_search_word_near']) AS name $$
"""

SEARCHED = ("contact", "dwelling", "residence", "search_word")


def make_searchable() -> list[str]:
    """Return the SQL that makes the estate's search; the searched tables exist already."""
    statements = [FOLD, CONDITION, ONE_TABLE, SEARCH, NEAR_WORDS, SETTLE]
    for function in (
        "estate_search(text[], bigint, bigint[], int)",
        "estate_near_words(text, bigint[], int)",
        "estate_settle_search()",
    ):
        statements += [
            f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC",
            f"GRANT EXECUTE ON FUNCTION {function} TO {APPLICATION_ROLE}",
        ]
    # The tables are FORCEd: without a policy of its own their owner would find nothing.
    statements += [
        f"CREATE POLICY owner_searches ON {table} FOR SELECT TO CURRENT_USER USING (true)"
        for table in SEARCHED
    ]
    return statements
