"""The people of a file of leases: known ones recognised, new ones written, numbers kept in step."""

from callcenter.core import clock
from callcenter.estate.applying import history
from callcenter.estate.applying.outcome import Applied
from callcenter.estate.applying.staging import number, run, temporary


def apply_people(member_id: int, done: Applied, label: str) -> None:
    """Give every row its person: known by name and number, or a new one."""
    temporary(
        "staged_phone",
        "ON COMMIT DROP AS"
        " SELECT s.line, p.place, p.said ->> 0 AS number, p.said ->> 1 AS kind,"
        " p.said ->> 2 AS note FROM staged_lease AS s,"
        " jsonb_array_elements(s.phones) WITH ORDINALITY AS p (said, place)"
        " WHERE s.news <> 'same'",
    )
    run("ANALYZE staged_phone")
    run(
        "UPDATE staged_lease SET name_key = estate_fold(concat_ws(' ', last_name, first_name))"
        " WHERE news = 'added'"
    )
    run(
        "UPDATE staged_lease AS s SET contact_id = f.contact_id FROM ("
        " SELECT DISTINCT ON (s.line) s.line, c.id AS contact_id FROM staged_lease AS s"
        " JOIN staged_phone AS p ON p.line = s.line JOIN contact_phone AS n"
        "  ON n.member_id = :member AND n.number = p.number"
        " JOIN contact AS c ON c.member_id = :member AND c.id = n.contact_id"
        " WHERE s.contact_id IS NULL AND s.name_key ="
        "  estate_fold(concat_ws(' ', c.last_name, c.first_name)) ORDER BY s.line, c.id) AS f"
        " WHERE s.line = f.line",
        member=member_id,
    )
    run(
        "UPDATE staged_lease AS s SET occupancy_id = o.id, news = 'changed'"
        " FROM occupancy AS o WHERE o.member_id = :member AND o.contact_id = s.contact_id"
        " AND o.dwelling_id = s.dwelling_id AND o.import_key = '' AND s.occupancy_id IS NULL"
        " AND NOT EXISTS (SELECT FROM staged_lease AS other WHERE other.line < s.line"
        "  AND other.contact_id = s.contact_id AND other.dwelling_id = s.dwelling_id)",
        member=member_id,
    )
    run(
        "UPDATE staged_lease AS s SET name_key = s.name_key || '|' || coalesce(p.number,"
        " s.line::text) FROM staged_lease AS same LEFT JOIN staged_phone AS p"
        "  ON p.line = same.line AND p.place = 1"
        " WHERE same.line = s.line AND s.contact_id IS NULL"
    )
    temporary(
        "new_person",
        "ON COMMIT DROP AS"
        " SELECT key, line, nextval(pg_get_serial_sequence('contact', 'id')) AS id FROM ("
        "  SELECT name_key AS key, min(line) AS line FROM staged_lease"
        "  WHERE contact_id IS NULL GROUP BY name_key ORDER BY 2) AS people",
    )
    run("ANALYZE new_person")
    done.count(
        "people_added",
        run(
            "INSERT INTO contact (id, member_id, civility, last_name, first_name, email,"
            " language, source, created_from, search, version, created_at)"
            " SELECT n.id, :member, s.civility, s.last_name, s.first_name, s.email, 'fr',"
            " 'import', :label, '', 1, cast(:now AS timestamptz)"
            " FROM new_person AS n JOIN staged_lease AS s ON s.line = n.line ORDER BY n.line",
            member=member_id,
            label=label,
            now=clock.now(),
        ),
    )
    run(
        "UPDATE staged_lease AS s SET contact_id = n.id FROM new_person AS n"
        " WHERE s.contact_id IS NULL AND n.key = s.name_key"
    )
    _names(member_id, done, label)
    _numbers(member_id, done, label)


_NAMES = """
{verb} (SELECT DISTINCT ON (contact_id) * FROM staged_lease WHERE news = 'changed'
    ORDER BY contact_id, line) AS s
WHERE c.member_id = :member AND c.id = s.contact_id AND {whose}
    AND (c.civility, c.last_name, c.first_name, c.email)
        IS DISTINCT FROM (s.civility, s.last_name, s.first_name, s.email)
"""
_MEND = """
UPDATE contact AS c SET civility = s.civility, last_name = s.last_name,
    first_name = s.first_name, email = s.email, version = c.version + 1 FROM
"""


def _names(member_id: int, done: Applied, label: str) -> None:
    """Mend names and e-mails that changed in the file, save those that an agent wrote."""
    history.note_names(member_id, label)
    kept = _NAMES.format(verb="SELECT count(*) FROM contact AS c,", whose="c.source = 'agent'")
    done.count("people_kept", number(kept, member=member_id))
    mended = _NAMES.format(verb=_MEND, whose="c.source <> 'agent'")
    done.count("people_changed", run(mended, member=member_id))


def _numbers(member_id: int, done: Applied, label: str) -> None:
    """Add the file's numbers and take away those it gave before; an agent's stay."""
    history.note_numbers(member_id, label)
    done.count(
        "phones_removed",
        run(
            "DELETE FROM contact_phone AS n USING"
            " (SELECT DISTINCT contact_id FROM staged_lease WHERE news = 'changed') AS c"
            " WHERE n.member_id = :member AND n.contact_id = c.contact_id"
            " AND n.source = 'import' AND NOT EXISTS (SELECT FROM staged_lease AS s,"
            "  jsonb_array_elements(s.phones) AS p (said)"
            "  WHERE s.contact_id = n.contact_id AND p.said ->> 0 = n.number)",
            member=member_id,
        ),
    )
    done.count(
        "phones_kept",
        number(
            "SELECT count(*) FROM contact_phone AS n WHERE n.member_id = :member"
            " AND n.source = 'agent' AND n.contact_id IN"
            " (SELECT contact_id FROM staged_lease WHERE news = 'changed')"
            " AND NOT EXISTS (SELECT FROM staged_lease AS s JOIN staged_phone AS p"
            "  ON p.line = s.line WHERE s.contact_id = n.contact_id AND p.number = n.number)",
            member=member_id,
        ),
    )
    done.count(
        "phones_added",
        run(
            "INSERT INTO contact_phone (member_id, contact_id, number, kind, note, source, flag,"
            " preferred, created_from, created_at)"
            " SELECT DISTINCT ON (s.contact_id, p.number) :member, s.contact_id, p.number,"
            " p.kind, p.note, 'import', '', false, :label, cast(:now AS timestamptz)"
            " FROM staged_phone AS p JOIN staged_lease AS s ON s.line = p.line"
            " ORDER BY s.contact_id, p.number, p.line, p.place"
            " ON CONFLICT (contact_id, number) DO NOTHING",
            member=member_id,
            label=label,
            now=clock.now(),
        ),
    )
