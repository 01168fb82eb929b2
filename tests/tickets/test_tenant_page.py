import secrets
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from callcenter.app import create_app
from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.messaging.states import Trigger
from callcenter.settings import Settings
from callcenter.tickets import services
from callcenter.tickets.models import TenantLink
from callcenter.tickets.states import HoldCause, ResolutionCode
from tests.page_checks import PageChecker
from tests.tickets.scenes import (
    MORNING,
    act,
    kinds_of,
    messages_of,
    opened,
    soon,
    ticket_of,
    token_for,
)
from tests.world import World, as_system, sign_in

NASTY = "<b onmouseover=alert(1)>Bonjour</b> 'x'; DROP TABLE ticket;-- 🚿 مرحبا"


@pytest.fixture
def pages(client: FlaskClient) -> PageChecker:
    return PageChecker(client)


def resolve(world: World, ticket_id: int) -> None:
    act(
        world,
        "staff-a",
        ticket_id,
        lambda a: services.resolve(a, ResolutionCode.REPAIRED, "Joint changé"),
    )


def test_the_page_says_where_it_stands_and_whom_to_call(pages: PageChecker, world: World) -> None:
    ticket_id = opened(world)
    page = pages.get(f"/s/{token_for(ticket_id)}")
    assert ticket_of(ticket_id).reference in page.heading
    assert "Aquitanis" in page.text
    assert "Demande reçue" in page.text
    assert "05 36 49 01 00" in page.text  # the line of that service
    assert "du lundi au vendredi" in page.text
    assert page.response.headers["X-Robots-Tag"].startswith("noindex")
    assert page.response.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in page.response.headers or "_user_id" not in page.html


def test_the_page_tells_no_more_than_a_tenant_should_see(pages: PageChecker, world: World) -> None:
    ticket_id = opened(world)
    act(world, "agent", ticket_id, lambda a: services.comment(a, "Locataire difficile"))
    act(world, "agent", ticket_id, lambda a: services.comment(a, "On arrive", to_tenant=True))
    page = pages.get(f"/s/{token_for(ticket_id)}")
    assert "On arrive" in page.text
    for hidden in ("difficile", "Camille", "Etcheverry", "602", "06 39 98"):
        assert hidden not in page.text, hidden


def test_a_restricted_subject_is_not_said(pages: PageChecker, world: World) -> None:
    ticket_id = opened(world, "A-PAY", location="none")
    page = pages.get(f"/s/{token_for(ticket_id)}")
    assert ticket_of(ticket_id).title not in page.html


@pytest.mark.parametrize("how", ["unknown", "short", "revoked", "expired"])
def test_a_link_that_opens_nothing_says_what_to_do_and_no_more(
    client: FlaskClient, world: World, how: str
) -> None:
    ticket_id = opened(world)
    token = token_for(ticket_id)
    if how == "revoked":
        act(world, "staff-a", ticket_id, services.revoke_link)
    elif how == "expired":
        with as_system() as session, transaction():
            session.execute(
                update(TenantLink).values(expires_at=clock.now() - timedelta(minutes=1))
            )
    else:
        token = secrets.token_urlsafe(15) if how == "unknown" else "abc"
    for method in ("get", "post"):
        path = f"/s/{token}" + ("/word" if method == "post" else "")
        answer = getattr(client, method)(path, data=None if method == "get" else {"body": "x"})
        assert answer.status_code == 404
        text = answer.get_data(as_text=True)
        assert "ne s'ouvre pas" in text.replace("&#39;", "'")
        assert "appelez" in text
        assert "Aquitanis" not in text


def test_every_closed_link_gives_one_and_the_same_page(
    client: FlaskClient, pages: PageChecker, world: World
) -> None:
    page = pages.get(f"/s/{secrets.token_urlsafe(15)}", status=404)
    assert page.heading == "Ce lien ne s'ouvre pas"


def test_the_tenant_adds_any_word_and_staff_read_it_as_text(
    client: FlaskClient, pages: PageChecker, world: World
) -> None:
    ticket_id = opened(world)
    token = token_for(ticket_id)
    answer = client.post(f"/s/{token}/word", data={"body": NASTY, "form_token": "c" * 32})
    assert answer.status_code == 303
    client.post(f"/s/{token}/word", data={"body": NASTY, "form_token": "c" * 32})
    page = pages.get(answer.headers["Location"])
    assert "votre message est transmis" in page.text
    assert page.text.count("DROP TABLE ticket") == 1
    assert "<b onmouseover" not in page.html


def test_too_long_a_word_comes_back_whole(client: FlaskClient, world: World) -> None:
    token = token_for(opened(world))
    answer = client.post(f"/s/{token}/word", data={"body": "é" * 10_000})
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert "é" * 10_000 in text
    assert "10000 caractères" in text


