"""Live calls on real screens: two agents, calls that stack, drafts that stay."""

import os
import re
import signal
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from callcenter.calls.exchanges import issue_key
from callcenter.calls.models import Call
from callcenter.core.db import session_scope, transaction
from callcenter.core.isolation import Scope
from tests.browser.conftest import OpenPage
from tests.browser.live_desk import (
    AGENT,
    COLLEAGUE,
    LINE_A,
    TENANT,
    Exchange,
    desk_of,
    heard,
)
from tests.platform_process import PlatformProcess, wait_until
from tests.world import World

pytestmark = pytest.mark.browser


@pytest.fixture
def exchange(app: Flask, world: World, web: PlatformProcess) -> Exchange:
    with session_scope(Scope(everything=True)), transaction():
        key = issue_key(world.platform, "PBX")
    return Exchange(web, key)


def waiting(page: Page) -> str:
    return page.locator("[data-live-count]").inner_text()


def crash(platform: PlatformProcess) -> None:
    """Kill the process that serves; gunicorn starts another."""
    parent = platform.processes["web"].pid
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
    for child in children.split():
        os.kill(int(child), signal.SIGKILL)


def test_answering_on_one_desk_clears_it_on_the_others(
    web: PlatformProcess, exchange: Exchange, open_page: OpenPage
) -> None:
    camille = desk_of(open_page, web, AGENT)
    lucie = desk_of(open_page, web, COLLEAGUE)
    exchange.tell("newCall")
    for page in (camille, lucie):
        expect(page.locator("[data-live-count]")).to_have_text("1")
        page.locator("[data-live-waiting]").click()
        expect(page.locator("#live-queue")).to_contain_text("Etcheverry")
        expect(page.locator("#live-queue")).to_contain_text("Aquitanis")
    exchange.tell("answer", user="agent")
    expect(lucie.locator("[data-live-count]")).to_have_text("0")
    # Camille's desk was idle: it opens on the caller by itself.
    camille.wait_for_url(re.compile(r"/desk/\d+\?call_id=\d+"))
    expect(camille.locator("#live-call")).to_contain_text("2 personnes possibles")
    expect(camille.locator("#live-strip")).to_contain_text("En appel")
    expect(camille.locator("#live-presence")).to_have_value("on_call")
    camille.keyboard.press("Alt+1")
    expect(camille.locator("#caller .caller-name")).to_contain_text("Etcheverry")
    exchange.tell("hangup")
    expect(camille.locator("#live-strip")).to_contain_text("À noter")
    expect(camille.locator("#live-presence")).to_have_value("wrap_up")
    camille.locator("#disposition").select_option("answered")
    camille.keyboard.press("Alt+Enter")
    expect(camille.get_by_text("Appel enregistré")).to_be_visible()
    expect(camille.locator("#live-strip")).to_be_hidden()
    expect(camille.locator("#live-presence")).to_have_value("available")


def test_calls_stack_each_with_its_own_draft(
    web: PlatformProcess, exchange: Exchange, open_page: OpenPage
) -> None:
    page = desk_of(open_page, web, AGENT)
    exchange.tell("newCall", "1")
    exchange.tell("answer", "1", user="agent")
    page.wait_for_url(re.compile("call_id="))
    first = page.url
    page.get_by_label("Note sur l'appel").fill("Fuite sous l'évier")
    exchange.tell("hangup", "1")
    exchange.tell("newCall", "2", **{"from": "+33639989999"})
    exchange.tell("answer", "2", user="agent")
    chips = page.locator(".live-chip")
    expect(chips).to_have_count(2)
    # What is being typed is not touched, and the page stays where it is.
    expect(page.get_by_label("Note sur l'appel")).to_have_value("Fuite sous l'évier")
    assert page.url == first
    chips.nth(1).get_by_role("link").click()
    page.wait_for_url(lambda url: "call_id=" in url and url != first)
    expect(page.get_by_label("Note sur l'appel")).to_have_value("")
    expect(page.locator("#live-call")).to_contain_text("inconnu")
    page.get_by_label("Note sur l'appel").fill("Demande de quittance")
    page.locator(".live-chip").nth(0).get_by_role("link").click()
    page.wait_for_url(first)
    expect(page.get_by_label("Note sur l'appel")).to_have_value("Fuite sous l'évier")
    page.reload()
    expect(page.get_by_label("Note sur l'appel")).to_have_value("Fuite sous l'évier")
    page.locator("#disposition").select_option("answered")
    page.keyboard.press("Alt+Enter")
    # On to the next call of the stack, with its own words.
    page.wait_for_url(lambda url: "call_id=" in url and url != first)
    expect(page.get_by_label("Note sur l'appel")).to_have_value("Demande de quittance")


@pytest.mark.faults
def test_a_network_cut_loses_nothing(
    web: PlatformProcess, exchange: Exchange, open_page: OpenPage
) -> None:
    page = desk_of(open_page, web, AGENT)
    exchange.tell("newCall", "1")
    expect(page.locator("[data-live-count]")).to_have_text("1")
    page.context.set_offline(True)
    exchange.tell("hangup", "1")
    exchange.tell("newCall", "2")
    exchange.tell("newCall", "3")
    page.context.set_offline(False)
    expect(page.locator("[data-live-count]")).to_have_text("2", timeout=60_000)


