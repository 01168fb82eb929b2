"""Apply a file of leases: people, their numbers, who lives where; what disappears is closed."""

import json
from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from typing import Any

from callcenter.core import clock
from callcenter.estate.applying import history
from callcenter.estate.applying.outcome import SAMPLES, Applied, Doubt, Refusal
from callcenter.estate.applying.people import apply_people
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
    label: str = "",
) -> Applied:
    """Bring the people of a member to what the file says.

    A row is known again by home, lease number and person, or, when a name was mended, by home
    and lease number alone if that leaves one on each side. ``closes``: a lease that the file no
    longer has is ended yesterday, never deleted; but not if its lease or home number stands in
    a row that could not be read (``unreadable`` cells). Numbers and names that an agent gave
    are kept. A person is taken for a known one only when folded name and number are the same:
    homonyms are many, and e-mails made of a name say no more than the name. ``label`` is what
    the history calls the file.
    """
    done = Applied()
    total = stage("staged_lease", _COLUMNS, _lines(records), progress)
    _refuse_unknown_homes(member_id, done, total)
    _recognise(member_id)
    run("UPDATE staged_lease SET news = 'added' WHERE news IS NULL")
    apply_people(member_id, done, label)
    for row in rows("SELECT news, count(*) AS n FROM staged_lease GROUP BY news"):
        done.count({"same": "unchanged"}.get(row.news, row.news), row.n)
    open_before = number(
        "SELECT count(*) FROM occupancy WHERE member_id = :member AND import_key <> ''"
        " AND (ends_on IS NULL OR ends_on >= :today)",
        member=member_id,
        today=clock.today(),
    )
    ended = _write_occupancies(member_id, done, label)
    temporary("closed_lease", "(id bigint, contact_id bigint) ON COMMIT DROP")
    closed = _close(member_id, unreadable, label) if closes else 0
    history.settle_edits(member_id, label, whole=closes)
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


def _write_occupancies(member_id: int, done: Applied, label: str) -> int:
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
    history.note_occupancies(member_id, label)
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
        " starts_on, ends_on, source, created_from, import_key, import_digest, created_at)"
        " SELECT :member, contact_id, dwelling_id, role, lease_number, starts_on, ends_on,"
        " 'import', :label, import_key, digest, cast(:now AS timestamptz) FROM staged_lease"
        " WHERE news = 'added' ORDER BY line"
        " ON CONFLICT ON CONSTRAINT uq_occupancy_once DO UPDATE SET ends_on = excluded.ends_on,"
        " import_key = excluded.import_key, import_digest = excluded.import_digest",
        member=member_id,
        label=label,
        now=clock.now(),
    )
    return ended


def _close(member_id: int, unreadable: Collection[str], label: str) -> int:
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
    history.note_closed(member_id, today - timedelta(days=1), label)
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
