"""The page's script in a real browser: nothing typed is lost, nothing is sent twice."""

import threading
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from tests.ui.sample_app import GATE, SEEN, sample_app

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, sample_app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def page(chromium: Browser, origin: str) -> Iterator[Page]:
    GATE["open"] = True
    SEEN.clear()
    context = chromium.new_context(base_url=origin, viewport={"width": 1366, "height": 768})
    context.set_default_timeout(5000)
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on(
        "console", lambda message: faults.append(message.text) if _is_fault(message.text) else None
    )
    opened.goto("/work")
    yield opened
    context.close()
    GATE["open"] = True
    assert not faults


def _is_fault(text: str) -> bool:
    return "Content Security Policy" in text or "SyntaxError" in text


def _fill(page: Page) -> None:
    page.get_by_label("Titre").fill("Fuite")
    page.get_by_label("Privatif").check()
    page.get_by_label("Motif").select_option("T-ASC")


def test_a_double_click_saves_once_and_the_next_page_says_so(page: Page) -> None:
    _fill(page)
    page.get_by_role("button", name="Enregistrer").dblclick()
    page.wait_for_url("**/work?saved=1")
    expect(page.get_by_text("Enregistré")).to_be_visible()
    assert SEEN.count("SAVED") == 1


def test_ctrl_enter_saves_from_a_field(page: Page) -> None:
    _fill(page)
    page.get_by_label("Titre").press("Control+Enter")
    page.wait_for_url("**/work?saved=1")


def test_a_refused_form_moves_the_focus_to_the_error(page: Page) -> None:
    page.locator("form[data-draft]").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("#title-error")).to_be_visible()
    expect(page.get_by_label("Titre")).to_be_focused()
    assert page.url.endswith("/work")


def test_an_expired_session_keeps_the_form_and_sends_it_after_signing_in(page: Page) -> None:
    _fill(page)
    GATE["open"] = False
    page.get_by_role("button", name="Enregistrer").click()
    dialog = page.get_by_role("dialog", name="Votre session a expiré")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Réessayer").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Titre")).to_have_value("Fuite")
    GATE["open"] = True
    dialog.get_by_role("button", name="Réessayer").click()
    page.wait_for_url("**/work?saved=1")
    assert SEEN.count("SAVED") == 1


def test_an_outdated_token_is_renewed_without_a_word(page: Page) -> None:
    _fill(page)
    page.evaluate(
        """() => {
          document.querySelector('meta[name=csrf-token]').content = 'old';
          document.querySelectorAll('input[name=csrf_token]').forEach((i) => { i.value = 'old'; });
        }"""
    )
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "x", "value": "y", "url": page.url}])
    page.get_by_role("button", name="Enregistrer").click()
    dialog = page.get_by_role("dialog", name="Votre session a expiré")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Réessayer").click()
    page.wait_for_url("**/work?saved=1")


def test_a_confirmation_is_asked_and_an_error_leaves_the_page(page: Page) -> None:
    page.get_by_label("Titre").fill("Fuite")
    page.keyboard.press("Escape")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("a")
    dialog = page.get_by_role("dialog", name="Confirmer ?")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Annuler").click()
    assert "ACTION" not in SEEN
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Accepter").click()
    dialog.get_by_role("button", name="Continuer").click()
    expect(page.get_by_text("Trop tard")).to_be_visible()
    expect(page.get_by_label("Titre")).to_have_value("Fuite")
    assert SEEN.count("ACTION") == 1


def test_what_is_typed_is_kept_as_a_draft(page: Page) -> None:
    page.get_by_label("Titre").fill("Fuite d'eau")
    expect(page.get_by_text("Brouillon enregistré")).to_be_visible()
    assert "DRAFT desk:1 Fuite d'eau" in SEEN


def test_keys_help_rows_and_letters_while_typing(page: Page) -> None:
    page.keyboard.press("F2")
    expect(page.get_by_label("Titre")).to_be_focused()
    page.keyboard.type("ar?")
    expect(page.get_by_label("Titre")).to_have_value("ar?")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="AQ-1")).to_be_focused()
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Raccourcis de cette page")
    expect(keys).to_contain_text("Accepter")
    expect(keys).to_contain_text("F2")


@pytest.mark.parametrize("address", ["/work", "/t/x", "/sign-in", "/fail/404"])
@pytest.mark.parametrize("width", [1366, 390])
def test_no_barrier_and_no_sideways_scroll(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # The tool is put in by the test's own means: the content policy stays as it is.
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
