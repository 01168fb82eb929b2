"""One typed, frozen settings object, read from the environment.

Each field is set by the environment variable of the same name in capitals (`database_url` is
`DATABASE_URL`). Nothing else in the program reads the environment. A wrong value stops the start
with one line per fault.
"""

import hmac
import os
import re
import secrets
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parent.parent

# The account the sandbox answers for; its token is drawn from the secret key (see sms_auth_token).
SANDBOX_ACCOUNT_SID = "AC" + "0" * 31 + "1"

_MINIMUM_SECRET_LENGTH = 32
_POSTGRES_SCHEMES = ("postgresql+psycopg://", "postgresql://", "postgres://")
_REDIS_SCHEMES = ("redis", "rediss", "unix")


class Environment(StrEnum):
    """Where the program runs; production refuses what is only good for a trial."""

    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


class SettingsError(SystemExit):
    """Wrong settings. A `SystemExit`, so that any entry point stops with its lines, no traceback."""

    def __init__(self, faults: list[str]) -> None:
        """`faults` holds one readable line per fault."""
        super().__init__("\n".join(faults))
        self.faults = faults


class Settings(BaseSettings):
    """Everything that can differ between two installations."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    environment: Environment = Environment.DEVELOPMENT
    # Empty URLs mean the embedded servers; `embedded.serving()` fills them in.
    database_url: str = Field(default="", repr=False)
    database_owner_url: str = Field(default="", repr=False)
    redis_url: str = Field(default="", repr=False)
    secret_key: SecretStr = SecretStr("")

    host: str = Field(default="127.0.0.1", validation_alias="LISTEN_HOST")
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    public_origin: str = ""
    sandbox_url: str = ""

    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr = SecretStr("")
    twilio_messaging_service_sid: str = ""
    twilio_from: str = ""
    # The rate that the provider allows our senders; a backlog leaves no faster.
    sms_per_second: Annotated[int, Field(ge=1, le=1000)] = 100
    # The same for each sender alone: a name, or a number.
    sms_per_second_per_sender: Annotated[int, Field(ge=1, le=1000)] = 100

    require_totp_for_administrators: bool = False
    session_minutes: Annotated[int, Field(ge=5, le=7 * 24 * 60)] = 480
    default_locale: Annotated[str, Field(pattern="^(fr|en)$")] = "fr"

    smtp_host: str = ""
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = 25
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_from: str = ""
    # Where the sandbox catches e-mails while no SMTP server is set (default: two above PORT).
    sandbox_smtp_port: Annotated[int, Field(ge=0, le=65535)] = 0

    var_dir: Path = PROJECT_ROOT / "var"
    # One process with many threads holds 200 open event streams in 67 MB; two of 32 hold 37.
    # One holds the memory down; each more serves another core (see docs/operations.md).
    web_processes: Annotated[int, Field(ge=1, le=64)] = 2
    web_threads: Annotated[int, Field(ge=2, le=1000)] = 300
    worker_count: Annotated[int, Field(ge=1, le=64)] = 2

    @property
    def is_production(self) -> bool:
        """Whether real people depend on this installation."""
        return self.environment is Environment.PRODUCTION

    @property
    def sms_sandbox(self) -> bool:
        """True when no Twilio credentials are given: messages go to the sandbox's phones."""
        return not self.twilio_account_sid

    @property
    def mail_server(self) -> tuple[str, int] | None:
        """Host and port that take our e-mails: the SMTP settings, else the sandbox; None: nobody."""
        if self.smtp_host:
            return self.smtp_host, self.smtp_port
        if self.sandbox_url and self.sandbox_smtp_port:
            return urlsplit(self.sandbox_url).hostname or "127.0.0.1", self.sandbox_smtp_port
        return None

    @property
    def mail_sender(self) -> str:
        """The address that our e-mails come from."""
        host = urlsplit(self.public_origin).hostname or "localhost"
        return self.smtp_from or self.smtp_user or f"ne-pas-repondre@{host}"

    @property
    def sms_account_sid(self) -> str:
        """Twilio's account, or the sandbox's one."""
        return self.twilio_account_sid or SANDBOX_ACCOUNT_SID

    @property
    def sms_auth_token(self) -> str:
        """Token that signs requests and callbacks: Twilio's, or one that only this machine knows."""
        if not self.sms_sandbox:
            return self.twilio_auth_token.get_secret_value()
        return derive_secret(self.secret_key.get_secret_value(), "sandbox-token")

    @field_validator("database_url", "database_owner_url")
    @classmethod
    def _one_driver(cls, value: str) -> str:
        if not value:
            return value
        for scheme in _POSTGRES_SCHEMES:
            if value.startswith(scheme):
                return "postgresql+psycopg://" + value.removeprefix(scheme)
        raise ValueError("must be a PostgreSQL address: postgresql://user:password@host/database")

    @field_validator("redis_url")
    @classmethod
    def _redis_scheme(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in _REDIS_SCHEMES:
            raise ValueError("must start with redis://, rediss:// or unix://")
        return value

    @field_validator("public_origin", "sandbox_url")
    @classmethod
    def _origin_only(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (
            parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/")
        ):
            raise ValueError("must be an origin like https://appels.example.fr, without a path")
        return value.rstrip("/")

    @field_validator("twilio_account_sid")
    @classmethod
    def _account_sid(cls, value: str) -> str:
        if value and not re.fullmatch(r"AC[0-9a-fA-F]{32}", value):
            raise ValueError("must be AC and 32 hexadecimal digits")
        return value

    @field_validator("twilio_messaging_service_sid")
    @classmethod
    def _service_sid(cls, value: str) -> str:
        if value and not re.fullmatch(r"MG[0-9a-fA-F]{32}", value):
            raise ValueError("must be MG and 32 hexadecimal digits")
        return value

    @field_validator("var_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @model_validator(mode="after")
    def _agree(self) -> Self:
        faults = [*self._sms_faults(), *self._production_faults()]
        if self.database_owner_url and not self.database_url:
            faults.append("DATABASE_URL: must be set when DATABASE_OWNER_URL is")
        if faults:
            raise ValueError("\n".join(faults))
        return self

    def _sms_faults(self) -> list[str]:
        token = self.twilio_auth_token.get_secret_value()
        if bool(self.twilio_account_sid) != bool(token):
            return ["TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN: set both or neither"]
        if token and not (self.twilio_messaging_service_sid or self.twilio_from):
            return ["TWILIO_MESSAGING_SERVICE_SID: set it or TWILIO_FROM, to have a sender"]
        return []

    def _production_faults(self) -> list[str]:
        if not self.is_production:
            return []
        faults = []
        if len(self.secret_key.get_secret_value()) < _MINIMUM_SECRET_LENGTH:
            faults.append("SECRET_KEY: at least 32 characters are required in production")
        if not self.public_origin.startswith("https://"):
            faults.append("PUBLIC_ORIGIN: an https:// address is required in production")
        if self.sms_sandbox and not self.sandbox_url:
            faults.append("TWILIO_ACCOUNT_SID: required in production (or SANDBOX_URL for a trial)")
        return faults


def derive_secret(key: str, purpose: str) -> str:
    """32 hexadecimal digits that only a holder of `key` can work out, different per purpose."""
    return hmac.new(key.encode(), purpose.encode(), "sha256").hexdigest()[:32]


def load_settings() -> Settings:
    """Read the environment and complete what depends on it.

    Outside production a missing secret key is drawn once and kept in `var/secret-key`.

    Raises:
        SettingsError: with one line per fault.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        raise SettingsError(_fault_lines(error)) from None
    changes: dict[str, object] = {}
    if not settings.public_origin:
        changes["public_origin"] = f"http://127.0.0.1:{settings.port}"
    if not settings.sandbox_url and not settings.is_production:
        changes["sandbox_url"] = f"http://127.0.0.1:{settings.port + 1}"
    if not settings.sandbox_smtp_port and not settings.is_production:
        changes["sandbox_smtp_port"] = settings.port + 2
    if not settings.secret_key.get_secret_value():
        changes["secret_key"] = SecretStr(_kept_secret(settings.var_dir / "secret-key"))
    return settings.model_copy(update=changes)


def private_directory(path: Path) -> Path:
    """Make `path` if it is missing and return it.

    Raises:
        SettingsError: when it can't be made or written to.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError([f"VAR_DIR: {path} can't be made: {error.strerror}"]) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise SettingsError([f"VAR_DIR: {path} can't be written to by this user"])
    return path


def _kept_secret(path: Path) -> str:
    """The secret kept in `path`, drawn on first use; two processes starting together agree."""
    private_directory(path.parent)
    try:
        if not path.exists():
            keep_once(path, secrets.token_urlsafe(48))
        return path.read_text(encoding="ascii")
    except OSError as error:
        raise SettingsError([f"SECRET_KEY: {path}: {error.strerror}"]) from error


def keep_once(path: Path, text: str) -> None:
    """Write `text` to `path` for its owner's eyes only, whole or not at all; the first one wins."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _fault_lines(error: ValidationError) -> list[str]:
    """One line per fault, naming the variable; the value itself may be a secret and is left out."""
    lines: list[str] = []
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        message = fault["msg"].removeprefix("Value error, ")
        if not fault["loc"]:
            lines += message.split("\n")
        else:
            name = "_".join(str(part) for part in fault["loc"]).upper()
            lines.append(f"{name}: {message}")
    return lines
