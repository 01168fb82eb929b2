"""``flask user``: accounts from the machine itself."""

from flask import Flask
from flask_security import verify_password

from callcenter.core.db import session_scope
from callcenter.core.isolation import Scope
from callcenter.members.accounts import User
from callcenter.members.sign_in import find_account
from tests.world import World

PASSWORD = "cuillere-orage-lampe"


def run(app: Flask, *words: str, code: int = 0) -> str:
    result = app.test_cli_runner().invoke(args=["user", *words])
    assert result.exit_code == code, result.output
    return str(result.output)


def load(email: str) -> User:
    with session_scope(Scope(everything=True)):
        user = find_account(email)
        assert user is not None
        return user


def test_an_account_from_birth_to_closing(app: Flask, world: World) -> None:
    words = ("--role", "manager", "--first-name", "Léa", "--organisation", "Aquitanis")
    run(app, "create", "Lea@AQ.exemple.fr", *words, "--password", PASSWORD)
    user = load("lea@aq.exemple.fr")
    assert user.member_id == world.a.id
    assert user.password
    assert verify_password(PASSWORD, user.password)
    assert "lea@aq.exemple.fr\tmanager\tAquitanis\tno TOTP" in run(app, "list")
    assert "already" in run(app, "create", "lea@aq.exemple.fr", *words, "--password", "", code=1)
    run(app, "disable", "lea@aq.exemple.fr")
    assert not load("lea@aq.exemple.fr").active
    assert "disabled" in run(app, "list")
    run(app, "enable", "lea@aq.exemple.fr")
    run(app, "reset-totp", "lea@aq.exemple.fr")
    assert "/forgotten-password/" in run(app, "link", "lea@aq.exemple.fr")


def test_an_administrator_without_password_gets_a_link(app: Flask, world: World) -> None:
    said = run(
        app, "create", "chef@plateforme.exemple.fr", "--role", "administrator",
        "--first-name", "Anne", "--password", "",
    )  # fmt: skip
    assert "http://localhost/forgotten-password/" in said
    assert load("chef@plateforme.exemple.fr").password is None


def test_what_is_refused_says_why(app: Flask, world: World) -> None:
    words = ("--first-name", "X", "--password", PASSWORD)
    assert "--organisation" in run(app, "create", "x@y.fr", "--role", "staff", *words, code=1)
    wrong = ("--organisation", "Aquitanis", "--role", "agent")
    assert "does not exist" in run(app, "create", "x@y.fr", *wrong, *words, code=1)
    assert "no organisation" in run(
        app, "create", "x@y.fr", "--role", "staff", "--organisation", "Nulle part", *words, code=1
    )
    weak = run(
        app,
        "create",
        "x@y.fr",
        "--role",
        "agent",
        "--first-name",
        "X",
        "--password",
        "court",
        code=1,
    )
    assert "12" in weak
    assert "no account" in run(app, "disable", "personne@y.fr", code=1)
