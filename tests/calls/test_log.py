"""The log of calls: one call, its tickets, the file; and what a line says."""

import csv
import io
from datetime import timedelta

import pytest
import python_calamine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from callcenter.calls import queries
from callcenter.calls.dialled import find_dialled
from callcenter.calls.live_rules import Report
from callcenter.calls.live_services import Answerer
from callcenter.calls.models import Call, CallTicket
from callcenter.calls.plan_services import read_choices
from callcenter.core import clock
from callcenter.core.db import session_scope
from callcenter.core.errors import UserError
from callcenter.core.isolation import Scope
from callcenter.tickets.models import Ticket
from tests.calls.live_scenes import report
from tests.page_checks import PageChecker
from tests.world import World, as_system, sign_in


@pytest.fixture
def call_id(app: Flask, world: World) -> int:
    camille = Answerer(world.users["agent"], "Camille Roux", world.platform)
    report(world, world.a, Report.ANSWERED, agent=camille)
    return report(world, world.a, Report.ENDED)


@pytest.fixture
def reference(client: FlaskClient, world: World) -> str:
    """A ticket of A, opened at the desk."""
    sign_in(client, world.user("agent"))
    client.post(
        f"/desk/{world.a.line}/save",
        data={
            "contact_id": world.a.maite, "dwelling_id": world.a.home, "caller_kind": "contact",
            "category": "T-PLB", "location": "private", "description": "Robinet",
            "direction": "in", "form_token": "c" * 32, "outcome": "ticket",
        },
    )  # fmt: skip
    with as_system() as session:
        return session.scalars(select(Ticket.reference)).one()


def links(call_id: int) -> int:
    with as_system() as session:
        return len(session.scalars(select(CallTicket).where(CallTicket.call_id == call_id)).all())


def test_a_call_is_linked_and_unlinked_after_the_fact(
    client: FlaskClient, world: World, call_id: int, reference: str
) -> None:
    pages = PageChecker(client)
    page = pages.get(f"/calls/{call_id}")
    assert "Camille Roux" in page.text
    assert "appel normal" in page.text
    for _twice in range(2):
        client.post(f"/calls/{call_id}/tickets", data={"reference": reference.lower()})
    assert links(call_id) == 1
    page = pages.get(f"/calls/{call_id}")
    assert reference in page.text
    with as_system() as session:
        ticket_id = session.scalars(select(Ticket.id)).one()
    client.post(f"/calls/{call_id}/tickets/{ticket_id}/unlink")
    assert links(call_id) == 0
    client.post(f"/calls/{call_id}/tickets", data={"reference": "AQ-99999"})
    assert links(call_id) == 0


def test_the_ticket_that_a_call_opened_stays_its_own(
    client: FlaskClient, world: World, reference: str
) -> None:
    with as_system() as session:
        link = session.scalars(select(CallTicket)).one()
    client.post(f"/calls/{link.call_id}/tickets/{link.ticket_id}/unlink")
    assert links(link.call_id) == 1


def test_another_member_s_call_is_not_there(
    client: FlaskClient, world: World, call_id: int
) -> None:
    sign_in(client, world.user("manager-b"))
    assert client.get(f"/calls/{call_id}").status_code == 404
    sign_in(client, world.user("manager-a"))
    assert client.get(f"/calls/{call_id}").status_code == 200


def test_the_log_as_a_file(client: FlaskClient, world: World, call_id: int) -> None:
    with as_system() as session:
        call = session.get_one(Call, call_id)
        call.caller_name = "=cmd|' /C calc'!A0"
        session.commit()
    sign_in(client, world.user("agent"))
    text = client.get("/calls/export").get_data(as_text=True)
    rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=";"))
    assert rows[0][0] == "Début"
    assert rows[1][1:5] == ["Aquitanis", "Aquitanis tenants", "Appel reçu", "06 39 98 12 01"]
    assert rows[1][5].startswith("'=")
    sign_in(client, world.user("manager-b"))
    assert client.get("/calls/export").get_data(as_text=True).count("\n") == 1


