"""Apply a file of homes: agencies, syndics, residences, buildings and entrances on the way."""

from collections.abc import Iterable, Iterator
from typing import Any

from callcenter.core import clock
from callcenter.estate.applying import history
from callcenter.estate.applying.outcome import SAMPLES, Applied, Doubt
from callcenter.estate.applying.staging import (
    VERSION,
    Progress,
    number,
    rows,
    run,
    stage,
    temporary,
)
from callcenter.estate.importing.records import DwellingRecord, fingerprint

_COLUMNS = {
    "line": "bigint",
    "number": "text",
    "code": "text",
    "residence": "text",
    "building": "text",
    "entrance": "text",
    "floor": "text",
    "door": "text",
    "street": "text",
    "postcode": "text",
    "city": "text",
    "insee": "text",
    "rooms": "bigint",
    "surface": "double precision",
    "heating": "text",
    "built_in": "bigint",
    "ownership": "text",
    "agency": "text",
    "syndic": "text",
    "digest": "text",
    "news": "text computed",
    "residence_id": "bigint computed",
    "building_id": "bigint computed",
    "entrance_id": "bigint computed",
    "syndic_id": "bigint computed",
}


def _line(record: DwellingRecord) -> tuple[Any, ...]:
    return (
        record.line,
        record.reference,
        record.residence_key,
        record.residence_name or record.residence_code,
        record.building,
        record.entrance or record.staircase,
        "" if record.floor is None else str(record.floor),
        record.door,
        record.street_line,
        record.postcode,
        record.city,
        record.insee,
        record.rooms,
        record.surface,
        record.heating,
        record.built_in,
        str(record.ownership),
        record.agency,
        record.syndic,
        VERSION + fingerprint(record),
    )


