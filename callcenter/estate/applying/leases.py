"""Apply a file of leases: people, their numbers, who lives where; what disappears is closed."""

import json
from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from typing import Any

from callcenter.core import clock
from callcenter.estate.applying.outcome import SAMPLES, Applied, Doubt, Refusal
from callcenter.estate.applying.staging import (
    VERSION,
    Progress,
    number,
    rows,
    run,
    stage,
    temporary,
)
from callcenter.estate.importing.records import LeaseRecord, fingerprint

# A file that would end so many of the leases in force was not exported whole.
SUSPICIOUS_SHARE = 0.2
_FEW = 10
# Rows on unknown homes beyond this share: the file is another member's, or homes come first.
STRANGE_SHARE = 0.5

_COLUMNS = {
    "line": "bigint",
    "dwelling": "text",
    "lease_number": "text",
    "civility": "text",
    "last_name": "text",
    "first_name": "text",
    "email": "text",
    "phones": "jsonb",
    "role": "text",
    "starts_on": "date",
    "ends_on": "date",
    "import_key": "text",
    "digest": "text",
    "news": "text computed",
    "name_key": "text computed",
    "dwelling_id": "bigint computed",
    "occupancy_id": "bigint computed",
    "contact_id": "bigint computed",
}


def _line(record: LeaseRecord) -> tuple[Any, ...]:
    person = record.person
    return (
        record.line,
        record.dwelling,
        record.lease_number,
        person.civility,
        person.last_name,
        person.first_name,
        person.email,
        json.dumps([[p.number, str(p.kind), p.note] for p in person.phones]),
        str(record.role),
        record.entry_date,
        record.exit_date,
        record.key,
        VERSION + fingerprint(record),
    )


