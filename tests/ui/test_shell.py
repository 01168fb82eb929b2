"""The shell: valid pages, headers, errors by family, languages, menu."""

import re
from pathlib import Path

import pytest
from flask import Flask, g

from callcenter.core.permissions import Permission
from callcenter.ui import headers, navigation
from callcenter.ui.assets import static_url_path
from tests.page_checks import Page, PageChecker, faults_of
from tests.ui.sample_app import SampleActor, sample_app

HTMX = {"HX-Request": "true"}
BOOSTED = {**HTMX, "HX-Boosted": "true"}


@pytest.fixture(scope="module")
def app() -> Flask:
    return sample_app()


@pytest.fixture
def pages(app: Flask) -> PageChecker:
    return PageChecker(app.test_client())


def test_every_part_makes_a_valid_page(pages: PageChecker) -> None:
    page = pages.get("/work")
    assert page.heading == "AQ-24817 Ascenseur en panne"
    assert "en retard de 3 j" in page.text
    assert "Urgent" in page.text


@pytest.mark.parametrize("address", ["/t/x", "/sign-in"])
def test_pages_for_people_who_are_not_signed_in_need_no_script(
    pages: PageChecker, address: str
) -> None:
    assert not pages.get(address, headers={"X-Nobody": "1"}).all("script")


@pytest.mark.parametrize(
    ("kind", "status"),
    [("user", 422), ("missing", 404), ("database", 503), ("bug", 500)]
    + [(str(code), code) for code in (400, 403, 404, 405, 409, 413, 418, 429, 500, 503)],
)
def test_every_error_has_a_page_and_an_alert(pages: PageChecker, kind: str, status: int) -> None:
    pages.get(f"/fail/{kind}", status=status)
    alert = pages.fragment(f"/fail/{kind}", status=status)
    assert alert.response.headers["HX-Retarget"] == "#flash"
    assert alert.all("div", role="alert")


def test_an_unexpected_error_is_logged_under_the_reference_shown(
    pages: PageChecker, caplog: pytest.LogCaptureFixture
) -> None:
    page = pages.get("/fail/bug", status=500)
    reference = page.all("strong", class_="ref")[0].text or ""
    assert re.fullmatch(r"[0-9A-F]{6}", reference)
    assert reference in caplog.text
    assert "ZeroDivisionError" not in page.html


def test_an_api_gets_its_errors_as_json(app: Flask) -> None:
    answer = app.test_client().get("/fail/404", headers={"Accept": "application/json"})
    assert answer.json is not None
    assert answer.json["error"]["status"] == 404


