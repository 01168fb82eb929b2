"""The telephone through the provider: recordings, messages, callers passed on."""

import re
import time

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.calls.models import Call, CallRecording, VoicePlan
from callcenter.core.db import session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.members.accounts import User
from callcenter.members.models import Calendar
from tests.browser.conftest import OpenPage, sign_in
from tests.browser.live_desk import AGENT, COLLEAGUE, LINE_A, TENANT, desk_of, heard
from tests.platform_process import PlatformProcess, wait_until
from tests.world import World

pytestmark = pytest.mark.browser


def everybody_closed(session: Session) -> None:
    for row in session.scalars(select(Calendar)):
        row.weekly_hours = {"sun": [["03:00", "03:01"]]}


@pytest.fixture
def voice_plan(app: Flask, world: World) -> None:
    """Aquitanis' line records conversations and takes messages."""
    with session_scope(Scope(everything=True)), transaction() as session:
        session.add(
            VoicePlan(
                member_id=world.a.id, line_id=world.a.line, recording=True, voicemail=True,
                recording_days=30,
            )
        )  # fmt: skip


def recordings() -> list[CallRecording]:
    with session_scope(Scope(everything=True)) as session:
        return list(session.scalars(select(CallRecording)))


def test_a_conversation_is_recorded_suspended_and_heard_by_permission(
    platform: PlatformProcess,
    extension: str,
    open_all_day: None,
    voice_plan: None,
    open_page: OpenPage,
) -> None:
    platform.sandbox.voice(play=0.3)
    page = desk_of(open_page, platform, AGENT)
    caller = platform.sandbox.dial(TENANT, LINE_A)
    expect(page.locator("[data-live-take]")).to_be_visible()
    assert "peut être enregistré" in heard(platform, caller)
    page.keyboard.press("Alt+p")
    page.wait_for_url(re.compile("call_id="))
    wait_until(lambda: "est enregistré" in heard(platform, caller), "the recording")
    expect(page.get_by_text("Enregistré", exact=True)).to_be_visible()
    page.keyboard.press("Alt+e")
    wait_until(lambda: "suspendu" in heard(platform, caller), "the pause")
    expect(page.get_by_role("button", name="Reprendre l'enregistrement")).to_be_visible()
    page.keyboard.press("Alt+e")
    wait_until(lambda: "repris" in heard(platform, caller), "the recording again")
    platform.sandbox.act(caller, "hang-up")
    wait_until(lambda: [one.state for one in recordings()] == ["stored"], "our copy")
    wait_until(lambda: platform.sandbox.recordings() == [], "the provider's copy gone")
    call_id = recordings()[0].call_id
    page.goto(f"{platform.url}/calls/{call_id}")
    expect(page.get_by_text("réservé à l'écoute autorisée")).to_be_visible()
    assert page.locator("audio").count() == 0
    supervisor = open_page()
    sign_in(supervisor, platform, "supervisor@plateforme.exemple.fr")
    supervisor.goto(f"{platform.url}/calls/{call_id}")
    sound = supervisor.locator("audio")
    length = sound.evaluate(
        "audio => new Promise((done, failed) => {"
        " audio.onloadedmetadata = () => done(audio.duration);"
        " audio.onerror = () => failed(audio.error.message); audio.load(); audio.play(); })"
    )
    assert length >= 1
    supervisor.get_by_role("button", name="Effacer").click()
    supervisor.get_by_role("dialog").get_by_role("button", name="Effacer").click()
    expect(supervisor.get_by_text("Enregistrement effacé")).to_be_visible()
    assert [one.state for one in recordings()] == ["deleted"]


def test_a_message_left_while_closed_is_a_task_that_speaks(
    app: Flask, world: World, platform: PlatformProcess, voice_plan: None, open_page: OpenPage
) -> None:
    with session_scope(Scope(everything=True)), transaction() as session:
        everybody_closed(session)
    caller = platform.sandbox.dial(TENANT, LINE_A)
    wait_until(lambda: "laisser un message" in heard(platform, caller), "the offer")
    wait_until(lambda: platform.sandbox.call(caller)["gathering"], "the keys")
    platform.sandbox.act(caller, "keys", digits="3")
    wait_until(lambda: "Enregistrement" in heard(platform, caller), "the signal")
    platform.sandbox.act(caller, "words", words="Bonjour, mon chauffage est en panne")
    wait_until(lambda: platform.sandbox.recordings() != [], "a recording")
    time.sleep(2.5)  # a message of less than two seconds is none
    platform.sandbox.act(caller, "keys", digits="#")
    wait_until(lambda: [one.state for one in recordings()] == ["stored"], "our copy")
    assert "Votre message est enregistré" in heard(platform, caller)
    wait_until(lambda: platform.sandbox.recordings() == [], "the provider's copy gone")
    page = desk_of(open_page, platform, AGENT)
    page.goto(f"{platform.url}/calls/tasks")
    expect(page.locator(".recording")).to_contain_text("Message vocal")
    sound = page.locator("audio").get_attribute("src")
    answer = page.request.get(f"{platform.url}{sound}")
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.body().startswith(b"RIFF")


def test_a_caller_is_passed_on_to_another_queue_with_a_word(
    app: Flask,
    world: World,
    web: PlatformProcess,
    extension: str,
    open_all_day: None,
    open_page: OpenPage,
) -> None:
    """The queue of the syndic line: another agent takes the call and reads the first one's word."""
    with session_scope(Scope(everything=True)), transaction() as session:
        session.get_one(User, world.users["agent-a"]).phone = "+33536490302"
    web.sandbox.voice(play=0.3)
    camille = desk_of(open_page, web, AGENT)
    lucie = desk_of(open_page, web, COLLEAGUE)
    caller = web.sandbox.dial(TENANT, LINE_A)
    expect(camille.locator("[data-live-take]")).to_be_visible()
    camille.keyboard.press("Alt+p")
    camille.wait_for_url(re.compile("call_id="))
    wait_until(lambda: web.sandbox.call(caller)["joined"], "the caller and Camille joined")
    expect(camille.locator("#live-strip")).to_contain_text("En appel")
    camille.keyboard.press("Alt+x")
    camille.get_by_label("À qui").select_option(label="Aquitanis syndic · 05 36 49 01 01")
    expect(camille.get_by_role("button", name="Parler d'abord")).to_be_hidden()
    camille.get_by_label("Un mot pour la suite").fill("Infiltration au plafond, lot 12")
    camille.get_by_role("button", name="Transférer tout de suite").click()
    expect(camille.locator("#live-presence")).to_have_value("wrap_up")
    expect(camille.locator("#live-strip")).to_contain_text("À noter")
    expect(lucie.locator("[data-live-count]")).to_have_text("1")
    lucie.keyboard.press("Alt+p")
    lucie.wait_for_url(re.compile("call_id="))
    expect(lucie.get_by_text("Transféré par Camille Roux")).to_be_visible()
    expect(lucie.get_by_label("Note sur l'appel")).to_have_value("Infiltration au plafond, lot 12")
    wait_until(lambda: web.sandbox.call(caller)["joined"], "the caller and Lucie joined")
    web.sandbox.act(caller, "hang-up")
    expect(lucie.locator("#live-strip")).to_contain_text("À noter")
    with session_scope(Scope(everything=True)) as session:
        first, second = session.scalars(select(Call).order_by(Call.id))
        assert (first.state, first.transferred_to) == ("wrap_up", "file Aquitanis syndic")
        assert (second.line_id, second.from_call_id) == (world.a.syndic_line, first.id)
        assert (second.agent_label, second.state) == ("Lucie Blanc", "wrap_up")
