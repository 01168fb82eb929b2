"""The one search box: people, homes and residences, by number or by words in any order."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import bindparam, func, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, String

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.estate.care import Care, find_in_care, person_in_care
from callcenter.estate.models import Contact, ContactPhone, Dwelling, Occupancy, Residence
from callcenter.estate.people_queries import PLACE, load_people, place_of, with_place
from callcenter.estate.records import FoundHome, Person, ResidenceLine, SearchResults
from callcenter.estate.search_rules import Typed, may_be_mistyped, nearest, understand
from callcenter.members.models import Agency

SHOWN = 8
_NEAR_WORDS = 40

_FIND = text("SELECT * FROM estate_search(:terms, :first, :members, :most)").bindparams(
    bindparam("terms", type_=ARRAY(String)), bindparam("members", type_=ARRAY(BigInteger))
)
_NEAR = text(
    "SELECT term, word FROM unnest(:terms) AS term,"
    " LATERAL estate_near_words(term, :members, :most) AS near ORDER BY term, nearness DESC"
).bindparams(bindparam("terms", type_=ARRAY(String)), bindparam("members", type_=ARRAY(BigInteger)))

Found = dict[str, list[int]]


def search(
    query: str,
    member_ids: Collection[int],
    first_member_id: int | None = None,
    limit: int = SHOWN,
    care: Care = None,
) -> SearchResults:
    """Search the members' estates by whatever was typed, in any order of words.

    A phone in any writing or its last six digits, names with typos and without accents, first
    name and street, address, residence, dwelling or lease number. At most ``limit`` of each
    group; at most six statements. What matches as typed wins; only if nothing does are near words taken (``corrected``).
    ``care``: the residences that a caretaker is limited to.
    """
    typed = understand(query)
    if not member_ids or not (typed.tail or typed.terms):
        return SearchResults()
    if typed.tail:
        people = _by_phone(typed, member_ids, first_member_id, limit, care)
        if people:
            more = frozenset({"people"}) if len(people) > limit else frozenset[str]()
            return SearchResults(people=tuple(people[:limit]), more=more, by_phone=True)
    terms = typed.digits if typed.tail else typed.terms
    corrected = False
    found = _find(terms, member_ids, first_member_id, limit + 1, care)
    if not found:
        nearer = _near_terms(terms, member_ids)
        if nearer != list(terms):
            found = _find(nearer, member_ids, first_member_id, limit + 1, care)
            corrected = bool(found)
    return SearchResults(
        people=_ordered_people(found.get("contact", [])[:limit], care),
        homes=_homes(found.get("dwelling", [])[:limit]),
        residences=_residences(found.get("residence", [])[:limit]),
        more=frozenset(
            group
            for group, table in (
                ("people", "contact"),
                ("homes", "dwelling"),
                ("residences", "residence"),
            )
            if len(found.get(table, ())) > limit
        ),
        corrected=corrected,
    )


def _find(
    terms: Sequence[str],
    member_ids: Collection[int],
    first: int | None,
    most: int,
    care: Care,
) -> Found:
    if care is not None:
        return find_in_care(terms, care, most)
    rows = db.session.execute(
        _FIND,
        {"terms": list(terms), "first": first, "members": list(member_ids), "most": most},
    ).all()
    found: Found = {}
    for row in sorted(rows, key=lambda r: (not r.first, -r.score, r.id)):
        found.setdefault(row.kind, []).append(row.id)
    return found


def _near_terms(terms: Sequence[str], member_ids: Collection[int]) -> list[str]:
    """Return the terms, each with the estate's words that look like it as alternatives."""
    doubtful = [term for term in terms if may_be_mistyped(term)]
    if not doubtful:
        return list(terms)
    near: dict[str, list[str]] = {}
    for row in db.session.execute(
        _NEAR,
        {
            "terms": doubtful,
            "members": list(member_ids),
            "most": _NEAR_WORDS,
        },
    ):
        near.setdefault(row.term, []).append(row.word)
    return ["|".join(dict.fromkeys([term, *nearest(term, near.get(term, []))])) for term in terms]


def _by_phone(
    typed: Typed, member_ids: Collection[int], first: int | None, limit: int, care: Care
) -> list[Person]:
    condition: Any = ContactPhone.tail == typed.tail
    if typed.number:
        condition = ContactPhone.number == typed.number
    statement = (
        select(ContactPhone.contact_id)
        .where(condition, ContactPhone.member_id.in_(member_ids))
        .order_by(ContactPhone.member_id != (first or 0), ContactPhone.contact_id)
        .limit(limit * 5)
    )
    ids = list(dict.fromkeys(db.session.scalars(statement)))
    people = _in_care(load_people(ids, matched=typed.number), care)
    if typed.terms:
        words = [term.split("|") for term in typed.terms]
        told = select(Contact.id, Contact.search).where(Contact.id.in_(ids))
        texts = {row.id: row.search for row in db.session.execute(told)}
        people = [
            p
            for p in people
            if all(any(f" {w}" in texts[p.contact_id] for w in either) for either in words)
        ]
    return sorted(
        people, key=lambda p: (p.member_id != first, not p.current_homes, p.last_name, p.contact_id)
    )


def _in_care(people: list[Person], care: Care) -> list[Person]:
    return [seen for person in people if (seen := person_in_care(person, care)) is not None]


def _ordered_people(ids: Sequence[int], care: Care) -> tuple[Person, ...]:
    by_id = {person.contact_id: person for person in _in_care(load_people(ids), care)}
    return tuple(by_id[i] for i in ids if i in by_id)


def _homes(ids: Sequence[int]) -> tuple[FoundHome, ...]:
    if not ids:
        return ()
    today = clock.today()
    people = (
        select(func.array_agg(func.concat_ws(" ", Contact.first_name, Contact.last_name)))
        .select_from(Occupancy)
        .join(Contact, Contact.id == Occupancy.contact_id)
        .where(
            Occupancy.member_id == Dwelling.member_id,
            Occupancy.dwelling_id == Dwelling.id,
            or_(Occupancy.ends_on.is_(None), Occupancy.ends_on >= today),
        )
        .correlate(Dwelling)
        .scalar_subquery()
        .label("people")
    )
    rows = db.session.execute(
        with_place(select(*PLACE, people).select_from(Dwelling)).where(Dwelling.id.in_(ids))
    )
    by_id = {row.dwelling_id: FoundHome(place_of(row), tuple(row.people or ())) for row in rows}
    return tuple(by_id[i] for i in ids if i in by_id)


def _residences(ids: Sequence[int]) -> tuple[ResidenceLine, ...]:
    if not ids:
        return ()
    count = (
        select(func.count())
        .select_from(Dwelling)
        .where(Dwelling.member_id == Residence.member_id, Dwelling.residence_id == Residence.id)
        .correlate(Residence)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(
            Residence.id,
            Residence.member_id,
            Residence.code,
            Residence.name,
            Residence.postcode,
            Residence.city,
            Residence.ownership,
            func.coalesce(Agency.name, ""),
            count,
        )
        .outerjoin(Agency, Agency.id == Residence.agency_id)
        .where(Residence.id.in_(ids))
    )
    by_id = {row[0]: ResidenceLine(*row) for row in rows}
    return tuple(by_id[i] for i in ids if i in by_id)
