"""The main job, end to end: agent, right organisation, staff, tenant's phone and private link."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from callcenter.core import clock
from tests.browser.conftest import PHONE, OpenPage, sign_in
from tests.platform_process import PlatformProcess, wait_until

pytestmark = pytest.mark.browser

TENANT = "+33639981201"


def texts(platform: PlatformProcess) -> list[str]:
    """What the tenant's phone has received, oldest first."""
    return platform.sandbox.received(TENANT)


def wait_for_texts(platform: PlatformProcess, count: int) -> str:
    wait_until(lambda: len(texts(platform)) >= count, f"the tenant's SMS number {count}")
    assert len(texts(platform)) == count
    return texts(platform)[-1]


def log_the_call(page: Page, platform: PlatformProcess) -> str:
    """An agent finds the caller, says what it is about, reads where it goes, and saves: by keys."""
    sign_in(page, platform, "agent@plateforme.exemple.fr")
    page.keyboard.press("1")
    page.wait_for_url("**/desk/*")  # loaded: no hand is so quick that it types before that
    expect(page.get_by_text("Aquitanis bonjour, Camille à votre écoute")).to_be_visible()
    page.keyboard.press("F2")
    page.keyboard.type("06 39 98 12 01")
    expect(page.locator("#desk-results .result").first).to_contain_text("Maïté Etcheverry")
    page.keyboard.press("Enter")
    expect(page.locator("#caller")).to_contain_text("12 rue Gounod")
    expect(page.locator("#category_query")).to_be_focused()
    page.keyboard.type("fuite")
    expect(page.locator("#category-results .result").first).to_contain_text(
        "Fuite d'eau importante"
    )
    page.keyboard.press("Enter")
    expect(page.get_by_label("Partie privative")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("#preview")).to_contain_text("AQ-00000")
    expect(page.locator("#preview")).to_contain_text("segment")
    page.get_by_label("Précisions").fill("L'eau coule sous l'évier")
    page.keyboard.press("Control+Enter")
    saved = page.get_by_text(re.compile(r"AQ-\d+ enregistrée"))
    expect(saved).to_be_visible()
    found = re.search(r"AQ-\d+", saved.inner_text())
    assert found
    return found.group()


def test_the_main_job_end_to_end(platform: PlatformProcess, open_page: OpenPage) -> None:
    agent = open_page()
    reference = log_the_call(agent, platform)
    received = wait_for_texts(platform, 1)
    assert reference in received
    link = re.search(r"http://\S+/s/\S+", received)
    assert link

    staff = open_page()
    sign_in(staff, platform, "staff-a@aq.exemple.fr")
    staff.get_by_role("link", name=re.compile("Fuite d'eau importante")).first.click()
    staff.wait_for_url(re.compile(r"/tickets/\d+$"))  # loaded: keys are heard from then on
    expect(staff.get_by_role("heading", level=1)).to_contain_text(reference)
    staff.keyboard.press("a")
    staff.locator("#action button[type=submit]").first.click()
    expect(staff.get_by_text("acceptée").first).to_be_visible()
    # Each text is waited for by itself: one that came late would be taken for the next.
    assert "s'occupe de votre demande" in wait_for_texts(platform, 2)
    staff.get_by_role("link", name="Planifier").first.click()
    day = clock.today() + timedelta(days=7)
    staff.get_by_label("Jour").fill(day.isoformat())
    staff.locator("#action select").first.select_option(index=1)
    staff.locator("#action button[type=submit]").first.click()
    planned = wait_for_texts(platform, 3)
    assert re.search(rf"rendez-vous \w+ {day.day}(er)? ", planned)

    phone = open_page(link.group(), size=PHONE, script=False)
    expect(phone.get_by_role("heading", level=1)).to_contain_text(reference)
    expect(phone.locator("body")).to_contain_text("Votre rendez-vous")
    phone.get_by_role("button", name="Ça me convient").click()
    expect(phone.locator("body")).to_contain_text("Vous avez confirmé ce rendez-vous")

    staff.reload()
    expect(staff.get_by_text("Le rendez-vous convient au locataire").first).to_be_visible()
    staff.keyboard.press("r")
    staff.locator("#action input[value=repaired]").check()
    staff.locator("#action button[type=submit]").first.click()
    resolved = wait_for_texts(platform, 4)
    assert "terminée" in resolved
    assert link.group() in resolved

    phone.goto(link.group())
    phone.get_by_text("Non, ce n'est pas réglé").click()
    phone.get_by_label("Que reste-t-il à faire").fill("Ça coule encore")
    phone.get_by_role("button", name="Rouvrir ma demande").click()
    expect(phone.locator("body")).to_contain_text("Ça coule encore")
    staff.reload()
    expect(staff.get_by_text("Ça coule encore").first).to_be_visible()

    phones = open_page(platform.sandbox.url)
    expect(phones.locator("body")).to_contain_text(reference)
