"""The pages of messages, opened and used as people do."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from sqlalchemy import select

from callcenter.core.db import transaction
from callcenter.messaging.follow_up_models import TemplateVersion
from callcenter.messaging.follow_up_queries import get_choices, get_policy
from callcenter.messaging.models import InboundMessage, MessageTemplate, SendingPause
from callcenter.messaging.states import Trigger
from callcenter.messaging.words import WITH_FACTS, reason_words
from callcenter.settings import PROJECT_ROOT as ROOT
from tests.outbox import MOBILE, ago, change, message, queue_one
from tests.page_checks import PageChecker
from tests.tickets.scenes import kinds_of, opened, ticket_of
from tests.world import World, as_member, as_system, sign_in

XSS = "<script>alert(1)</script>"


def opening(client: FlaskClient, world: World, name: str) -> PageChecker:
    sign_in(client, world.user(name))
    return PageChecker(client)


def template_of(world: World, trigger: Trigger = Trigger.RECEIVED) -> MessageTemplate:
    with as_system() as session:
        return session.scalars(
            select(MessageTemplate).where(
                MessageTemplate.member_id == world.a.id,
                MessageTemplate.trigger == trigger,
                MessageTemplate.language == "fr",
            )
        ).one()


def receive(member_id: int, body: str = "Bonjour", provider_id: str = "SMx") -> int:
    with as_system() as session, transaction():
        row = InboundMessage(
            member_id=member_id, provider_id=provider_id, from_number=MOBILE, to_number="38100",
            body=body, received_at=ago(minutes=1), meaning="other",
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def test_the_ledger_shows_each_state_and_hides_the_private_link(
    app: Flask, client: FlaskClient, world: World
) -> None:
    queue_one(world.a.id)
    queue_one(world.a.id, to_number="")
    queue_one(world.b.id)
    page = opening(client, world, "staff-a").get("/messages")
    assert "En attente" in page.text
    assert "Aucun numéro : à rappeler." in page.text
    assert "abcdefghijklmnopqrst" not in page.response.get_data(as_text=True)
    assert "Mésolia" not in page.text


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("state=skipped", "Aucun numéro"),
        ("number=06 39 98 12 01", "En attente"),
        ("trigger=planned", "Aucun message"),
        ("state=x&trigger=y&member=99999999999999999999&after=zz&number=abc", "Aucun message"),
    ],
)
def test_filters(app: Flask, client: FlaskClient, world: World, query: str, seen: str) -> None:
    queue_one(world.a.id)
    queue_one(world.a.id, to_number="")
    assert seen in opening(client, world, "agent").get(f"/messages?{query}").text


def test_pages_follow_each_other(app: Flask, client: FlaskClient, world: World) -> None:
    for _one in range(45):
        queue_one(world.a.id)
    browser = opening(client, world, "staff-a")
    first = browser.get("/messages")
    older = next(link for link in first.links if "after=" in link)
    second = browser.get(older)
    assert any("before=" in link for link in second.links)


def test_a_person_decides(app: Flask, client: FlaskClient, world: World) -> None:
    again, given_up, waiting = (queue_one(world.a.id) for _ in range(3))
    for number in (again, given_up):
        change(number, state="uncertain", claimed_at=ago(minutes=9))
    browser = opening(client, world, "supervisor")
    page = browser.get("/messages?state=uncertain")
    page = browser.submit(page, f"/messages/{again}/resend")
    page = browser.submit(page, f"/messages/{given_up}/give-up")
    browser.submit(browser.get("/messages"), f"/messages/{waiting}/cancel")
    assert [message(n).state for n in (again, given_up, waiting)] == [
        "queued",
        "failed",
        "cancelled",
    ]
    twice = browser.post(f"/messages/{given_up}/resend")
    assert "plus incertain" in twice.text


def test_who_may_not_decide_finds_nothing(app: Flask, client: FlaskClient, world: World) -> None:
    number = queue_one(world.a.id)
    change(number, state="uncertain")
    browser = opening(client, world, "staff-a")
    assert "Renvoyer" not in browser.get("/messages").text
    assert client.post(f"/messages/{number}/resend").status_code == 404
    assert message(number).state == "uncertain"


def test_sending_is_resumed_by_the_supervisor(
    app: Flask, client: FlaskClient, world: World
) -> None:
    with as_system() as session, transaction():
        session.add(
            SendingPause(
                member_id=world.platform, cause="credentials", error_code=20003, since=ago(hours=1)
            )
        )
    browser = opening(client, world, "supervisor")
    page = browser.get("/messages")
    assert "Les envois sont arrêtés." in page.text
    with as_system() as session:
        pause = session.scalars(select(SendingPause.id)).one()
    page = browser.submit(page, f"/messages/pauses/{pause}/resume")
    assert "Les envois reprennent." in page.text
    assert "Les envois sont arrêtés." not in page.text
    assert "Les envois sont arrêtés." not in opening(client, world, "staff-a").get("/messages").text


def test_the_wall_says_why_nothing_leaves_and_has_the_button(
    app: Flask, client: FlaskClient, world: World
) -> None:
    with as_system() as session, transaction():
        session.add_all(
            SendingPause(member_id=world.platform, cause=cause, error_code=code, since=ago(hours=1))
            for cause, code in (("account_pause", 63038), ("unreachable", None))
        )
    browser = opening(client, world, "supervisor")
    page = browser.get("/supervision")
    assert "Le plafond d'envois du jour est atteint." in page.text
    assert "Le service d'envoi ne répond pas" in page.text
    with as_system() as session:
        pauses = session.scalars(select(SendingPause.id).order_by(SendingPause.id)).all()
    for pause in pauses:
        browser.submit(page, f"/messages/pauses/{pause}/resume")
    assert "Tout part normalement." in browser.get("/supervision").text


def test_a_template_is_edited_under_its_version(
    app: Flask, client: FlaskClient, world: World
) -> None:
    row = template_of(world)
    browser = opening(client, world, "manager-a")
    address = f"/messages/templates/{row.id}"
    assert address in browser.get("/messages/templates").links
    page = browser.get(address)
    stale = browser.get(address)
    browser.submit(page, address, body="{membre} : reçu {reference}. {lien}")
    assert template_of(world).body == "{membre} : reçu {reference}. {lien}"
    refused = browser.submit(stale, address, body="{membre} autre {lien}", status=422)
    assert "modifiée par" in refused.text
    assert "{membre} autre {lien}" in refused.response.get_data(as_text=True)
    browser.submit(refused, address, body="{membre} autre {lien}")
    assert template_of(world).body == "{membre} autre {lien}"
    browser.submit(browser.get(address), f"{address}/reset")
    assert "bien enregistrée" in template_of(world).body


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{membre} {prenom} {lien}", "Champ inconnu"),
        ("{membre} sans lien", "obligatoire absent"),
        ("{membre {lien}", "accolade"),
        ("  ", "Écrivez le texte"),
        ("{membre} {lien}" + "x" * 2000, "1600"),
    ],
)
def test_a_wrong_template_is_refused_and_kept_on_the_page(
    app: Flask, client: FlaskClient, world: World, body: str, said: str
) -> None:
    row = template_of(world)
    browser = opening(client, world, "manager-a")
    address = f"/messages/templates/{row.id}"
    refused = browser.submit(browser.get(address), address, body=body, status=422)
    assert said in refused.text
    assert template_of(world).version == row.version


def test_the_preview_counts_and_names_what_is_dear(
    app: Flask, client: FlaskClient, world: World
) -> None:
    row = template_of(world)
    opening(client, world, "manager-a")
    shown = client.post(
        f"/messages/templates/{row.id}/preview",
        data={"body": f"{{membre}} 😀 {XSS} {{lien}}"},
        headers={"HX-Request": "true"},
    ).get_data(as_text=True)
    assert "😀" in shown
    assert "UCS-2" in shown
    assert "<script>" not in shown


def test_the_preview_names_what_is_sent_otherwise_and_replaces_it(
    app: Flask, client: FlaskClient, world: World
) -> None:
    row = template_of(world)
    browser = opening(client, world, "manager-a")
    address = f"/messages/templates/{row.id}"
    page = browser.get(address)
    dear = "{membre} : reçu « vite » {lien}"
    changed = browser.submit(page, address, body=dear, transliterate="1")
    assert changed.values(changed.form(address))["body"] == ['{membre} : recu "vite" {lien}']
    assert template_of(world).version == row.version
    shown = client.post(
        f"{address}/preview", data={"body": dear}, headers={"HX-Request": "true"}
    ).get_data(as_text=True)
    assert "envoyés autrement" in shown
    assert "ç" in shown
    browser.submit(changed, address)
    assert template_of(world).body == '{membre} : recu "vite" {lien}'


def test_a_template_goes_back_to_a_version(app: Flask, client: FlaskClient, world: World) -> None:
    row = template_of(world)
    browser = opening(client, world, "manager-a")
    address = f"/messages/templates/{row.id}"
    browser.submit(browser.get(address), address, body="{membre} deux {lien}")
    page = browser.submit(browser.get(address), address, body="{membre} trois {lien}")
    assert "Version 3" in page.text
    with as_system() as session:
        author = session.scalars(
            select(TemplateVersion.author_label).where(
                TemplateVersion.template_id == row.id, TemplateVersion.number == 3
            )
        ).one()
    assert author in page.text
    data = {"number": "2", "version": "3"}
    assert client.post(f"{address}/restore", data=data).status_code == 303
    now = template_of(world)
    assert (now.body, now.version) == ("{membre} deux {lien}", 4)
    # Somebody else was first: nothing is overwritten.
    client.post(f"{address}/restore", data={"number": "1", "version": "3"})
    assert template_of(world).version == 4


def test_the_preview_shows_a_real_request(app: Flask, client: FlaskClient, world: World) -> None:
    ticket = opened(world)
    row = template_of(world)
    browser = opening(client, world, "manager-a")
    address = f"/messages/templates/{row.id}"
    assert ticket_of(ticket).reference in browser.get(address).text
    data = {"body": row.body, "ticket": str(ticket)}
    hx = {"HX-Request": "true"}
    shown = client.post(f"{address}/preview", data=data, headers=hx).get_data(as_text=True)
    assert ticket_of(ticket).reference in shown
    assert "/s/xxxx" in shown
    sign_in(client, world.user("manager-b"))
    foreign = template_of(world)
    assert client.post(f"/messages/templates/{foreign.id}/preview", data=data).status_code == 404


def test_fields_that_mean_nothing_there_are_refused(
    app: Flask, client: FlaskClient, world: World
) -> None:
    row = template_of(world)
    browser = opening(client, world, "manager-a")
    address = f"/messages/templates/{row.id}"
    wrong = browser.submit(
        browser.get(address), address, body="{membre} {creneau} {lien}", status=422
    )
    assert "Champ inconnu : {creneau}" in wrong.text
    planned = template_of(world, Trigger.PLANNED)
    address = f"/messages/templates/{planned.id}"
    wrong = browser.submit(browser.get(address), address, body="{membre} {lien}", status=422)
    assert "Champ obligatoire absent : {date}, {creneau}" in wrong.text


def test_staff_may_not_edit_templates(app: Flask, client: FlaskClient, world: World) -> None:
    row = template_of(world)
    opening(client, world, "staff-a")
    assert client.get("/messages/templates").status_code == 404
    assert client.get(f"/messages/templates/{row.id}").status_code == 404


def test_answers_are_sorted_by_a_person(app: Flask, client: FlaskClient, world: World) -> None:
    ticket = opened(world)
    linked = receive(world.platform, f"Il fuit toujours {XSS} مرحبا", "SM1")
    nothing = receive(world.a.id, "Merci", "SM2")
    browser = opening(client, world, "agent")
    page = browser.get("/messages/inbound")
    assert "numéro inconnu" in page.text
    wrong = browser.submit(page, f"/messages/inbound/{linked}/link", reference="AQ-99999")
    assert "Aucune demande" in wrong.text
    page = browser.submit(
        page, f"/messages/inbound/{linked}/link", reference=ticket_of(ticket).reference.lower()
    )
    assert kinds_of(ticket)[-1] == "tenant_word"
    page = browser.submit(page, f"/messages/inbound/{nothing}/sorted")
    assert "Tout est trié" in page.text


def test_a_member_does_not_see_the_platform_s_answers(
    app: Flask, client: FlaskClient, world: World
) -> None:
    linked = receive(world.platform)
    page = opening(client, world, "staff-a").get("/messages/inbound")
    assert "Tout est trié" in page.text
    assert client.post(f"/messages/inbound/{linked}/sorted").status_code == 404


def test_a_manager_chooses_the_follow_ups(app: Flask, client: FlaskClient, world: World) -> None:
    browser = opening(client, world, "manager-a")
    page = browser.get("/messages/follow-ups")
    address = f"/messages/follow-ups/{world.a.id}"
    stale = browser.get(address)
    saved = browser.submit(
        page, address, max_per_day="2", reminder_hour="16", on_on_hold=None, after_accepted="30"
    )
    assert "Les suivis sont réglés." in saved.text
    with as_member(world.a.id):
        choices, (policy, version) = get_choices(world.a.id), get_policy(world.a.id)
    assert (policy.max_per_day, policy.reminder_hour, version) == (2, 16, 1)
    assert not choices[Trigger.ON_HOLD].active
    assert choices[Trigger.ACCEPTED].delay_minutes == 30
    assert choices[Trigger.RECEIVED].active
    refused = browser.submit(stale, address, max_per_day="9", status=422)
    assert "modifiés pendant que vous écriviez" in refused.text
    wrong = browser.submit(browser.get(address), address, reminder_hour="23", status=422)
    assert "Un nombre de 8 à 19." in wrong.text
    with as_member(world.a.id):
        assert get_policy(world.a.id)[0] == policy


def test_staff_may_not_choose_the_follow_ups(app: Flask, client: FlaskClient, world: World) -> None:
    opening(client, world, "staff-a")
    assert client.get("/messages/follow-ups").status_code == 404


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ("", ""),
        ("La personne a demandé à ne plus recevoir de SMS.", "The person has asked"),
        ("Regroupé : le SMS « Visite prévue » en dit plus.", "Visit planned"),
        ("Limite atteinte : déjà 4 SMS aujourd'hui à ce numéro.", "4"),
        ("Annulé par Nadia Perrin.", "Nadia Perrin"),
        ("Le service d'envoi a refusé le message (code 30999).", "30999"),
        ("Écrit par un autre programme.", "Écrit par un autre programme."),
    ],
)
def test_a_reason_is_read_in_the_reader_s_language(app: Flask, kept: str, shown: str) -> None:
    with app.test_request_context():
        with force_locale("fr"):
            assert reason_words(kept) == kept
        with force_locale("en"):
            told = reason_words(kept)
    assert shown in told
    assert (told == kept) == (kept == shown)


def test_every_reason_with_a_fact_can_be_read_back() -> None:
    """Whatever is kept with a figure or a name in it has its pattern."""
    kept = {
        words
        for name in (
            "timeliness", "rules", "follow_up_rules", "together", "decisions", "sending",
            "claiming", "upkeep", "services", "redirecting",
        )
        for words in re.findall(
            r'_\(\s*"([^"]*%\([^"]*)"', (ROOT / f"callcenter/messaging/{name}.py").read_text()
        )
    }  # fmt: skip
    assert kept == set(WITH_FACTS)