@pytest.mark.faults
def test_the_web_process_restarts_in_the_middle_of_a_call(
    web: PlatformProcess, exchange: Exchange, open_page: OpenPage
) -> None:
    page = desk_of(open_page, web, AGENT)
    exchange.tell("newCall", "1")
    exchange.tell("answer", "1", user="agent")
    page.wait_for_url(re.compile("call_id="))
    note = page.get_by_label("Note sur l'appel")
    note.fill("Chauffage en panne")
    expect(page.locator("[data-draft-state]")).to_contain_text("enregistré")
    crash(web)
    note.fill("Chauffage en panne depuis hier")
    wait_until(web._answers, "the web server")
    exchange.tell("hangup", "1")
    expect(page.locator("#live-strip")).to_contain_text("À noter", timeout=60_000)
    expect(note).to_have_value("Chauffage en panne depuis hier")
    page.locator("#disposition").select_option("answered")
    page.keyboard.press("Alt+Enter")
    expect(page.get_by_text("Appel enregistré")).to_be_visible()


def test_a_call_through_the_provider_from_queue_to_wrap_up(
    web: PlatformProcess, extension: str, open_all_day: None, open_page: OpenPage
) -> None:
    """A person dials, waits, is taken by one key, is put on hold, speaks, hangs up."""
    web.sandbox.voice(play=0.3)
    page = desk_of(open_page, web, AGENT)
    caller = web.sandbox.dial(TENANT, LINE_A)
    expect(page.locator("[data-live-count]")).to_have_text("1")
    wait_until(lambda: "le prochain" in heard(web, caller), "the caller's place")
    expect(page.locator("[data-live-take]")).to_be_visible()
    page.keyboard.press("Alt+p")
    page.wait_for_url(re.compile("call_id="))
    wait_until(lambda: web.sandbox.call(caller)["joined"], "the caller and the agent joined")
    agent_leg = next(one for one in web.sandbox.calls() if one["phone"] == extension)
    assert "Aquitanis" in heard(web, agent_leg["sid"])  # the whisper
    expect(page.locator("#live-strip")).to_contain_text("En appel")
    web.sandbox.act(caller, "words", words="Bonjour, j'ai une fuite")
    assert "fuite" in heard(web, agent_leg["sid"])
    page.keyboard.press("Alt+g")
    expect(page.locator("#live-strip")).to_contain_text("En garde")
    wait_until(lambda: "musique d'attente" in heard(web, caller), "music")
    page.keyboard.press("Alt+r")
    wait_until(lambda: web.sandbox.call(agent_leg["sid"])["room"] != "", "the agent is back")
    web.sandbox.act(agent_leg["sid"], "words", words="Me revoici")
    wait_until(lambda: "Me revoici" in heard(web, caller), "the agent is heard")
    web.sandbox.act(caller, "hang-up")
    expect(page.locator("#live-strip")).to_contain_text("À noter")
    page.keyboard.press("Alt+1")
    expect(page.locator("#caller .caller-name")).to_contain_text("Etcheverry")
    page.locator("#disposition").select_option("answered")
    page.keyboard.press("Alt+Enter")
    expect(page.get_by_text("Appel enregistré")).to_be_visible()
    with session_scope(Scope(everything=True)) as session:
        (call,) = session.scalars(select(Call)).all()
        assert (call.state, call.disposition, call.agent_label) == (
            "ended", "answered", "Camille Roux",
        )  # fmt: skip
        assert call.held_seconds >= 0
        assert call.contact_id is not None


def test_a_call_is_passed_on_after_a_word(
    web: PlatformProcess, extension: str, open_all_day: None, open_page: OpenPage
) -> None:
    """Warm transfer: the caller waits, the agent speaks to a colleague, then hands over."""
    web.sandbox.voice(play=0.3)
    page = desk_of(open_page, web, AGENT)
    caller = web.sandbox.dial(TENANT, LINE_A)
    expect(page.locator("[data-live-take]")).to_be_visible()
    page.keyboard.press("Alt+p")
    page.wait_for_url(re.compile("call_id="))
    wait_until(lambda: web.sandbox.call(caller)["joined"], "the caller and the agent joined")
    expect(page.locator("#live-strip")).to_contain_text("En appel")
    page.get_by_role("button", name="Transférer").click()
    expect(page.get_by_label("À qui")).to_contain_text("syndic")  # the targets are there
    page.get_by_label("À qui").select_option(label="Un autre numéro")
    page.locator("#transfer-number").fill("05 36 49 07 77")
    page.get_by_role("button", name="Parler d'abord").click()
    expect(page.locator("#live-strip")).to_contain_text("En garde")

    def colleague() -> dict[str, object]:
        return next((one for one in web.sandbox.calls() if one["phone"] == "+33536490777"), {})

    wait_until(lambda: bool(colleague().get("room")), "the colleague speaks to the agent")
    page.get_by_role("button", name="Passer l'appel").click()
    expect(page.locator("#live-presence")).to_have_value("wrap_up")
    wait_until(lambda: colleague()["room"] == web.sandbox.call(caller)["room"] != "", "joined")
    web.sandbox.act(str(colleague()["sid"]), "words", words="Régie, j'écoute")
    wait_until(lambda: "Régie" in heard(web, caller), "the colleague is heard")