def test_a_signed_out_script_gets_401_and_a_browser_the_sign_in_page(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/fail/401", headers=HTMX).status_code == 401
    assert client.post("/fail/401", headers=HTMX).status_code == 401
    sent = client.get("/fail/401?a=1&b=2")
    assert sent.location == "/sign-in?next=/fail/401%3Fa%3D1%26b%3D2"


def test_a_form_without_its_token_loses_nothing(app: Flask) -> None:
    client = app.test_client()
    typed = {"details": "Il y a de l'eau", "password": "hush"}
    answer = client.post("/work", data=typed, headers={"Origin": "http://localhost"})
    assert answer.status_code == 400
    assert answer.headers["X-Csrf-Failed"] == "1"
    assert "Il y a de l&#39;eau" in answer.text
    assert "hush" not in answer.text
    assert not faults_of(Page(answer))
    elsewhere = client.post("/work", data=typed, headers={"Origin": "https://evil.example"})
    assert "Il y a de l&#39;eau" not in elsewhere.text


def test_a_script_whose_session_has_ended_is_asked_to_sign_in_not_to_mend(app: Flask) -> None:
    client = app.test_client()
    assert client.post("/work", headers=BOOSTED).status_code == 401
    with client.session_transaction() as session:
        session["_user_id"] = "somebody"
    assert client.post("/work", headers=BOOSTED).status_code == 400


def test_headers_close_every_door(app: Flask) -> None:
    client = app.test_client()
    answer = client.get("/work")
    policy = answer.headers["Content-Security-Policy"]
    for part in ("default-src 'none'", "frame-ancestors 'none'", "form-action 'self'"):
        assert part in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Strict-Transport-Security" not in answer.headers
    secure = client.get("/work", base_url="https://localhost")
    assert "Strict-Transport-Security" in secure.headers
    nonces = {
        re.search(r"nonce-([\w-]+)", r.headers["Content-Security-Policy"]) for r in (answer, secure)
    }
    assert len({match[1] for match in nonces if match}) == 2


def test_static_files_are_kept_but_checked_when_they_have_no_version(app: Flask) -> None:
    answer = app.test_client().get("/static/css/app.css")
    assert answer.headers["Cache-Control"] == "no-cache"
    answer.close()


def test_static_files_with_a_version_are_kept_for_ever(tmp_path: Path) -> None:
    (tmp_path / "app.css").write_text("a{}")
    first = static_url_path(tmp_path)
    app = Flask(__name__, static_folder=str(tmp_path), static_url_path=first)
    headers.init_app(app)
    answer = app.test_client().get(f"{first}/app.css")
    assert "immutable" in answer.headers["Cache-Control"]
    answer.close()
    (tmp_path / "app.css").write_text("a{b:c}")
    assert static_url_path(tmp_path) != first


def test_htmx_gets_the_part_and_a_boosted_link_the_page(app: Flask) -> None:
    client = app.test_client()
    part = client.get("/part", headers=HTMX)
    assert part.text.lstrip().startswith("<div")
    assert {"hx-request", "hx-boosted"} <= {name.lower() for name in part.vary}
    assert client.get("/part", headers=BOOSTED).text.lstrip().startswith("<!doctype html>")


def test_a_form_is_saved_once_then_visited(pages: PageChecker) -> None:
    page = pages.get("/work")
    saved = pages.submit(
        page, holding="title", title="  Fuite \x00 d'eau ", place="private", category="T-ASC"
    )
    assert "Enregistré" in saved.text
    answer = pages.client.post(
        "/work",
        data={
            "csrf_token": page.csrf_token,
            "title": "Fuite",
            "place": "common",
            "category": "T-ASC",
        },
        headers=BOOSTED,
    )
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == "/work?saved=1"


def test_a_refused_form_shows_its_errors_beside_the_fields(pages: PageChecker) -> None:
    page = pages.submit(pages.get("/work"), holding="title", title="", status=422)
    assert page.by_id("title").get("aria-invalid") == "true"
    assert page.by_id("title-error") is not None
    long = pages.submit(pages.get("/work"), holding="title", title="a" * 300, status=422)
    assert long.by_id("title-error") is not None


def test_language_is_chosen_and_kept(pages: PageChecker) -> None:
    assert pages.get("/t/x", headers={"X-Nobody": "1"}).all("html")[0].get("lang") == "fr"
    page = pages.get("/t/x", headers={"X-Nobody": "1", "Accept-Language": "en"})
    assert page.all("html")[0].get("lang") == "en"
    data = {"csrf_token": page.csrf_token, "language": "en", "next": "//evil.example/"}
    answer = pages.client.post("/language", data=data)
    assert answer.location == "/"
    assert pages.get("/work").all("html")[0].get("lang") == "en"


def test_the_menu_shows_only_what_the_actor_may_open_and_what_exists(app: Flask) -> None:
    def labels(*permissions: Permission) -> list[str]:
        with app.test_request_context("/work"):
            g.actor = SampleActor(permissions=frozenset(permissions))
            return [link.label for section in navigation.menu() for link in section.links]

    assert labels(Permission.DESK_USE, Permission.TICKETS_READ) == ["Bureau"]
    assert labels(Permission.TICKETS_READ) == []


def test_a_members_colour_reaches_the_page_as_a_checked_rule(pages: PageChecker) -> None:
    (style,) = pages.get("/work").all("style")
    assert ".accent-1{--accent:#00857c" in (style.text or "")
    assert "bad" not in (style.text or "")
