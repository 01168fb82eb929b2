"""What a person does around follow-ups: a number given by SMS."""

import pytest
from flask import Flask
from playwright.sync_api import expect

from callcenter.core.db import transaction
from callcenter.messaging.inbound import Incoming, store_inbound
from callcenter.tickets.services.answers import apply_answer
from tests.browser.conftest import OpenPage, sign_in
from tests.browser.live_desk import AGENT
from tests.outbox import MOBILE
from tests.platform_process import PlatformProcess
from tests.tickets.scenes import opened
from tests.world import World, as_system

pytestmark = pytest.mark.browser


def test_a_number_given_by_sms_is_taken_and_given_back(
    app: Flask, world: World, web: PlatformProcess, open_page: OpenPage
) -> None:
    ticket = opened(world)
    with as_system(), transaction():
        said = store_inbound(Incoming("SM1", MOBILE, "38100", "Mon numéro est le 06 39 98 77 01"))
        assert said is not None
        apply_answer(said.id)
    page = open_page()
    sign_in(page, web, AGENT)
    page.goto(f"{web.url}/messages/inbound")
    expect(page.get_by_role("button", name="À la place du 06 39 98 12 01")).to_be_visible()
    page.goto(f"{web.url}/tickets/{ticket}")
    page.get_by_role("button", name="Utiliser ce numéro").click()
    expect(page.get_by_text("Numéro retenu : 06 39 98 77 01")).to_be_visible()
    expect(page.locator("#caller")).to_contain_text("06 39 98 77 01")
    page.get_by_role("button", name="Revenir au 06 39 98 12 01").click()
    expect(page.get_by_text("Retour au 06 39 98 12 01.").first).to_be_visible()
    expect(page.locator("#caller")).to_contain_text("06 39 98 12 01")
    expect(page.get_by_role("button", name="Utiliser ce numéro")).to_be_visible()
