"""Signing in, as a browser does it: forms, cookies, tokens, and what the audit trail keeps."""

import logging
import re
from collections.abc import Iterator
from datetime import timedelta

import pyotp
import pytest
from flask import Flask, url_for
from flask_security import hash_password
from sqlalchemy import event, select

from callcenter.app import create_app
from callcenter.core import clock
from callcenter.core.audit import AuditEntry
from callcenter.core.db import db, session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.members.accounts import User
from callcenter.members.sign_in import find_account
from callcenter.settings import Settings
from tests.members.browser import Browser

PASSWORD = "jardin-velo-tasse-nuage"
STAFF = "staff-a@aq.exemple.fr"
ADMINISTRATOR = "administrator@plateforme.exemple.fr"
EVERYTHING = Scope(everything=True)
WRONG = "L&#39;adresse e-mail ou le mot de passe n&#39;est pas le bon."


def prepare(app: Flask) -> None:
    with app.app_context():
        app.extensions["security"].totp_factory.limiter.reset()
        with session_scope(EVERYTHING), transaction():
            hashed = hash_password(PASSWORD)
            for user in db.session.scalars(select(User)):
                user.password = hashed


@pytest.fixture
def site(settings: Settings) -> Iterator[Flask]:
    """The application with no context open, so that each request has its own."""
    app = create_app(settings)
    prepare(app)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def browser(site: Flask) -> Browser:
    return Browser(site)


def account(site: Flask, email: str = STAFF) -> User:
    with site.app_context(), session_scope(EVERYTHING):
        user = find_account(email)
        assert user is not None
        return user


def change(site: Flask, email: str = STAFF, **values: object) -> None:
    with site.app_context(), session_scope(EVERYTHING), transaction():
        user = find_account(email)
        for name, value in values.items():
            setattr(user, name, value)


def trail(site: Flask, email: str = STAFF) -> list[str]:
    user = account(site, email)
    with site.app_context(), session_scope(EVERYTHING):
        return list(
            db.session.scalars(
                select(AuditEntry.action)
                .where(AuditEntry.object_id == str(user.id))
                .where(AuditEntry.action.startswith("account."))
                .order_by(AuditEntry.id)
            )
        )


def set_up_second_factor(browser: Browser, password: str = PASSWORD) -> pyotp.TOTP:
    page = browser.post("/account/second-factor", setup="authenticator").get_data(as_text=True)
    key = re.search(r'class="ref">([A-Z2-7 -]+)<', page)
    action = re.search(r'action="(/account/second-factor/[^"]+)"', page)
    assert key
    assert action
    codes = pyotp.TOTP(key.group(1).replace("-", "").replace(" ", ""))
    wrong = browser.post(action.group(1), page="/account/second-factor", code="000000")
    assert "pas le bon" in wrong.get_data(as_text=True)
    assert "qr-code" in wrong.get_data(as_text=True)
    done = browser.post(action.group(1), page="/account/second-factor", code=codes.now())
    assert done.location == "/account"
    return codes


def next_code(codes: pyotp.TOTP) -> str:
    """A neighbour of the present code, which the set-up has used."""
    return codes.at(clock.now() + timedelta(seconds=30))


def test_the_right_password_opens_and_is_noted(site: Flask, browser: Browser) -> None:
    asked = browser.get("/account")
    assert asked.location.startswith("/sign-in?next=")
    answer = browser.sign_in(STAFF.upper(), PASSWORD, next="/account")
    assert answer.status_code == 302
    assert answer.location == "/account"
    assert browser.signed_in()
    assert trail(site) == ["account.signed_in"]
    assert account(site).login_count == 1
    browser.post("/sign-out", page="/account")
    assert not browser.signed_in()
    assert trail(site) == ["account.signed_in", "account.signed_out"]


def test_the_cookie_lives_as_long_as_the_session_may_be_idle(
    site: Flask, browser: Browser, settings: Settings
) -> None:
    browser.sign_in(STAFF, PASSWORD)
    cookie = browser.get("/account").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Expires=" in cookie
    assert site.permanent_session_lifetime == timedelta(minutes=settings.session_minutes)


@pytest.mark.parametrize(
    "target",
    ["https://ailleurs.exemple.org/", "//ailleurs.exemple.org", "/\\ailleurs.exemple.org",
     "javascript:alert(1)", "https:ailleurs", "\t//ailleurs.exemple.org"],
)  # fmt: skip
def test_next_never_leads_away(browser: Browser, target: str) -> None:
    answer = browser.sign_in(STAFF, PASSWORD, next=target)
    assert answer.status_code == 302
    assert answer.location in {"/", "/%5Cailleurs.exemple.org"}  # a path of ours, in both cases


