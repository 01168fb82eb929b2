"""The pace of the desk: how many keys a call takes, and how long a practised hand needs.

Keys are counted as fingers press them: Alt+1 is two. Seconds are worked out by the keystroke
level model (Card, Moran and Newell, 1980): 0.28 s a key for an average typist, and 1.35 s of
thought before each step. The clock of a test machine says nothing of a person; it is printed.
"""

import re
import time
from dataclasses import dataclass, field

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from callcenter.calls.exchanges import issue_key
from callcenter.core.db import session_scope, transaction
from callcenter.core.isolation import Scope
from tests.browser.conftest import OpenPage
from tests.browser.live_desk import AGENT, TENANT, Exchange, desk_of
from tests.platform_process import PlatformProcess
from tests.world import World

pytestmark = pytest.mark.browser

ALONE = "+33536490201"  # one person, one home


@dataclass
class Hands:
    """Somebody who works by keys alone, counted."""

    page: Page
    keys: int = 0
    steps: int = 0
    since: float = field(default_factory=time.monotonic)

    def press(self, *names: str) -> None:
        """One step: these keys, one after the other."""
        self.steps += 1
        for name in names:
            self.keys += len(name.split("+"))
            self.page.keyboard.press(name)

    def type(self, words: str) -> None:
        """One step: these words."""
        self.steps += 1
        self.keys += len(words)
        self.page.keyboard.type(words)

    @property
    def seconds(self) -> float:
        """What a practised person needs."""
        return 0.28 * self.keys + 1.35 * self.steps

    def report(self, what: str) -> None:
        """Print what was counted."""
        spent = time.monotonic() - self.since
        print(  # noqa: T201 - for whoever reads the run
            f"{what}: {self.keys} keys, {self.steps} steps, {self.seconds:.1f} s by hand,"
            f" {spent:.1f} s here"
        )


@pytest.fixture
def exchange(app: Flask, world: World, web: PlatformProcess) -> Exchange:
    with session_scope(Scope(everything=True)), transaction():
        key = issue_key(world.platform, "PBX")
    return Exchange(web, key)


def answered(web: PlatformProcess, exchange: Exchange, open_page: OpenPage, number: str) -> Hands:
    """The desk of a call that the agent has just picked up."""
    page = desk_of(open_page, web, AGENT)
    exchange.tell("newCall", **{"from": number})
    exchange.tell("answer", user="agent", **{"from": number})
    page.wait_for_url(re.compile("call_id="))
    expect(page.locator("#live-call")).to_be_visible()
    return Hands(page)


def test_the_common_call(web: PlatformProcess, exchange: Exchange, open_page: OpenPage) -> None:
    """A tenant known by the number, alone in the home, who needs an answer and no ticket."""
    hands = answered(web, exchange, open_page, ALONE)
    expect(hands.page.locator("#caller .caller-name")).to_contain_text("Lafitte")
    hands.press("F8", "r")
    hands.press("Alt+Enter")
    expect(hands.page.get_by_text("Appel enregistré")).to_be_visible()
    hands.report("the common call")
    assert hands.keys <= 12
    assert hands.seconds < 10


def test_the_common_call_of_two_who_share_a_number(
    web: PlatformProcess, exchange: Exchange, open_page: OpenPage
) -> None:
    hands = answered(web, exchange, open_page, TENANT)
    hands.press("Alt+1")
    expect(hands.page.locator("#caller .caller-name")).to_contain_text("Etcheverry")
    hands.press("F8", "r")
    hands.press("Alt+Enter")
    expect(hands.page.get_by_text("Appel enregistré")).to_be_visible()
    hands.report("two who share a number")
    assert hands.keys <= 12
    assert hands.seconds < 10


def test_a_quick_hand_keeps_the_focus(
    web: PlatformProcess, exchange: Exchange, open_page: OpenPage
) -> None:
    """Once the caller is shown, nothing moves the focus any more: a key would go astray."""
    page = answered(web, exchange, open_page, TENANT).page
    page.evaluate(
        """document.addEventListener("htmx:afterRequest", (event) => {
             if (event.detail.target.id !== "caller") return;
             document.getElementById("disposition").focus();
             window.setTimeout(() => document.body.setAttribute("data-later", ""), 100);
           })"""
    )
    page.keyboard.press("Alt+1")
    expect(page.locator("[data-later]")).to_be_attached()
    expect(page.locator("#disposition")).to_be_focused()


def test_a_refused_save_still_says_who_calls(
    web: PlatformProcess, exchange: Exchange, open_page: OpenPage
) -> None:
    page = answered(web, exchange, open_page, ALONE).page
    page.keyboard.press("Alt+Enter")
    expect(page.get_by_text("Indiquez comment l'appel se termine").first).to_be_visible()
    expect(page.locator("#live-call")).to_contain_text("connu : ")
    expect(page.locator("#disposition")).to_be_focused()
    page.keyboard.press("r")
    page.keyboard.press("Alt+Enter")
    expect(page.get_by_text("Appel enregistré")).to_be_visible()


def test_a_ticket(web: PlatformProcess, exchange: Exchange, open_page: OpenPage) -> None:
    """Category by a word, its question answered, a sentence for whoever comes, saved."""
    hands = answered(web, exchange, open_page, ALONE)
    page = hands.page
    expect(page.locator("#category_query")).to_be_focused()
    hands.type("robinet")
    expect(page.locator('#category-results [aria-selected="true"]')).to_contain_text("Plomberie")
    hands.press("Enter")
    question = page.locator("fieldset.question input").first
    expect(question).to_be_focused()
    hands.press("Space")
    expect(page.locator("fieldset.question input").first).to_be_checked()
    hands.press("F6")
    hands.type("Le robinet de la cuisine goutte")
    hands.press("Control+Enter")
    expect(page.get_by_text(re.compile(r"AQ-\d+ enregistrée"))).to_be_visible()
    hands.report("a ticket")
    assert hands.keys <= 60
    assert hands.seconds < 40


def test_the_help_of_keys_opens_while_one_types(
    web: PlatformProcess, exchange: Exchange, open_page: OpenPage
) -> None:
    hands = answered(web, exchange, open_page, ALONE)
    hands.press("F7")
    hands.press("F1")
    help_of_keys = hands.page.locator("#keys-dialog")
    expect(help_of_keys).to_be_visible()
    for words in ("Choisir le motif", "Issue de l'appel, sans demande", "Précisions"):
        expect(help_of_keys).to_contain_text(words)
    hands.press("Escape")
    expect(help_of_keys).to_be_hidden()
