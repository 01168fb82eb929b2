"""What a person does around follow-ups: a number given by SMS, the desk at night, a year of SMS."""

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select

from callcenter.core.db import session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.members.models import Calendar
from callcenter.messaging.inbound import Incoming, store_inbound
from callcenter.tickets.services.answers import apply_answer
from tests.browser.conftest import OpenPage, sign_in
from tests.browser.live_desk import AGENT
from tests.oncall.scenes import fill_weeks, make_rota
from tests.outbox import MOBILE
from tests.platform_process import PlatformProcess
from tests.tickets.scenes import opened
from tests.world import World, as_system

pytestmark = pytest.mark.browser


@pytest.fixture
def closed_all_day(app: Flask, world: World) -> None:
    """It is night at member A's, whatever the hour of the test."""
    with session_scope(Scope(everything=True)), transaction() as session:
        for row in session.scalars(select(Calendar).where(Calendar.member_id == world.a.id)):
            row.weekly_hours = {}


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


@pytest.mark.usefixtures("closed_all_day")
def test_at_night_nothing_hides_behind_what_saves(
    app: Flask, world: World, web: PlatformProcess, open_page: OpenPage
) -> None:
    for name in ("Toutes urgences", "Ascenseur", "Chauffage"):
        fill_weeks(world, make_rota(world, name))
    page = open_page()
    sign_in(page, web, AGENT)
    page.goto(f"{web.url}/desk")
    page.locator(".line-card a").first.click()
    page.locator("#desk-search").fill("Etche")
    page.locator("#desk-results .result").first.click()
    page.locator("[data-key=F3]").fill("fuite d'eau")
    page.locator(".desk-category .result").first.click()
    expect(page.locator(".route")).to_contain_text("Astreinte")
    duty = page.locator("#desk-duty")
    expect(duty.locator("summary")).to_contain_text("Astreinte en cours")
    expect(duty.locator(".duties").first).to_be_hidden()
    places = {
        name: page.locator(name).bounding_box() for name in ("#desk-duty", ".route", ".desk-save")
    }
    assert all(places.values())
    ends = {name: box["y"] + box["height"] for name, box in places.items() if box}
    save = places[".desk-save"]
    assert save
    assert max(ends["#desk-duty"], ends[".desk-save"]) <= 768
    assert ends[".route"] <= save["y"]
    duty.locator("summary").click()
    expect(duty.get_by_text("Bruno Lacoste").first).to_be_visible()
