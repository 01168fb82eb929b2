"""Every page that the menu leads to, for each role, on a desk's screen and on a phone's:
no violation found by axe, no sideways scroll, no script error."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE, OpenPage, sign_in
from tests.fill import fill_every_table
from tests.platform_process import PlatformProcess
from tests.world import World

pytestmark = pytest.mark.browser

ACCOUNTS = (
    "agent@plateforme.exemple.fr",
    "supervisor@plateforme.exemple.fr",
    "administrator@plateforme.exemple.fr",
    "manager-a@aq.exemple.fr",
    "staff-a@aq.exemple.fr",
    "contractor-a@aq.exemple.fr",
)


def look_at(page: Page, where: str) -> list[str]:
    """Return what is wrong with the page as it stands."""
    found = [
        f"{where}: {violation['id']}: {violation['help']} "
        + "; ".join(str(node["target"]) for node in violation["nodes"][:3])
        for violation in Axe().run(page).response["violations"]
    ]
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if wide > 0:
        found.append(f"{where}: scrolls {wide} px sideways")
    return found


def pages_of(page: Page, platform: PlatformProcess, world: World) -> list[str]:
    """The addresses behind the menu, and one level of what they list."""
    menu = page.eval_on_selector_all("#menu a[href]", "links => links.map(a => a.href)")
    found = dict.fromkeys([*menu, f"{platform.url}/account"])
    deeper: dict[str, None] = {}
    for url in list(found):
        page.goto(url)
        links = page.eval_on_selector_all("main a[href]", "links => links.map(a => a.href)")
        kinds: set[str] = set()
        for link in links:
            kind = re.sub(r"\d+", "0", link.partition("?")[0].partition("#")[0])
            inside = link.startswith(platform.url) and "export" not in link
            if inside and kind not in kinds and not kind.endswith((".csv", ".xlsx")):
                kinds.add(kind)
                deeper[link] = None
    return [*found, *(link for link in deeper if link not in found)]


@pytest.mark.parametrize("account", ACCOUNTS)
def test_every_page_of_a_role(
    web: PlatformProcess, app: Flask, world: World, open_page: OpenPage, account: str
) -> None:
    fill_every_table(world)
    page = open_page()
    sign_in(page, web, account)
    faults: list[str] = []
    kinds: set[str] = set()
    for url in pages_of(page, web, world):
        kind = re.sub(r"\d+", "0", url.partition("?")[0])
        if kind in kinds:
            continue
        kinds.add(kind)
        for size in (DESKTOP, PHONE):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            answer = page.goto(url)
            assert answer is not None
            if answer.status != 200:
                faults.append(f"{url}: {answer.status}")
                break
            page.wait_for_timeout(250)  # parts that htmx fetches; a live stream never goes idle
            faults += look_at(page, f"{url} at {size['width']}")
    assert not faults, "\n".join(faults)
    assert len(kinds) >= 3


def test_the_sign_in_page(web: PlatformProcess, open_page: OpenPage) -> None:
    faults: list[str] = []
    for size in (DESKTOP, PHONE):
        page = open_page(f"{web.url}/sign-in", size=size)
        faults += look_at(page, f"sign-in at {size['width']}")
    assert not faults, "\n".join(faults)
