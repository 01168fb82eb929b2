"""A real Chromium on the real platform: web, worker, clockwork and sandbox as processes."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select

from callcenter.core.db import session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.members.accounts import User
from callcenter.members.models import Calendar
from callcenter.settings import Settings
from tests.platform_process import PlatformProcess
from tests.world import PASSWORD, World

DESKTOP = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}

OpenPage = Callable[..., Page]


@pytest.fixture
def platform(settings: Settings) -> Iterator[PlatformProcess]:
    """The whole platform on the test's own small world."""
    with PlatformProcess(settings) as running:
        running.start_web()
        running.start_workers()
        yield running


@pytest.fixture
def web(settings: Settings) -> Iterator[PlatformProcess]:
    """The web server alone: nothing leaves."""
    with PlatformProcess(settings) as running:
        running.start_web()
        yield running


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    """Open a page in a browser of its own; every error of its scripts fails the test."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_one(url: str = "", *, size: dict[str, int] = DESKTOP, script: bool = True) -> Page:
        context = chromium.new_context(
            viewport=size,  # type: ignore[arg-type]
            locale="fr-FR",
            timezone_id="Europe/Paris",
            java_script_enabled=script,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        if url:
            page.goto(url)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert faults == []


def sign_in(page: Page, platform: PlatformProcess, account: str) -> None:
    """Sign in through the form, as a person does."""
    page.goto(f"{platform.url}/sign-in")
    page.get_by_label("Adresse e-mail").fill(account)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


@pytest.fixture
def extension(app: Flask, world: World) -> str:
    """Camille has a telephone at her desk."""
    with session_scope(Scope(everything=True)), transaction() as session:
        session.get_one(User, world.users["agent"]).phone = "+33536490301"
    return "+33536490301"


@pytest.fixture
def open_all_day(app: Flask, world: World) -> None:
    """The line is open whatever the hour of the test."""
    with session_scope(Scope(everything=True)), transaction() as session:
        for row in session.scalars(select(Calendar)):
            days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
            row.weekly_hours = {day: [["00:00", "24:00"]] for day in days}
            row.public_holidays = False