def _lines(records: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    for record in records:
        yield _line(record)


def apply_leases(
    member_id: int,
    records: Iterable[Any],
    progress: Progress,
    *,
    closes: bool = True,
    unreadable: Collection[str] = (),
) -> Applied:
    """Bring the people of a member to what the file says.

    A row is known again by home, lease number and person, or, when a name was mended, by home
    and lease number alone if that leaves one on each side. ``closes``: a lease that the file no
    longer has is ended yesterday, never deleted; but not if its lease or home number stands in
    a row that could not be read (``unreadable`` cells). Numbers and names that an agent gave
    are kept. A person is taken for a known one only when folded name and number are the same:
    homonyms are many, and e-mails made of a name say no more than the name.
    """
    done = Applied()
    total = stage("staged_lease", _COLUMNS, _lines(records), progress)
    _refuse_unknown_homes(member_id, done, total)
    _recognise(member_id)
    run("UPDATE staged_lease SET news = 'added' WHERE news IS NULL")
    _people(member_id, done)
    for row in rows("SELECT news, count(*) AS n FROM staged_lease GROUP BY news"):
        done.count({"same": "unchanged"}.get(row.news, row.news), row.n)
    open_before = number(
        "SELECT count(*) FROM occupancy WHERE member_id = :member AND import_key <> ''"
        " AND (ends_on IS NULL OR ends_on >= :today)",
        member=member_id,
        today=clock.today(),
    )
    ended = _write_occupancies(member_id, done)
    temporary("closed_lease", "(id bigint, contact_id bigint) ON COMMIT DROP")
    closed = _close(member_id, unreadable) if closes else 0
    done.count("closed", closed)
    if closed + ended > max(_FEW, open_before * SUSPICIOUS_SHARE):
        done.doubts.append(Doubt("closes_many", {"closed": closed + ended, "open": open_before}))
    _samples(done)
    return done


def touched_people() -> list[int]:
    """Return the people whose search text may have changed by ``apply_leases``."""
    return [
        row.contact_id
        for row in rows(
            "SELECT contact_id FROM staged_lease WHERE news <> 'same'"
            " UNION SELECT contact_id FROM closed_lease"
        )
    ]


def _refuse_unknown_homes(member_id: int, done: Applied, total: int) -> None:
    run(
        "UPDATE staged_lease AS s SET dwelling_id = d.id FROM dwelling AS d"
        " WHERE d.member_id = :member AND d.number = s.dwelling",
        member=member_id,
    )
    done.refusals = [
        Refusal(row.line, "dwelling", row.dwelling, "unknown_dwelling")
        for row in rows(
            "DELETE FROM staged_lease WHERE dwelling_id IS NULL RETURNING line, dwelling"
        )
    ]
    if len(done.refusals) > total * STRANGE_SHARE:
        figures = {"unknown": len(done.refusals), "rows": total}
        done.doubts.append(Doubt("homes_unknown", figures))


def _recognise(member_id: int) -> None:
    """Find each row's former self."""
    run(
        "UPDATE staged_lease AS s SET occupancy_id = o.id, contact_id = o.contact_id,"
        " news = CASE WHEN o.import_digest = s.digest THEN 'same' ELSE 'changed' END"
        " FROM occupancy AS o WHERE o.member_id = :member AND o.import_key = s.import_key",
        member=member_id,
    )
    run(
        "WITH fresh AS (SELECT dwelling_id, lease_number, max(line) AS line FROM staged_lease"
        "  WHERE occupancy_id IS NULL AND lease_number <> ''"
        "  GROUP BY dwelling_id, lease_number HAVING count(*) = 1),"
        " gone AS (SELECT o.dwelling_id, o.lease_number, max(o.id) AS id,"
        "   max(o.contact_id) AS contact_id FROM occupancy AS o"
        "  WHERE o.member_id = :member AND o.import_key <> '' AND o.lease_number <> ''"
        "   AND NOT EXISTS (SELECT FROM staged_lease AS s WHERE s.occupancy_id = o.id)"
        "  GROUP BY o.dwelling_id, o.lease_number HAVING count(*) = 1)"
        " UPDATE staged_lease AS s SET occupancy_id = gone.id, contact_id = gone.contact_id,"
        "  news = 'changed'"
        " FROM fresh JOIN gone USING (dwelling_id, lease_number) WHERE s.line = fresh.line",
        member=member_id,
    )


def _people(member_id: int, done: Applied) -> None:
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
            " language, source, search, version, created_at)"
            " SELECT n.id, :member, s.civility, s.last_name, s.first_name, s.email, 'fr',"
            " 'import', '', 1, cast(:now AS timestamptz)"
            " FROM new_person AS n JOIN staged_lease AS s ON s.line = n.line ORDER BY n.line",
            member=member_id,
            now=clock.now(),
        ),
    )
    run(
        "UPDATE staged_lease AS s SET contact_id = n.id FROM new_person AS n"
        " WHERE s.contact_id IS NULL AND n.key = s.name_key"
    )
    _names(member_id, done)
    _numbers(member_id, done)


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


def _names(member_id: int, done: Applied) -> None:
    """Mend names and e-mails that changed in the file, save those that an agent wrote."""
    kept = _NAMES.format(verb="SELECT count(*) FROM contact AS c,", whose="c.source = 'agent'")
    done.count("people_kept", number(kept, member=member_id))
    mended = _NAMES.format(verb=_MEND, whose="c.source <> 'agent'")
    done.count("people_changed", run(mended, member=member_id))


def _numbers(member_id: int, done: Applied) -> None:
    """Add the file's numbers and take away those it gave before; an agent's stay."""
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
            " preferred, created_at)"
            " SELECT DISTINCT ON (s.contact_id, p.number) :member, s.contact_id, p.number,"
            " p.kind, p.note, 'import', '', false, cast(:now AS timestamptz)"
            " FROM staged_phone AS p JOIN staged_lease AS s ON s.line = p.line"
            " ORDER BY s.contact_id, p.number, p.line, p.place"
            " ON CONFLICT (contact_id, number) DO NOTHING",
            member=member_id,
            now=clock.now(),
        ),
    )


