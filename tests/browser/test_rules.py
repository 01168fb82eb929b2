"""A manager changes a rule, sees on real tickets what it would have done, publishes, goes back."""

import pytest
from flask import Flask

from callcenter.members.states import Service
from tests.browser.conftest import OpenPage, sign_in
from tests.browser.test_every_page import look_at
from tests.platform_process import PlatformProcess
from tests.tickets.scenes import opened
from tests.world import World

pytestmark = pytest.mark.browser


def test_a_rule_from_its_draft_to_the_desk(
    platform: PlatformProcess, app: Flask, world: World, open_page: OpenPage
) -> None:
    for _ in range(3):
        opened(world, "T-ASC", location="common", service=Service.TENANTS)
    page = open_page()
    sign_in(page, platform, "manager-a@aq.exemple.fr")
    faults: list[str] = []
    page.goto(f"{platform.url}/routing/rules/{world.a.id}/new")
    page.get_by_label("Nom de la règle").fill("Ascenseurs de Gounod")
    page.get_by_label("Motif", exact=True).select_option("T-ASC")
    page.get_by_label("Quelqu'un est-il bloqué dans la cabine ?").wait_for()
    page.locator("#residence").fill("gounod")
    page.get_by_label("Envoyer à").select_option("organisation")
    page.get_by_label("Partenaire").select_option(label="Garonne Thermique")
    faults += look_at(page, "new rule")
    page.get_by_role("button", name="Ajouter la règle").click()
    page.get_by_role("link", name="Voir et publier").click()
    page.get_by_role("button", name="Essayer le brouillon").wait_for()
    faults += look_at(page, "draft")
    page.get_by_role("button", name="Essayer le brouillon").click()
    # A worker counts; the page says so by itself.
    page.get_by_text("Sur les 3 dernières demandes, 3 auraient changé").wait_for(timeout=40_000)
    faults += look_at(page, "what-if")
    page.get_by_role("link", name="Brouillon des règles").click()
    page.get_by_label("Pourquoi ce changement").fill("Nouveau contrat")
    page.get_by_role("button", name="Publier 1 changement").click()
    page.get_by_text("Les règles sont en vigueur : version 2.").wait_for()
    page.get_by_role("link", name="Version 2 du").click()
    page.get_by_role("link", name="Version 1", exact=True).click()
    page.get_by_label("Comparée à").select_option("2")
    page.get_by_role("button", name="Filtrer").click()
    page.get_by_text("retirée").wait_for()
    faults += look_at(page, "version")
    page.get_by_role("button", name="Revenir à cette version").click()
    page.get_by_role("dialog").get_by_role("button", name="Revenir à cette version").click()
    page.get_by_text("de nouveau en vigueur : version 3").wait_for()
    assert faults == []


def test_a_question_is_edited_on_screen(
    web: PlatformProcess, app: Flask, world: World, open_page: OpenPage
) -> None:
    page = open_page()
    sign_in(page, web, "manager-a@aq.exemple.fr")
    page.goto(f"{web.url}/members/{world.a.id}/categories")
    page.get_by_role("link", name="T-NUI").click()
    page.get_by_role("link", name="Ajouter une question").click()
    page.get_by_label("Question", exact=True).fill("Quel animal ?")
    for place, words in enumerate(("Punaises de lit", "Rats")):
        page.locator(f"#choices-{place}-label").fill(words)
    faults = look_at(page, "question")
    page.get_by_role("button", name="Enregistrer la question").click()
    page.get_by_text("elle est posée dès maintenant").wait_for()
    page.get_by_role("link", name="Quel animal ?").wait_for()
    faults += look_at(page, "category")
    assert faults == []