def test_fixed_and_not_fixed(client: FlaskClient, pages: PageChecker, world: World) -> None:
    ticket_id = opened(world)
    token = token_for(ticket_id)
    resolve(world, ticket_id)
    page = pages.get(f"/s/{token}")
    assert "Est-ce vraiment réglé" in page.text
    assert "Joint changé" in page.text
    client.post(f"/s/{token}/fixed", data={"answer": "no", "body": "Ça coule"})
    assert ticket_of(ticket_id).state == "open"
    resolve(world, ticket_id)
    answer = client.post(f"/s/{token}/fixed", data={"answer": "yes"})
    assert ticket_of(ticket_id).state == "closed"
    assert "votre demande est close" in pages.get(answer.headers["Location"]).text


def test_a_mark_and_a_word(client: FlaskClient, pages: PageChecker, world: World) -> None:
    ticket_id = opened(world)
    token = token_for(ticket_id)
    early = client.post(f"/s/{token}/rate", data={"score": "5"})
    assert early.status_code == 422
    resolve(world, ticket_id)
    client.post(f"/s/{token}/fixed", data={"answer": "yes"})
    page = pages.get(f"/s/{token}")
    assert "Êtes-vous satisfait" in page.text
    for score in ("", "0", "6", "٣"):
        refused = client.post(f"/s/{token}/rate", data={"score": score, "body": "Bien"})
        assert refused.status_code == 422
        assert "Bien" in refused.get_data(as_text=True)
    for _ in range(2):
        answer = client.post(
            f"/s/{token}/rate", data={"score": "2", "body": NASTY, "form_token": "d" * 32}
        )
    page = pages.get(answer.headers["Location"])
    assert "Merci pour votre avis" in page.text
    assert "Vous avez noté : 2 sur 5" in page.text
    assert kinds_of(ticket_id).count("rated") == 1
    assert ticket_of(ticket_id).tenant_wrote_at is not None
    waiting = [one for one in messages_of(ticket_id) if one.trigger == Trigger.SATISFACTION]
    assert [one.state for one in waiting] == ["cancelled"]


def test_a_restricted_request_asks_for_no_mark(pages: PageChecker, world: World) -> None:
    ticket_id = opened(world, "A-PAY", location="none")
    resolve_as = lambda a: services.resolve(a, ResolutionCode.ANSWERED)  # noqa: E731
    act(world, "manager-a", ticket_id, resolve_as)
    act(world, "manager-a", ticket_id, services.close)
    assert "satisfait" not in pages.get(f"/s/{token_for(ticket_id)}").text
    assert Trigger.SATISFACTION not in [one.trigger for one in messages_of(ticket_id)]


def test_the_tenant_chooses_the_language(
    client: FlaskClient, pages: PageChecker, world: World
) -> None:
    ticket_id = opened(world)
    token = token_for(ticket_id)
    answer = client.post(f"/s/{token}/language", data={"language": "en"})
    assert answer.status_code == 303
    page = pages.get(answer.headers["Location"])
    assert 'lang="en"' in page.html
    act(world, "staff-a", ticket_id, services.accept_assignment)
    assert "is dealing with your request" in messages_of(ticket_id)[-1].body
    client.post(f"/s/{token}/language", data={"language": "xx"})
    # Another telephone of the same person: the person's own language.
    other = client.application.test_client()
    assert 'lang="en"' in other.get(f"/s/{token}").get_data(as_text=True)


def test_a_new_link_replaces_the_former(client: FlaskClient, world: World) -> None:
    ticket_id = opened(world)
    former = token_for(ticket_id)
    act(world, "staff-a", ticket_id, services.renew_link)
    assert client.get(f"/s/{former}").status_code == 404
    now = token_for(ticket_id)
    assert now != former
    assert client.get(f"/s/{now}").status_code == 200
    sent = messages_of(ticket_id)[-1]
    assert (sent.trigger, sent.state) == (Trigger.NEW_LINK, "queued")
    assert f"/s/{now}" in sent.body


def test_what_the_tenant_wrote_is_marked_until_somebody_answers(
    client: FlaskClient, world: World
) -> None:
    ticket_id = opened(world)
    token = token_for(ticket_id)
    client.post(f"/s/{token}/word", data={"body": "Bonjour"})
    assert ticket_of(ticket_id).tenant_wrote_at is not None
    # The desk notes something: that is no answer of who has the ticket.
    act(world, "agent", ticket_id, lambda a: services.comment(a, "Vu"))
    assert ticket_of(ticket_id).tenant_wrote_at is not None
    act(world, "staff-a", ticket_id, services.accept_assignment)
    assert ticket_of(ticket_id).tenant_wrote_at is None


