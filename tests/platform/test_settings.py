from pathlib import Path

import pytest

from callcenter.settings import Environment, SettingsError, load_settings

SECRET = "x" * 40


def faults(monkeypatch: pytest.MonkeyPatch, **variables: str) -> list[str]:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as stopped:
        load_settings()
    assert str(stopped.value) == "\n".join(stopped.value.faults)
    return stopped.value.faults


@pytest.mark.usefixtures("bare_environment")
def test_a_bare_environment_is_a_development_platform_with_a_sandbox() -> None:
    settings = load_settings()
    assert settings.environment is Environment.DEVELOPMENT
    assert (settings.database_url, settings.redis_url) == ("", "")
    assert settings.public_origin == "http://127.0.0.1:8000"
    assert settings.sandbox_url == "http://127.0.0.1:8001"
    assert settings.sms_sandbox
    assert settings.default_locale == "fr"


def test_the_secret_key_is_drawn_once_and_kept_for_its_owner(bare_environment: Path) -> None:
    first = load_settings().secret_key.get_secret_value()
    assert len(first) >= 32
    assert load_settings().secret_key.get_secret_value() == first
    assert (bare_environment / "secret-key").stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("bare_environment")
def test_origins_follow_the_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8010")
    settings = load_settings()
    assert settings.public_origin == "http://127.0.0.1:8010"
    assert settings.sandbox_url == "http://127.0.0.1:8011"


@pytest.mark.usefixtures("bare_environment")
@pytest.mark.parametrize(
    "given", ["postgres://u:p@h/d", "postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"]
)
def test_one_driver_whatever_the_scheme(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("DATABASE_URL", given)
    assert load_settings().database_url == "postgresql+psycopg://u:p@h/d"


@pytest.mark.usefixtures("bare_environment")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eight"),
        ("PORT", "70000"),
        ("WEB_THREADS", "0"),
        ("WORKER_COUNT", "-1"),
        ("ENVIRONMENT", "staging"),
        ("DATABASE_URL", "mysql://u:p@h/d"),
        ("REDIS_URL", "http://h"),
        ("PUBLIC_ORIGIN", "appels.example.fr"),
        ("SANDBOX_URL", "http://h/path"),
        ("DEFAULT_LOCALE", "de"),
        ("SESSION_MINUTES", "1"),
        ("REQUIRE_TOTP_FOR_ADMINISTRATORS", "perhaps"),
        ("TWILIO_ACCOUNT_SID", "AC12"),
        ("TWILIO_MESSAGING_SERVICE_SID", "12"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    lines = faults(monkeypatch, **{name: value})
    assert len(lines) == 1
    assert lines[0].startswith(f"{name}: ")


@pytest.mark.usefixtures("bare_environment")
def test_every_fault_has_its_line_and_no_secret_is_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = faults(monkeypatch, PORT="x", REDIS_URL="http://:hunter2@h", DATABASE_URL="hunter2")
    assert sorted(line.partition(":")[0] for line in lines) == ["DATABASE_URL", "PORT", "REDIS_URL"]
    assert "hunter2" not in "\n".join(lines)


@pytest.mark.usefixtures("bare_environment")
def test_production_wants_a_key_https_and_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = faults(monkeypatch, ENVIRONMENT="production")
    assert [line.partition(":")[0] for line in lines] == [
        "SECRET_KEY",
        "PUBLIC_ORIGIN",
        "TWILIO_ACCOUNT_SID",
    ]


@pytest.mark.usefixtures("bare_environment")
def test_twilio_credentials_come_together_with_a_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "both" in faults(monkeypatch, TWILIO_ACCOUNT_SID="AC" + "1" * 32)[0]
    assert "sender" in faults(monkeypatch, TWILIO_AUTH_TOKEN=SECRET)[0]
    monkeypatch.setenv("TWILIO_FROM", "Aquitanis")
    settings = load_settings()
    assert not settings.sms_sandbox
    assert settings.sms_auth_token == SECRET


@pytest.mark.usefixtures("bare_environment")
def test_settings_are_frozen_and_hide_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", SECRET)
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hunter2@h/d")
    settings = load_settings()
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1  # type: ignore[misc]
    assert SECRET not in repr(settings)
    assert "hunter2" not in repr(settings)


def test_a_folder_that_cannot_be_made_is_one_line(
    monkeypatch: pytest.MonkeyPatch, bare_environment: Path
) -> None:
    bare_environment.write_text("a file in its place", encoding="ascii")
    assert faults(monkeypatch, VAR_DIR=str(bare_environment))[0].startswith("VAR_DIR: ")