def _lines(records: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    for record in records:
        yield _line(record)


def apply_dwellings(
    member_id: int, records: Iterable[Any], progress: Progress, *, label: str = ""
) -> Applied:
    """Bring the homes of a member to what the file says; homes it leaves out are kept.

    A residence's agency and syndic are those that all its lots name; lots of one residence that
    name different syndics keep each its own, and the residence has none.
    """
    done = Applied()
    stage("staged_home", _COLUMNS, _lines(records), progress)
    own = {"member": member_id}
    run(
        "UPDATE staged_home AS s SET news = CASE WHEN d.import_digest = s.digest THEN 'same'"
        " ELSE 'changed' END FROM dwelling AS d"
        " WHERE d.member_id = :member AND d.number = s.number",
        **own,
    )
    run("UPDATE staged_home SET news = 'added' WHERE news IS NULL")
    for row in rows("SELECT news, count(*) AS n FROM staged_home GROUP BY news"):
        done.count({"same": "unchanged"}.get(row.news, row.news), row.n)
    done.count(
        "missing",
        number(
            "SELECT count(*) FROM dwelling AS d WHERE d.member_id = :member AND NOT EXISTS"
            " (SELECT FROM staged_home AS s WHERE s.number = d.number)",
            **own,
        ),
    )
    _doubt_the_member(done)
    if done.counts.get("added") or done.counts.get("changed"):
        _places(member_id, done)
        _homes(member_id, label)
    for news in ("added", "changed"):
        done.samples[news] = [
            f"{r.number} · {r.street}, {r.postcode} {r.city}"
            for r in rows(
                "SELECT number, street, postcode, city FROM staged_home WHERE news = :news"
                " ORDER BY line LIMIT :most",
                news=news,
                most=SAMPLES,
            )
        ]
    return done


def _doubt_the_member(done: Applied) -> None:
    known = done.counts.get("unchanged", 0) + done.counts.get("changed", 0)
    if done.counts["missing"] and not known:
        figures = {"missing": done.counts["missing"], "added": done.counts.get("added", 0)}
        done.doubts.append(Doubt("no_home_known", figures))


def _places(member_id: int, done: Applied) -> None:
    own: dict[str, Any] = {"member": member_id}
    done.count(
        "agencies_added",
        run(
            "INSERT INTO agency (member_id, name, phone, email, active, version)"
            " SELECT DISTINCT :member, agency, '', '', true, 1 FROM staged_home"
            " WHERE agency <> '' ON CONFLICT (member_id, name) DO NOTHING",
            **own,
        ),
    )
    done.count(
        "syndics_added",
        run(
            "INSERT INTO organisation (member_id, kind, name, short_name, reference_prefix,"
            " accent_colour, phone, email, opening_hours, sms_sender, sms_two_way,"
            " next_reference, settings, active, version, created_at, answers_at_night)"
            " SELECT DISTINCT :member, 'syndic', syndic, syndic, '', '#1f4e79', '', '', '', '',"
            " false, 1, '{}'::jsonb, true, 1, cast(:now AS timestamptz), false FROM staged_home"
            " WHERE syndic <> '' ON CONFLICT (member_id, name) DO NOTHING",
            **own,
            now=clock.now(),
        ),
    )
    run(
        "UPDATE staged_home AS s SET syndic_id = o.id FROM organisation AS o"
        " WHERE o.member_id = :member AND o.name = s.syndic AND s.syndic <> ''",
        **own,
    )
    temporary(
        "staged_residence",
        "ON COMMIT DROP AS"
        " SELECT s.code, (array_agg(s.residence ORDER BY s.line))[1] AS name,"
        " mode() WITHIN GROUP (ORDER BY s.city) AS city,"
        " mode() WITHIN GROUP (ORDER BY s.postcode) AS postcode,"
        " CASE WHEN count(DISTINCT a.id) = 1 THEN max(a.id) END AS agency_id,"
        " CASE WHEN count(DISTINCT s.syndic_id) = 1 THEN max(s.syndic_id) END AS syndic_id,"
        " count(DISTINCT s.syndic_id) AS syndics,"
        " CASE WHEN bool_or(s.ownership = 'condo') THEN 'condo' ELSE 'single' END AS ownership"
        " FROM staged_home AS s LEFT JOIN agency AS a"
        "  ON a.member_id = :member AND a.name = s.agency AND s.agency <> ''"
        " GROUP BY s.code HAVING bool_or(s.news <> 'same')",
        **own,
    )
    done.count(
        "residences_with_several_syndics",
        number("SELECT count(*) FROM staged_residence WHERE syndics > 1"),
    )
    # A file that names no agency or no syndic does not take away the one that is known.
    done.count(
        "residences_changed",
        run(
            "UPDATE residence AS r SET name = s.name, city = s.city, postcode = s.postcode,"
            " ownership = s.ownership, agency_id = coalesce(s.agency_id, r.agency_id),"
            " syndic_id = CASE WHEN s.syndics = 0 THEN r.syndic_id ELSE s.syndic_id END,"
            " version = r.version + 1"
            " FROM staged_residence AS s WHERE r.member_id = :member AND r.code = s.code"
            " AND (r.name, r.city, r.postcode, r.ownership, r.agency_id, r.syndic_id)"
            " IS DISTINCT FROM (s.name, s.city, s.postcode, s.ownership,"
            " coalesce(s.agency_id, r.agency_id),"
            " CASE WHEN s.syndics = 0 THEN r.syndic_id ELSE s.syndic_id END)",
            **own,
        ),
    )
    done.count(
        "residences_added",
        run(
            "INSERT INTO residence (member_id, code, name, city, postcode, agency_id, ownership,"
            " syndic_id, search, version)"
            " SELECT :member, code, name, city, postcode, agency_id, ownership, syndic_id, '', 1"
            " FROM staged_residence ON CONFLICT (member_id, code) DO NOTHING",
            **own,
        ),
    )
    run(
        "UPDATE staged_home AS s SET residence_id = r.id FROM residence AS r"
        " WHERE r.member_id = :member AND r.code = s.code AND s.news <> 'same'",
        **own,
    )
    done.count(
        "buildings_added",
        run(
            "INSERT INTO building (member_id, residence_id, name)"
            " SELECT DISTINCT :member, residence_id, building FROM staged_home"
            " WHERE residence_id IS NOT NULL AND building <> ''"
            " ON CONFLICT (residence_id, name) DO NOTHING",
            **own,
        ),
    )
    run(
        "UPDATE staged_home AS s SET building_id = b.id FROM building AS b"
        " WHERE b.member_id = :member AND b.residence_id = s.residence_id"
        " AND b.name = s.building",
        **own,
    )
    run(
        "INSERT INTO entrance (member_id, building_id, name)"
        " SELECT DISTINCT :member, building_id, entrance FROM staged_home"
        " WHERE building_id IS NOT NULL AND entrance <> ''"
        " ON CONFLICT (building_id, name) DO NOTHING",
        **own,
    )
    run(
        "UPDATE staged_home AS s SET entrance_id = e.id FROM entrance AS e"
        " WHERE e.member_id = :member AND e.building_id = s.building_id"
        " AND e.name = s.entrance",
        **own,
    )


_SAID = (
    "residence_id",
    "building_id",
    "entrance_id",
    "floor",
    "door",
    "street",
    "postcode",
    "city",
    "insee",
    "rooms",
    "surface",
    "heating",
    "built_in",
    "ownership",
    "syndic_id",
)


_UPDATE = """
UPDATE dwelling AS d SET {assigned}, import_digest = s.digest, version = d.version + 1
FROM staged_home AS s
WHERE d.member_id = :member AND d.number = s.number AND s.news = 'changed'
"""
_INSERT = """
INSERT INTO dwelling (member_id, number, {names}, search, import_digest, created_from,
    created_at, version)
SELECT :member, number, {names}, '', digest, :label, cast(:now AS timestamptz), 1
FROM staged_home
WHERE news = 'added' ORDER BY line
"""


def _homes(member_id: int, label: str) -> None:
    history.note_homes(member_id, label)
    assigned = ", ".join(f"{name} = s.{name}" for name in _SAID)
    run(_UPDATE.format(assigned=assigned), member=member_id)
    run(_INSERT.format(names=", ".join(_SAID)), member=member_id, label=label, now=clock.now())