def test_a_wrong_password_and_an_unknown_or_closed_account_read_the_same(
    site: Flask, browser: Browser
) -> None:
    change(site, "colleague-a@aq.exemple.fr", active=False)
    pages = [
        browser.sign_in(email, password).get_data(as_text=True)
        for email, password in (
            (STAFF, "pas le bon mot"),
            ("personne@aq.exemple.fr", "pas le bon mot"),
            ("colleague-a@aq.exemple.fr", PASSWORD),
            ("pas une adresse", PASSWORD),
        )
    ]
    for page in pages:
        assert page.count(WRONG) == 1
        assert "is-invalid" not in page
    assert trail(site) == ["account.sign_in_failed"]


def test_hashing_is_done_for_an_unknown_account_too(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flask_security import forms

    hashed: list[str] = []
    monkeypatch.setattr(forms, "hash_password", hashed.append)
    browser.sign_in("personne@aq.exemple.fr", "un mot de passe")
    assert hashed == ["un mot de passe"]


def test_a_disabled_account_is_out_at_its_next_request(site: Flask, browser: Browser) -> None:
    browser.sign_in(STAFF, PASSWORD)
    change(site, active=False)
    answer = browser.get("/account")
    assert answer.location.startswith("/sign-in")
    assert browser.get("/sign-in").status_code == 200  # and no loop of redirects


def test_a_session_taken_to_another_browser_is_closed(site: Flask, browser: Browser) -> None:
    browser.sign_in(STAFF, PASSWORD)
    thief = Browser(site, agent="Chrome")
    for cookie in (browser.client._cookies or {}).values():
        thief.client.set_cookie(cookie.key, cookie.value)
    assert not thief.signed_in()


def test_changing_the_password_closes_the_other_sessions(site: Flask, browser: Browser) -> None:
    other = Browser(site)
    browser.sign_in(STAFF, PASSWORD)
    other.sign_in(STAFF, PASSWORD)
    for fields, message in (
        ({"password": "faux mot de passe", "new_password": "cuillere-orage-lampe"}, "pas le bon"),
        ({"password": PASSWORD, "new_password": "court"}, "au moins 12"),
        ({"password": PASSWORD, "new_password": "motdepasse2024!"}, "premiers"),
        ({"password": PASSWORD, "new_password": PASSWORD}, "le même"),
    ):
        page = browser.post(
            "/account/password", new_password_confirm=fields["new_password"], **fields
        )
        assert message in page.get_data(as_text=True)
    done = browser.post(
        "/account/password",
        password=PASSWORD,
        new_password="cuillere-orage-lampe",
        new_password_confirm="cuillere-orage-lampe",
    )
    assert done.location == "/account"
    assert browser.signed_in()
    assert not other.signed_in()
    assert trail(site)[-1] == "account.password_changed"
    assert Browser(site).sign_in(STAFF, "cuillere-orage-lampe").status_code == 302


def test_closing_ones_other_sessions(site: Flask, browser: Browser) -> None:
    other = Browser(site)
    browser.sign_in(STAFF, PASSWORD)
    other.sign_in(STAFF, PASSWORD)
    browser.post("/account/sign-out-elsewhere", page="/account")
    assert browser.signed_in()
    assert not other.signed_in()


def test_a_forgotten_password_is_chosen_again_by_the_link(
    site: Flask, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    open_session = Browser(site)
    open_session.sign_in(STAFF, PASSWORD)
    with caplog.at_level(logging.WARNING):
        unknown = browser.post("/forgotten-password", email="personne@aq.exemple.fr")
        assert "forgotten-password/" not in caplog.text
        known = browser.post("/forgotten-password", email=STAFF)
    assert (unknown.status_code, unknown.location) == (known.status_code, known.location)
    link = re.search(r"http://localhost(/forgotten-password/\S+)", caplog.text)
    assert link
    path = link.group(1)
    fields = {"password": "cuillere-orage-lampe", "password_confirm": "cuillere-orage-lampe"}
    bad = browser.post(path, password="court", password_confirm="court")
    assert "au moins 12" in bad.get_data(as_text=True)
    assert browser.post(path, **fields).location == "/sign-in"
    assert not open_session.signed_in()
    assert browser.sign_in(STAFF, "cuillere-orage-lampe").status_code == 302
    assert "account.password_reset" in trail(site)
    again = Browser(site).get(path)
    assert again.location == "/forgotten-password"


def test_the_link_has_our_origin_whatever_the_host(
    site: Flask, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        page = browser.get("/forgotten-password", headers={"Host": "pirate.exemple.org"})
        assert page.status_code == 200
        browser.headers["X-Forwarded-Host"] = "pirate.exemple.org"
        browser.post("/forgotten-password", email=STAFF)
    assert "http://localhost/forgotten-password/" in caplog.text
    assert "pirate" not in caplog.text


def test_second_factor_from_set_up_to_recovery_code(site: Flask, browser: Browser) -> None:
    browser.sign_in(STAFF, PASSWORD)
    codes = set_up_second_factor(browser)
    listed = browser.post("/account/recovery-codes").get_data(as_text=True)
    recovery = re.findall(r"<code>([0-9a-f-]{14})</code>", listed)
    assert len(recovery) == 8
    assert recovery[0] not in str(account(site).mf_recovery_codes)

    desk = Browser(site)
    asked = desk.sign_in(STAFF, PASSWORD, next="/account")
    assert asked.location.startswith("/sign-in/code")
    assert not desk.signed_in()
    desk.sign_in(STAFF, PASSWORD, next="/account")
    assert "pas le bon" in desk.post("/sign-in/code", code="123456").get_data(as_text=True)
    used = next_code(codes)
    assert desk.post("/sign-in/code?next=/account", code=used).location == "/account"
    assert desk.signed_in()

    replay = Browser(site)
    replay.sign_in(STAFF, PASSWORD)
    assert replay.post("/sign-in/code", code=used).status_code == 200
    assert not replay.signed_in()

    lost = Browser(site)
    lost.sign_in(STAFF, PASSWORD)
    assert lost.get("/sign-in/lost-phone").status_code == 200
    assert lost.post("/sign-in/recovery-code", code=recovery[0].upper()).status_code == 302
    assert lost.signed_in()
    twice = Browser(site)
    twice.sign_in(STAFF, PASSWORD)
    assert twice.post("/sign-in/recovery-code", code=recovery[0]).status_code == 200
    assert not twice.signed_in()

    lost.post("/account/second-factor", setup="disable")
    assert account(site).tf_totp_secret is None
    assert account(site).mf_recovery_codes is None
    noted = trail(site)
    for action in (
        "account.second_factor_set", "account.recovery_codes_made", "account.sign_in_failed",
        "account.recovery_code_used", "account.second_factor_removed",
    ):  # fmt: skip
        assert action in noted


def test_second_factor_needs_a_fresh_password(site: Flask, browser: Browser) -> None:
    browser.sign_in(STAFF, PASSWORD)
    with browser.client.session_transaction() as session:
        session["fs_paa"] = session["fs_paa"] - 3600
    asked = browser.get("/account/second-factor")
    assert asked.location.startswith("/account/confirm")
    assert "pas le bon" in browser.post("/account/confirm", password="faux").get_data(as_text=True)
    done = browser.post("/account/confirm", password=PASSWORD, next="/account/second-factor")
    assert done.location == "/account/second-factor"
    assert browser.get("/account/second-factor").status_code == 200


def test_an_administrator_without_second_factor_can_only_set_it_up(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"require_totp_for_administrators": True}))
    prepare(app)
    browser = Browser(app)
    browser.sign_in(ADMINISTRATOR, PASSWORD)
    for page in ("/", "/account", "/account/password", "/account/recovery-codes", "/drafts/x"):
        assert browser.get(page).location == "/account/second-factor", page
    by_script = browser.client.post(
        "/drafts/x", headers={**browser.headers, "HX-Request": "true"}, data={"a": "1"}
    )
    assert by_script.status_code != 204 or "HX-Redirect" in by_script.headers
    set_up_second_factor(browser)
    assert browser.get("/account").status_code == 200
    kept = browser.post("/account/second-factor", setup="disable")
    assert "doit garder" in kept.get_data(as_text=True)
    assert account(app, ADMINISTRATOR).has_second_factor
    staff = Browser(app)
    staff.sign_in(STAFF, PASSWORD)
    assert staff.signed_in()
    with app.app_context():
        db.engine.dispose()


def test_many_wrong_passwords_close_one_account_and_no_other(site: Flask) -> None:
    for _ in range(8):
        assert Browser(site).sign_in(STAFF, "pas le bon mot").status_code == 200
    stopped = Browser(site).sign_in(STAFF, PASSWORD)
    assert stopped.status_code == 429
    assert "attendez" in stopped.get_data(as_text=True)
    assert int(stopped.headers["Retry-After"]) > 0
    assert Browser(site).sign_in("manager-a@aq.exemple.fr", PASSWORD).status_code == 302


def test_an_unknown_account_is_slowed_like_a_known_one(site: Flask) -> None:
    for _ in range(8):
        Browser(site).sign_in("personne@aq.exemple.fr", "pas le bon mot")
    assert Browser(site).sign_in("personne@aq.exemple.fr", "x").status_code == 429


def test_the_right_password_is_never_slowed(site: Flask) -> None:
    for _ in range(12):
        assert Browser(site).sign_in(STAFF, PASSWORD).status_code == 302


def test_codes_are_limited_per_account(site: Flask, browser: Browser) -> None:
    browser.sign_in(STAFF, PASSWORD)
    codes = set_up_second_factor(browser)
    for number in range(8):
        guess = Browser(site)
        guess.sign_in(STAFF, PASSWORD)
        assert guess.post("/sign-in/code", code=f"00000{number}").status_code == 200
    late = Browser(site)
    late.sign_in(STAFF, PASSWORD)
    assert late.post("/sign-in/code", code=next_code(codes)).status_code == 429


def test_without_redis_sign_in_works_and_is_still_limited(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"redis_url": "redis://127.0.0.1:9/0"}))
    with app.app_context(), session_scope(EVERYTHING), transaction():
        user = find_account(STAFF)
        assert user
        user.password = hash_password(PASSWORD)
    assert Browser(app).sign_in(STAFF, PASSWORD).status_code == 302
    answers = [Browser(app).sign_in(STAFF, "pas le bon mot").status_code for _ in range(10)]
    assert answers[-1] == 429
    with app.app_context():
        db.engine.dispose()


