"""``flask database``: what an operator types on a new machine."""

from flask import Flask

from callcenter.settings import Settings


def test_a_migrated_database_is_said_to_be_right(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["database", "check"])
    assert result.exit_code == 0, result.output
    assert "every migration is applied" in result.output


def test_upgrading_twice_is_harmless(app: Flask, settings: Settings) -> None:
    result = app.test_cli_runner().invoke(args=["database", "upgrade"])
    assert result.exit_code == 0, result.output


def test_a_role_that_walks_through_the_wall_is_named(app: Flask, settings: Settings) -> None:
    app.config["SETTINGS"] = settings.model_copy(
        update={"database_url": settings.database_owner_url}
    )
    result = app.test_cli_runner().invoke(args=["database", "check"])
    assert result.exit_code == 1
    assert "owns" in result.output or "owner" in result.output


def test_the_owner_s_address_is_asked_for(app: Flask, settings: Settings) -> None:
    app.config["SETTINGS"] = settings.model_copy(update={"database_owner_url": ""})
    result = app.test_cli_runner().invoke(args=["database", "upgrade"])
    assert result.exit_code == 1
    assert "DATABASE_OWNER_URL" in result.output
