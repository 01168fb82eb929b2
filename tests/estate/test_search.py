"""Finding: callers by number, anybody and anything from one box, inside the wall."""

import pytest
from flask import Flask
from sqlalchemy import Connection, text

from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.estate.importing.normalise import search_key
from callcenter.estate.queries import (
    find_callers,
    get_dwelling_card,
    get_person,
    get_residence_card,
    search,
)
from callcenter.estate.records import SearchResults
from callcenter.estate.search_rules import edits, nearest, understand
from tests.estate.scenes import Desk, home, lease
from tests.statements import counted
from tests.world import World, as_member


def find(world: World, typed: str) -> SearchResults:
    with as_member(world.a.id):
        return search(typed, {world.a.id}, world.a.id)


def names(found: SearchResults) -> list[str]:
    return [person.first_name for person in found.people]


@pytest.mark.parametrize(
    "typed",
    [
        "06 39 98 12 01",
        "0639981201",
        "+33639981201",
        "0033 6 39 98 12 01",
        "06.39.98.12.01",
        "981201",
    ],
)
def test_a_number_in_any_writing_finds_everybody_who_has_it(world: World, typed: str) -> None:
    found = find(world, typed)
    assert sorted(names(found)) == ["Jean", "Maïté"]
    assert found.by_phone


@pytest.mark.parametrize(
    "typed",
    [
        "etcheverry",
        "ETCHEVERRY maité",
        "maite etcheverry",
        "etchevery",  # a letter lost
        "echteverry",  # two letters swapped
        "maïté gounod",  # first name and street
        "gounod rue 12 maité",
        "mme etcheverry",
        "etch",
        "BAQ602",
        "AQ0001602",
    ],
)
def test_people_are_found_by_words_in_any_order(world: World, typed: str) -> None:
    assert "Maïté" in names(find(world, typed))


@pytest.mark.parametrize(
    "typed", ["3 quai des chartrons", "quai chartrons 3", "AQ0002001", "0002001", "33300 les quais"]
)
def test_homes_are_found_by_address_number_and_residence(world: World, typed: str) -> None:
    (found,) = find(world, typed).homes
    assert found.place.dwelling_id == world.a.flat
    assert found.people == ("Odette Lafitte",)


def test_residences_are_found_by_name(world: World) -> None:
    (found,) = find(world, "gounod").residences
    assert found.residence_id == world.a.gounod
    assert found.dwellings == 1


def test_a_short_number_is_a_whole_word(world: World) -> None:
    assert not find(world, "quai 30").homes


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "a",
        "%",
        "_",
        "'; DROP TABLE contact; --",
        "\\",
        "|",
        "x" * 10_000,
        "😀",
        "שלום",
        "%%%%",
    ],
)
def test_odd_input_finds_nothing_and_breaks_nothing(world: World, typed: str) -> None:
    assert find(world, typed).empty


def test_the_present_line_s_member_comes_first(world: World) -> None:
    both = {world.a.id, world.b.id}
    with as_member(*both):
        for first in (world.a.id, world.b.id):
            people = search("etcheverry", both, first).people
            assert len(people) == 4
            assert people[0].member_id == first
            assert search("gounod", both, first).residences[0].member_id == first


def test_the_wall_holds_whatever_is_asked(world: World) -> None:
    both = {world.a.id, world.b.id}
    with as_member(world.a.id):
        found = search("etcheverry", both, world.b.id)
        assert {p.member_id for p in found.people} == {world.a.id}
        assert search("gounod", {world.b.id}, None).empty
        assert find_callers("06 39 98 12 11", both) == []
        words = text("SELECT count(*) FROM estate_near_words('etchevery', :m, 5)")
        assert db.session.execute(words, {"m": [world.b.id]}).scalar_one() == 0
        for get, number in (
            (get_dwelling_card, world.b.home),
            (get_residence_card, world.b.gounod),
            (get_person, world.b.maite),
        ):
            with pytest.raises(NotFound):
                get(number)


def test_callers_are_all_given_tenants_first(world: World) -> None:
    with as_member(world.a.id):
        callers = find_callers("0639981201", {world.a.id}, world.a.id)
    assert [c.first_name for c in callers] == ["Maïté", "Jean"]
    (there,) = callers[0].current_homes
    assert there.place.residence_name == "Gounod"
    assert there.place.door == "602"
    assert find_callers("pas un numéro", {world.a.id}) == []


