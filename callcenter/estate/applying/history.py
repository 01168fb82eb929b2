"""What a file changes of what was known, written beside it: field, before, after, which file.

New people and homes have no history yet: their rows name the file they came from. Everything is
written in sets, before the tables themselves are changed.
"""

from datetime import date
from typing import Any

from callcenter.core import clock
from callcenter.estate.applying.staging import run

_INTO = (
    "INSERT INTO estate_change (member_id, at, source, actor_label, contact_id, dwelling_id,"
    " field, before, after, applied, settled_by)"
    " SELECT :member, cast(:now AS timestamptz), 'import', :label, "
)


def _note(statement: str, member_id: int, label: str, **values: Any) -> None:
    run(_INTO + statement, member=member_id, label=label, now=clock.now(), **values)


def note_names(member_id: int, label: str) -> None:
    """Note the names and e-mails that the file says otherwise; an agent's stay (not applied)."""
    _note(
        "c.id, NULL, f.field, f.before, f.after, c.source <> 'agent', ''"
        " FROM contact AS c JOIN (SELECT DISTINCT ON (contact_id) * FROM staged_lease"
        "  WHERE news = 'changed' ORDER BY contact_id, line) AS s ON s.contact_id = c.id,"
        " LATERAL (VALUES ('civility', c.civility, s.civility),"
        "  ('last_name', c.last_name, s.last_name), ('first_name', c.first_name, s.first_name),"
        "  ('email', c.email, s.email)) AS f (field, before, after)"
        " WHERE c.member_id = :member AND f.before IS DISTINCT FROM f.after"
        " AND NOT (c.source = 'agent' AND EXISTS (SELECT FROM estate_change AS e"
        "  WHERE e.member_id = :member AND e.contact_id = c.id AND e.field = f.field"
        "   AND e.after = f.after AND NOT e.applied))",
        member_id,
        label,
    )


def note_numbers(member_id: int, label: str) -> None:
    """Note the numbers that the file takes away from known people, and those that it adds."""
    _note(
        "n.contact_id, NULL, 'phone', n.number, '', true, ''"
        " FROM contact_phone AS n JOIN (SELECT DISTINCT contact_id FROM staged_lease"
        "  WHERE news = 'changed') AS c ON c.contact_id = n.contact_id"
        " WHERE n.member_id = :member AND n.source = 'import' AND NOT EXISTS"
        "  (SELECT FROM staged_lease AS s, jsonb_array_elements(s.phones) AS p (said)"
        "   WHERE s.contact_id = n.contact_id AND p.said ->> 0 = n.number)",
        member_id,
        label,
    )
    _note(
        "found.contact_id, NULL, 'phone', '', found.number, true, '' FROM"
        " (SELECT DISTINCT s.contact_id, p.number FROM staged_phone AS p"
        "  JOIN staged_lease AS s ON s.line = p.line) AS found"
        " JOIN contact AS c ON c.member_id = :member AND c.id = found.contact_id"
        " WHERE NOT EXISTS (SELECT FROM new_person AS n WHERE n.id = found.contact_id)"
        " AND NOT EXISTS (SELECT FROM contact_phone AS k WHERE k.member_id = :member"
        "  AND k.contact_id = found.contact_id AND k.number = found.number)",
        member_id,
        label,
    )


def note_occupancies(member_id: int, label: str) -> None:
    """Note the days of leaving that the file changes, and the homes that known people come to."""
    _note(
        "o.contact_id, o.dwelling_id, 'ends_on', coalesce(o.ends_on::text, ''),"
        " coalesce(s.ends_on::text, ''), NOT (o.source = 'agent' AND s.ends_on IS NULL), ''"
        " FROM staged_lease AS s JOIN occupancy AS o ON o.id = s.occupancy_id"
        " WHERE o.member_id = :member AND s.news = 'changed'"
        " AND o.ends_on IS DISTINCT FROM s.ends_on",
        member_id,
        label,
    )
    _note(
        "s.contact_id, s.dwelling_id, 'occupant', '',"
        " trim(s.last_name || ' ' || s.first_name), true, ''"
        " FROM staged_lease AS s WHERE s.news = 'added'"
        " AND NOT EXISTS (SELECT FROM new_person AS n WHERE n.id = s.contact_id)",
        member_id,
        label,
    )


