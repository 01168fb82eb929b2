"""The page of phones, in a real browser: messages arrive, a person answers."""

import re
from collections.abc import Iterator

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.sandbox_process import AUTH_TOKEN, SandboxProcess
from tests.webhook_listener import WebhookListener

pytestmark = pytest.mark.browser

PHONE = "+33639981234"
NOWHERE = "http://127.0.0.1:9/"


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    return chromium


@pytest.fixture
def page(browser: Browser, sandbox: SandboxProcess) -> Iterator[Page]:
    context = browser.new_context(locale="fr-FR", viewport={"width": 1366, "height": 768})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.goto(sandbox.url)
    yield page
    context.close()
    assert faults == []


def send(sandbox: SandboxProcess, body: str, to: str = PHONE, sender: str = "") -> None:
    sandbox.gateway().send(to, body, 1, NOWHERE, 3600, sender=sender)


def test_a_message_appears_by_itself_with_its_link(page: Page, sandbox: SandboxProcess) -> None:
    expect(page.get_by_text("Aucun téléphone : il en apparaît un")).to_be_visible()
    send(sandbox, "Suivez votre demande : http://127.0.0.1:9/s/abc. Merci <b>")
    phone = page.get_by_role("article", name="06 39 98 12 34")
    expect(phone.get_by_role("link")).to_have_attribute("href", "http://127.0.0.1:9/s/abc")
    expect(phone).to_contain_text("Merci <b>")
    expect(phone).to_contain_text("Remis")


def test_a_person_answers_while_messages_go_on_arriving(
    page: Page, sandbox: SandboxProcess, listener: WebhookListener
) -> None:
    sandbox.settings(webhook_origin=listener.origin)
    send(sandbox, "Est-ce réparé ?")
    box = page.get_by_role("textbox", name=re.compile("Répondre au 38100 depuis le 06 39 98 12 34"))
    box.fill("Non, toujours")
    send(sandbox, "Un autre message")
    expect(page.get_by_text("Un autre message")).to_be_visible()
    expect(box).to_have_value("Non, toujours")
    box.press_sequentially(" en panne")
    box.press("Enter")
    expect(page.get_by_text("Message envoyé.")).to_be_visible()
    expect(box).to_have_value("")
    expect(page.locator(".mine .text")).to_have_text("Non, toujours en panne")
    (call,) = listener.received
    assert call.form["Body"] == "Non, toujours en panne"
    assert call.is_signed_with(AUTH_TOKEN)


def test_a_refusal_of_the_platform_is_said(
    page: Page, sandbox: SandboxProcess, listener: WebhookListener
) -> None:
    sandbox.settings(webhook_origin=listener.origin)
    listener.answers = [403]
    send(sandbox, "Bonjour")
    page.get_by_role("textbox", name=re.compile("Répondre")).fill("oui")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_text("La plateforme a refusé le message (HTTP 403).")).to_be_visible()


def test_nobody_answers_a_name(page: Page, sandbox: SandboxProcess) -> None:
    send(sandbox, "Bonjour", sender="Aquitanis")
    expect(page.get_by_text("on ne peut pas lui répondre")).to_be_visible()
    expect(page.get_by_role("button", name="Envoyer")).to_have_count(0)


def test_adds_a_phone_and_chooses_a_fault(page: Page, sandbox: SandboxProcess) -> None:
    page.get_by_text("Ajouter un téléphone").click()
    page.get_by_label("Numéro", exact=True).fill("06 39 98 00 07")
    page.get_by_label("Nom (facultatif)").fill("Mme Etcheverry")
    page.get_by_role("button", name="Ajouter").click()
    expect(page.get_by_role("article", name="06 39 98 00 07")).to_contain_text("Mme Etcheverry")
    page.get_by_text("Comportement du réseau").click()
    page.get_by_label("Ce qui arrive aux messages").select_option("30003")
    page.get_by_label("Pour").select_option("number")
    page.get_by_label("Quel numéro").fill("06 39 98 12 34")
    page.get_by_role("button", name="Appliquer").click()
    expect(page.get_by_text("06 39 98 12 34 : Téléphone éteint (30003)")).to_be_visible()
    send(sandbox, "Bonjour")
    expect(page.get_by_text("Non remis (30003)")).to_be_visible()
    page.get_by_role("button", name="Revenir à la normale").click()
    expect(page.get_by_text("Pannes en cours")).to_have_count(0)


def test_wrong_entries_are_explained(page: Page) -> None:
    page.get_by_text("Ajouter un téléphone").click()
    page.get_by_label("Numéro", exact=True).fill("poste 12")
    page.get_by_role("button", name="Ajouter").click()
    expect(page.get_by_text("Numéro incompris")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1366])
def test_is_accessible_and_never_scrolls_sideways(
    page: Page, sandbox: SandboxProcess, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    send(sandbox, "Voir https://exemple.fr/" + "a" * 90 + " 🙂 ê")
    send(sandbox, "Bonjour", sender="Aquitanis", to="+33639980002")
    sandbox.configure(outcome="error", code=30007)
    send(sandbox, "Filtré", to="+33639980003")
    expect(page.get_by_text("Non remis (30007)")).to_be_visible()
    page.reload()
    for summary in page.locator("summary").all():
        summary.click()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_page_obeys_its_own_strict_policy(sandbox: SandboxProcess) -> None:
    answer = requests.get(sandbox.url, timeout=5)
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "style=" not in answer.text
