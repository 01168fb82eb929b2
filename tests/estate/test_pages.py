"""The estate's pages as an agent, a manager and a neighbour open them."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from callcenter.calls.models import Call
from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.estate.import_runs import open_run
from callcenter.estate.states import ImportKind
from tests.estate.scenes import HOMES, LEASES, home, lease, one
from tests.page_checks import Page, PageChecker, text_of
from tests.statements import counted
from tests.world import World, as_member, sign_in


@pytest.fixture
def agent(client: FlaskClient, world: World) -> PageChecker:
    sign_in(client, world.user("agent"))
    return PageChecker(client)


@pytest.fixture
def manager(client: FlaskClient, world: World) -> PageChecker:
    sign_in(client, world.user("manager-a"))
    return PageChecker(client)


def test_search_page_and_its_fragment(agent: PageChecker, world: World) -> None:
    page = agent.get("/estate?q=etcheverry")
    assert "Maïté Etcheverry" in page.text
    assert f"/estate/contacts/{world.a.maite}" in page.links
    part = agent.fragment("/estate?q=gounod")
    assert "Gounod" in part.text
    assert f"/estate/residences/{world.a.gounod}" in part.links
    assert "Rien de tel" in agent.get("/estate?q=zzzzzz").text
    assert "alert(" not in agent.get("/estate?q=<script>alert(1)</script>").text.replace(
        "<script>alert(1)</script>", ""
    )


@pytest.mark.parametrize(
    "path",
    [
        "/estate?q=gounod",
        "/estate/dwellings/{home}",
        "/estate/residences/{gounod}",
        "/estate/contacts/{maite}",
    ],
)
def test_pages_ask_the_database_little(
    agent: PageChecker, app: Flask, world: World, path: str
) -> None:
    address = path.format(home=world.a.home, gounod=world.a.gounod, maite=world.a.maite)
    agent.get(address)
    with counted(app) as statements:
        agent.get(address)
    # Without the wall's own, and the journal's, which looks within ten minutes don't repeat.
    queries = [s for s in statements if "set_config" not in s]
    assert len(queries) <= 10, queries


def test_a_home_says_who_lives_there_and_what_is_maintained(
    agent: PageChecker, world: World
) -> None:
    page = agent.get(f"/estate/dwellings/{world.a.home}")
    assert page.heading.startswith("AQ0001602")
    for words in (
        "Maïté Etcheverry",
        "Jean Etcheverry",
        "locataire",
        "Ascenseur",
        "6e étage",
        "porte 602",
    ):
        assert words in page.text


def test_staff_see_only_their_own(client: FlaskClient, world: World) -> None:
    sign_in(client, world.user("staff-a"))
    pages = PageChecker(client)
    pages.get(f"/estate/dwellings/{world.a.home}")
    for address in (
        f"/estate/dwellings/{world.b.home}",
        f"/estate/residences/{world.b.gounod}",
        f"/estate/contacts/{world.b.maite}",
    ):
        pages.get(address, status=404)
    assert f"/estate/contacts/{world.b.maite}" not in pages.get("/estate?q=etcheverry").links
    assert client.get("/estate/imports").status_code == 404  # not for staff


def test_an_agent_mends_a_number(agent: PageChecker, world: World) -> None:
    address = f"/estate/contacts/{world.a.maite}"
    page = agent.get(address)
    wrong_number: dict[str, Any] = {"phone-number": "12"}
    refused = agent.submit(page, f"{address}/phones", status=422, **wrong_number)
    assert "12" in refused.html
    wrong = one(world.a.id, "SELECT id FROM contact_phone WHERE contact_id = :c", c=world.a.maite)
    agent.submit(
        page,
        f"{address}/phones",
        **{"phone-number": "06 39 98 44 44", "phone-note": "travail", "phone_id": str(wrong)},  # type: ignore[arg-type]
    )
    page = agent.get(address)
    assert "06 39 98 44 44 (travail)" in page.text
    assert "signalé faux" in page.text
    assert one(world.a.id, "SELECT flag FROM contact_phone WHERE id = :i", i=wrong) == "invalid"
    trace = "SELECT changes ->> 'phone' FROM audit_entry WHERE action = 'contact.phone_corrected'"
    assert one(world.a.id, trace) == '["+33639981201", "+33639984444"]'


def test_two_people_on_one_card(agent: PageChecker, world: World) -> None:
    address = f"/estate/contacts/{world.a.maite}"
    first, second = agent.get(address), agent.get(address)
    agent.submit(first, address, holding="last_name", last_name="Etcheverry-Lasserre")
    refused = agent.submit(second, address, holding="last_name", status=422, last_name="Autre")
    assert "a été modifiée" in refused.text
    assert 'value="Autre"' in refused.html  # what was typed stays
    name = "SELECT last_name FROM contact WHERE id = :c"
    assert one(world.a.id, name, c=world.a.maite) == "Etcheverry-Lasserre"
    assert "Lasserre" in agent.get("/estate?q=lasserre").text


def test_an_occupant_is_added_once(agent: PageChecker, world: World) -> None:
    address = f"/estate/dwellings/{world.a.home}"
    page = agent.get(address)
    for _double_click in range(2):
        agent.submit(
            page,
            f"{address}/occupants",
            last_name="<b>Ducasse</b>",
            first_name="Noé",
            number="06 39 98 45 45",
        )
    page = agent.get(address)
    assert "Noé <b>Ducasse</b>" in text_of(page.by_id("residents"))
    assert one(world.a.id, "SELECT count(*) FROM contact WHERE first_name = 'Noé'") == 1
    refused = agent.submit(page, f"{address}/occupants", status=422, last_name="")
    assert "Indiquez le nom" in refused.text


def test_somebody_no_longer_lives_here(agent: PageChecker, world: World) -> None:
    occupancy = one(world.a.id, "SELECT id FROM occupancy WHERE contact_id = :c", c=world.a.jean)
    address, action = f"/estate/contacts/{world.a.jean}", f"/estate/occupancies/{occupancy}/end"
    page = agent.get(address)
    tomorrow = clock.today() + timedelta(days=1)
    refused = agent.submit(page, action, status=422, last_day=tomorrow.isoformat())
    assert "pas encore venu" in refused.text
    yesterday = clock.today() - timedelta(days=1)
    agent.submit(page, action, last_day=yesterday.isoformat())
    assert "ancien occupant" in agent.get(f"/estate/dwellings/{world.a.home}").text


def test_another_member_s_rows_can_not_be_written(client: FlaskClient, world: World) -> None:
    sign_in(client, world.user("manager-a"))
    token = PageChecker(client).get("/estate").csrf_token
    phone = one(world.b.id, "SELECT min(id) FROM contact_phone")
    occupancy = one(world.b.id, "SELECT min(id) FROM occupancy")
    for path in (
        f"/estate/contacts/{world.b.maite}",
        f"/estate/contacts/{world.b.maite}/phones",
        f"/estate/phones/{phone}/remove",
        f"/estate/occupancies/{occupancy}/end",
        f"/estate/dwellings/{world.b.home}/occupants",
    ):
        answer = client.post(
            path,
            data={
                "csrf_token": token,
                "last_name": "X",
                "last_day": "2026-01-01",
                "role": "tenant",
            },
        )
        assert answer.status_code == 404, path


def _send(
    pages: PageChecker, member: int, content: bytes, name: str = "f.csv", status: int = 200
) -> Page:
    page = pages.get("/estate/imports")
    return pages.submit(
        page,
        "/estate/imports",
        holding="file",
        status=status,
        member=str(member),
        file=(BytesIO(content), name),
    )


def test_a_manager_tries_then_applies_a_file(
    manager: PageChecker, world: World, client: FlaskClient
) -> None:
    from workers import imports

    content = "\r\n".join([HOMES, *(home(n) for n in range(20))]).encode("cp1252")
    sent = _send(manager, world.a.id, content)
    address = sent.response.request.path
    run_id = int(address.rsplit("/", 1)[1])
    assert "En attente" in manager.get(address).text
    manager.fragment(f"{address}/progress")
    imports.run(run_id)
    assert client.get(f"{address}/progress", headers={"HX-Request": "true"}).status_code == 204
    page = manager.get(address)
    assert "20" in page.text
    assert one(world.a.id, "SELECT count(*) FROM dwelling WHERE number LIKE 'TS%'") == 0
    refused = manager.submit(page, f"{address}/apply", status=422)
    assert "confirmer" in refused.text
    done = manager.submit(page, f"{address}/apply", confirmed="y")
    real = done.response.request.path
    again = manager.submit(page, f"{address}/apply", confirmed="y")
    assert again.response.request.path == real  # a double click
    imports.run(int(real.rsplit("/", 1)[1]))
    imports.run(int(real.rsplit("/", 1)[1]))  # a job repeated
    assert one(world.a.id, "SELECT count(*) FROM dwelling WHERE number LIKE 'TS%'") == 20
    assert "terminé" in manager.get(real).text
    assert "f.csv" in manager.get("/estate/imports").text


def test_refused_rows_are_given_back(
    manager: PageChecker, world: World, client: FlaskClient
) -> None:
    from workers import imports

    rows = [lease(n) for n in range(3)]
    sent = _send(manager, world.a.id, "\r\n".join([LEASES, *rows]).encode("cp1252"))
    address = sent.response.request.path
    imports.run(int(address.rsplit("/", 1)[1]))
    with client.get(f"{address}/refused.csv") as answer:
        assert answer.status_code == 200
        assert "TS0002" in answer.get_data(as_text=True)


def test_a_bad_file_is_refused_at_once(manager: PageChecker, world: World) -> None:
    page = _send(manager, world.a.id, b"%PDF-1.7 and so on", status=422)
    assert "PDF" in page.text
    page = _send(manager, world.a.id, b"", status=422)
    assert "vide" in page.text
    page = _send(manager, world.a.id, HOMES.encode() + b"\r\n", status=422)
    assert "aucune donn" in page.text


def test_a_file_of_which_nothing_can_be_read_says_why(manager: PageChecker, world: World) -> None:
    from workers import imports

    rows = [lease(n, DATE_ENTREE="31/02/2020") for n in range(3)]
    sent = _send(manager, world.a.id, "\r\n".join([LEASES, *rows]).encode("cp1252"))
    address = sent.response.request.path
    imports.run(int(address.rsplit("/", 1)[1]))
    page = manager.get(address)
    assert "Cette date n'existe pas" in page.text
    assert "Appliquer ce fichier" not in page.text
    with manager.client.get(f"{address}/refused.csv") as answer:
        assert answer.status_code == 200
    assert manager.client.get(f"{address}/mapping").status_code == 200


def test_an_import_is_for_the_own_member_only(manager: PageChecker, world: World) -> None:
    _send(manager, world.b.id, HOMES.encode(), status=422)
    assert one(world.b.id, "SELECT count(*) FROM import_run") == 0


def test_differences_are_given_without_formulas(
    agent: PageChecker, world: World, client: FlaskClient
) -> None:
    address = f"/estate/contacts/{world.a.maite}"
    agent.submit(agent.get(address), address, holding="last_name", last_name="=cmd|'/C calc'!A0")
    sign_in(client, world.user("manager-a"))
    answer = client.get("/estate/differences.csv").get_data(as_text=True)
    assert "'=cmd" in answer
    assert ";=cmd" not in answer
    sign_in(client, world.user("manager-b"))
    assert "cmd" not in client.get("/estate/differences.csv").get_data(as_text=True)


def test_a_second_import_is_refused_while_one_runs(manager: PageChecker, world: World) -> None:
    content = "\r\n".join([HOMES, *(home(n) for n in range(3))]).encode("cp1252")
    with as_member(world.a.id) as session, transaction():
        open_run(
            world.a.id, ImportKind.LEASES, "locataires.csv", dry_run=False, actor_label="Odile"
        )
        session.flush()
    with psycopg.connect(_address(manager)) as other:
        # As the worker that does it holds the member's lock.
        other.execute("SELECT pg_advisory_xact_lock(hashtext('estate import'), %s)", (world.a.id,))
        refused = _send(manager, world.a.id, content, status=422)
        assert "locataires.csv" in refused.text
        assert "Odile" in refused.text
    # A run that was killed is no obstacle.
    _send(manager, world.a.id, content)


def _address(pages: PageChecker) -> str:
    app = pages.client.application
    return str(app.config["SQLALCHEMY_DATABASE_URI"]).replace("+psycopg", "", 1)


def test_files_are_kept_if_the_member_wants_it(
    manager: PageChecker, world: World, client: FlaskClient
) -> None:
    from workers import imports

    address = f"/estate/members/{world.a.id}/imports/keep"
    content = "\r\n".join([HOMES, *(home(n) for n in range(3))]).encode("cp1252")
    for keep in (True, False):
        page = manager.get("/estate/imports")
        if keep:
            manager.submit(page, address)
            assert "sont gardés" in manager.get("/estate/imports").text
        else:
            manager.submit(page, address)
        tried = _send(manager, world.a.id, content).response.request.path
        imports.run(int(tried.rsplit("/", 1)[1]))
        page = manager.get(tried)
        done = manager.submit(page, f"{tried}/apply", confirmed="y").response.request.path
        imports.run(int(done.rsplit("/", 1)[1]))
        with client.get(f"{done}/file") as answer:
            assert (answer.status_code == 200) is keep
            if keep:
                assert answer.data == content
    sign_in(client, world.user("manager-b"))
    token = PageChecker(client).get("/estate").csrf_token
    assert client.post(address, data={"csrf_token": token}).status_code == 404


def test_a_file_too_big_for_the_page_is_refused_in_words(
    manager: PageChecker, world: World, client: FlaskClient
) -> None:
    page = manager.get("/estate/imports")
    # Two gigabytes are announced; nothing of them is taken.
    answer = client.post(
        "/estate/imports",
        data={"csrf_token": page.csrf_token, "member": str(world.a.id)},
        environ_overrides={"CONTENT_LENGTH": str(2 * 1024**3)},
    )
    assert answer.status_code == 413
    assert "la limite est de 100 Mo" in answer.get_data(as_text=True)
    assert one(world.a.id, "SELECT count(*) FROM import_run") == 0


def test_a_page_takes_what_the_command_takes_and_no_other_page_does(
    manager: PageChecker, world: World, client: FlaskClient
) -> None:
    content = "\r\n".join([HOMES, *(home(n) for n in range(3))]).encode("cp1252")
    row = f"\r\n{home(4)}".encode("cp1252")
    heavy = content + row * ((40 << 20) // len(row))  # more than any other page takes
    sent = _send(manager, world.a.id, heavy)
    assert "/estate/imports/" in sent.response.request.path
    page = manager.get("/estate/imports")
    answer = client.post(
        f"/estate/members/{world.a.id}/imports/keep",
        data={"csrf_token": page.csrf_token, "keep": "1"},
        environ_overrides={"CONTENT_LENGTH": str(40 << 20)},
    )
    assert answer.status_code == 413
    assert "la limite est de 32 Mo" in answer.get_data(as_text=True)


def test_the_search_box_is_on_every_page(agent: PageChecker, world: World) -> None:
    page = agent.get("/tickets")
    assert page.by_id("search-everywhere").get("hx-get") == "/estate"
    for own in ("/estate", f"/desk/{world.a.line}"):
        assert "search-dialog" not in agent.get(own).html


def test_a_departure_is_said_on_the_home_s_page(agent: PageChecker, world: World) -> None:
    occupancy = one(world.a.id, "SELECT id FROM occupancy WHERE contact_id = :c", c=world.a.jean)
    address = f"/estate/dwellings/{world.a.home}"
    action = f"/estate/occupancies/{occupancy}/end?here=dwelling"
    page = agent.get(address)
    tomorrow = clock.today() + timedelta(days=1)
    refused = agent.submit(page, action, status=422, last_day=tomorrow.isoformat())
    assert "pas encore venu" in refused.text
    done = agent.submit(page, action, last_day=clock.today().isoformat())
    assert done.response.request.path == address


def test_a_residence_shows_what_goes_on_there(agent: PageChecker, world: World) -> None:
    with as_member(world.a.id) as session, transaction():
        session.add(
            Call(
                member_id=world.a.id,
                service="tenants",
                caller_number="+33639981201",
                contact_id=world.a.maite,
                dwelling_id=world.a.home,
                started_at=clock.now(),
                note="Demande une quittance",
            )
        )
    page = agent.get(f"/estate/residences/{world.a.gounod}")
    for words in ("Demande une quittance", "AQ0001602", "Voir sur la carte", "Contrats en cours"):
        assert words in page.text
