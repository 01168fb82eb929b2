"""A call goes on while the agent's screen is in trouble: in a real Chromium, on real processes."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from callcenter.calls.exchanges import issue_key
from callcenter.core.db import session_scope, transaction
from callcenter.core.embedded import EmbeddedServers
from callcenter.core.isolation import Scope
from callcenter.settings import Settings
from tests.browser.conftest import OpenPage, open_page, web
from tests.browser.live_desk import AGENT, Exchange, desk_of
from tests.platform_process import PlatformProcess
from tests.world import World

__all__ = ["open_page", "web"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.faults]

# Other programs want this machine too.
PATIENCE = 90_000


def exchange_of(world: World, platform: PlatformProcess) -> Exchange:
    with session_scope(Scope(everything=True)), transaction():
        key = issue_key(world.platform, "PBX")
    return Exchange(platform, key)


def on_call(page: Page, exchange: Exchange) -> None:
    """The agent has answered; the desk is open on the caller."""
    exchange.tell("newCall", "1")
    exchange.tell("answer", "1", user="agent")
    page.wait_for_url(re.compile("call_id="), timeout=PATIENCE)


def kept(page: Page) -> None:
    state = page.locator("[data-draft-state]")
    expect(state).to_contain_text(
        re.compile(r"^(?!.*\bnon\b|.*\bpas\b).*enregistré"), timeout=PATIENCE
    )


def test_the_agent_s_browser_is_closed_in_the_middle_of_a_call(
    app: Flask, world: World, web: PlatformProcess, open_page: OpenPage
) -> None:
    exchange = exchange_of(world, web)
    page = desk_of(open_page, web, AGENT)
    on_call(page, exchange)
    address = page.url
    page.get_by_label("Note sur l'appel").fill("Fuite sous l'évier, depuis ce matin")
    kept(page)
    page.context.close()
    exchange.tell("hangup", "1")
    again = desk_of(open_page, web, AGENT)
    expect(again.locator("#live-strip")).to_contain_text("À noter", timeout=PATIENCE)
    again.goto(address)
    note = again.get_by_label("Note sur l'appel")
    expect(note).to_have_value("Fuite sous l'évier, depuis ce matin", timeout=PATIENCE)
    again.locator("#disposition").select_option("answered")
    again.keyboard.press("Alt+Enter")
    expect(again.get_by_text("Appel enregistré")).to_be_visible(timeout=PATIENCE)
    expect(again.locator("#live-strip")).to_be_hidden(timeout=PATIENCE)


def test_the_network_is_cut_for_thirty_seconds(
    app: Flask, world: World, web: PlatformProcess, open_page: OpenPage
) -> None:
    """The agent goes on typing; afterwards the screen is true and the words are kept."""
    exchange = exchange_of(world, web)
    page = desk_of(open_page, web, AGENT)
    on_call(page, exchange)
    note = page.get_by_label("Note sur l'appel")
    note.fill("Chauffage")
    kept(page)
    page.context.set_offline(True)
    exchange.tell("newCall", "2")
    exchange.tell("newCall", "3")
    exchange.tell("hangup", "2")
    exchange.tell("hangup", "1")
    note.fill("Chauffage en panne, deux enfants")
    page.wait_for_timeout(30_000)  # the length of the cut, not a proof of anything
    expect(note).to_have_value("Chauffage en panne, deux enfants")
    page.context.set_offline(False)
    expect(page.locator("[data-live-count]")).to_have_text("1", timeout=PATIENCE)
    expect(page.locator("#live-strip")).to_contain_text("À noter", timeout=PATIENCE)
    # No key was pressed since: what was typed during the cut is kept all the same.
    kept(page)
    page.reload()
    expect(page.get_by_label("Note sur l'appel")).to_have_value(
        "Chauffage en panne, deux enfants", timeout=PATIENCE
    )


@pytest.fixture
def own_redis() -> Iterator[EmbeddedServers]:
    """A Redis of the test's own, to be stopped for good."""
    with tempfile.TemporaryDirectory(prefix="callcenter-redis-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        servers = EmbeddedServers(folder, durable=False, want_postgres=False)
        yield servers
        servers.release()


def test_redis_stops_while_calls_go_on(
    app: Flask,
    settings: Settings,
    world: World,
    own_redis: EmbeddedServers,
    open_page: OpenPage,
) -> None:
    """Slower by seconds, and true: calls come, are answered and leave; drafts are kept."""
    address = own_redis.acquire().redis_url
    with PlatformProcess(settings.model_copy(update={"redis_url": address})) as platform:
        platform.start_web()
        exchange = exchange_of(world, platform)
        page = desk_of(open_page, platform, AGENT)
        on_call(page, exchange)
        own_redis.release()
        exchange.tell("newCall", "2")
        exchange.tell("newCall", "3")
        expect(page.locator("[data-live-count]")).to_have_text("2", timeout=PATIENCE)
        page.get_by_label("Note sur l'appel").fill("Ascenseur bloqué")
        kept(page)
        exchange.tell("hangup", "1")
        exchange.tell("hangup", "2")
        expect(page.locator("[data-live-count]")).to_have_text("1", timeout=PATIENCE)
        expect(page.locator("#live-strip")).to_contain_text("À noter", timeout=PATIENCE)
        page.reload()
        expect(page.get_by_label("Note sur l'appel")).to_have_value(
            "Ascenseur bloqué", timeout=PATIENCE
        )
