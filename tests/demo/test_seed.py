"""The demonstration: true to the rules of the house, alive, and the same each time."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from callcenter.app import create_app
from callcenter.calls import figures
from callcenter.calls.models import AgentPresence, Call, CallTask
from callcenter.calls.states import CallState, TaskState
from callcenter.cli.demo import accounts
from callcenter.core import clock
from callcenter.core.db import session_scope
from callcenter.core.isolation import Scope
from callcenter.core.permissions import Role
from callcenter.core.phone import FICTION_LANDLINE, FICTION_MOBILE
from callcenter.demo import cast
from callcenter.estate.models import ContactPhone, Dwelling, MaintenanceContract
from callcenter.members.accounts import User
from callcenter.members.models import Organisation, PhoneLine
from callcenter.members.states import OrganisationKind
from callcenter.messaging.models import DeliveryReceipt, InboundMessage, Message
from callcenter.messaging.states import MessageState
from callcenter.settings import Environment, Settings
from callcenter.tickets.incident_models import Incident, IncidentSubscriber, IncidentTicket
from callcenter.tickets.incident_states import IncidentState
from callcenter.tickets.models import Assignment, Ticket, TicketEvent, Visit
from callcenter.tickets.states import (
    LIVE_ASSIGNMENT_STATES,
    OPEN_STATES,
    EventKind,
    TicketState,
    VisitState,
)
from callcenter.ui.theme import contrast
from tests.page_checks import PageChecker

_FRESH = timedelta(minutes=75)


@pytest.fixture
def everything(app: Flask) -> Iterator[Session]:
    with session_scope(Scope(everything=True)) as session:
        yield session


def count(session: Session, query: Select[int]) -> int:
    return session.scalar(query) or 0


def test_it_tells_what_it_made(told: str) -> None:
    assert "logements" in told
    assert "demandes" in told


def test_a_second_call_says_so_and_changes_nothing(app: Flask, told: str) -> None:
    with session_scope(Scope(everything=True)) as session:
        before = count(session, select(func.count()).select_from(TicketEvent))
    result = app.test_cli_runner().invoke(args=["demo", "seed"])
    assert result.exit_code == 0
    assert "rien n'a été changé" in result.output
    with session_scope(Scope(everything=True)) as session:
        assert count(session, select(func.count()).select_from(TicketEvent)) == before


def test_production_refuses_it(demo_settings: Settings) -> None:
    production = demo_settings.model_copy(
        update={
            "environment": Environment.PRODUCTION,
            "public_origin": "https://appels.exemple.fr",
        }
    )
    for command in ("seed", "import-shared"):
        result = create_app(production).test_cli_runner().invoke(args=["demo", command])
        assert result.exit_code != 0
        assert "jamais en production" in result.output


def test_everybody_is_told_and_can_sign_in(app: Flask, client: FlaskClient) -> None:
    with session_scope(Scope(everything=True)) as session:
        users = {user.email: user.role for user in session.scalars(select(User))}
    told = " ".join(part for row in accounts() for part in row)
    assert cast.PASSWORD in told
    assert all(email in told for email in users)
    assert set(users.values()) == {role.value for role in Role}
    answer = client.post(
        "/sign-in", data={"email": "camille@coopairs.exemple.fr", "password": cast.PASSWORD}
    )
    assert answer.status_code == 302


def test_members_have_colours_that_can_be_read(everything: Session) -> None:
    members = everything.scalars(
        select(Organisation).where(Organisation.kind == OrganisationKind.LANDLORD)
    ).all()
    assert {member.reference_prefix for member in members} == {"AQ", "ME", "TG"}
    assert all(contrast(member.accent_colour, "#ffffff") >= 4.5 for member in members)


def test_every_number_is_of_the_fiction_ranges(everything: Session) -> None:
    numbers = [
        *everything.scalars(select(ContactPhone.number)),
        *everything.scalars(select(PhoneLine.number)),
        *everything.scalars(select(Organisation.phone).where(Organisation.phone != "")),
        *everything.scalars(select(Call.caller_number).where(Call.caller_number != "")),
        *everything.scalars(select(Ticket.contact_number).where(Ticket.contact_number != "")),
    ]
    assert len(numbers) > 1000
    assert all(number.startswith((FICTION_MOBILE, FICTION_LANDLINE)) for number in numbers)


def test_no_ticket_is_without_an_owner(everything: Session) -> None:
    owned = (
        select(Assignment.id)
        .where(
            Assignment.ticket_id == Ticket.id,
            Assignment.state.in_(LIVE_ASSIGNMENT_STATES),
            Assignment.informed_only.is_(False),
        )
        .exists()
    )
    lost = everything.scalars(
        select(Ticket.reference).where(
            Ticket.state.in_(OPEN_STATES), ~owned, Ticket.needs_triage.is_(False)
        )
    ).all()
    assert lost == []


def test_no_old_message_waits_to_be_sent(everything: Session) -> None:
    waiting = everything.scalars(
        select(Message).where(
            Message.state.in_([MessageState.QUEUED, MessageState.SENDING, MessageState.UNCERTAIN])
        )
    ).all()
    assert waiting, "the phones have nothing to show at the start"
    assert all(message.not_before > clock.now() - _FRESH for message in waiting)
    delivered = select(func.count()).select_from(Message).where(Message.state == "delivered")
    receipts = select(func.count()).select_from(DeliveryReceipt)
    assert count(everything, receipts) >= 2 * count(everything, delivered) > 300
    assert everything.scalars(select(Message.id).where(Message.state == "undelivered")).first()
    assert everything.scalars(select(InboundMessage.id)).first()


def test_nothing_has_happened_yet_that_will(everything: Session) -> None:
    now = clock.now()
    assert not everything.scalars(select(TicketEvent.id).where(TicketEvent.at > now)).all()
    assert not everything.scalars(select(Call.id).where(Call.ended_at > now)).all()
    first = everything.scalar(select(func.min(Call.started_at)))
    assert first is not None
    assert timedelta(days=35) < now - first < timedelta(days=44)


def test_it_is_alive(everything: Session) -> None:
    rows = everything.execute(select(Ticket.state, func.count()).group_by(Ticket.state))
    states: dict[str, int] = {row[0]: row[1] for row in rows}
    assert set(states) == {state.value for state in TicketState}
    assert sum(states.values()) > 95
    assert count(everything, select(func.count()).select_from(Call)) > 200
    assert count(everything, select(func.count()).select_from(Dwelling)) > 1100
    kinds = set(everything.scalars(select(TicketEvent.kind).distinct()))
    assert kinds >= {
        EventKind.HANDED_OVER, EventKind.REFUSED, EventKind.HELD, EventKind.RESUMED,
        EventKind.CHASE, EventKind.COMMENT, EventKind.VISIT_MOVED, EventKind.TENANT_DENIED,
        EventKind.TENANT_CONFIRMED, EventKind.TENANT_WORD, EventKind.ASSIGNED,
    }  # fmt: skip
    today = clock.today()
    planned = everything.scalars(select(Visit.day).where(Visit.state == VisitState.PLANNED)).all()
    assert any(day >= today for day in planned)
    open_ones = Ticket.state.in_(OPEN_STATES)
    for wanted in (
        Ticket.needs_triage.is_(True),
        Ticket.restricted.is_(True),
        Ticket.service == "syndic",
        Ticket.service == "land",
        Ticket.handed_from_label != "",
        Ticket.chases > 0,
        (Ticket.due_at < clock.now()) & open_ones,
        Ticket.routing["steps"].is_not(None),
    ):
        assert everything.scalars(select(Ticket.id).where(wanted)).first(), str(wanted)
    assert everything.scalars(
        select(MaintenanceContract.id).where(MaintenanceContract.ends_on < today)
    ).first()
    assert everything.scalars(select(Call.id).where(Call.state == CallState.ABANDONED)).first()
    assert everything.scalars(select(CallTask.id).where(CallTask.state == TaskState.OPEN)).first()


@pytest.mark.parametrize(
    "email",
    [
        "nadia@coopairs.exemple.fr", "camille@coopairs.exemple.fr", "lucie@coopairs.exemple.fr",
        "thomas@coopairs.exemple.fr", "anne@coopairs.exemple.fr",
        "helene@aquitanis.exemple.fr", "julien@aquitanis.exemple.fr",
        "rachid@aquitanis.exemple.fr", "hugo@ascenseurs.exemple.fr",
        "odile@mesolia.exemple.fr", "yann@mesolia.exemple.fr", "jose@mesolia.exemple.fr",
        "denis@tgh.exemple.fr", "emilie@tgh.exemple.fr", "ginette@tgh.exemple.fr",
    ],
)  # fmt: skip
def test_every_page_of_the_menu_shows_something(
    app: Flask, client: FlaskClient, email: str
) -> None:
    with session_scope(Scope(everything=True)) as session:
        user = session.scalars(select(User).where(User.email == email)).one()
        uniquifier = user.fs_uniquifier
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = uniquifier, True
    pages = PageChecker(client)
    start = pages.get("/")
    menu = {
        link.get("href")
        for link in start.by_id("menu").iter("a")
        if (link.get("href") or "").startswith("/")
    }
    assert menu
    for url in sorted(one for one in menu if one):
        page = pages.get(url)
        assert page.status == 200, url
        assert len(page.text) > 300, url
        if url.rstrip("/").endswith("/tickets"):
            assert f"{_prefix(email)}-" in page.text, (url, page.text[:400])


def _prefix(email: str) -> str:
    """One prefix of references that the person is sure to see."""
    if email.startswith("thomas"):
        return "ME"
    return {"mesolia.exemple.fr": "ME", "tgh.exemple.fr": "TG"}.get(email.partition("@")[2], "AQ")


def test_the_telephone_is_alive(everything: Session) -> None:
    """Agents have telephones, the wall has figures, and a boiler that many report is one thing."""
    agents = everything.scalars(select(User).where(User.role == Role.AGENT)).all()
    assert all(agent.phone.startswith(FICTION_LANDLINE) for agent in agents)
    members = [
        one.id
        for one in everything.scalars(
            select(Organisation).where(Organisation.kind == OrganisationKind.LANDLORD)
        )
    ]
    lived = [figures.count_day(members, clock.now() - timedelta(days=day)) for day in range(8)]
    assert sum(one.answered for one in lived) > 20
    assert any((one.service(30) or 0) > 50 for one in lived)
    assert any(one.handling for one in lived)
    (incident,) = everything.scalars(select(Incident)).all()
    assert incident.state == IncidentState.OPEN
    assert incident.word
    for table, least in ((IncidentTicket, 4), (IncidentSubscriber, 8)):
        rows = select(func.count()).select_from(table)
        assert count(everything, rows.where(table.incident_id == incident.id)) >= least
    chased = select(func.max(Ticket.chases)).join(
        IncidentTicket, IncidentTicket.ticket_id == Ticket.id
    )
    assert count(everything, chased) >= 2
    states = set(everything.scalars(select(AgentPresence.state)))
    assert {"available", "break"} <= states