def test_the_log_is_narrowed_by_line_answer_agent_and_days(
    client: FlaskClient, world: World, call_id: int
) -> None:
    report(world, world.a, Report.NEW, "lost", number="+33639981299")
    report(world, world.a, Report.ENDED, "lost")
    sign_in(client, world.user("agent"))
    pages = PageChecker(client)
    today = clock.today()
    tomorrow = today + timedelta(days=1)
    for query, shown in (
        ("answered=yes", {"06 39 98 12 01"}),
        ("answered=no", {"06 39 98 12 99"}),
        (f"agent_id={world.users['agent']}", {"06 39 98 12 01"}),
        (f"agent_id={world.users['agent-a']}", set()),
        (f"line_id={world.a.line}", {"06 39 98 12 01", "06 39 98 12 99"}),
        (f"line_id={world.a.syndic_line}", set()),
        ("direction=out", set()),
        (f"since={today}&until={today}", {"06 39 98 12 01", "06 39 98 12 99"}),
        (f"since={tomorrow}", set()),
    ):
        page = pages.get(f"/calls?{query}")
        found = {number for number in ("06 39 98 12 01", "06 39 98 12 99") if number in page.text}
        assert found == shown, query


def test_the_file_is_read_in_batches(
    client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each batch goes on where the last ended: every call once, at most as many as allowed."""
    for number in range(5):
        report(world, world.a, Report.ENDED, f"call-{number}", number=f"+3363998120{number}")
    monkeypatch.setattr(queries, "EXPORT_BATCH", 2)
    sign_in(client, world.user("agent"))

    def numbers() -> list[str]:
        text = client.get("/calls/export").get_data(as_text=True)
        rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=";"))
        return [row[4] for row in rows[1:]]

    assert sorted(numbers()) == [f"06 39 98 12 0{number}" for number in range(5)]
    workbook = client.get("/calls/export?format=xlsx").get_data()
    (sheet,) = python_calamine.load_workbook(io.BytesIO(workbook)).sheet_names
    rows = python_calamine.load_workbook(io.BytesIO(workbook)).get_sheet_by_name(sheet).to_python()
    assert len(rows) == 6
    assert isinstance(rows[1][8], float)  # seconds are numbers
    monkeypatch.setattr(queries, "MOST_EXPORTED", 3)
    assert len(numbers()) == 3


def test_a_line_s_plan_is_written_and_obeyed(app: Flask, client: FlaskClient, world: World) -> None:
    sign_in(client, world.user("manager-a"))
    url = f"/settings/lines/{world.a.line}/voice"
    pages = PageChecker(client)
    page = pages.get(url)
    pages.submit(
        page, url,
        notice="Ascenseur B en panne, technicien attendu à 14 h.",
        choices="1 | Pour une urgence technique | urgent\n2 | Pour le reste | queue",
        overflow="number", overflow_number="05 36 49 08 88", wrap_up_seconds="90",
    )  # fmt: skip
    with session_scope(Scope(everything=True)):
        line = find_dialled("+33536490100")
    assert line is not None
    assert "Ascenseur B" in line.notice
    assert [choice.action for choice in line.choices] == ["urgent", "queue"]
    assert (line.overflow_number, line.wrap_up_seconds) == ("+33536490888", 90)
    old = pages.submit(page, url, status=422, notice="Autre")
    assert "modifiés pendant" in old.text
    sign_in(client, world.user("manager-b"))
    assert client.get(url).status_code == 404


@pytest.mark.parametrize(
    "text",
    ["1", "1 | Bonjour", "0 | Bonjour | queue", "1 | A | queue\n1 | B | queue", "1 | A | danse",
     "1 | A | line", "12 | A | queue"],
)  # fmt: skip
def test_keys_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(UserError):
        read_choices(text)