def _write_occupancies(member_id: int, done: Applied) -> int:
    """Write new and changed rows; return how many leases in force the file itself ends."""
    today = clock.today()
    ended = number(
        "SELECT count(*) FROM staged_lease AS s JOIN occupancy AS o ON o.id = s.occupancy_id"
        " WHERE o.member_id = :member AND s.news = 'changed' AND s.ends_on < :today"
        " AND (o.ends_on IS NULL OR o.ends_on >= :today)",
        member=member_id,
        today=today,
    )
    done.count("ended_by_file", ended)
    run(
        "UPDATE occupancy AS o SET role = s.role, lease_number = s.lease_number,"
        " starts_on = s.starts_on, ends_on = CASE WHEN o.source = 'agent' AND s.ends_on IS NULL"
        "  THEN o.ends_on ELSE s.ends_on END,"
        " import_key = s.import_key, import_digest = s.digest"
        " FROM staged_lease AS s"
        " WHERE o.member_id = :member AND o.id = s.occupancy_id AND s.news = 'changed'",
        member=member_id,
    )
    run(
        "INSERT INTO occupancy (member_id, contact_id, dwelling_id, role, lease_number,"
        " starts_on, ends_on, source, import_key, import_digest, created_at)"
        " SELECT :member, contact_id, dwelling_id, role, lease_number, starts_on, ends_on,"
        " 'import', import_key, digest, cast(:now AS timestamptz) FROM staged_lease"
        " WHERE news = 'added' ORDER BY line"
        " ON CONFLICT ON CONSTRAINT uq_occupancy_once DO UPDATE SET ends_on = excluded.ends_on,"
        " import_key = excluded.import_key, import_digest = excluded.import_digest",
        member=member_id,
        now=clock.now(),
    )
    return ended


def _close(member_id: int, unreadable: Collection[str]) -> int:
    """End what the file no longer has, as of yesterday; without a digest it can come back."""
    today = clock.today()
    run(
        "INSERT INTO closed_lease SELECT o.id, o.contact_id FROM occupancy AS o"
        " JOIN dwelling AS d ON d.member_id = o.member_id AND d.id = o.dwelling_id"
        " WHERE o.member_id = :member AND o.import_key <> ''"
        " AND (o.ends_on IS NULL OR o.ends_on >= :today)"
        " AND NOT EXISTS (SELECT FROM staged_lease AS s WHERE s.import_key = o.import_key)"
        " AND NOT (o.lease_number <> '' AND o.lease_number = ANY (:unreadable))"
        " AND NOT d.number = ANY (:unreadable)",
        member=member_id,
        today=today,
        unreadable=list(unreadable),
    )
    return run(
        "UPDATE occupancy AS o SET ends_on = greatest(o.starts_on, cast(:yesterday AS date)),"
        " import_digest = '' FROM closed_lease AS c"
        " WHERE o.member_id = :member AND o.id = c.id",
        member=member_id,
        yesterday=today - timedelta(days=1),
    )


def _samples(done: Applied) -> None:
    for news in ("added", "changed"):
        done.samples[news] = [
            f"{r.last_name} {r.first_name} · {r.dwelling} · {r.lease_number}".rstrip(" ·")
            for r in rows(
                "SELECT last_name, first_name, dwelling, lease_number FROM staged_lease"
                " WHERE news = :news ORDER BY line LIMIT :most",
                news=news,
                most=SAMPLES,
            )
        ]
    if done.counts["closed"]:
        done.samples["closed"] = [
            f"{r.last_name} {r.first_name} · {r.number} · {r.lease_number}".rstrip(" ·")
            for r in rows(
                "SELECT k.last_name, k.first_name, d.number, o.lease_number"
                " FROM closed_lease AS c JOIN occupancy AS o ON o.id = c.id"
                " JOIN contact AS k ON k.id = o.contact_id JOIN dwelling AS d"
                " ON d.id = o.dwelling_id ORDER BY c.id LIMIT :most",
                most=SAMPLES,
            )
        ]
