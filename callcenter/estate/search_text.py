"""Keeping the folded text that the search compares, and the words that correct typos.

The text is denormalised: a person's holds the names and present addresses, a home's its
number, address and residence. Whoever writes names, places or occupancies calls
``refresh_search`` in the same transaction: set-based, it rewrites only what differs.
"""

from collections.abc import Collection

from sqlalchemy import text

from callcenter.core import clock
from callcenter.core.db import db

_CONTACTS = """
WITH place AS MATERIALIZED (
    SELECT d.id, estate_fold(concat_ws(' ', d.street, r.name, d.postcode, d.city, d.number))
        AS text
    FROM dwelling AS d JOIN residence AS r ON r.id = d.residence_id AND r.member_id = :member
    WHERE d.member_id = :member {places}
), home AS MATERIALIZED (
    SELECT o.contact_id, string_agg(DISTINCT estate_fold(o.lease_number), ' ') AS leases,
        string_agg(DISTINCT place.text, ' ')
            FILTER (WHERE o.ends_on IS NULL OR o.ends_on >= :today) AS places
    FROM occupancy AS o JOIN place ON place.id = o.dwelling_id
    WHERE o.member_id = :member {homes} GROUP BY o.contact_id
), told AS (
    SELECT c.id, concat(' ', estate_fold(concat_ws(' ', c.last_name, c.first_name)), ' ',
        home.leases, ' ', home.places, ' ') AS text
    FROM contact AS c LEFT JOIN home ON home.contact_id = c.id
    WHERE c.member_id = :member {people}
)
UPDATE contact SET search = told.text FROM told
WHERE contact.id = told.id AND contact.member_id = :member
    AND contact.search IS DISTINCT FROM told.text
"""
_EVERYBODY = {"places": "", "homes": "", "people": ""}
_SOME = {
    "places": "AND d.id IN (SELECT dwelling_id FROM occupancy WHERE contact_id = ANY (:ids))",
    "homes": "AND o.contact_id = ANY (:ids)",
    "people": "AND c.id = ANY (:ids)",
}
# Beyond, reading the whole member is quicker than looking people up.
_MANY = 2_000

_DWELLINGS = """
WITH told AS (
    SELECT d.id, concat(' ', estate_fold(concat_ws(' ', d.number, d.street, r.name, d.postcode,
        d.city, CASE WHEN b.name <> '' THEN 'batiment ' || b.name END,
        CASE WHEN d.door <> '' THEN 'porte ' || d.door END)), ' ') AS text
    FROM dwelling AS d
    JOIN residence AS r ON r.id = d.residence_id AND r.member_id = d.member_id
    LEFT JOIN building AS b ON b.id = d.building_id AND b.member_id = d.member_id
    WHERE d.member_id = :member
)
UPDATE dwelling SET search = told.text FROM told
WHERE dwelling.id = told.id AND dwelling.member_id = :member
    AND dwelling.search IS DISTINCT FROM told.text
"""

_RESIDENCES = """
WITH told AS (
    SELECT r.id, concat(' ', estate_fold(concat_ws(' ', r.name, r.code, r.postcode, r.city)),
        ' ') AS text
    FROM residence AS r WHERE r.member_id = :member
)
UPDATE residence SET search = told.text FROM told
WHERE residence.id = told.id AND residence.member_id = :member
    AND residence.search IS DISTINCT FROM told.text
"""

# Numbers are not corrected; a word of two letters is like too many others.
_WORDS = """
INSERT INTO search_word (member_id, word)
SELECT DISTINCT :member, word FROM (
    SELECT unnest(string_to_array(search, ' ')) AS word FROM {table}
    WHERE member_id = :member {only}
) AS words
WHERE length(word) >= 3 AND word !~ '[0-9]'
ON CONFLICT (member_id, word) DO NOTHING
"""


# New entries of the search's indexes are gathered, then sorted in at once: for an import, in
# memory enough to do it in one go. Without nested loops: the statistics of a member that has
# just come say that it has nothing, and a plan for nothing takes minutes.
_ROOM = text(
    "SELECT set_config('gin_pending_list_limit', '128MB', true),"
    " set_config('maintenance_work_mem', '192MB', true), set_config('work_mem', '48MB', true),"
    " set_config('enable_nestloop', 'off', true)"
)
_AS_BEFORE = text("SELECT set_config('enable_nestloop', 'on', true)")
_SETTLE = text("SELECT estate_settle_search()")


def refresh_search(member_id: int, contact_ids: Collection[int] | None = None) -> None:
    """Bring the search of a member up to date: everything, or only some people.

    Call it after the rows are flushed, in the same transaction. For 20,000 homes it takes
    about two seconds when all changed, well under one when nothing did.
    """
    db.session.flush()
    values: dict[str, object] = {"member": member_id, "today": clock.today()}
    if contact_ids is not None and len(contact_ids) <= _MANY:
        values["ids"] = list(contact_ids)
        statements = [
            _CONTACTS.format(**_SOME),
            _WORDS.format(table="contact", only="AND id = ANY (:ids)"),
        ]
    else:
        make_room()
        statements = [_CONTACTS.format(**_EVERYBODY), _WORDS.format(table="contact", only="")]
        if contact_ids is None:
            statements += [_RESIDENCES, _DWELLINGS]
            statements += [_WORDS.format(table=t, only="") for t in ("dwelling", "residence")]
    for statement in statements:
        db.session.execute(text(statement), values)
    db.session.execute(_SETTLE)
    db.session.execute(_AS_BEFORE)


def make_room() -> None:
    """Set this transaction up for statements on a whole member at once."""
    db.session.execute(_ROOM)