def note_closed(member_id: int, last_day: date, label: str) -> None:
    """Note the leases that are ended because the file no longer has them (``closed_lease``)."""
    _note(
        "o.contact_id, o.dwelling_id, 'ends_on', coalesce(o.ends_on::text, ''),"
        " greatest(o.starts_on, cast(:last AS date))::text, true, ''"
        " FROM closed_lease AS c JOIN occupancy AS o ON o.id = c.id WHERE o.member_id = :member",
        member_id,
        label,
        last=last_day,
    )


def note_homes(member_id: int, label: str) -> None:
    """Note what the file changes of known homes."""
    _note(
        "NULL, d.id, f.field, coalesce(f.before, ''), coalesce(f.after, ''), true, ''"
        " FROM staged_home AS s JOIN dwelling AS d"
        "  ON d.member_id = :member AND d.number = s.number"
        " LEFT JOIN residence AS r ON r.id = d.residence_id"
        " LEFT JOIN building AS b ON b.id = d.building_id"
        " LEFT JOIN organisation AS k ON k.id = d.syndic_id"
        " LEFT JOIN residence AS nr ON nr.id = s.residence_id,"
        " LATERAL (VALUES ('residence', r.name, nr.name), ('building', b.name, s.building),"
        "  ('floor', d.floor, s.floor), ('door', d.door, s.door),"
        "  ('street', d.street, s.street), ('postcode', d.postcode, s.postcode),"
        "  ('city', d.city, s.city), ('rooms', d.rooms::text, s.rooms::text),"
        "  ('surface', d.surface::text, s.surface::text), ('heating', d.heating, s.heating),"
        "  ('built_in', d.built_in::text, s.built_in::text),"
        "  ('ownership', d.ownership, s.ownership), ('syndic', k.name, s.syndic))"
        "  AS f (field, before, after)"
        " WHERE s.news = 'changed' AND coalesce(f.before, '') <> coalesce(f.after, '')",
        member_id,
        label,
    )


# An agent's change that the member's file says too needs no bringing back any more.
_SAID_TOO = """
UPDATE estate_change AS e SET settled_at = cast(:now AS timestamptz), settled_by = :label
WHERE e.member_id = :member AND e.source = 'agent' AND e.settled_at IS NULL
    AND e.contact_id IS NOT NULL AND CASE e.field
    WHEN 'phone' THEN EXISTS (SELECT FROM staged_lease AS s WHERE s.contact_id = e.contact_id)
        AND (e.after = '' OR EXISTS (SELECT FROM staged_lease AS s,
            jsonb_array_elements(s.phones) AS p (said)
            WHERE s.contact_id = e.contact_id AND p.said ->> 0 = e.after))
        AND (e.before = '' OR NOT EXISTS (SELECT FROM staged_lease AS s,
            jsonb_array_elements(s.phones) AS p (said)
            WHERE s.contact_id = e.contact_id AND p.said ->> 0 = e.before))
    WHEN 'ends_on' THEN EXISTS (SELECT FROM staged_lease AS s WHERE s.contact_id = e.contact_id
            AND s.dwelling_id = e.dwelling_id AND s.ends_on IS NOT NULL)
        OR EXISTS (SELECT FROM closed_lease AS c JOIN occupancy AS o ON o.id = c.id
            WHERE o.contact_id = e.contact_id AND o.dwelling_id = e.dwelling_id)
        OR :whole AND NOT EXISTS (SELECT FROM staged_lease AS s
            WHERE s.contact_id = e.contact_id AND s.dwelling_id = e.dwelling_id)
    WHEN 'occupant' THEN EXISTS (SELECT FROM staged_lease AS s
        WHERE s.contact_id = e.contact_id AND s.dwelling_id = e.dwelling_id)
    ELSE EXISTS (SELECT FROM staged_lease AS s WHERE s.contact_id = e.contact_id
        AND e.after <> '' AND e.after = CASE e.field WHEN 'civility' THEN s.civility
            WHEN 'last_name' THEN s.last_name WHEN 'first_name' THEN s.first_name
            WHEN 'email' THEN s.email END)
    END
"""


def settle_edits(member_id: int, label: str, *, whole: bool) -> None:
    """Say that the member has the agents' changes that its file now says as well.

    ``whole``: a lease that the file no longer has is one that ended.
    """
    # Without it each of the agents' changes would read the whole file.
    run("CREATE INDEX ON staged_lease (contact_id)")
    run(_SAID_TOO, member=member_id, label=label, now=clock.now(), whole=whole)