def test_cards(world: World) -> None:
    with as_member(world.a.id):
        card = get_dwelling_card(world.a.home)
        assert [r.person.first_name for r in card.current] == ["Maïté", "Jean"]
        assert [c.equipment for c in card.contracts] == ["lift"]  # the other one is over
        assert card.agency_name == "Agence Aquitanis Centre"
        residence = get_residence_card(world.a.quais)
        assert residence.syndic_name == "Syndic des Chartrons"
        assert [p.dwelling_id for p in residence.places] == [world.a.flat]


def test_a_lot_s_own_syndic_comes_before_its_residence_s(world: World) -> None:
    with as_member(world.a.id) as session:
        session.execute(
            text("UPDATE dwelling SET syndic_id = :s WHERE id = :d"),
            {"s": world.a.lift, "d": world.a.flat},
        )
        assert get_dwelling_card(world.a.flat).syndic_id == world.a.lift


def test_few_statements(app: Flask, world: World) -> None:
    with as_member(world.a.id):
        search("gounod", {world.a.id}, world.a.id)  # the connection is open
        for most, ask in (
            (2, lambda: find_callers("0639981201", {world.a.id})),
            (3, lambda: search("0639981201", {world.a.id})),
            (4, lambda: search("gounod", {world.a.id})),
            (6, lambda: search("gounot etchevery", {world.a.id})),
            (3, lambda: get_dwelling_card(world.a.home)),
            (4, lambda: get_residence_card(world.a.gounod)),
        ):
            with counted(app) as statements:
                ask()
            assert len(statements) <= most, statements


def test_plans_use_the_indexes_under_the_wall(
    world: World, desk: Desk, owner_connection: Connection
) -> None:
    desk.homes([home(n) for n in range(3000)], confirmed=True)
    desk.leases([lease(n) for n in range(3000)])
    with as_member(world.a.id) as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        by_number = session.scalars(
            text("EXPLAIN SELECT contact_id FROM contact_phone WHERE number = '+33639980001'")
        ).all()
        by_tail = session.scalars(
            text("EXPLAIN SELECT contact_id FROM contact_phone WHERE tail = '980001'")
        ).all()
    assert any("ix_contact_phone_number" in line for line in by_number)
    assert any("ix_contact_phone_tail" in line for line in by_tail)
    # The function runs as the tables' owner; this is what it sends for "durandb".
    owner_connection.execute(text("ANALYZE contact"))
    inside = owner_connection.scalars(
        text(
            "EXPLAIN SELECT id FROM contact WHERE member_id = ANY (:m)"
            " AND (search LIKE '% durandb%') LIMIT 1000"
        ),
        {"m": [world.a.id]},
    ).all()
    assert any("ix_contact_search" in line for line in inside), inside


def test_both_foldings_agree(world: World) -> None:
    odd = ["L'Hostis-MÜLLER", "Œuf n°2", "Łukasz Straße", "TR?N", "Ñandú  İstanbul", "d’Ornon", ""]
    with as_member(world.a.id) as session:
        for word in odd:
            folded = session.scalar(text("SELECT estate_fold(:w)"), {"w": word})
            assert folded == search_key(word), word


def test_understanding_what_was_typed() -> None:
    assert understand("06 39 98 12 34").number == "+33639981234"
    assert understand("98 12 34").tail == "981234"
    assert understand("12 rue gounod").terms == ("12", "rue", "gounod")
    assert understand("33000 bordeaux").tail == ""
    assert understand("dupré 0639981234").terms == ("dupre",)
    assert understand("bd st michel").terms == ("bd|boulevard", "st|saint", "michel")
    assert understand("rue de la paix").terms == ("rue", "paix")


def test_edits_and_nearest_words() -> None:
    assert edits("", "abc") == 3
    assert edits("moraeu", "moreau") == 1
    assert nearest("moraeu", ["martin", "moreau", "moreaux"]) == ["moreau", "moreaux"]
    assert nearest("abc", ["xyz"]) == []