def test_a_form_without_token_changes_nothing(site: Flask) -> None:
    client = site.test_client()
    answer = client.post("/sign-in", data={"email": STAFF, "password": PASSWORD})
    assert answer.status_code == 400
    assert client.get("/account").status_code == 302


def test_json_is_not_spoken_here(browser: Browser) -> None:
    answer = browser.client.post(
        "/sign-in", json={"email": STAFF, "password": PASSWORD},
        headers={**browser.headers, "Accept": "application/json"},
    )  # fmt: skip
    assert answer.status_code == 400


def test_only_the_endpoints_that_are_used_exist(site: Flask) -> None:
    assert {name for name in site.view_functions if name.startswith("security.")} == {
        "security.login", "security.logout", "security.verify", "security.change_password",
        "security.forgot_password", "security.reset_password", "security.two_factor_setup",
        "security.two_factor_setup_validate", "security.two_factor_token_validation",
        "security.two_factor_rescue", "security.mf_recovery", "security.mf_recovery_codes",
    }  # fmt: skip


def test_a_page_costs_one_statement_to_know_who_asks(site: Flask) -> None:
    agent = Browser(site)
    agent.sign_in("agent@plateforme.exemple.fr", PASSWORD)
    statements: list[str] = []
    with site.app_context():
        engine = db.engine

    def count(_c: object, _u: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("SELECT set_config"):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    agent.get("/")
    event.remove(engine, "before_cursor_execute", count)
    assert len(statements) == 1, statements


def test_ones_own_details(site: Flask, browser: Browser) -> None:
    browser.sign_in(STAFF, PASSWORD)
    fields = {"first_name": "Zoé", "last_name": "Martin", "locale": "en"}
    refused = browser.post("/account", version="1", phone="12", **fields)
    assert refused.status_code == 422
    done = browser.post("/account", version="1", phone="06 39 98 12 34", **fields)
    assert done.location == "/account"
    user = account(site)
    assert (user.full_name, user.phone, user.locale) == ("Zoé Martin", "+33639981234", "en")
    late = browser.post("/account", version="1", phone="", **{**fields, "first_name": "Zoe"})
    assert late.status_code == 422
    assert "Zoe" in late.get_data(as_text=True)
    assert account(site).first_name == "Zoé"
    assert "account.details_changed" in trail(site)


@pytest.mark.parametrize(
    ("email", "endpoint"),
    [
        ("agent@plateforme.exemple.fr", "calls.desk"),
        (STAFF, "tickets.index"),
        ("contractor-a@aq.exemple.fr", "tickets.index"),
        (ADMINISTRATOR, "members.index"),
    ],
)
def test_the_day_begins_on_the_roles_own_page(
    site: Flask, browser: Browser, email: str, endpoint: str
) -> None:
    if endpoint not in site.view_functions:
        pytest.skip(f"{endpoint} is not there yet")
    browser.sign_in(email, PASSWORD)
    with site.test_request_context():
        expected = url_for(endpoint)
    assert browser.get("/").location == expected


def test_the_pages_read_well(site: Flask, browser: Browser) -> None:
    """One heading, one title, labels for the fields, French words."""
    change(site, tf_primary_method=None)
    pages = ["/sign-in", "/forgotten-password", "/sign-in/lost-phone"]
    shown = [browser.get(page) for page in pages]
    browser.sign_in(STAFF, PASSWORD)
    own = ["/account", "/account/password", "/account/second-factor", "/account/recovery-codes"]
    shown += [browser.get(page) for page in [*own, "/account/confirm"]]
    for answer in shown:
        html = answer.get_data(as_text=True)
        assert answer.status_code == 200
        assert html.count("<h1") == 1
        assert 'lang="fr"' in html
        assert " style=" not in html
        for field in re.findall(r'<input[^>]*type="(?:text|email|password|tel)"[^>]*>', html):
            name = re.search(r' id="([^"]+)"', field)
            assert name
            assert f'for="{name.group(1)}"' in html