def test_staff_see_and_clear_the_mark(client: FlaskClient, world: World) -> None:
    ticket_id = opened(world)
    client.post(f"/s/{token_for(ticket_id)}/word", data={"body": "Bonjour"})
    sign_in(client, world.user("staff-a"))
    browser = PageChecker(client)
    assert "le locataire a écrit" in browser.get("/tickets?view=answers").text
    page = browser.get(f"/tickets/{ticket_id}")
    assert "Le locataire a écrit" in page.text
    page = browser.submit(page, f"/tickets/{ticket_id}/read")
    assert "Marqué comme lu." in page.text
    assert ticket_of(ticket_id).tenant_wrote_at is None
    assert "le locataire a écrit" not in browser.get("/tickets?view=answers").text


def test_the_visit_on_the_page(client: FlaskClient, pages: PageChecker, world: World) -> None:
    ticket_id = opened(world)
    token = token_for(ticket_id)
    act(world, "staff-a", ticket_id, lambda a: services.plan_visit(a, soon(), MORNING, "Badge"))
    page = pages.get(f"/s/{token}")
    assert "8 h 00 - 10 h 00" in page.text.replace("\u00a0", " ").replace("\u202f", " ")
    assert "Badge" in page.text
    (visit,) = [e.get("value") for e in page.all("input", name="visit")][:1]
    for _ in range(2):
        client.post(f"/s/{token}/visit", data={"visit": visit, "answer": "yes"})
    assert kinds_of(ticket_id).count("visit_answered") == 1
    assert "Vous avez confirmé" in pages.get(f"/s/{token}").text
    assert client.post(f"/s/{token}/visit", data={"visit": "٣", "answer": "yes"}).status_code == 404


def test_stopping_messages(client: FlaskClient, pages: PageChecker, world: World) -> None:
    token = token_for(opened(world))
    client.post(f"/s/{token}/stop", data={})
    assert "sont arrêtés" in pages.get(f"/s/{token}").text
    client.post(f"/s/{token}/start", data={})
    assert "sont arrêtés" not in pages.get(f"/s/{token}").text


@pytest.mark.parametrize("state", ["held", "cancelled", "closed", "planned"])
def test_each_state_has_its_valid_page(pages: PageChecker, world: World, state: str) -> None:
    ticket_id = opened(world)
    token = token_for(ticket_id)
    acts = {
        "held": [lambda a: services.put_on_hold(a, HoldCause.PART, "Joint en rupture")],
        "cancelled": [lambda a: services.cancel(a, "Doublon de AQ-1")],
        "closed": [lambda a: services.resolve(a, ResolutionCode.ANSWERED), services.close],
        "planned": [lambda a: services.plan_visit(a, soon(), MORNING)],
    }
    for run in acts[state]:
        act(world, "staff-a", ticket_id, run)
    page = pages.get(f"/s/{token}")
    assert "Doublon" not in page.text  # the reason is between organisations


def test_the_page_speaks_english(client: FlaskClient, world: World) -> None:
    token = token_for(opened(world))
    answer = client.get(f"/s/{token}", headers={"Accept-Language": "en"})
    assert 'lang="en"' in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://ailleurs.exemple.fr"},
        {"Referer": "https://ailleurs.exemple.fr/"},
        {"Origin": "null"},
    ],
)
def test_another_site_can_not_send_the_form(
    settings: Settings, world: World, headers: dict[str, str]
) -> None:
    ticket_id = opened(world)
    token = token_for(ticket_id)
    strict = create_app(settings)  # with CSRF protection on, as in production
    browser = strict.test_client()
    data = {"body": "Bonjour"}
    assert browser.post(f"/s/{token}/word", data=data, headers=headers).status_code == 400
    assert "tenant_word" not in kinds_of(ticket_id)
    same = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}
    assert browser.post(f"/s/{token}/word", data=data, headers=same).status_code == 303
    with strict.app_context():
        from callcenter.core.db import db

        db.engine.dispose()


def test_guessing_is_slowed(app: Flask, client: FlaskClient, world: World) -> None:
    answers = [client.get(f"/s/{secrets.token_urlsafe(15)}").status_code for _ in range(70)]
    assert answers[0] == 404
    assert answers[-1] == 429


def test_few_statements(app: Flask, client: FlaskClient, world: World) -> None:
    from tests.statements import counted

    token = token_for(opened(world))
    client.get(f"/s/{token}")
    with counted(app) as statements:
        client.get(f"/s/{token}")
    assert len(statements) <= 9, statements
